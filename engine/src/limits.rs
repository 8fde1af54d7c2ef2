//! Every bound of the engine on what a peer or a game can make grow, with the reason for its value.
//!
//! The bounds of the wire are netcode's (`tickwire_netcode::limits`, PROTOCOL section 9); these are the bounds of the process.

use std::time::Duration;

/// Seats of a room unless the server says otherwise. Chosen: more than a browser can draw, less than a core can tick.
pub const ROOM_SEATS_DEFAULT: usize = 1024;

/// Rooms in the process. Chosen: each room costs a few ten kilobytes, and a peer creates one by naming it.
pub const ROOMS_MAX: usize = 4096;

/// How long a room without players goes on. Long enough to reload a page; a peer makes rooms by naming them, and each costs ticks.
pub const EMPTY_ROOM_MAX: Duration = Duration::from_secs(60);

/// Rooms that peers may make at once. Chosen: a party that comes by links, each to a room of its own.
pub const ROOMS_MADE_BURST: u32 = 256;

/// Time that pays for one more room made by a peer: 20 a second. A connection asks for one room in its life, so that this is what
/// connecting again and again comes to.
pub const ROOM_MADE_EVERY: Duration = Duration::from_millis(50);

/// Rooms in the answer to `GET /rooms`, the fullest. A list that people read; about 20 KB.
pub const ROOMS_LISTED_MAX: usize = 256;

/// Age of the list of rooms that is still given out: asking more often costs a copy of it and takes no lock of the rooms.
pub const LISTING_AGE_MAX: Duration = Duration::from_millis(250);

/// Players of a room up to which all are on its home I/O thread. A send pass takes about 4 us a player: 2 ms of a tick's 16 at
/// 60 Hz; who comes later stays on the thread that accepted the connection, and its updates are encoded there as well.
pub const HOME_SEATS_MAX: u32 = 512;

/// Events of one room in one tick. Twice what a battle of 500 players produces; beyond it the game is in a loop.
pub const EVENTS_PER_TICK_MAX: usize = 4096;

/// Inbound batches waiting for the simulation. A read pass per millisecond at 60 ticks a second makes 17; four times that.
pub const INBOUND_BATCHES_MAX: usize = 64;

/// Entries of an inbound batch that finds its channel full. 2 seconds of 500 players at 60 Hz: a simulation that is
/// further behind has failed these players anyway.
pub const INBOUND_ENTRIES_MAX: usize = 65_536;

/// Ticks waiting for an I/O thread. At 60 Hz 130 ms; an I/O thread that is later than that wants only the newest.
pub const OUTBOUND_BATCHES_MAX: usize = 8;

/// Events of one room pending for one I/O thread that does not take them: four ticks at their limit.
pub const OUTBOUND_EVENTS_MAX: usize = 4 * EVENTS_PER_TICK_MAX;

/// Inputs of one room on their way to their players' updates, per I/O thread, that are measured: a second of 100 players at
/// 60 Hz that get no update, 300 KB. What goes beyond it is counted and not measured.
pub const STAMPED_INPUTS_MAX: usize = 8192;

/// What a client refused for lack of capacity is told to wait, in milliseconds. Long enough for a stall to pass, short for people.
pub const BUSY_RETRY_AFTER_MS: u32 = 2_000;

/// Bytes of the reason in Reject: PROTOCOL section 3.3, `text<120>`. It also fits a close frame.
pub(crate) const REJECT_TEXT_BYTES_MAX: usize = 120;
