//! What makes sense in a schema: names, kinds and how fields refer to each other. PROTOCOL section 4.
//!
//! Decoding a schema bounds its lists; everything else that a foreign one could get wrong is refused here.

use super::{Axis, FieldKind, Flags, Interpolation, Problem, Record};
use crate::limits;

pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    match name.len() {
        1..=limits::NAME_BYTES_MAX => Ok(()),
        bytes => Err(Problem::BadName { bytes }),
    }
}

pub(super) fn check_field(record: &Record, index: usize, flags: Flags) -> Result<(), Problem> {
    let field = &record.fields[index];
    check_name(&field.name)?;
    if record.fields[..index].iter().any(|other| other.name == field.name) {
        return Err(Problem::DuplicateName);
    }
    check_kind(&field.kind)?;
    let edge_is_flag = !field.flags.contains(Flags::EDGE) || matches!(field.kind, FieldKind::Flag);
    let linear_is_number = match field.interpolation {
        Interpolation::NONE => true,
        Interpolation::LINEAR => {
            !matches!(field.kind, FieldKind::Flag | FieldKind::Enum { .. } | FieldKind::Text { .. })
        }
        _ => false,
    };
    let reserved = field.tolerance != 0;
    if !flags.contains(field.flags) || !edge_is_flag || !linear_is_number || reserved {
        return Err(Problem::BadProperty);
    }
    let is_exact = field.flags.contains(Flags::EXACT);
    if is_exact && (!field.flags.contains(Flags::OWNER) || field.kind.numbers() == 0) {
        return Err(Problem::BadExact);
    }
    if let Some(companion) = field.edge_with {
        let companion = record.fields.get(usize::from(companion));
        let fits = companion.is_some_and(|companion| !companion.flags.contains(Flags::EDGE));
        if !field.flags.contains(Flags::EDGE) || !fits {
            return Err(Problem::BadCompanion);
        }
    }
    if let Some(of) = field.velocity_of {
        let place = record.fields.get(usize::from(of)).filter(|_| usize::from(of) != index);
        let is_class = flags.contains(Flags::OWNER);
        if !is_class || !place.is_some_and(|place| is_velocity(&field.kind, &place.kind)) {
            return Err(Problem::BadVelocity);
        }
    }
    if !(field.snap.is_finite() && field.snap >= 0.0) {
        return Err(Problem::BadSnap);
    }
    Ok(())
}

/// Whether `kind` can be the rate of change of `of`; of a rotation it is the angular velocity.
fn is_velocity(kind: &FieldKind, of: &FieldKind) -> bool {
    match kind {
        FieldKind::Float(_) => matches!(of, FieldKind::Float(_) | FieldKind::Angle { .. }),
        FieldKind::Vec2 { .. } => matches!(of, FieldKind::Vec2 { .. }),
        FieldKind::Vec3 { .. } => matches!(of, FieldKind::Vec3 { .. } | FieldKind::Quat { .. }),
        _ => false,
    }
}

fn check_kind(kind: &FieldKind) -> Result<(), Problem> {
    match *kind {
        FieldKind::Integer { min, span } => {
            let last = i64::from(min) + i64::from(span);
            if last > i64::from(u32::MAX) { Err(Problem::BadInteger) } else { Ok(()) }
        }
        FieldKind::Float(axis) => check_axis(axis),
        FieldKind::Flag => Ok(()),
        FieldKind::Enum { ref variants } => {
            let count = variants.len();
            if !(1..=limits::VARIANTS_MAX).contains(&count) {
                return Err(Problem::BadVariantCount { count });
            }
            variants.iter().try_for_each(|name| check_name(name))
        }
        FieldKind::Angle { bits: 1..=limits::ANGLE_BITS_MAX } => Ok(()),
        FieldKind::Angle { bits } => Err(Problem::BadAngleBits { bits }),
        FieldKind::Vec2 { x, y } => check_axis(x).and_then(|()| check_axis(y)),
        FieldKind::Text { bytes_max: 0 } => Err(Problem::EmptyText),
        FieldKind::Text { .. } => Ok(()),
        FieldKind::Vec3 { x, y, z } => [x, y, z].into_iter().try_for_each(check_axis),
        FieldKind::Quat { bits: limits::QUAT_BITS_MIN..=limits::QUAT_BITS_MAX } => Ok(()),
        FieldKind::Quat { bits } => Err(Problem::BadQuatBits { bits }),
    }
}

fn check_axis(axis: Axis) -> Result<(), Problem> {
    let last = axis.min + f64::from(axis.span) * axis.step;
    // What f32 cannot hold would be drawn at infinity.
    let fits = |value: f64| value.abs() <= f64::from(f32::MAX);
    if fits(axis.min) && axis.step > 0.0 && fits(axis.step) && fits(last) {
        Ok(())
    } else {
        Err(Problem::BadAxis)
    }
}
