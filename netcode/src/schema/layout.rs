//! [`Layout`]: a schema compiled into flat steps, by which every bit stream of fields is coded.
//!
//! Built once per room kind and once per Welcome, from one's own schema or a foreign one: `Layout::new` checks all that
//! decoding a schema does not. After that, encoding and decoding neither look at names nor fail on anything but the
//! bytes of a peer. PROTOCOL section 4.

use super::change::PartField;
use super::check::{check_field, check_name};
use super::coding::text_words;
use super::rotation::centre;
use super::{Axis, Field, FieldKind, Flags, Problem, Record, Schema, SchemaError};
use crate::bits::{Reader, Writer};
use crate::error::ProtocolError;
use crate::hash::Murmur3;
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

/// Which fields of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// All.
    All = 0,
    /// Those that everyone sees.
    Public = 1,
    /// Those that only the owner of the entity sees.
    Owner = 2,
}

/// A compiled schema.
#[derive(Clone, Debug)]
pub struct Layout {
    classes: Records,
    input: RecordLayout,
    events: Records,
    commands: Records,
}

impl Layout {
    /// Checks and compiles a schema.
    ///
    /// # Errors
    /// [`SchemaError`] with the record, the field and what to change. A client closes with 4010
    /// ([`ProtocolError::BadSchema`]); a server does not start.
    pub fn new(schema: &Schema) -> Result<Self, SchemaError> {
        Ok(Self {
            classes: Records::new(
                &schema.classes,
                limits::CLASSES_MAX,
                Flags::OWNER.with(Flags::EXACT).with(Flags::ONCE),
            )?,
            input: RecordLayout::new(&schema.input, Flags::EDGE)?,
            events: Records::new(&schema.events, limits::EVENT_RECORDS_MAX, Flags::NONE)?,
            commands: Records::new(&schema.commands, limits::COMMAND_RECORDS_MAX, Flags::NONE)?,
        })
    }

    /// The classes of entities.
    pub fn classes(&self) -> &Records {
        &self.classes
    }

    /// The input of one tick.
    pub fn input(&self) -> &RecordLayout {
        &self.input
    }

    /// The events.
    pub fn events(&self) -> &Records {
        &self.events
    }

    /// The commands.
    pub fn commands(&self) -> &Records {
        &self.commands
    }
}

/// Records to choose from.
#[derive(Clone, Debug)]
pub struct Records {
    list: Vec<RecordLayout>,
    choice_bits: u32,
}

impl Records {
    fn new(records: &[Record], max: usize, flags: Flags) -> Result<Self, SchemaError> {
        let count = records.len();
        if count > max {
            let problem = Problem::TooManyRecords { count, max };
            return Err(SchemaError { record: String::new(), field: String::new(), problem });
        }
        let mut list = Vec::with_capacity(count);
        for (index, record) in records.iter().enumerate() {
            if records[..index].iter().any(|earlier| earlier.name == record.name) {
                return Err(record_error(record, Problem::DuplicateName));
            }
            list.push(RecordLayout::new(record, flags)?);
        }
        Ok(Self { list, choice_bits: bits_for(count.saturating_sub(1) as u32) })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The record at `index`.
    pub fn record(&self, index: u8) -> Option<&RecordLayout> {
        self.list.get(usize::from(index))
    }

    /// The record at an index that a peer sent outside of a bit stream.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownRecord`].
    pub fn chosen(&self, index: u8) -> Result<&RecordLayout, ProtocolError> {
        let unknown = ProtocolError::UnknownRecord { index: u32::from(index), count: self.list.len() as u32 };
        self.record(index).ok_or(unknown)
    }

    /// Writes a choice among the records: 0 bits if there is one.
    #[inline]
    pub fn encode_choice(&self, index: u8, w: &mut Writer<'_>) {
        debug_assert!(usize::from(index) < self.list.len(), "the caller chose one of the records");
        w.bits(u32::from(index), self.choice_bits);
    }

    /// Reads a choice among the records.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownRecord`] for one that names none, [`ProtocolError::Truncated`].
    #[inline]
    pub fn decode_choice(&self, r: &mut Reader<'_>) -> Result<(u8, &RecordLayout), ProtocolError> {
        // At most 7 bits: the longest list has 128 records.
        let index = r.bits(self.choice_bits)? as u8;
        Ok((index, self.chosen(index)?))
    }
}

/// What to do with the words of one field. `at` is the index of its first word in the whole record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Word {
        at: u16,
        bits: u8,
        max: u32,
    },
    /// A length in `bits`, at most `max`, then as many bytes.
    Text {
        at: u16,
        bits: u8,
        max: u8,
    },
}

