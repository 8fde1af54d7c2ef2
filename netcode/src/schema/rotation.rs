//! Rotations as words: the smallest three components of a unit quaternion. PROTOCOL section 4.
//!
//! Double precision, in the order of the formulas there, so that Rust and JavaScript give the same words. Canonical: the
//! component that is left out is the first largest one and positive, so that a rotation and its negative are the same words.

use core::f64::consts::SQRT_2;
use glam::{DVec2, Quat};

/// The words of a rotation: which component is left out (x, y, z, w), then the others in that order.
///
/// A quaternion that cannot be normalized (NaN, infinities, nearly 0) becomes the identity and adds one to `clamped`.
#[inline]
pub(super) fn quantize_quat(value: Quat, bits: u8, clamped: &mut u32) -> [u32; 4] {
    let components = value.to_array().map(f64::from);
    let [x, y, z, w] = components;
    let length = sqrt(x * x + y * y + z * z + w * w);
    let centre = centre(bits);
    if !(length > 1e-6 && length < f64::INFINITY) {
        *clamped += 1;
        return [3, centre, centre, centre];
    }
    let mut largest = 0;
    for index in 1..4 {
        if components[index].abs() > components[largest].abs() {
            largest = index;
        }
    }
    let sign = if components[largest] < 0.0 { -1.0 } else { 1.0 };
    let scale = f64::from(centre) * SQRT_2;
    let mut words = [largest as u32, 0, 0, 0];
    let others = components.iter().enumerate().filter(|&(index, _)| index != largest);
    for (word, (_, component)) in words[1..].iter_mut().zip(others) {
        let place = component / length * sign * scale + f64::from(centre) + 0.5;
        // Within 0 and 2 * centre but for rounding, and never negative: no other component is above 1 / sqrt 2.
        *word = (place.max(0.0) as u32).min(2 * centre);
    }
    words
}

/// The rotation of its words; missing words count as 0.
#[inline]
pub(super) fn quat(words: &[u32], bits: u8) -> Quat {
    let word = |index: usize| words.get(index).copied().unwrap_or(0);
    let centre = centre(bits);
    let scale = f64::from(centre) * SQRT_2;
    let [a, b, c] = [1, 2, 3].map(|index| (f64::from(word(index)) - f64::from(centre)) / scale);
    let rest = 1.0 - (a * a + b * b + c * c);
    let largest = sqrt(if rest > 0.0 { rest } else { 0.0 });
    let [x, y, z, w] = match word(0) {
        0 => [largest, a, b, c],
        1 => [a, largest, b, c],
        2 => [a, b, largest, c],
        _ => [a, b, c, largest],
    };
    Quat::from_xyzw(x as f32, y as f32, z as f32, w as f32)
}

/// The word of 0: half of the largest word, which is even, so that 0 is exact.
pub(super) const fn centre(bits: u8) -> u32 {
    (1 << (bits - 1)) - 1
}

/// Correctly rounded, as IEEE 754 and JavaScript have it; `core` has none.
#[inline]
fn sqrt(value: f64) -> f64 {
    DVec2::splat(value).sqrt().x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::property;
    use proptest::prelude::*;

    fn quaternion() -> impl Strategy<Value = Quat> {
        [-1.0f32..1.0, -1.0f32..1.0, -1.0f32..1.0, -1.0f32..1.0]
            .prop_filter("not nearly 0", |c| c.iter().map(|c| c * c).sum::<f32>() > 0.01)
            .prop_map(Quat::from_array)
    }

    proptest! {
        #![proptest_config(property(300))]

        #[test]
        fn a_rotation_comes_back_within_its_step_and_its_negative_is_the_same(value in quaternion(), bits in 4..=20u8) {
            let mut clamped = 0;
            let words = quantize_quat(value, bits, &mut clamped);
            prop_assert_eq!(quantize_quat(-value, bits, &mut clamped), words);
            prop_assert_eq!(clamped, 0);
            prop_assert!(words[0] < 4 && words[1..].iter().all(|&word| word <= 2 * centre(bits)));
            let back = quat(&words, bits);
            let error = 1.0 - f64::from(back.dot(value.normalize()).abs());
            let step = 1.0 / (f64::from(centre(bits)) * SQRT_2);
            prop_assert!(error <= 2.0 * step * step + 1e-6, "{error} with {bits} bits");
        }
    }

    #[test]
    fn the_identity_is_exact_and_stands_for_what_is_no_rotation() {
        let mut clamped = 0;
        let identity = quantize_quat(Quat::IDENTITY, 10, &mut clamped);
        assert_eq!((identity, clamped), ([3, 511, 511, 511], 0));
        assert_eq!(quat(&identity, 10), Quat::IDENTITY);
        for none in [[0.0; 4], [f32::NAN, 0.0, 0.0, 1.0], [f32::INFINITY, 0.0, 0.0, 0.0]] {
            assert_eq!(quantize_quat(Quat::from_array(none), 10, &mut clamped), identity);
        }
        assert_eq!(clamped, 3);
    }

    #[test]
    fn of_two_equal_components_the_first_is_left_out() {
        let half = Quat::from_array([0.5, -0.5, 0.5, 0.5]);
        assert_eq!(quantize_quat(half, 10, &mut 0)[0], 0);
        assert_eq!(quantize_quat(-half, 10, &mut 0), quantize_quat(half, 10, &mut 0));
    }
}
