//! Bounds of the event loop, each with the reason for its number. Bounds of the WebSocket endpoint are in
//! `tickwire_netcode::ws::limits`.

use std::time::Duration;

/// Bytes read from one connection in one turn: the size of the thread's shared read buffer.
///
/// 64 KiB is what a loopback or LAN receive window delivers at once; it also bounds the frames of one turn (about
/// 10,900 empty ones, 0.3 ms), so that one flooding peer delays the others by less than a tick.
pub(crate) const READ_BYTES_PER_TURN: usize = 64 << 10;

/// Whole request head, from accept to its empty line (PROTOCOL section 9).
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// From our close frame to the end of the connection: the peer's close frame, the last bytes, our FIN and the peer's.
/// A browser answers in one round trip; two seconds cover a bad mobile link.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// For a peer to take a whole HTTP response: pages are below 1 MiB, so 30 s allows 35 KB/s (chosen, not measured).
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Unsent bytes that control replies may add to a pending tail.
///
/// Pongs and pings of a session that does not read: 25 s of them at the control frame limit (32 a second, 127 bytes)
/// are 100 KiB. Above it the peer is closed as slow.
pub(crate) const TAIL_REPLY_BYTES_MAX: usize = 128 << 10;

/// Size of a reply from which it is written by a call of its own instead of being copied to the others: a call costs about what
/// copying so much does when the copy has left the caches, and no update or command is that large.
pub(crate) const DIRECT_BYTES_MIN: usize = 16 << 10;

/// Capacity the thread's write scratch keeps: a pass of pipelined replies or an update fit, a 16 MiB echo is given
/// back.
pub(crate) const SCRATCH_KEEP_BYTES: usize = 256 << 10;

/// Connections taken from the backlog in one turn: a burst of 4096 takes 16 turns, and each turn stays below 2 ms.
pub(crate) const ACCEPTS_PER_TURN: usize = 256;

/// Pause after an accept error that only time or a close can cure (no descriptors, no memory): who waits is served
/// within a tick of a descriptor's return, and a hundred failing calls a second cost nothing.
pub(crate) const ACCEPT_RETRY: Duration = Duration::from_millis(10);

/// Connections answered in one turn by way of the reserved descriptor, four calls each: below 2 ms.
pub(crate) const DRAINS_PER_TURN: usize = 64;

/// Connections of all threads together unless the server says otherwise. Chosen, not measured: at 512 bytes each they
/// take 32 MiB of user space and some 300 MiB of the kernel's, and no two cores serve more.
pub(crate) const CONNECTIONS_DEFAULT: usize = 1 << 16;

/// Connections without a session may take one in this many of all slots: a flood of them leaves room for players, and
/// everybody may reconnect within four handshakes' time.
pub(crate) const PENDING_SHARE: usize = 4;

/// Connections above the slots that get a whole answer (a browser can read a close code, but no status): as many as
/// one accept turn brings.
pub(crate) const BUSY_ANSWERS_MAX: usize = ACCEPTS_PER_TURN;

/// Connections of one address (64 bits of an IPv6 address): a school class or a LAN party behind one router, pages
/// included.
pub(crate) const ADDRESS_CONNECTIONS_MAX: usize = 64;

/// One new connection of an address per this long: 20 a second.
pub(crate) const ADDRESS_INTERVAL: Duration = Duration::from_millis(50);

/// New connections of an address at once: a page with its parts for several players at a time, and no more than may
/// be open together.
pub(crate) const ADDRESS_BURST: u32 = ADDRESS_CONNECTIONS_MAX as u32;

/// Addresses that are remembered: 64 bytes each are 4 MiB. Those without a connection are forgotten within 3.2 s.
pub(crate) const ADDRESSES_MAX: usize = 1 << 16;

/// What a client is told to wait that found all slots taken: a second plus its own jitter.
pub(crate) const BUSY_REASON: &str = "retry-after-ms=1000";

/// Log lines of one cause at once; one a second after that. With 80 causes of 200 bytes a thread writes at most
/// 16 KB a second, however hard it is attacked.
pub(crate) const LOG_BURST: u32 = 5;

/// Backlog of the listening socket; the kernel lowers it to its own `somaxconn`, 4096 on current Linux.
pub(crate) const LISTEN_BACKLOG: i32 = 4096;

/// For the kernel to give up a peer that does not acknowledge or keeps its window shut; its own limit is about 15
/// minutes. Below the 25 s of inbound silence that end a session (PROTOCOL section 9), so that unsent bytes are gone
/// by then, and above the stalls of a bad link.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Sockets on their way from the acceptor to another I/O thread: two full accept turns. When full, the next thread
/// is tried and at last the acceptor keeps the connection itself.
pub(crate) const MAILBOX_MAX: usize = 2 * ACCEPTS_PER_TURN;

/// Open connections on their way from one I/O thread to another. When full, a connection stays where it is, which costs no
/// more than encoding its room's updates on one more thread.
pub(crate) const PARCELS_MAX: usize = 2 * ACCEPTS_PER_TURN;

/// Connections of one I/O thread: above what one core can serve; keeps indices far from the reserved tokens.
pub(crate) const CONNECTIONS_MAX: usize = 1 << 20;

/// Timers handled in one turn: 1024 close frames or pings take about 4 ms.
pub(crate) const TIMERS_PER_TURN: usize = 1024;

/// Readiness events taken from the kernel in one turn; the rest comes with the next call.
pub(crate) const EVENTS_PER_TURN: usize = 1024;

/// For all connections together to say goodbye when the server stops: each has [`CLOSE_TIMEOUT`], and the timers' grain.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// Largest file that `--web-root` serves: pages and scripts of a game under development, images included.
pub(crate) const PAGE_FILE_BYTES_MAX: u64 = 16 << 20;

/// Messages of live sessions per tick from which a thread stops waking for each of them. Below it a wake for each costs about
/// 1 % of a core (16 x 60 Hz x 10 us), above it nearly the whole cost of a small server.
pub(crate) const COALESCE_FROM: u64 = 16;

/// Messages per tick below which it wakes for each again; half, so that the mode does not flutter.
pub(crate) const WAKE_BELOW: u64 = COALESCE_FROM / 2;

/// Ticks over which messages are counted for that: a quarter of a second at 60 Hz.
pub(crate) const WINDOW_TICKS: u32 = 16;

/// Between the expected end of a read pass and its tick: the simulation spins for up to 150 us before it, and a timer fires up
/// to 100 us late.
pub(crate) const HARVEST_MARGIN: Duration = Duration::from_micros(250);

/// The most that one pass changes the expected length of the next: that of 500 sessions, 1 ms, is learned in ten ticks.
pub(crate) const PASS_STEP: Duration = Duration::from_micros(100);

/// A read pass begins one interval divided by this before its tick at the earliest.
pub(crate) const HARVEST_SHARE_MAX: u32 = 2;

/// Readiness events taken by one call during a read pass. A pass makes as many calls as it takes to see each session once, and goes
/// on in the next turn.
pub(crate) const EVENTS_PER_HARVEST: usize = 1024;
