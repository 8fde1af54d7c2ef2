//! The arena's plan: where the bars stand and where the pads are.
//!
//! Owns the numbers of the plan and nothing that moves. Everything comes in pairs, mirrored through the middle, so that no
//! side of the arena is the better one; the single pad in the middle is what everybody fights over.

use tickwire::prelude::*;

use crate::pickup::Kind;
use crate::world::Wall;

/// Half the arena's width and height: some four screens, so that there is somewhere to come from and to flee to.
pub(crate) const HALF: Vec2 = Vec2::new(1600.0, 1000.0);

/// Thickness of a bar's rounded rim.
const RIM: f32 = 10.0;

/// One of each pair of bars: middle and half size.
const BARS: [(Vec2, Vec2); 9] = [
    // The ring around the middle: open at the corners.
    (Vec2::new(-330.0, 0.0), Vec2::new(6.0, 110.0)),
    (Vec2::new(0.0, -240.0), Vec2::new(130.0, 6.0)),
    // A fort on each side, open towards the middle and through a gate in its back.
    (Vec2::new(-820.0, -330.0), Vec2::new(156.0, 6.0)),
    (Vec2::new(-820.0, 330.0), Vec2::new(156.0, 6.0)),
    (Vec2::new(-970.0, -200.0), Vec2::new(6.0, 136.0)),
    (Vec2::new(-970.0, 200.0), Vec2::new(6.0, 136.0)),
    // Long bars that break the lanes along the edges.
    (Vec2::new(-330.0, -660.0), Vec2::new(6.0, 150.0)),
    (Vec2::new(330.0, -660.0), Vec2::new(6.0, 150.0)),
    (Vec2::new(-1270.0, -600.0), Vec2::new(130.0, 6.0)),
];

/// One of each pair of pads; the middle has its own.
const PADS: [(Vec2, Kind); 7] = [
    (Vec2::new(-1150.0, 0.0), Kind::Health),
    (Vec2::new(0.0, -440.0), Kind::Health),
    (Vec2::new(-1270.0, -800.0), Kind::Health),
    (Vec2::new(-1400.0, 620.0), Kind::Shield),
    (Vec2::new(-780.0, 0.0), Kind::Repeater),
    (Vec2::new(0.0, -820.0), Kind::Cannon),
    (Vec2::new(-620.0, -620.0), Kind::Scatter),
];

/// All bars.
pub(crate) fn bars() -> impl Iterator<Item = Wall> {
    let both = BARS.iter().flat_map(|&(at, half)| [(at, half), (-at, half)]);
    both.map(|(at, half)| Wall { at, half, radius: RIM })
}

/// All pads.
pub(crate) fn pads() -> impl Iterator<Item = (Vec2, Kind)> {
    let both = PADS.iter().flat_map(|&(at, kind)| [(at, kind), (-at, kind)]);
    core::iter::once((Vec2::ZERO, Kind::Shield)).chain(both)
}
