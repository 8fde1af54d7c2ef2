//! `Cell`: one line of the table, which is a kind of work and a number of connections.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bytes of each input, as a game's are.
pub(super) const INPUT_BYTES: usize = 24;
/// Ticks, and inputs of each client, in a second.
pub(super) const HZ: u32 = 60;
/// Echoes that a connection of `pipelined` has under way.
pub(super) const PIPELINE: u32 = 16;

const CONNECTIONS_MAX: u32 = 20_000;
const BYTES_MAX: u32 = 1 << 20;

/// What is asked of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    /// Each connection has one message under way.
    Echo { bytes: u32 },
    /// Each connection has [`PIPELINE`] messages under way.
    Pipelined { bytes: u32 },
    /// A frame to each connection at each tick.
    Fanout { bytes: u32 },
    /// The same, and an input of [`INPUT_BYTES`] from each connection in each tick.
    Inputs { bytes: u32 },
    /// A room in which everything moves and everybody sees everything, with an input from each player in each tick.
    Room,
    /// Nothing is said.
    Idle,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Cell {
    pub(super) work: Work,
    pub(super) connections: u32,
}

/// The table of a run that asks for no cells, in the order in which it is measured.
pub(super) const ALL: &[&str] = &[
    "echo-20x20",
    "echo-20x200",
    "echo-20x1000",
    "echo-1024x20",
    "echo-1024x200",
    "echo-1024x1000",
    "echo-16384x20",
    "echo-16384x200",
    "echo-16384x1000",
    "pipelined-20x20",
    "pipelined-20x200",
    "fanout-200x500",
    "fanout-200x1000",
    "fanout-200x2000",
    "inputs-200x100",
    "inputs-200x500",
    "inputs-200x1000",
    "room-100",
    "room-300",
    "room-500",
    "idle-10000",
];

impl Cell {
    /// What the table's title says.
    pub(super) fn title(&self) -> String {
        let connections = self.connections;
        match self.work {
            Work::Echo { bytes } => format!("Echo of {bytes} B, {connections} connections"),
            Work::Pipelined { bytes } => {
                format!("{PIPELINE} pipelined echoes of {bytes} B, {connections} connections")
            }
            Work::Fanout { bytes } => format!("Fan-out of {bytes} B at {HZ} Hz, {connections} clients"),
            Work::Inputs { bytes } => format!(
                "Fan-out of {bytes} B at {HZ} Hz with an input of {INPUT_BYTES} B per client and tick, {connections} clients"
            ),
            Work::Room => format!(
                "Room of {connections} players at {HZ} Hz with inputs at {HZ} Hz, everything changes, everybody sees everything"
            ),
            Work::Idle => format!("{connections} idle connections"),
        }
    }

    /// What is measured, as titles say it.
    pub(super) fn measure(&self) -> String {
        match self.work {
            Work::Idle => "what the server's anonymous memory grew by".to_owned(),
            _ => format!("server CPU in us per {}", self.per()),
        }
    }

    /// What a server costs here.
    pub(super) fn unit(&self) -> String {
        let unit = if self.work == Work::Idle { "B" } else { "us" };
        format!("{unit} per {}", self.per())
    }

    /// What the server's processor time is divided by.
    pub(super) fn per(&self) -> &'static str {
        match self.work {
            Work::Echo { .. } | Work::Pipelined { .. } => "message",
            Work::Fanout { .. } | Work::Inputs { .. } => "client and tick",
            Work::Room => "update that a player got",
            Work::Idle => "connection",
        }
    }

    /// What the two percentiles of the table are of; `None` if there are none.
    pub(super) fn time(&self) -> Option<&'static str> {
        match self.work {
            Work::Echo { .. } | Work::Pipelined { .. } => Some("round trip"),
            Work::Fanout { .. } | Work::Inputs { .. } => Some("delivery"),
            Work::Room => Some("input to state"),
            Work::Idle => None,
        }
    }

    /// Connections that are opened in a second: as fast as every contestant takes them.
    pub(super) fn connect_rate(&self) -> u32 {
        if self.work == Work::Room { 500 } else { 2000 }
    }

    /// What a window takes beside warm-up and measurement.
    pub(super) fn overhead(&self) -> Duration {
        let begin = if self.work == Work::Room { 1.5 } else { 0.4 };
        // It rests before the first connection as well, and sees everybody out.
        let begin = if self.work == Work::Idle { 5.0 } else { begin };
        Duration::from_secs_f64(begin + f64::from(self.connections) / f64::from(self.connect_rate()))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.connections;
        match self.work {
            Work::Echo { bytes } => write!(f, "echo-{bytes}x{connections}"),
            Work::Pipelined { bytes } => write!(f, "pipelined-{bytes}x{connections}"),
            Work::Fanout { bytes } => write!(f, "fanout-{bytes}x{connections}"),
            Work::Inputs { bytes } => write!(f, "inputs-{bytes}x{connections}"),
            Work::Room => write!(f, "room-{connections}"),
            Work::Idle => write!(f, "idle-{connections}"),
        }
    }
}

impl From<Cell> for String {
    fn from(cell: Cell) -> Self {
        cell.to_string()
    }
}

impl TryFrom<String> for Cell {
    type Error = NoCell;

    fn try_from(text: String) -> Result<Self, NoCell> {
        text.parse()
    }
}

/// The text is no cell.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is no cell; write KIND-BYTESxCONNECTIONS such as echo-20x1000, pipelined-20x200, fanout-200x500 or \
         inputs-200x500, or room-300 or idle-10000 (--list shows those of the full table)"
)]
pub(super) struct NoCell(String);

impl FromStr for Cell {
    type Err = NoCell;

    fn from_str(text: &str) -> Result<Self, NoCell> {
        parse(text).ok_or_else(|| NoCell(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Cell> {
    let (kind, size) = text.split_once('-')?;
    let count = |text: &str, max: u32| {
        text.parse().ok().filter(|count| (1..=max).contains(count) && text.starts_with(|c| c != '+'))
    };
    if kind == "room" || kind == "idle" {
        let work = if kind == "room" { Work::Room } else { Work::Idle };
        return Some(Cell { work, connections: count(size, CONNECTIONS_MAX)? });
    }
    let (bytes, connections) = size.split_once('x')?;
    let (bytes, connections) = (count(bytes, BYTES_MAX)?, count(connections, CONNECTIONS_MAX)?);
    let work = match kind {
        "echo" => Work::Echo { bytes },
        "pipelined" => Work::Pipelined { bytes },
        // The stamp must fit.
        "fanout" if bytes >= 8 => Work::Fanout { bytes },
        "inputs" if bytes >= 8 => Work::Inputs { bytes },
        _ => return None,
    };
    Some(Cell { work, connections })
}
