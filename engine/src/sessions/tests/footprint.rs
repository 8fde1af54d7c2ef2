//! What a player costs in memory who is in a room and does nothing there.

use super::world::World;
use crate::net::connection::Connection;
use crate::sessions::PlayerSession;

/// A power of two, so that no table has room for more; below the share of connections without a session.
const PLAYERS: i64 = 128;
/// The slab's tag and the timer's node.
const TABLE_BYTES: usize = 8 + 16;

/// Lets players join who say nothing afterwards, until no more updates go out to them; gives what the server keeps.
fn bytes_of_a_crowd(world: &mut World) -> i64 {
    let players: Vec<_> = (0..PLAYERS).map(|_| world.connect_as("gallery", "a", None)).collect();
    let mut bytes = 0;
    for tick in 0..100 {
        bytes += world.tick_counting_allocations().bytes_current;
        for &player in &players {
            // The upgrade and Hello are out.
            world.players[player].mute = true;
            assert!(tick < 3 || world.players[player].session.welcome().is_some(), "in the room");
        }
    }
    bytes
}

#[test]
fn a_silent_player_of_an_empty_room_takes_at_most_2_kib() {
    let mut world = World::new(1024);
    // The first crowd brings what everybody shares: the room, its ring of snapshots, the batches.
    bytes_of_a_crowd(&mut world);
    let bytes = bytes_of_a_crowd(&mut world);
    // Connections go into the table outside of the ticks that are counted.
    let connection = size_of::<Connection<mio::net::TcpStream, Box<PlayerSession>>>() + TABLE_BYTES;
    let each = bytes / PLAYERS + connection as i64;
    // What the allocator adds is not in it: a tenth was measured.
    assert!(each <= 1_792, "{each} bytes");
    // Far less would mean that something is not counted.
    assert!(each >= 1_024, "{each} bytes");
}
