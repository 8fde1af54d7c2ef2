//! The causes of ends and refusals, one per line of the counters and one per rate-limited log line.
//!
//! Owns how a cause of the network layer becomes a label. Exhaustive matches: a new way to fail does not compile
//! before it has a name.

use std::io;

use tickwire_netcode::ws::ProtocolError;
use tickwire_netcode::ws::handshake::{HeadError, Malformed, UpgradeError};

use super::label::labels;
use crate::net::service::Closed;

labels! {
    /// Why a connection that sent bytes got no session, or was not even taken.
    HandshakeFailure {
        HeadTimeout = "head_timeout",
        HeadTooBig = "head_too_big",
        Headers = "headers",
        Query = "query",
        HttpVersion = "http_version",
        WrongProtocol = "wrong_protocol",
        Malformed = "malformed",
        Method = "method",
        Body = "body",
        Upgrade = "upgrade",
        WsVersion = "ws_version",
        Key = "key",
        Offers = "offers",
        Origin = "origin",
        Path = "path",
        /// The service answered with another status above 399.
        Other = "other",
        /// All slots are taken.
        Full = "full",
        /// The slots of connections without a session are taken.
        Pending = "pending",
        /// One address has too many connections.
        AddressConnections = "address_connections",
        /// One address connects too often.
        AddressRate = "address_rate",
        /// More addresses than are remembered.
        Addresses = "addresses",
        /// The process has no descriptor left.
        Descriptors = "descriptors",
        /// The selector did not take the socket.
        Register = "register",
    }
}

impl From<HeadError> for HandshakeFailure {
    fn from(error: HeadError) -> Self {
        match error {
            HeadError::TooBig => Self::HeadTooBig,
            HeadError::TooManyHeaders => Self::Headers,
            HeadError::QueryTooLong => Self::Query,
            HeadError::Version => Self::HttpVersion,
            HeadError::Malformed(Malformed::Tls) => Self::WrongProtocol,
            HeadError::Malformed(_) => Self::Malformed,
        }
    }
}

impl From<UpgradeError> for HandshakeFailure {
    fn from(error: UpgradeError) -> Self {
        match error {
            UpgradeError::Method => Self::Method,
            UpgradeError::HttpVersion => Self::HttpVersion,
            UpgradeError::Body => Self::Body,
            UpgradeError::Upgrade | UpgradeError::Connection => Self::Upgrade,
            UpgradeError::Version => Self::WsVersion,
            UpgradeError::Key => Self::Key,
            UpgradeError::Offers => Self::Offers,
            UpgradeError::Origin => Self::Origin,
        }
    }
}

impl HandshakeFailure {
    /// What a service's answer means, if it is a refusal.
    pub(crate) fn of_status(status: u16) -> Option<Self> {
        match status {
            0..=399 => None,
            400 => Some(Self::Malformed),
            403 => Some(Self::Origin),
            404 => Some(Self::Path),
            405 => Some(Self::Method),
            _ => Some(Self::Other),
        }
    }
}

labels! {
    /// How a connection ended; each counts into exactly one.
    CloseReason {
        /// It was a plain request and got its response.
        Http = "http",
        /// It was refused; `HandshakeFailure` says why.
        Refused = "refused",
        /// The peer sent a close frame.
        Peer = "peer",
        Eof = "eof",
        Reset = "reset",
        TimedOut = "timed_out",
        IoError = "io_error",
        /// It did not take its replies.
        Slow = "slow",
        /// The server stopped before there was a session.
        Stopped = "stopped",
        // Ours, by close code.
        Normal = "normal",
        GoingAway = "going_away",
        BinaryOnly = "binary_only",
        Policy = "policy",
        Internal = "internal",
        Restart = "restart",
        Busy = "busy",
        HelloExpected = "hello_expected",
        Superseded = "superseded",
        Rate = "rate",
        SlowClient = "slow_client",
        NoSuchRoom = "no_such_room",
        RoomFailed = "room_failed",
        Version = "version",
        BadMessage = "bad_message",
        Moved = "moved",
        Full = "full",
        IdleTimeout = "idle_timeout",
        Desync = "desync",
        OtherCode = "other_code",
        // The peer broke RFC 6455 or a limit of frames.
        ReservedBits = "reserved_bits",
        ReservedOpcode = "reserved_opcode",
        FragmentedControl = "fragmented_control",
        ControlTooLong = "control_too_long",
        Unmasked = "unmasked",
        Masked = "masked",
        LengthNotMinimal = "length_not_minimal",
        LengthTopBit = "length_top_bit",
        UnexpectedContinuation = "unexpected_continuation",
        ExpectedContinuation = "expected_continuation",
        CloseBodyTooShort = "close_body_too_short",
        InvalidCloseCode = "invalid_close_code",
        InvalidUtf8 = "invalid_utf8",
        MessageTooBig = "message_too_big",
        TooManyFragments = "too_many_fragments",
        TooManyEmptyFrames = "too_many_empty_frames",
        TooManyControlFrames = "too_many_control_frames",
        MessageTimeout = "message_timeout",
    }
}

