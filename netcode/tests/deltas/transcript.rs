//! What one client read and what came of it, for a client of another make: lines of JSON.
//!
//! `hex` is a message, `report` what the session says of it (`welcomed`, `moved`, `updated`, or null for what it can not
//! apply), `tick` that of an `updated`, `rows` what is held then: id, class, own and words of each entity. `welcomed`
//! begins another client.

use std::fmt::Write as _;

use tickwire_netcode::session::ClientEvent;

use super::model::Rows;

#[derive(Default)]
pub(crate) struct Transcript(pub(crate) String);

impl Transcript {
    pub(crate) fn push(&mut self, message: &[u8], report: Option<&ClientEvent>, rows: &Rows) {
        let (report, tick) = match report {
            Some(ClientEvent::Welcomed) => ("\"welcomed\"", 0),
            Some(ClientEvent::Moved) => ("\"moved\"", 0),
            Some(ClientEvent::Updated { tick }) => ("\"updated\"", tick.0),
            _ => ("null", 0),
        };
        let out = &mut self.0;
        out.push_str("{\"hex\":\"");
        for byte in message {
            write!(out, "{byte:02x}").expect("a String takes everything");
        }
        write!(out, "\",\"report\":{report},\"tick\":{tick},\"rows\":[").expect("a String takes everything");
        for (index, (id, class, own, words)) in rows.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}[{id},{class},{own},{words:?}]").expect("a String takes everything");
        }
        out.push_str("]}\n");
    }
}
