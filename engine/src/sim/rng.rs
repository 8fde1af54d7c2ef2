//! The random numbers of a room: PCG32 (XSH-RR, 64 bits of state, 32 bits out; O'Neill 2014).
//!
//! Written out here, and not taken from a crate, because replays depend on every bit of it: a recorded room must give the same
//! numbers in ten years. Invariant: the sequence is a function of the seed and of the calls made; each method says how many
//! draws it takes. Not for secrets: 32 outputs reveal the state.

use core::ops::Range;

use glam::Vec2;

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
/// Any odd number selects a stream; this is the default of the PCG paper's reference implementation.
const INCREMENT: u64 = 1_442_695_040_888_963_407;

/// A seeded generator of random numbers, the only one a game should use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator whose whole sequence follows from `seed`. Every seed is a good one.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        // As the reference does it: one step, add the seed, one step.
        let state = INCREMENT.wrapping_add(seed);
        Self { state: state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) }
    }

    /// 32 random bits. One draw.
    pub const fn u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the permutation keeps the low 32 bits by definition"
        )]
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// Uniform in `0.0..1.0`, a multiple of 2^-24 so that it is exact in `f32`. One draw.
    pub fn unit(&mut self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in f32")]
        let value = (self.u32() >> 8) as f32;
        value / 16_777_216.0
    }

    /// Uniform in `range`, the end excluded unless rounding reaches it. An empty range gives its start. One draw.
    pub fn range(&mut self, range: Range<f32>) -> f32 {
        let unit = self.unit();
        if range.is_empty() { range.start } else { range.start + (range.end - range.start) * unit }
    }

    /// Uniform in `0..n`; 0 when `n` is 0. Biased by less than `n` / 2^32, in exchange for always one draw.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.u32()) * u64::from(n)) >> 32) as u32
    }

    /// True with probability `p` (0 or less: never; 1 or more: always). One draw.
    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// A vector of length 1 in a uniform direction. Two draws per attempt, 1.27 attempts on average.
    ///
    /// By rejection and a square root, which every platform rounds alike; sine and cosine differ between platforms.
    pub fn unit_vec(&mut self) -> Vec2 {
        loop {
            let v = Vec2::new(self.range(-1.0..1.0), self.range(-1.0..1.0));
            let square = v.length_squared();
            // Too near the centre the direction would be coarse.
            if square > 0.01 && square <= 1.0 {
                return v / square.sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_algorithm_and_never_changes() {
        // Straight from the definition, kept apart from the code above.
        let mut state = 0u64.wrapping_add(42).wrapping_add(1_442_695_040_888_963_407);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut rng = Rng::new(42);
        for _ in 0..1000 {
            let xorshifted = (((state >> 18) ^ state) >> 27) as u32;
            let rotation = (state >> 59) as u32;
            let want = (xorshifted >> rotation) | (xorshifted << (rotation.wrapping_neg() & 31));
            assert_eq!(rng.u32(), want);
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut rng = Rng::new(7);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&rng.unit()));
            assert!(rng.below(6) < 6);
            assert!((-3.0..=5.0).contains(&rng.range(-3.0..5.0)));
            assert!((rng.unit_vec().length() - 1.0).abs() < 1e-5);
        }
        assert_eq!(rng.below(0), 0);
        assert!(!rng.chance(0.0));
        assert!(rng.chance(1.0));
    }

    #[test]
    fn different_seeds_give_different_sequences() {
        let (mut a, mut b) = (Rng::new(1), Rng::new(2));
        assert_ne!((a.u32(), a.u32()), (b.u32(), b.u32()));
    }
}
