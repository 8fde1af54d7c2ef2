//! The simulation threads' side.

mod tick_clock;

pub use tick_clock::{CATCH_UP_TICKS_MAX, Due, TickClock, TickGrid};
