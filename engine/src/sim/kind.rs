//! A kind of room: how to make one, and what its players are told about its data.
//!
//! Owns the erased factory and the parts computed once per kind: the encoded schema, its hash, the compiled layout. Invariant:
//! a `Kind` that exists has a schema that clients accept.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tickwire_netcode::message::codec;
use tickwire_netcode::schema::{self, Layout, Schema, SchemaError, SchemaHash};

use super::any_room::{AnyRoom, TypedRoom};
use super::near::Places;
use crate::game::Game;
use crate::limits;

/// What the I/O threads need to know of a kind, shared by all.
pub(crate) struct KindWire {
    pub(crate) name: Arc<str>,
    /// The encoded schema as Welcome carries it.
    pub(crate) schema_bytes: Vec<u8>,
    pub(crate) schema_hash: SchemaHash,
    pub(crate) layout: Layout,
}

type Factory = Box<dyn Fn(u64, RoomTimes) -> Box<dyn AnyRoom> + Send + Sync>;

/// The rates of every room of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoomTimes {
    pub(crate) tick_rate_hz: u32,
    /// Ticks from one snapshot to the next, from 1.
    pub(crate) snapshot_every: u8,
}

/// A declared kind of room.
pub(crate) struct Kind {
    pub(crate) wire: Arc<KindWire>,
    pub(crate) places: Places,
    /// How long a room goes on that nobody is in.
    pub(crate) keep_empty: Duration,
    make: Factory,
}

impl Kind {
    /// Declares a kind and checks what its game declares.
    ///
    /// # Errors
    ///
    /// The class, field and change that the developer has to make.
    pub(crate) fn of<G: Game>(
        name: &str,
        factory: impl Fn() -> G + Send + 'static,
    ) -> Result<Self, SchemaError> {
        let schema = Schema::of::<G::Entities, G::Input, G::Event, G::Command>()?;
        let layout = Layout::new(&schema)?;
        let places = Places::of(&schema);
        let mut schema_bytes = Vec::new();
        codec::encode(&schema, &mut schema_bytes);
        let schema_hash = schema::hash(&schema_bytes);
        let wire = Arc::new(KindWire { name: name.into(), schema_bytes, schema_hash, layout });
        // Rooms are made on several threads, and a factory need not be ready for that.
        let factory = Mutex::new(factory);
        let make: Factory = Box::new(move |seed, RoomTimes { tick_rate_hz, snapshot_every }| {
            let game = (factory.lock())();
            Box::new(TypedRoom::new(game, seed, tick_rate_hz, snapshot_every))
        });
        Ok(Self { wire, places, keep_empty: limits::EMPTY_ROOM_MAX, make })
    }

    /// The kind's name.
    pub(crate) fn name(&self) -> &str {
        &self.wire.name
    }

    /// Makes a room and runs its game's `start`. Panics when the game does.
    pub(crate) fn make(&self, seed: u64, times: RoomTimes) -> Box<dyn AnyRoom> {
        (self.make)(seed, times)
    }
}
