//! `Direct`: the way of large replies, past the thread's write buffer straight into a transport without a tail.

use super::transport::Transport;
use crate::metrics::io::IoMetrics;

/// A way to the peer beside the buffer; an [`Outbox`](super::outbox::Outbox) does not know the transport's type.
pub(crate) trait Direct {
    /// Writes both, one after the other, as far as they are taken now: how many bytes that was. 0 as well when it failed,
    /// which the next write will find out.
    fn write(&mut self, buffered: &[u8], payload: &[u8]) -> usize;
}

/// Into this transport, in one read pass.
pub(crate) struct Through<'a, T> {
    pub(crate) transport: &'a mut T,
    pub(crate) metrics: &'a IoMetrics,
    /// It takes no more for now.
    pub(crate) is_full: bool,
}

impl<T: Transport> Direct for Through<'_, T> {
    fn write(&mut self, buffered: &[u8], payload: &[u8]) -> usize {
        if self.is_full {
            return 0;
        }
        self.metrics.writes.add(1);
        let sent = self.transport.transmit_both(buffered, payload).unwrap_or(0);
        self.is_full = sent < buffered.len() + payload.len();
        self.metrics.sent_bytes.add(sent as u64);
        sent
    }
}
