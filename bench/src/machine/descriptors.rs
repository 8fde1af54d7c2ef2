//! Descriptors: one for each connection, so the soft limit is raised as far as the hard one lets it.

/// Besides the connections: the standard ones, polls, timers, one for metrics and what the system's libraries open.
const OTHERS: u64 = 32;

/// The hard limit is too low.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooFew {
    pub(crate) needed: u64,
    pub(crate) hard: u64,
}

/// Makes room for `connections`.
#[cfg(unix)]
pub(crate) fn reserve(connections: usize) -> Result<(), TooFew> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let needed = connections as u64 + OTHERS;
    let (soft, hard) = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
    if soft >= needed {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    if hard < needed || setrlimit(Resource::Nofile, raised).is_err() {
        return Err(TooFew { needed, hard });
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn reserve(_: usize) -> Result<(), TooFew> {
    Ok(())
}