/// The steps of one part of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    /// Which words of the whole record belong to the part, in order.
    words: Vec<u16>,
    bits_max: u32,
    pub(super) fields: Vec<PartField>,
    /// How many of `fields` are not `once`.
    pub(super) mask_bits: u32,
}

/// A compiled record.
///
/// A *row* is all words of a record in field order, [`RecordLayout::words`] of them.
#[derive(Clone, Debug)]
pub struct RecordLayout {
    pub(super) parts: [Steps; 3],
    exact: Vec<ExactField>,
}

/// A field whose owner gets its numbers as they are.
#[derive(Clone, Debug)]
struct ExactField {
    /// Its first quantized word in the row, and the first of its exact ones.
    at: u16,
    exact_at: u16,
    kind: FieldKind,
}

impl RecordLayout {
    fn new(record: &Record, flags: Flags) -> Result<Self, SchemaError> {
        check_name(&record.name).map_err(|problem| record_error(record, problem))?;
        let count = record.fields.len();
        if count > limits::FIELDS_MAX {
            return Err(record_error(record, Problem::TooManyFields { count }));
        }
        let mut parts = [Steps::default(), Steps::default(), Steps::default()];
        let mut exact = Vec::new();
        let mut words = 0;
        for (index, field) in record.fields.iter().enumerate() {
            check_field(record, index, flags).map_err(|problem| SchemaError {
                record: record.name.clone(),
                field: field.name.clone(),
                problem,
            })?;
            let is_exact = field.flags.contains(Flags::EXACT);
            let is_secret = field.flags.contains(Flags::OWNER) && !is_exact;
            for part in [Part::All, if is_secret { Part::Owner } else { Part::Public }] {
                parts[part as usize].push_field(field, words, Steps::push);
            }
            let exact_at = words + field.kind.words();
            if is_exact {
                for part in [Part::All, Part::Owner] {
                    parts[part as usize].push_field(field, exact_at, Steps::push_exact);
                }
                exact.push(ExactField {
                    at: words as u16,
                    exact_at: exact_at as u16,
                    kind: field.kind.clone(),
                });
            }
            words += field.words();
        }
        if words > limits::RECORD_WORDS_MAX {
            return Err(record_error(record, Problem::TooManyWords { count: words }));
        }
        Ok(Self { parts, exact })
    }

    /// Words of a row.
    #[inline]
    pub fn words(&self) -> usize {
        self.words_of(Part::All)
    }

    /// Words of a part of a row.
    #[inline]
    pub fn words_of(&self, part: Part) -> usize {
        self.parts[part as usize].words.len()
    }

    /// Bits that a part takes at most.
    pub fn bits_max(&self, part: Part) -> u32 {
        self.parts[part as usize].bits_max
    }

    /// Writes one part of a row.
    ///
    /// # Panics
    /// If `row` has fewer than [`Self::words`] words. Words above the largest value of their field are our caller's
    /// mistake: written as that value, and a panic in debug builds.
    #[inline]
    pub fn encode(&self, row: &[u32], part: Part, w: &mut Writer<'_>) {
        for step in &self.parts[part as usize].steps {
            match *step {
                Step::Word { at, bits, max } => {
                    let word = row[usize::from(at)];
                    debug_assert!(word <= max, "word {word} at {at} is above {max}");
                    w.bits(word.min(max), u32::from(bits));
                }
                Step::Text { at, bits, max } => encode_text(&row[usize::from(at)..], bits, max, w),
            }
        }
    }

    /// Reads one part and appends its words, [`Self::words_of`] of them, to `out`.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`], [`ProtocolError::WordOutOfRange`] or [`ProtocolError::BadText`]; `out` then holds
    /// some of the words.
    #[inline]
    pub fn decode(&self, part: Part, r: &mut Reader<'_>, out: &mut Vec<u32>) -> Result<(), ProtocolError> {
        for step in &self.parts[part as usize].steps {
            match *step {
                Step::Word { bits, max, .. } => {
                    let word = r.bits(u32::from(bits))?;
                    if word > max {
                        return Err(ProtocolError::WordOutOfRange { word, max });
                    }
                    out.push(word);
                }
                Step::Text { bits, max, .. } => decode_text(bits, max, r, out)?,
            }
        }
        Ok(())
    }

    /// Adds one part of a row to a hash.
    #[inline]
    pub fn hash(&self, row: &[u32], part: Part, hash: &mut Murmur3) {
        for &at in &self.parts[part as usize].words {
            hash.word(row[usize::from(at)]);
        }
    }

