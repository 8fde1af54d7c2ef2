//! A chat: text over commands and events, and a list of who is here.
//!
//! `cargo run --example chat -p tickwire`, then open the address that it prints in two windows; `/?room=friends` is a room of its
//! own, and one whose name begins with `~` is not listed at `/rooms`. The page is `chat/index.html`.

use tickwire::prelude::*;

/// One person in the room. Nothing moves: a state update is sent when somebody comes, goes or types.
#[derive(Replicate)]
struct Person {
    #[rep(max = 32, once)]
    name: String,
    /// Whom to whisper to.
    #[rep(once)]
    player: u32,
    typing: bool,
}

#[derive(Input, Clone, Copy, Default)]
struct Keyboard {
    typing: bool,
}

#[derive(Command)]
enum Say {
    Line {
        #[rep(max = 200)]
        text: String,
    },
    /// Private, to the person with this player id.
    Whisper {
        to: u32,
        #[rep(max = 200)]
        text: String,
    },
}

#[derive(Event)]
enum Heard {
    Line {
        from: u32,
        #[rep(max = 32)]
        name: String,
        #[rep(max = 200)]
        text: String,
        whispered: bool,
    },
    Left {
        #[rep(max = 32)]
        name: String,
    },
}

#[derive(Default)]
struct Chat(Vec<(EntityId, PlayerId, Person)>);

impl Game for Chat {
    type Entities = Person;
    type Input = Keyboard;
    type Event = Heard;
    type Command = Say;

    fn join(&mut self, player: PlayerId, cx: &mut Cx<'_, Self>) {
        let name = match cx.name(player) {
            "" => format!("guest {}", player.0),
            name => name.to_owned(),
        };
        self.0.push((cx.spawn_id(), player, Person { name, player: player.0, typing: false }));
    }

    fn leave(&mut self, player: PlayerId, _: Leave, cx: &mut Cx<'_, Self>) {
        if let Some(index) = self.0.iter().position(|(_, who, _)| *who == player) {
            let (_, _, person) = self.0.remove(index);
            cx.emit(Heard::Left { name: person.name });
        }
    }

    fn command(&mut self, player: PlayerId, say: Say, cx: &mut Cx<'_, Self>) {
        let Some((_, _, person)) = self.0.iter().find(|(_, who, _)| *who == player) else { return };
        let (from, name) = (player.0, person.name.clone());
        match say {
            Say::Line { text } => drop(cx.emit(Heard::Line { from, name, text, whispered: false })),
            Say::Whisper { to, text } => {
                for listener in [PlayerId(to), player] {
                    let (name, text) = (name.clone(), text.clone());
                    cx.emit(Heard::Line { from, name, text, whispered: true }).to(listener);
                }
            }
        }
    }

    fn tick(&mut self, inputs: &Inputs<Keyboard>, _: &mut Cx<'_, Self>) {
        for (_, player, person) in &mut self.0 {
            person.typing = inputs.get(*player).typing;
        }
    }

    fn replicate(&self, scene: &mut Scene<'_>) {
        self.0.iter().for_each(|(id, player, person)| scene.put_owned(*id, *player, person));
    }
}

fn main() -> Result<(), ServeError> {
    let listen = std::env::args().skip_while(|arg| arg != "--listen").nth(1);
    let page = Page::embedded(&[("/index.html", include_bytes!("chat/index.html"))]);
    // Ten ticks a second are enough to read by.
    let server = Server::new().room("chat", Chat::default).page(page).tick_rate(10);
    server.listen(listen.as_deref().unwrap_or("127.0.0.1:7777"))?.run()
}