impl CloseReason {
    /// Whether the peer did what no correct client does: worth a warning.
    pub(crate) fn is_abuse(self) -> bool {
        matches!(
            self,
            Self::Slow
                | Self::HelloExpected
                | Self::Rate
                | Self::BadMessage
                | Self::BinaryOnly
                | Self::Desync
        ) || self as usize >= Self::ReservedBits as usize
    }

    fn of_code(code: u16) -> Self {
        match code {
            1000 => Self::Normal,
            1001 => Self::GoingAway,
            1003 => Self::BinaryOnly,
            1008 => Self::Policy,
            1011 => Self::Internal,
            1012 => Self::Restart,
            1013 => Self::Busy,
            4001 => Self::HelloExpected,
            4005 => Self::Superseded,
            4006 => Self::Rate,
            4007 => Self::SlowClient,
            4008 => Self::NoSuchRoom,
            4009 => Self::RoomFailed,
            4010 => Self::Version,
            4011 => Self::BadMessage,
            4012 => Self::Moved,
            4013 => Self::Full,
            4014 => Self::IdleTimeout,
            4018 => Self::Desync,
            _ => Self::OtherCode,
        }
    }

    pub(crate) fn of_io(kind: io::ErrorKind) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut};
        match kind {
            ConnectionReset | ConnectionAborted | BrokenPipe => Self::Reset,
            TimedOut => Self::TimedOut,
            _ => Self::IoError,
        }
    }

    fn of_protocol(error: ProtocolError) -> Self {
        match error {
            ProtocolError::ReservedBits(_) => Self::ReservedBits,
            ProtocolError::ReservedOpcode(_) => Self::ReservedOpcode,
            ProtocolError::FragmentedControl => Self::FragmentedControl,
            ProtocolError::ControlTooLong => Self::ControlTooLong,
            ProtocolError::Unmasked => Self::Unmasked,
            ProtocolError::Masked => Self::Masked,
            ProtocolError::LengthNotMinimal(_) => Self::LengthNotMinimal,
            ProtocolError::LengthTopBit => Self::LengthTopBit,
            ProtocolError::UnexpectedContinuation => Self::UnexpectedContinuation,
            ProtocolError::ExpectedContinuation => Self::ExpectedContinuation,
            ProtocolError::CloseBodyTooShort => Self::CloseBodyTooShort,
            ProtocolError::InvalidCloseCode(_) => Self::InvalidCloseCode,
            ProtocolError::InvalidUtf8 => Self::InvalidUtf8,
            ProtocolError::MessageTooBig { .. } => Self::MessageTooBig,
            ProtocolError::TooManyFragments(_) => Self::TooManyFragments,
            ProtocolError::TooManyEmptyFrames(_) => Self::TooManyEmptyFrames,
            ProtocolError::TooManyControlFrames(_) => Self::TooManyControlFrames,
            ProtocolError::MessageTimeout(_) => Self::MessageTimeout,
        }
    }
}

impl From<Closed> for CloseReason {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Peer(_) => Self::Peer,
            Closed::Local(code) => Self::of_code(code),
            Closed::Protocol(error) => Self::of_protocol(error),
            Closed::Eof => Self::Eof,
            Closed::Lost(kind) => Self::of_io(kind),
            Closed::Slow => Self::Slow,
        }
    }
}

labels! {
    /// Why `accept` failed.
    AcceptFailure {
        ProcessDescriptors = "emfile",
        SystemDescriptors = "enfile",
        Memory = "memory",
        Aborted = "aborted",
        Interrupted = "interrupted",
        Network = "network",
        Other = "other",
    }
}
