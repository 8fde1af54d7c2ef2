//! The close codes of a session.
//!
//! Owns the numbers only; who closes and when is said by `ProtocolError::close_code` and by the session. PROTOCOL section 8.
//! Codes that PROTOCOL reserves are here, so that a client can name what a newer server says.

/// Why a session ended, as a WebSocket close code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u16)]
pub enum CloseCode {
    /// Bye.
    Normal = 1000,
    /// The server is interrupted.
    GoingAway = 1001,
    /// A frame broke RFC 6455.
    FrameProtocol = 1002,
    /// A text message: every message is binary.
    BinaryOnly = 1003,
    /// Text that is not UTF-8.
    NotUtf8 = 1007,
    /// Flood of control frames, fragments or empty frames.
    Policy = 1008,
    /// A message above its limit.
    TooBig = 1009,
    /// A fault of the server.
    Internal = 1011,
    /// The server restarts; the reason is `retry-after-ms=N`.
    Restart = 1012,
    /// No capacity now; the reason is `retry-after-ms=N`.
    Busy = 1013,
    /// No Hello in time, or another message first.
    HelloExpected = 4001,
    /// Reserved: the token is not valid.
    TokenRejected = 4002,
    /// Reserved: the token has expired.
    TokenExpired = 4003,
    /// Reserved: the token was used before.
    TokenReplayed = 4004,
    /// Reserved: another connection took the seat.
    Superseded = 4005,
    /// Sustained excess of messages.
    Rate = 4006,
    /// Events or updates unacknowledged beyond their bound.
    SlowClient = 4007,
    /// Unknown kind or id of room.
    NoSuchRoom = 4008,
    /// The room ended by a fault of the game.
    RoomFailed = 4009,
    /// No common protocol version, or a schema that the client does not know.
    Version = 4010,
    /// A message that does not decode, or is out of place.
    BadMessage = 4011,
    /// Reserved: the room moved to another server.
    Moved = 4012,
    /// No free seat.
    Full = 4013,
    /// Nothing received for too long.
    IdleTimeout = 4014,
    /// Reserved: a sequence was broken.
    Sequence = 4015,
    /// Reserved: the game found the player cheating.
    Cheating = 4016,
    /// Reserved: the seat cannot be resumed.
    ResumeRejected = 4017,
    /// Too many Resyncs.
    Desync = 4018,
}

impl CloseCode {
    const ALL: [Self; 28] = [
        Self::Normal,
        Self::GoingAway,
        Self::FrameProtocol,
        Self::BinaryOnly,
        Self::NotUtf8,
        Self::Policy,
        Self::TooBig,
        Self::Internal,
        Self::Restart,
        Self::Busy,
        Self::HelloExpected,
        Self::TokenRejected,
        Self::TokenExpired,
        Self::TokenReplayed,
        Self::Superseded,
        Self::Rate,
        Self::SlowClient,
        Self::NoSuchRoom,
        Self::RoomFailed,
        Self::Version,
        Self::BadMessage,
        Self::Moved,
        Self::Full,
        Self::IdleTimeout,
        Self::Sequence,
        Self::Cheating,
        Self::ResumeRejected,
        Self::Desync,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The code with this number, or `None` for one that PROTOCOL does not list.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_code_is_found_by_its_number_and_others_are_not() {
        let listed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013];
        for code in 0..=u16::MAX {
            let known = listed.contains(&code) || (4001..=4018).contains(&code);
            assert_eq!(CloseCode::from_code(code).map(CloseCode::code), known.then_some(code));
        }
    }
}
