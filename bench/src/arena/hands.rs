//! `Hands`: what a player does, made up from the schema of any game.
//!
//! Each field holds a value for half a second or so and then takes another one, as a thumb on a stick does; flags are
//! set a quarter of the time, edges are pressed now and then. Deterministic by the player's number.

use tickwire_netcode::schema::{FieldKind, Flags, Schema};

/// Inputs between two changes of a held value: half a second at 60 Hz.
const HOLD: u32 = 30;
/// Inputs between two presses: four a second at 60 Hz.
const PRESS: u32 = 15;

/// How the words of one field are made up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Finger {
    /// Any value up to this, held.
    Held(u32),
    /// Set a quarter of the time.
    Flag,
    /// Set in one input, then not for a while.
    Press,
    /// Left at zero: texts and kinds that this program does not know.
    Still,
}

pub(crate) struct Hands {
    fingers: Vec<Finger>,
    number: u32,
    given: u32,
    words: Vec<u32>,
}

impl Hands {
    /// `words`: how many the record of inputs has.
    pub(crate) fn new(schema: &Schema, words: usize, number: u32) -> Self {
        let mut fingers = Vec::with_capacity(words);
        for field in &schema.input.fields {
            let edge = field.flags.contains(Flags::EDGE);
            match &field.kind {
                FieldKind::Flag => fingers.push(if edge { Finger::Press } else { Finger::Flag }),
                FieldKind::Integer { span, .. } => fingers.push(Finger::Held(*span)),
                FieldKind::Float(axis) => fingers.push(Finger::Held(axis.span)),
                FieldKind::Enum { variants } => {
                    fingers.push(Finger::Held((variants.len() as u32).saturating_sub(1)));
                }
                FieldKind::Angle { bits } => fingers.push(Finger::Held((1 << bits) - 1)),
                FieldKind::Vec2 { x, y } => fingers.extend([Finger::Held(x.span), Finger::Held(y.span)]),
                _ => break,
            }
        }
        fingers.resize(words, Finger::Still);
        Self { fingers, number, given: 0, words: Vec::with_capacity(words) }
    }

    /// The words of the next input.
    pub(crate) fn next(&mut self) -> &[u32] {
        self.words.clear();
        for (place, finger) in (0..).zip(&self.fingers) {
            let since = self.given.wrapping_add(self.number.wrapping_mul(7));
            self.words.push(match *finger {
                Finger::Held(max) => {
                    let draw = scatter(self.number, place, since / HOLD);
                    ((u64::from(draw) * (u64::from(max) + 1)) >> 32) as u32
                }
                Finger::Flag => u32::from(scatter(self.number, place, since / HOLD).is_multiple_of(4)),
                Finger::Press => u32::from(since.is_multiple_of(PRESS)),
                Finger::Still => 0,
            });
        }
        self.given = self.given.wrapping_add(1);
        &self.words
    }
}

/// Three numbers to one that looks drawn at random (the finalizer of MurmurHash3).
fn scatter(player: u32, place: u32, period: u32) -> u32 {
    let mut x =
        player.wrapping_mul(0x9E37_79B9) ^ place.wrapping_mul(0x85EB_CA6B) ^ period.wrapping_mul(0xC2B2_AE35);
    x = (x ^ x >> 16).wrapping_mul(0x85EB_CA6B);
    x = (x ^ x >> 13).wrapping_mul(0xC2B2_AE35);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use tickwire_netcode::Input;
    use tickwire_netcode::glam::Vec2;
    use tickwire_netcode::schema::{Input as _, Schema};

    use super::*;

    #[derive(Input, Clone, Copy, Default)]
    #[rep(crate = tickwire_netcode)]
    struct Stick {
        #[rep(range = -1.0..1.0, step = 0.125)]
        thrust: Vec2,
        #[rep(angle, bits = 10)]
        aim: f32,
        fire: bool,
        #[rep(edge)]
        trigger: bool,
    }

    fn schema() -> Schema {
        Schema { classes: vec![], input: Stick::record(), events: vec![], commands: vec![] }
    }

    #[test]
    fn every_word_stays_in_its_range_and_moves() {
        let schema = schema();
        let mut hands = Hands::new(&schema, Stick::WORDS, 3);
        let mut seen = vec![std::collections::BTreeSet::new(); Stick::WORDS];
        let mut presses = 0;
        for _ in 0..600 {
            let words = hands.next();
            for (seen, &word) in seen.iter_mut().zip(words) {
                seen.insert(word);
            }
            presses += words[4];
        }
        for (seen, max) in seen.iter().zip([16, 16, 1023, 1, 1]) {
            assert!(seen.last().is_some_and(|&word| word <= max) && seen.len() >= 2, "{seen:?} up to {max}");
        }
        assert_eq!(presses, 40);
    }

    #[test]
    fn players_differ_and_the_same_player_does_the_same_again() {
        let schema = schema();
        let play = |number| {
            let mut hands = Hands::new(&schema, Stick::WORDS, number);
            (0..60).map(|_| hands.next().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(play(1), play(1));
        assert_ne!(play(1), play(2));
    }
}
