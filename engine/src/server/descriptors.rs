//! How many sockets the process may have.

/// Raises the soft limit of open descriptors to the hard one and returns it; `None` where there is no such limit or
/// it could not be changed.
///
/// The soft limit is 1024 on most systems, for the sake of programs that use `select`; a connection is a descriptor.
/// Process-wide, so it is for programs to call and not done by the library on its own.
pub fn raise_descriptor_limit() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "cannot raise the limit of open descriptors");
            return None;
        }
        limit.maximum
    }
    #[cfg(not(target_os = "linux"))]
    None
}
