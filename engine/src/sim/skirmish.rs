//! The game of this crate's tests: it moves, fires, tells, kicks and fails on request.

use crate::game::{Cx, Game, Inputs, Leave, Scene, Set, TransferError};
use glam::Vec2;
use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::{Command, Event, Input, Replicate};

#[derive(Replicate)]
#[rep(crate = crate::netcode)]
pub(crate) struct Body {
    hp: u8,
    #[rep(range = -100.0..100.0, step = 0.01)]
    at: Vec2,
    pub(crate) fired: u16,
    #[rep(owner)]
    ammo: u8,
}

#[derive(Replicate)]
#[rep(crate = crate::netcode)]
struct Undeclared {
    hp: u8,
}

#[derive(Replicate)]
#[rep(crate = crate::netcode)]
pub(crate) struct Banner {
    #[rep(max = 255)]
    text: String,
}

#[derive(Input, Clone, Copy, Default, Debug, PartialEq)]
#[rep(crate = crate::netcode)]
pub(crate) struct Stick {
    #[rep(range = -1..=1)]
    pub(crate) x: i8,
    #[rep(edge)]
    pub(crate) fire: bool,
}

#[derive(Event)]
#[rep(crate = crate::netcode)]
pub(crate) enum Fact {
    /// Everything that tests look at has a number.
    Heard {
        number: u16,
    },
    Left {
        player: u32,
        kicked: bool,
    },
    Stays {
        why: u8,
    },
}

#[derive(Command)]
#[rep(crate = crate::netcode)]
pub(crate) enum Ask {
    ToAll {
        number: u16,
    },
    ToMe {
        number: u16,
    },
    /// Around the origin, where players start.
    Near {
        number: u16,
    },
    ToTeam {
        number: u16,
    },
    EnterTeam,
    MoveAway,
    KickMe,
    Panic,
    ShowUndeclared,
    ShowTwice,
    /// Shows more than an Update can carry.
    ShowTooMuch,
    Flood,
    /// To the inn of this name.
    ToInn {
        #[rep(max = 8)]
        name: String,
    },
    /// To a kind whose games fail at their start.
    ToBroken,
    ToNowhere,
}

pub(crate) const TEAM: Set = Set(3);

/// The words and index of a command, as the wire would bring them.
pub(crate) fn words(ask: &Ask) -> (u8, Vec<u32>) {
    let mut words = Vec::new();
    let index = tickwire_netcode::schema::Command::quantize(ask, &mut words, &mut 0);
    (index, words)
}

#[derive(Default)]
pub(crate) struct Skirmish {
    bodies: Vec<(EntityId, PlayerId, Body)>,
    shows_undeclared: bool,
    shows_twice: bool,
    banners: Vec<Banner>,
}

impl Game for Skirmish {
    type Entities = (Body, Banner);
    type Input = Stick;
    type Event = Fact;
    type Command = Ask;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        assert_ne!(cx.name(player), "trouble", "somebody called trouble joins");
        let body = Body { hp: cx.rng().below(100) as u8, at: Vec2::ZERO, fired: 0, ammo: 9 };
        self.bodies.push((cx.spawn_id(), player, body));
    }

    fn leave(&mut self, player: PlayerId, why: Leave, cx: &mut Cx<'_, Self>) {
        self.bodies.retain(|(_, owner, _)| *owner != player);
        cx.emit(Fact::Left { player: player.0, kicked: why == Leave::Kicked });
    }

    fn transfer_failed(&mut self, player: PlayerId, why: TransferError, cx: &mut Cx<'_, Self>) {
        cx.emit(Fact::Stays { why: why as u8 }).to(player);
    }

    fn command(&mut self, player: PlayerId, command: Ask, cx: &mut Cx<'_, Self>) {
        match command {
            Ask::ToAll { number } => drop(cx.emit(Fact::Heard { number })),
            Ask::ToMe { number } => drop(cx.emit(Fact::Heard { number }).to(player)),
            Ask::Near { number } => drop(cx.emit(Fact::Heard { number }).near(Vec2::ZERO, 10.0)),
            Ask::ToTeam { number } => drop(cx.emit(Fact::Heard { number }).to_set(TEAM).droppable()),
            Ask::EnterTeam => cx.set_player_sets(player, TEAM.mask()),
            Ask::MoveAway => {
                for (_, owner, body) in &mut self.bodies {
                    if *owner == player {
                        body.at = Vec2::splat(50.0);
                    }
                }
            }
            Ask::KickMe => cx.kick(player, "asked for it"),
            Ask::Panic => panic!("asked to panic"),
            Ask::ShowUndeclared => self.shows_undeclared = true,
            Ask::ShowTwice => self.shows_twice = true,
            Ask::ShowTooMuch => self.banners = (0..5_000).map(|_| Banner { text: "x".repeat(255) }).collect(),
            Ask::ToInn { name } => cx.transfer(player, "inn", &name),
            Ask::ToBroken => cx.transfer(player, "broken", ""),
            Ask::ToNowhere => cx.transfer(player, "nowhere", ""),
            Ask::Flood => {
                for number in 0..=u16::MAX {
                    cx.emit(Fact::Heard { number });
                }
            }
        }
    }

    fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        for (_, player, body) in &mut self.bodies {
            let stick = inputs.get(*player);
            body.at.x += f32::from(stick.x) * 10.0 * cx.dt() + cx.rng().range(-0.1..0.1);
            body.fired += u16::from(stick.fire);
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        for (id, player, body) in &self.bodies {
            scene.put_owned(*id, *player, body);
        }
        for (number, banner) in (0..).zip(&self.banners) {
            scene.put(EntityId(1_000_000 + number), banner);
        }
        if self.shows_twice {
            for (id, player, body) in &self.bodies {
                scene.put_owned(*id, *player, body);
            }
        }
        if self.shows_undeclared {
            scene.put(EntityId(u32::MAX), &Undeclared { hp: 1 });
        }
    }
}
