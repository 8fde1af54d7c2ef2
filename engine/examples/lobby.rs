//! A lobby that sends players to tables of two, where they count who presses more often; a table sends them back.
//!
//! `cargo run --example lobby -p tickwire`, then open the address that it prints in two windows. Two kinds of rooms with data of
//! their own, and one connection throughout: the page is `lobby/index.html`.

use tickwire::prelude::*;

/// Seconds that a game at a table lasts.
const GAME_S: f64 = 10.0;

#[derive(Replicate)]
struct Guest {
    #[rep(max = 32, once)]
    name: String,
    waiting: bool,
}

#[derive(Command)]
enum Wish {
    /// A seat at any table, as soon as somebody else wants one.
    Play,
}

#[derive(Event)]
enum Notice {
    NoTable,
}

#[derive(Default)]
struct Lobby {
    guests: Vec<(EntityId, PlayerId, Guest)>,
    tables: u32,
}

impl Game for Lobby {
    type Entities = Guest;
    type Input = ();
    type Event = Notice;
    type Command = Wish;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let name = cx.name(player).to_owned();
        self.guests.push((cx.spawn_id(), player, Guest { name, waiting: false }));
    }

    fn leave(&mut self, player: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {
        self.guests.retain(|(_, guest, _)| *guest != player);
    }

    fn command(&mut self, player: PlayerId, _: Wish, _: &mut Cx<'_, Self>) {
        for (_, _, guest) in self.guests.iter_mut().filter(|(_, who, _)| *who == player) {
            guest.waiting = true;
        }
    }

    fn transfer_failed(&mut self, player: PlayerId, _: TransferError, cx: &mut Cx<'_, Self>) {
        cx.emit(Notice::NoTable).to(player);
    }

    fn tick(&mut self, _: &Inputs<()>, cx: &mut Cx<'_, Self>) {
        let mut waiting: Vec<_> = self.guests.iter_mut().filter(|(_, _, guest)| guest.waiting).collect();
        for pair in waiting.chunks_exact_mut(2) {
            self.tables += 1;
            let table = format!("table {}", self.tables);
            for (_, player, guest) in pair {
                guest.waiting = false;
                cx.transfer(*player, "table", &table);
            }
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        self.guests.iter().for_each(|(id, player, guest)| scene.put_owned(*id, *player, guest));
    }
}

#[derive(Replicate)]
struct Seat {
    #[rep(max = 32, once)]
    name: String,
    presses: u16,
    #[rep(range = 0.0..60.0, step = 0.1)]
    seconds_left: f32,
}

#[derive(Input, Clone, Copy, Default)]
struct Button {
    #[rep(edge)]
    press: bool,
}

#[derive(Default)]
struct Table {
    seats: Vec<(EntityId, PlayerId, Seat)>,
    /// When the second player sat down.
    began: Option<f64>,
}

impl Game for Table {
    type Entities = Seat;
    type Input = Button;
    type Event = ();
    type Command = ();

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let name = cx.name(player).to_owned();
        self.seats.push((cx.spawn_id(), player, Seat { name, presses: 0, seconds_left: GAME_S as f32 }));
        if self.seats.len() == 2 {
            self.began = Some(cx.time());
        }
    }

    fn leave(&mut self, player: PlayerId, _: Leave, cx: &mut Cx<'_, Self>) {
        self.seats.retain(|(_, seat, _)| *seat != player);
        // Nobody to play against: back as well.
        self.seats.iter().for_each(|(_, player, _)| cx.transfer(*player, "lobby", ""));
    }

    fn tick(&mut self, inputs: &Inputs<Button>, cx: &mut Cx<'_, Self>) {
        let Some(began) = self.began else { return };
        let left = began + GAME_S - cx.time();
        for (_, player, seat) in &mut self.seats {
            seat.presses += u16::from(inputs.get(*player).press && left > 0.0);
            seat.seconds_left = left.max(0.0) as f32;
            // Time to look at the result.
            if left < -3.0 {
                cx.transfer(*player, "lobby", "");
            }
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        self.seats.iter().for_each(|(id, player, seat)| scene.put_owned(*id, *player, seat));
    }
}

fn main() -> Result<(), ServeError> {
    let listen = std::env::args().skip_while(|arg| arg != "--listen").nth(1);
    let page = Page::embedded(&[("/index.html", include_bytes!("lobby/index.html"))]);
    let server = Server::new()
        .room("lobby", Lobby::default)
        .room_with(RoomOptions::new("table", Table::default).capacity(2).private())
        .page(page)
        .tick_rate(30);
    server.listen(listen.as_deref().unwrap_or("127.0.0.1:7777"))?.run()
}
