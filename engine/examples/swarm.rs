//! A room in which everything changes at each tick and everybody sees everything: the hardest thing to replicate.
//!
//! One body per player, without a page: it is there to be measured, with `tickwire-bench arena --kind swarm`. Other servers can
//! be given the same work: six numbers a body, moved by [turn, thrust] of its player, sent to all.

use clap::Parser;
use tickwire::prelude::*;

/// The field is a square of this side, in metres, and bodies that leave it come in on the other side.
const SIZE: f32 = 1024.0;
/// In metres per second.
const SPEED: f32 = 60.0;
const THRUST_SPEED: f32 = 180.0;
/// In radians per tick: without and with a turn.
const DRIFT: f32 = 0.03;
const TURN: f32 = 0.02;

/// A server of a room of bodies that never rest.
#[derive(Parser, Debug)]
#[command(
    after_help = "Example:\n  swarm --listen 127.0.0.1:7777 &\n  tickwire-bench arena --kind swarm --players 300"
)]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one and prints it.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7777")]
    listen: String,
    /// Ticks per second.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1000))]
    hz: u32,
    /// Seats of a room.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..=4096))]
    seats: u16,
    /// Read inputs when they come, instead of in one pass before each tick once there are many players.
    #[arg(long)]
    wake_for_reads: bool,
}

#[derive(Replicate)]
struct Body {
    #[rep(range = 0.0..1024.0, step = 0.02)]
    at: Vec2,
    #[rep(range = -200.0..200.0, step = 0.1)]
    speed: Vec2,
    #[rep(angle, bits = 12)]
    angle: f32,
    hp: u8,
}

#[derive(Input, Clone, Copy, Default)]
struct Stick {
    #[rep(range = -1..=1)]
    turn: i8,
    thrust: bool,
}

#[derive(Default)]
struct Swarm(Vec<(EntityId, PlayerId, Body)>);

impl Game for Swarm {
    type Entities = Body;
    type Input = Stick;
    type Event = ();
    type Command = ();

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let at = Vec2::new(cx.rng().range(0.0..SIZE), cx.rng().range(0.0..SIZE));
        let angle = cx.rng().range(0.0..6.0);
        let body = Body { at, speed: Vec2::ZERO, angle, hp: 0 };
        self.0.push((cx.spawn_id(), player, body));
    }

    fn leave(&mut self, player: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {
        self.0.retain(|(_, owner, _)| *owner != player);
    }

    fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        for (_, owner, body) in &mut self.0 {
            let Stick { turn, thrust } = *inputs.get(*owner);
            body.angle = (body.angle + DRIFT + f32::from(turn) * TURN).rem_euclid(std::f32::consts::TAU);
            body.speed = Vec2::from_angle(body.angle) * if thrust { THRUST_SPEED } else { SPEED };
            body.at = (body.at + body.speed * cx.dt()).rem_euclid(Vec2::splat(SIZE));
            body.hp = (body.hp + 1) % 100;
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        self.0.iter().for_each(|(id, player, body)| scene.put_owned(*id, *player, body));
    }
}

fn main() -> Result<(), ServeError> {
    let arguments = Arguments::parse();
    let server = Server::new().room("swarm", Swarm::default).capacity(usize::from(arguments.seats));
    let server = server.tick_rate(arguments.hz).coalesce_reads(!arguments.wake_for_reads);
    server.listen(&arguments.listen)?.run()
}
