//! The caller's types over the words of a session: entities, inputs, commands and events.
//!
//! A type is taken when its record is the schema's, field by field: a server that was built from other sources is found
//! out at the first use, not by odd numbers. Each type is compared once a session.

use std::any::TypeId;
use std::cell::RefCell;

use tickwire_netcode::ids::{CommandSeq, EntityId, InputSeq};
use tickwire_netcode::schema::{Command, Event, Input, Record, Replicate, Schema};
use tickwire_netcode::session::GameEvent;
use tickwire_netcode::time::Time;

use crate::client::Client;
use crate::error::{ClientError, SchemaProblem};

/// Types that were compared with the schema and found equal.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// With the index of its class.
    classes: RefCell<Vec<(TypeId, u8)>>,
    others: RefCell<Vec<TypeId>>,
}

fn mismatch(record: &str, problem: SchemaProblem) -> ClientError {
    ClientError::Schema { record: record.into(), problem }
}

fn compare(have: &Record, want: &Record) -> Result<(), ClientError> {
    if have == want { Ok(()) } else { Err(mismatch(&want.name, SchemaProblem::Different)) }
}

impl Client {
    fn known_schema(&self, record: &str) -> Result<&Schema, ClientError> {
        self.schema().ok_or_else(|| mismatch(record, SchemaProblem::NotJoined))
    }

    /// Compares once what `compare` compares.
    fn check_once(
        &self,
        kind: TypeId,
        compare: impl FnOnce() -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        if !self.checked.others.borrow().contains(&kind) {
            compare()?;
            self.checked.others.borrow_mut().push(kind);
        }
        Ok(())
    }

    fn class_of<T: Replicate + 'static>(&self) -> Result<u8, ClientError> {
        let kind = TypeId::of::<T>();
        if let Some(&(_, class)) = self.checked.classes.borrow().iter().find(|(known, _)| *known == kind) {
            return Ok(class);
        }
        let record = T::record();
        let schema = self.known_schema(&record.name)?;
        let Some(class) = schema.classes.iter().position(|class| class.name == record.name) else {
            return Err(mismatch(&record.name, SchemaProblem::Missing));
        };
        compare(&schema.classes[class], &record)?;
        let class = class as u8;
        self.checked.classes.borrow_mut().push((kind, class));
        Ok(class)
    }

    /// The entities of one class in the newest state: id, whether it is one's own, and the value.
    ///
    /// # Errors
    /// There is no Welcome yet, or the server's class of that name is another one.
    pub fn entities<T: Replicate + 'static>(
        &self,
    ) -> Result<impl Iterator<Item = (EntityId, bool, T)> + '_, ClientError> {
        let class = self.class_of::<T>()?;
        let entities = self.world().entities().filter(move |entity| entity.class == class);
        Ok(entities.map(|entity| (entity.id, entity.own, T::from_words(entity.words))))
    }

    /// When the next input is due: in the past, if this is asked late. What measures latency counts from here, so that its
    /// own lateness is part of what it reports.
    pub fn next_input_at(&self) -> Option<Time> {
        self.session.next_input_at()
    }

    /// An input is due: give it by [`Client::input`], and ask again.
    pub fn input_due(&mut self, now: Time) -> bool {
        !self.is_closed() && self.session.input_due(now).is_some()
    }

    /// Gives the input of the tick that is due; the next [`Client::poll`] sends it.
    ///
    /// # Errors
    /// No input is due, or the server's input is another one.
    pub fn input<I: Input>(&mut self, input: &I, now: Time) -> Result<InputSeq, ClientError> {
        self.check_once(TypeId::of::<I>(), || {
            let record = I::record();
            compare(&self.known_schema(&record.name)?.input, &record)
        })?;
        let mut words = Vec::with_capacity(I::WORDS);
        input.quantize(&mut words, &mut 0);
        Ok(self.session.push_input(&words, now)?)
    }

    /// Sends a command.
    ///
    /// # Errors
    /// There is no Welcome yet, or the server's commands are others.
    pub fn command<K: Command>(&mut self, command: &K) -> Result<CommandSeq, ClientError> {
        self.check_once(TypeId::of::<K>(), || {
            compare_all(&self.known_schema("commands")?.commands, &K::records(), "commands")
        })?;
        let mut words = Vec::new();
        let index = command.quantize(&mut words, &mut 0);
        Ok(self.session.push_command(index, &words)?)
    }

    /// The value of an event.
    ///
    /// # Errors
    /// The server's events are others.
    pub fn decode_event<E: Event>(&self, event: &GameEvent) -> Result<E, ClientError> {
        self.check_once(TypeId::of::<E>(), || {
            compare_all(&self.known_schema("events")?.events, &E::records(), "events")
        })?;
        let missing = || mismatch("events", SchemaProblem::Missing);
        E::from_words(event.class, &event.words).ok_or_else(missing)
    }
}

fn compare_all(have: &[Record], want: &[Record], what: &str) -> Result<(), ClientError> {
    for (have, want) in have.iter().zip(want) {
        compare(have, want)?;
    }
    if have.len() == want.len() { Ok(()) } else { Err(mismatch(what, SchemaProblem::Different)) }
}
