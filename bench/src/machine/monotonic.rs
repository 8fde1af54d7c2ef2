//! The machine's monotonic clock, which all processes of it share: what servers stamp frames with.

/// Nanoseconds of `CLOCK_MONOTONIC`; the clock that [`tickwire_client::Clock`] counts from a later origin.
#[cfg(target_os = "linux")]
pub(crate) fn now_ns() -> Option<u64> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Seconds since boot and a nanosecond part: neither is negative on this clock.
    Some(now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now_ns() -> Option<u64> {
    None
}

/// The same at the origin of the clock that says `now` at this moment.
pub(crate) fn epoch_ns(now: tickwire_netcode::time::Time) -> Option<u64> {
    now_ns()?.checked_sub(now.as_nanos())
}
