//! `Slot`: one connection of a thread, and where it stands.

use tickwire_netcode::time::Time;

use crate::wire::socket::Socket;

/// Where a connection stands.
///
/// ```text
///   Upgrading --answer--> Playing --Flow::Leave / stage--> Closing --close frame / 2 s--> gone
///      `---------------------`-- end, error, Flow::End: lost --------------------------------^
/// ```
pub(super) enum Standing<C> {
    Upgrading,
    Playing { client: C, was_ready: bool },
    Closing,
}

pub(super) struct Slot<T, C> {
    pub(super) number: u32,
    pub(super) socket: Socket<T>,
    /// When it began.
    pub(super) since: Time,
    pub(super) standing: Standing<C>,
    /// Its newest entry in the agenda; older ones do not count.
    pub(super) scheduled: Option<Time>,
    /// There may be bytes to read of which the poll does not tell again.
    pub(super) has_more: bool,
}
