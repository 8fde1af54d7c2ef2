//! Bounds on what a peer may make an endpoint hold or do, each with the reason for its number.

/// Bounds of one WebSocket endpoint; `Default` is for game sessions, [`Limits::LIFTED`] for echo services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Largest message in bytes, all fragments together. A larger declared length fails with 1009 at the header.
    pub message_bytes_max: u32,
    /// Most frames one message may be made of.
    pub fragments_max: u32,
    /// Most data frames without payload in one second.
    pub empty_frames_per_s_max: u32,
    /// Most ping and pong frames in one second.
    pub control_frames_per_s_max: u32,
    /// Longest time in milliseconds from the first byte of a message (or of any frame) to its last.
    pub message_ms_max: u32,
}

impl Limits {
    /// For echo and conformance services: large messages, no rates.
    ///
    /// 16 MiB is the largest message of the Autobahn suite; its longest fragmented one has 65,536 fragments. The
    /// rates are the largest `u32`, more than any link carries.
    pub const LIFTED: Self = Self {
        message_bytes_max: 16 << 20,
        fragments_max: 70_000,
        empty_frames_per_s_max: u32::MAX,
        control_frames_per_s_max: u32::MAX,
        message_ms_max: u32::MAX,
    };
}

impl Default for Limits {
    /// Limits of a game session.
    ///
    /// * 4 KiB a message: an input batch is tens of bytes, Hello at most 1 KiB, a chat line below 1 KiB.
    /// * 16 fragments: browsers do not fragment what a game sends; proxies that do, do it at 4 KiB or more.
    /// * 64 empty frames a second: they are legal but carry nothing, so that only CPU bounds them; twice the control rate.
    /// * 32 control frames a second: keep-alive is one in 10 s, and a 25 s stall that arrives at once still fits at
    ///   one a second.
    /// * 5 s a message: a stalled link shows silence first (liveness is the caller's); a message that drips for
    ///   longer only holds memory.
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 10,
            fragments_max: 16,
            empty_frames_per_s_max: 64,
            control_frames_per_s_max: 32,
            message_ms_max: 5_000,
        }
    }
}

/// Largest payload of a control frame in bytes (RFC 6455 section 5.5).
pub const CONTROL_BYTES_MAX: usize = 125;

/// Capacity in bytes that the assembler keeps between messages.
///
/// Inputs are below it, so that a session whose messages straddle reads does not allocate each time, and an idle
/// connection stays small (chosen, not measured).
pub(crate) const ASSEMBLER_KEEP_BYTES: usize = 128;

/// Largest HTTP head in bytes, request line to empty line. Common servers use 8 KiB; browsers send below 2 KiB
/// unless cookies are large.
pub const HEAD_BYTES_MAX: usize = 8 << 10;

/// Most header lines in a head: twice what browsers behind two proxies send.
pub const HEADERS_MAX: usize = 64;

/// Largest query of a request target in bytes: room for a connect token, nothing else belongs there.
pub const QUERY_BYTES_MAX: usize = 1 << 10;

/// Most subprotocols, and most extensions, that an upgrade may offer. Browsers offer one extension; none of either is
/// ever chosen, so that a long list has no use.
pub const OFFERS_MAX: usize = 16;
