//! Another game of this crate's tests, with another schema: a place where players only are, and from which they can be sent on.

use tickwire_netcode::ids::{EntityId, PlayerId};
use tickwire_netcode::{Command, Event, Replicate};

use crate::game::{Cx, Game, Inputs, Leave, Scene, TransferError};

#[derive(Replicate)]
#[rep(crate = crate::netcode)]
pub(crate) struct Guest {
    pub(crate) leaving: bool,
}

#[derive(Event)]
#[rep(crate = crate::netcode)]
pub(crate) enum News {
    Gone { transferred: bool },
    Stays { why: u8 },
}

#[derive(Command)]
#[rep(crate = crate::netcode)]
pub(crate) enum Order {
    /// To any skirmish.
    Fight,
    /// To the inn called "other".
    MoveOn,
}

#[derive(Default)]
pub(crate) struct Inn {
    guests: Vec<(EntityId, PlayerId, Guest)>,
}

impl Game for Inn {
    type Entities = Guest;
    type Input = ();
    type Event = News;
    type Command = Order;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        self.guests.push((cx.spawn_id(), player, Guest { leaving: false }));
    }

    fn leave(&mut self, player: PlayerId, why: Leave, cx: &mut Cx<'_, Self>) {
        self.guests.retain(|(_, guest, _)| *guest != player);
        cx.emit(News::Gone { transferred: why == Leave::Transferred });
    }

    fn transfer_failed(&mut self, player: PlayerId, why: TransferError, cx: &mut Cx<'_, Self>) {
        cx.emit(News::Stays { why: why as u8 }).to(player);
    }

    fn command(&mut self, player: PlayerId, command: Order, cx: &mut Cx<'_, Self>) {
        match command {
            Order::Fight => cx.transfer(player, "skirmish", ""),
            Order::MoveOn => cx.transfer(player, "inn", "other"),
        }
    }

    fn tick(&mut self, _: &Inputs<()>, _: &mut Cx<'_, Self>) {}

    fn replicate(&self, scene: &mut Scene<'_>) {
        for (id, player, guest) in &self.guests {
            scene.put_owned(*id, *player, guest);
        }
    }
}
