//! Command, a request outside the tick stream: PROTOCOL section 5.2.

use alloc::vec::Vec;

use super::kind;
use crate::bits;
use crate::bits::bytes::{Reader, put_varint};
use crate::error::ProtocolError;
use crate::ids::CommandSeq;
use crate::schema::{Layout, Part};

/// Which command, and its number; its words are beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// Counts from 1.
    pub number: CommandSeq,
    /// Index into the schema's commands.
    pub index: u8,
}

impl Command {
    /// Appends the message, type byte first. `words` are those of the record that `index` names.
    pub fn encode(self, layout: &Layout, words: &[u32], out: &mut Vec<u8>) {
        out.push(kind::COMMAND);
        put_varint(out, self.number.0);
        let mut w = bits::Writer::new(out);
        layout.commands().encode_choice(self.index, &mut w);
        if let Some(record) = layout.commands().record(self.index) {
            record.encode(words, Part::All, &mut w);
        }
        w.finish();
    }

    pub(super) fn decode_body(
        body: &[u8],
        layout: &Layout,
        words: &mut Vec<u32>,
    ) -> Result<Self, ProtocolError> {
        let mut r = Reader::new(body);
        let number = CommandSeq(r.varint()?);
        let mut r = bits::Reader::new(r.rest());
        let (index, record) = layout.commands().decode_choice(&mut r)?;
        record.decode(Part::All, &mut r, words)?;
        r.finish()?;
        Ok(Self { number, index })
    }
}
