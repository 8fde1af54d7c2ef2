//! Close codes and the body of a close frame (RFC 6455 sections 5.5.1 and 7.4).

use super::error::ProtocolError;
use super::limits::CONTROL_BYTES_MAX;

/// Whether `code` may be on the wire: 1000-1003, 1007-1014 (registered), 3000-4999 (libraries and applications).
///
/// 1004-1006 and 1015 are reserved for local use; 1016-2999 are reserved for later revisions of the protocol.
pub const fn is_wire_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Decodes the body of a received close frame into its code, if it has one; the reason is only validated.
pub(crate) fn decode(body: &[u8]) -> Result<Option<u16>, ProtocolError> {
    let (code, reason) = match body {
        [] => return Ok(None),
        [_] => return Err(ProtocolError::CloseBodyTooShort),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !is_wire_code(code) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    if core::str::from_utf8(reason).is_err() {
        return Err(ProtocolError::InvalidUtf8);
    }
    Ok(Some(code))
}

/// The longest prefix of `reason` that fits a close frame beside the code and ends on a character.
pub(crate) fn fit_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(CONTROL_BYTES_MAX - 2)]
}
