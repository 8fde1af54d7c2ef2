//! Every bound on what a peer, or a schema, can make this crate do, except those of `ws`.
//!
//! PROTOCOL section 9; each number is given with the reason for it.

use core::time::Duration;

/// Bytes of a Hello. Its largest fields add up to 760; the rest is room for later ones.
pub const HELLO_BYTES_MAX: usize = 1024;

/// How long a connection may stay without a Hello: a page sends it at once, 3 s allow for a bad radio link.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(3);

/// Bytes of a Welcome: its largest fields but the schema add up to 200.
pub const WELCOME_BYTES_MAX: usize = SCHEMA_BYTES_MAX + 1024;

/// Bytes of a Reject: its largest fields add up to 140.
pub const REJECT_BYTES_MAX: usize = 256;

/// Ticks a second of a room: beyond, a tick is shorter than the timers of most systems.
pub const TICK_RATE_HZ_MAX: u16 = 1000;

/// Bytes of any other client message: 8 inputs of 128 words with room for text commands.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 4096;

/// Bytes of a server message that a client accepts: a Welcome with a full schema, or 65,536 small entities in full.
pub const SERVER_MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Messages a second that a session may send for long: an input for each of 60 ticks, and as much again.
pub const MESSAGES_PER_SECOND_MAX: u32 = 120;

/// Messages above the rate that are let through: what 15 s of stall delivers at once.
pub const MESSAGES_BURST_MAX: u32 = 1800;

/// Inputs in one message: the count has three bits.
pub const INPUTS_PER_MESSAGE_MAX: usize = 8;

/// Ticks ahead of the room that an input may be addressed to, and inputs buffered for one player: 133 ms at 60 Hz.
pub const INPUT_WINDOW_TICKS: u32 = 8;

/// Late edges that wait for their tick: more than a person presses in a stall that is worth saving.
pub const LATE_EDGES_MAX: usize = 8;

/// Bytes of events kept for one player until acknowledged: about a minute of a busy room.
pub const EVENTS_UNACKED_BYTES_MAX: usize = 256 * 1024;

/// Events kept for one player until acknowledged.
pub const EVENTS_UNACKED_MAX: usize = 4096;

/// Events in one message: the count goes up to a byte's worth.
pub const EVENTS_PER_MESSAGE_MAX: u32 = 255;

/// Updates that may be unacknowledged before the gate shuts: a second of 60 Hz. Chosen, not measured: the real gate
/// (delivered rate x least round trip) comes with its measurement.
pub const UPDATES_IN_FLIGHT_MAX: usize = 64;

/// Inbound silence after which the server pings: a client acks every 100 ms, so 10 s are a dead link or a sleeping page.
pub const SILENCE_PING: Duration = Duration::from_secs(10);

/// Inbound silence that ends a session: the ping had 15 s.
pub const SILENCE_END: Duration = Duration::from_secs(25);

/// Least time between two Resyncs that are answered at once: a full update is the most expensive thing a client can ask for.
pub const RESYNC_INTERVAL: Duration = Duration::from_secs(2);

/// Resyncs within [`RESYNC_WINDOW`] that end the session: a client that needs this many is broken.
pub const RESYNCS_MAX: u32 = 4;

/// The time over which Resyncs are counted.
pub const RESYNC_WINDOW: Duration = Duration::from_secs(60);

/// Bytes of an encoded schema: the largest that the lists below allow is far above what a game declares.
pub const SCHEMA_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a name of a record, field or variant.
pub const NAME_BYTES_MAX: usize = 32;

/// Classes of a game: an entity's class takes at most 6 bits.
pub const CLASSES_MAX: usize = 64;

/// Records of events: the class byte of an event has 7 bits for it.
pub const EVENT_RECORDS_MAX: usize = 128;

/// Records of commands: as for events.
pub const COMMAND_RECORDS_MAX: usize = 128;

/// Fields of a record.
pub const FIELDS_MAX: usize = 32;

/// Variants of an enum: one byte.
pub const VARIANTS_MAX: usize = 256;

/// Words of a record: the longest text (65 words) and as much again. Bounds what one entity costs a decoder.
pub const RECORD_WORDS_MAX: usize = 128;

/// Bits of an angle: what an `f32` can tell apart.
pub const ANGLE_BITS_MAX: u8 = 24;

/// Bits of a component of a quaternion: fewer are no rotation, more are not in an `f32`.
pub const QUAT_BITS_MIN: u8 = 4;
/// See [`QUAT_BITS_MIN`].
pub const QUAT_BITS_MAX: u8 = 20;

/// Slots of an update.
pub const SLOTS_MAX: usize = 4;

/// Entities of one slot. With [`DECODED_WORDS_MAX`] it bounds what a body makes a client allocate.
pub const ENTITIES_MAX: usize = 65_536;

/// Words of one slot after decoding, 16 MiB: fields of span 0 take no bits, so bytes do not bound them.
pub const DECODED_WORDS_MAX: usize = 4 << 20;

/// Snapshots of a room that are kept to code against: about a second of 60 Hz, as many as may be unacknowledged. For a
/// client that skipped more nearly everything has changed.
pub const HISTORY_SNAPSHOTS_MAX: usize = 64;

/// Bytes of the snapshots of a room that are kept: a second of 60 Hz of a room of 1,500 entities with ten words each.
pub const HISTORY_BYTES_MAX: usize = 8 << 20;

/// Points of a slot that both ends hold: position, velocity and acceleration can be told from three.
pub const POINTS_MAX: usize = 3;

/// Points that a server of this version codes against: model 0 looks at the newest one only.
pub const DEPTH_PRODUCED: u8 = 1;

/// Carried updates of a slot from one hash to the next: a quarter of a second of 60 Hz, for two bits per update.
pub const HASH_EVERY: u8 = 16;
