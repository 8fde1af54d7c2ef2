//! A small game with one of everything, for tests of the engine as a whole: two classes, owner and once fields, text,
//! an enum, an edge, events with an audience, commands.
//!
//! It is deterministic, and something happens in it all the time whether or not anybody does anything.

use tickwire::prelude::*;

/// The kind of room it is served as.
pub const KIND: &str = "meadow";
/// Half the side of the meadow, in metres.
const HALF: f32 = 200.0;
/// How fast everybody walks, in metres per second.
const SPEED: f32 = 30.0;
const BALLS: usize = 40;
const SEED: u64 = 7;

/// What a walker shows on its face.
#[derive(Replicate, Clone, Copy, PartialEq, Debug)]
pub enum Mood {
    /// Nothing happened.
    Calm,
    /// Somebody fired.
    Cross,
    /// It was told to dance.
    Dancing,
}

/// A player's body.
#[derive(Replicate, Clone, Debug)]
pub struct Walker {
    /// Where it is, in metres.
    #[rep(range = -200.0..200.0, step = 0.05)]
    pub at: Vec2,
    /// Where it looks, in radians.
    #[rep(angle, bits = 10)]
    pub heading: f32,
    /// Face.
    pub mood: Mood,
    /// The player's name.
    #[rep(once, max = 16)]
    pub name: String,
    /// How often it has fired; nobody else's business.
    #[rep(owner)]
    pub shots: u16,
}

/// A thing that rolls about by itself.
#[derive(Replicate, Clone, Debug)]
pub struct Ball {
    /// Where it is, in metres.
    #[rep(range = -200.0..200.0, step = 0.05)]
    pub at: Vec2,
    /// Whether it lies still.
    pub still: bool,
}

/// A player's intent.
#[derive(Input, Clone, Copy, Default, Debug)]
pub struct Stick {
    /// West to east.
    #[rep(range = -1..=1)]
    pub x: i8,
    /// South to north.
    #[rep(range = -1..=1)]
    pub y: i8,
    /// A press.
    #[rep(edge)]
    pub fire: bool,
}

/// What players are told.
#[derive(Event, Clone, Debug)]
pub enum Fact {
    /// Somebody fired.
    Shot {
        /// From where, in metres.
        #[rep(range = -200.0..200.0, step = 0.5)]
        at: Vec2,
    },
    /// Somebody said something.
    Said {
        /// What.
        #[rep(max = 40)]
        words: String,
    },
}

/// What players ask for.
#[derive(Command, Clone, Debug)]
pub enum Wish {
    /// To be heard by all.
    Say {
        /// What.
        #[rep(max = 40)]
        words: String,
    },
    /// To dance.
    Dance,
}

/// The game.
#[derive(Default)]
pub struct Meadow {
    walkers: Vec<(EntityId, PlayerId, Walker)>,
    balls: Vec<(EntityId, Vec2, Ball)>,
}

impl Game for Meadow {
    type Entities = (Walker, Ball);
    type Input = Stick;
    type Event = Fact;
    type Command = Wish;

    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        for _ in 0..BALLS {
            let at = Vec2::new(cx.rng().range(-HALF..HALF), cx.rng().range(-HALF..HALF));
            let speed = cx.rng().unit_vec() * SPEED;
            self.balls.push((cx.spawn_id(), speed, Ball { at, still: false }));
        }
    }

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let at = cx.rng().unit_vec() * 20.0;
        let name = cx.name(player).chars().take(4).collect();
        let walker = Walker { at, heading: 0.0, mood: Mood::Calm, name, shots: 0 };
        self.walkers.push((cx.spawn_id(), player, walker));
    }

    fn leave(&mut self, player: PlayerId, _why: Leave, _cx: &mut Cx<'_, Self>) {
        self.walkers.retain(|(_, owner, _)| *owner != player);
    }

    fn command(&mut self, player: PlayerId, command: Wish, cx: &mut Cx<'_, Self>) {
        match command {
            Wish::Say { words } => {
                cx.emit(Fact::Said { words });
            }
            Wish::Dance => {
                for (_, owner, walker) in &mut self.walkers {
                    if *owner == player {
                        walker.mood = Mood::Dancing;
                    }
                }
            }
        }
    }

    fn tick(&mut self, inputs: &Inputs<Stick>, cx: &mut Cx<'_, Self>) {
        for (_, owner, walker) in &mut self.walkers {
            let stick = inputs.get(*owner);
            let step = Vec2::new(f32::from(stick.x), f32::from(stick.y)) * SPEED * cx.dt();
            walker.at = (walker.at + step).clamp(Vec2::splat(-HALF), Vec2::splat(HALF));
            walker.heading += f32::from(stick.x) * 3.0 * cx.dt();
            if stick.fire {
                walker.shots = walker.shots.wrapping_add(1);
                walker.mood = Mood::Cross;
                cx.emit(Fact::Shot { at: walker.at }).near(walker.at, 60.0);
            }
        }
        for (_, speed, ball) in &mut self.balls {
            if cx.rng().chance(0.01) {
                ball.still = !ball.still;
            }
            if ball.still {
                continue;
            }
            ball.at += *speed * cx.dt();
            if ball.at.abs().max_element() > HALF {
                *speed = -*speed;
                ball.at = ball.at.clamp(Vec2::splat(-HALF), Vec2::splat(HALF));
            }
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        for (id, owner, walker) in &self.walkers {
            scene.put_owned(*id, *owner, walker);
        }
        for (id, _, ball) in &self.balls {
            scene.put(*id, ball);
        }
    }
}

/// A server of it with its seed fixed, to be configured further.
pub fn server() -> Server {
    Server::new().room(KIND, Meadow::default).seed(SEED)
}

/// Runs `server` in this process, on a free port.
///
/// # Panics
/// When it does not start.
#[must_use]
pub fn run(server: Server) -> Running {
    let bound = server.listen("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    bound.start().unwrap_or_else(|error| panic!("{error}"))
}

/// A server of it in this process, as it comes.
#[must_use]
pub fn start() -> Running {
    run(server())
}
