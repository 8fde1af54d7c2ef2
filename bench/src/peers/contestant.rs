//! `Contestant`: who can do which work, and how it is started.

use std::path::PathBuf;

use clap::ValueEnum;

use super::cell::{Cell, HZ, Work};
use super::workshop::Workshop;

/// A server that is measured.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Contestant {
    /// The bare loop; with inputs it wakes for each.
    Floor,
    /// The bare loop that reads inputs once per tick.
    FloorTick,
    /// Tickwire.
    Ours,
    /// Tickwire with reads that never follow the tick.
    OursWaking,
    /// tungstenite on mio, default buffers.
    Tungstenite,
    /// tungstenite on mio, buffers of 4 KiB.
    TungsteniteSmall,
    /// fastwebsockets on tokio.
    Fastwebsockets,
    /// tokio-websockets on tokio.
    TokioWebsockets,
    /// npm ws.
    Ws,
    /// Colyseus, one state for all.
    Colyseus,
    /// Colyseus, a view of 16 bodies for each.
    ColyseusViews,
}

/// What has to be there before it can be started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Need {
    /// This program.
    Nothing,
    /// The engine's examples.
    Engine,
    /// `bench/peers/rust`.
    Rust,
    /// `bench/peers/node`.
    Node,
}

/// What is started.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Start {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
}

/// Bodies in a view of [`Contestant::ColyseusViews`].
const VISIBLE: &str = "16";

impl Contestant {
    /// As on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether it can do the work.
    pub(super) fn does(self, work: Work) -> bool {
        match self {
            Self::Floor => work != Work::Room,
            Self::FloorTick => matches!(work, Work::Inputs { .. }),
            Self::Ours => true,
            Self::OursWaking => matches!(work, Work::Inputs { .. } | Work::Room),
            Self::Tungstenite
            | Self::TungsteniteSmall
            | Self::Fastwebsockets
            | Self::TokioWebsockets
            | Self::Ws => work != Work::Room,
            Self::Colyseus | Self::ColyseusViews => work == Work::Room,
        }
    }

    /// Against whom the others are measured, the first one first.
    pub(super) fn baselines(work: Work) -> &'static [Self] {
        match work {
            Work::Room => &[Self::Ours],
            Work::Inputs { .. } => &[Self::Floor, Self::FloorTick],
            _ => &[Self::Floor],
        }
    }

    /// One that the bounds are about: it takes part in every round, the others in every third.
    pub(super) fn is_ever_present(self) -> bool {
        matches!(self, Self::Floor | Self::FloorTick | Self::Ours)
    }

    /// Ours, however it reads.
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::OursWaking)
    }

    /// Another server that does the same work as ours: with views of 16 Colyseus sends less.
    pub(super) fn is_peer(self) -> bool {
        self.is_rust_peer() || matches!(self, Self::Ws | Self::Colyseus)
    }

    pub(super) fn is_rust_peer(self) -> bool {
        self.need() == Need::Rust
    }

    /// What it is, in a sentence.
    pub(super) fn what(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    /// Its answers are understood well enough to know what they answer.
    pub(super) fn tells_time(self) -> bool {
        !matches!(self, Self::Colyseus | Self::ColyseusViews)
    }

    pub(super) fn needs_node(self) -> bool {
        self.need() == Need::Node
    }

    pub(super) fn need(self) -> Need {
        match self {
            Self::Floor | Self::FloorTick => Need::Nothing,
            Self::Ours | Self::OursWaking => Need::Engine,
            Self::Tungstenite | Self::TungsteniteSmall | Self::Fastwebsockets | Self::TokioWebsockets => {
                Need::Rust
            }
            Self::Ws | Self::Colyseus | Self::ColyseusViews => Need::Node,
        }
    }

    /// What it is made of, as the registries call it.
    pub(super) fn libraries(self) -> &'static [&'static str] {
        match self {
            Self::Floor | Self::FloorTick | Self::Ours | Self::OursWaking => &[],
            Self::Tungstenite | Self::TungsteniteSmall => &["tungstenite", "mio"],
            Self::Fastwebsockets => &["fastwebsockets", "tokio"],
            Self::TokioWebsockets => &["tokio-websockets", "tokio"],
            Self::Ws => &["ws"],
            Self::Colyseus | Self::ColyseusViews => {
                &["@colyseus/core", "@colyseus/schema", "@colyseus/ws-transport", "ws"]
            }
        }
    }

    /// How it is started for a cell. Meaningful for work that it does.
    pub(super) fn start(self, workshop: &Workshop, cell: &Cell) -> Start {
        let mut words: Vec<String> = Vec::new();
        let mut say = |word: &str| words.push(word.to_owned());
        let is_fanout = matches!(cell.work, Work::Fanout { .. } | Work::Inputs { .. });
        let service = if is_fanout { "fanout" } else { "echo" };
        let program = match self {
            Self::Floor | Self::FloorTick => {
                ["floor", service].into_iter().for_each(&mut say);
                if self == Self::FloorTick {
                    ["--inputs", "tick"].into_iter().for_each(&mut say);
                }
                workshop.own_program()
            }
            Self::Ours | Self::OursWaking => {
                if self == Self::OursWaking {
                    say("--wake-for-reads");
                }
                workshop.example(match cell.work {
                    Work::Room => "swarm",
                    _ if is_fanout => "fanout",
                    _ => "ws_echo",
                })
            }
            Self::Tungstenite | Self::TungsteniteSmall | Self::Fastwebsockets | Self::TokioWebsockets => {
                [&self.name(), service].into_iter().for_each(&mut say);
                workshop.rust_peers()
            }
            Self::Ws => {
                [&workshop.script("ws.mjs"), service].into_iter().for_each(&mut say);
                "node".into()
            }
            Self::Colyseus | Self::ColyseusViews => {
                say(&workshop.script("colyseus.mjs"));
                if self == Self::ColyseusViews {
                    ["--visible", VISIBLE].into_iter().for_each(&mut say);
                }
                "node".into()
            }
        };
        ["--listen", "127.0.0.1:0"].into_iter().for_each(&mut say);
        if let Work::Fanout { bytes } | Work::Inputs { bytes } = cell.work {
            ["--hz", &HZ.to_string(), "--bytes", &bytes.to_string()].into_iter().for_each(&mut say);
        }
        if cell.work == Work::Room {
            ["--hz", &HZ.to_string()].into_iter().for_each(&mut say);
        }
        Start { program, args: words }
    }
}
