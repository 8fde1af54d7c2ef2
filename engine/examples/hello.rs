//! The smallest game: every player is a dot that moves with keys, mouse or finger.
//!
//! `cargo run --example hello`, then open the address that it prints in two windows. The page is `hello/index.html`;
//! `--listen 0.0.0.0:7777` lets others on the network in.

use tickwire::prelude::*;

#[derive(Replicate)]
struct Dot {
    #[rep(range = 0.0..800.0, step = 0.1)]
    at: Vec2,
}

#[derive(Input, Clone, Copy, Default)]
struct Steer {
    #[rep(range = -1.0..1.0, step = 0.01)]
    push: Vec2,
}

#[derive(Default)]
struct Hello(Vec<(EntityId, PlayerId, Dot)>);

impl Game for Hello {
    type Entities = Dot;
    type Input = Steer;
    type Event = ();
    type Command = ();

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        self.0.push((cx.spawn_id(), player, Dot { at: Vec2::splat(400.0) }));
    }
    fn leave(&mut self, player: PlayerId, _: Leave, _: &mut Cx<'_, Self>) {
        self.0.retain(|(_, owner, _)| *owner != player);
    }
    fn tick(&mut self, inputs: &Inputs<Steer>, cx: &mut Cx<'_, Self>) {
        for (_, player, dot) in &mut self.0 {
            let push = inputs.get(*player).push.clamp_length_max(1.0);
            dot.at = (dot.at + push * 300.0 * cx.dt()).clamp(Vec2::splat(16.0), Vec2::splat(784.0));
        }
    }
    fn replicate(&self, scene: &mut Scene<'_>) {
        self.0.iter().for_each(|(id, player, dot)| scene.put_owned(*id, *player, dot));
    }
}

fn main() -> Result<(), ServeError> {
    let listen = std::env::args().skip_while(|arg| arg != "--listen").nth(1);
    let page = Page::embedded(&[("/index.html", include_bytes!("hello/index.html"))]);
    let server = Server::new().room("hello", Hello::default).page(page);
    server.listen(listen.as_deref().unwrap_or("127.0.0.1:7777"))?.run()
}