    /// Fills the words of exact numbers by what the quantized ones stand for: the row is not one's own.
    pub fn fill_exact(&self, row: &mut [u32]) {
        for field in &self.exact {
            let values = field.kind.values(&row[usize::from(field.at)..]);
            let exact = &mut row[usize::from(field.exact_at)..][..field.kind.numbers()];
            for (word, value) in exact.iter_mut().zip(values) {
                *word = value.to_bits();
            }
        }
    }

    /// Writes the words of a part to their places in a row. Too few words leave the rest as it is.
    pub fn place(&self, words: &[u32], part: Part, row: &mut [u32]) {
        for (&at, &word) in self.parts[part as usize].words.iter().zip(words) {
            row[usize::from(at)] = word;
        }
    }
}

impl Steps {
    /// Adds a field whose first word is at `at` of the row, its steps by `push`.
    fn push_field(&mut self, field: &Field, at: usize, push: fn(&mut Self, &FieldKind, usize)) {
        let (place, first_step) = (self.words.len() as u16, self.steps.len() as u16);
        push(self, &field.kind, at);
        let once = field.flags.contains(Flags::ONCE);
        self.fields.push(PartField {
            at: at as u16,
            place,
            words: self.words.len() as u16 - place,
            first_step,
            end_step: self.steps.len() as u16,
            once,
        });
        self.mask_bits += u32::from(!once);
    }

    /// Adds the exact numbers of a field.
    fn push_exact(&mut self, kind: &FieldKind, at: usize) {
        (at..at + kind.numbers()).for_each(|at| self.push_word(at as u16, u32::MAX));
    }

    fn push(&mut self, kind: &FieldKind, at: usize) {
        // A record that passes the limit of words is refused, but only after its last field: 32 texts are 2080 words.
        let at = at as u16;
        match *kind {
            FieldKind::Integer { span, .. } | FieldKind::Float(Axis { span, .. }) => self.push_word(at, span),
            FieldKind::Flag => self.push_word(at, 1),
            FieldKind::Enum { ref variants } => self.push_word(at, variants.len() as u32 - 1),
            FieldKind::Angle { bits } => self.push_word(at, (1 << bits) - 1),
            FieldKind::Vec2 { x, y } => {
                self.push_word(at, x.span);
                self.push_word(at + 1, y.span);
            }
            FieldKind::Text { bytes_max } => {
                let bits = bits_for(u32::from(bytes_max));
                self.steps.push(Step::Text { at, bits: bits as u8, max: bytes_max });
                self.words.extend(at..at + text_words(bytes_max) as u16);
                self.bits_max += bits + 8 * u32::from(bytes_max);
            }
            FieldKind::Vec3 { x, y, z } => {
                self.push_word(at, x.span);
                self.push_word(at + 1, y.span);
                self.push_word(at + 2, z.span);
            }
            FieldKind::Quat { bits } => {
                self.push_word(at, 3);
                (at + 1..at + 4).for_each(|at| self.push_word(at, 2 * centre(bits)));
            }
        }
    }

    fn push_word(&mut self, at: u16, max: u32) {
        let bits = bits_for(max);
        self.steps.push(Step::Word { at, bits: bits as u8, max });
        self.words.push(at);
        self.bits_max += bits;
    }
}

pub(super) fn encode_text(words: &[u32], bits: u8, max: u8, w: &mut Writer<'_>) {
    let length = words[0].min(u32::from(max));
    debug_assert!(words[0] == length, "text of {} bytes in a field of {max}", words[0]);
    w.bits(length, u32::from(bits));
    let mut left = length;
    for &word in &words[1..] {
        let bytes = left.min(4);
        w.bits(word, 8 * bytes);
        left -= bytes;
    }
}

pub(super) fn decode_text(
    bits: u8,
    max: u8,
    r: &mut Reader<'_>,
    out: &mut Vec<u32>,
) -> Result<(), ProtocolError> {
    let length = r.bits(u32::from(bits))?;
    if length > u32::from(max) {
        return Err(ProtocolError::WordOutOfRange { word: length, max: u32::from(max) });
    }
    out.push(length);
    let mut bytes = [0; 256];
    let mut left = length;
    for place in bytes.chunks_exact_mut(4).take(text_words(max) - 1) {
        let count = left.min(4);
        let word = r.bits(8 * count)?;
        left -= count;
        out.push(word);
        place.copy_from_slice(&word.to_le_bytes());
    }
    core::str::from_utf8(&bytes[..length as usize]).map_err(|_| ProtocolError::BadText)?;
    Ok(())
}

/// Bits that hold every number from 0 to `max`.
const fn bits_for(max: u32) -> u32 {
    u32::BITS - max.leading_zeros()
}

fn record_error(record: &Record, problem: Problem) -> SchemaError {
    SchemaError { record: record.name.clone(), field: String::new(), problem }
}
