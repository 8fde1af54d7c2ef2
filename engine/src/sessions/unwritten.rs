//! `Unwritten`: inputs that a tick has used and whose effect their players have not been sent yet.
//!
//! As a rule these are the inputs of the newest tick, and the next send pass takes them all. Those of a player that is
//! skipped wait here: leaving them out would leave out exactly the long ways. Invariants: ordered by player, then by
//! tick; bounded by [`limits::STAMPED_INPUTS_MAX`]; no allocation once it has grown.

use tickwire_netcode::ids::PlayerId;

use crate::bridge::StampedInput;
use crate::limits;

#[derive(Debug, Default)]
pub(super) struct Unwritten {
    inputs: Vec<StampedInput>,
    /// Scratch of `take`.
    merged: Vec<StampedInput>,
}

impl Unwritten {
    /// Takes in what later ticks have used; gives the number of inputs that there was no room for.
    pub(super) fn take(&mut self, new: &mut Vec<StampedInput>) -> u64 {
        let room = limits::STAMPED_INPUTS_MAX.saturating_sub(self.inputs.len());
        let lost = new.len().saturating_sub(room);
        new.truncate(room);
        // Several ticks at once.
        if !new.is_sorted_by_key(order) {
            new.sort_unstable_by_key(order);
        }
        if self.inputs.is_empty() {
            std::mem::swap(&mut self.inputs, new);
        } else {
            self.merge(new);
        }
        new.clear();
        lost as u64
    }

    fn merge(&mut self, new: &[StampedInput]) {
        self.merged.clear();
        let mut new = new.iter().copied().peekable();
        for old in self.inputs.drain(..) {
            while let Some(earlier) = new.next_if(|new| order(new) < order(&old)) {
                self.merged.push(earlier);
            }
            self.merged.push(old);
        }
        self.merged.extend(new);
        std::mem::swap(&mut self.inputs, &mut self.merged);
    }

    pub(super) fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Goes through them with a send pass.
    pub(super) fn pass(&mut self) -> Pass<'_> {
        Pass { inputs: &mut self.inputs, next: 0, mine: 0, kept: 0, lost: 0 }
    }
}

fn order(input: &StampedInput) -> (PlayerId, u64) {
    (input.player, input.stamps.began.as_nanos())
}

/// A walk along the players of a room, in their order.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    inputs: &'a mut Vec<StampedInput>,
    /// Those before it have been looked at.
    next: usize,
    /// Where the current player's begin.
    mine: usize,
    /// How many of those looked at stay, moved to the front.
    kept: usize,
    lost: u64,
}

impl Pass<'_> {
    /// The inputs of the next player. They are done with, unless [`keep`](Self::keep) follows.
    pub(super) fn of(&mut self, player: PlayerId) -> &[StampedInput] {
        // Whoever comes before has no seat any more.
        let gone = self.inputs[self.next..].iter().take_while(|input| input.player < player).count();
        self.lost += gone as u64;
        self.mine = self.next + gone;
        let count = self.inputs[self.mine..].iter().take_while(|input| input.player == player).count();
        self.next = self.mine + count;
        &self.inputs[self.mine..self.next]
    }

    /// The player was not written to: its inputs go on waiting.
    pub(super) fn keep(&mut self) {
        self.inputs.copy_within(self.mine..self.next, self.kept);
        self.kept += self.next - self.mine;
        self.mine = self.next;
    }

    /// All players were asked for; gives the number of inputs whose players have gone.
    pub(super) fn finish(self) -> u64 {
        let gone = self.inputs.len() - self.next;
        self.inputs.truncate(self.kept);
        self.lost + gone as u64
    }
}

#[cfg(test)]
mod tests {
    use tickwire_netcode::ids::PlayerId;
    use tickwire_netcode::time::Time;

    use super::Unwritten;
    use crate::bridge::StampedInput;
    use crate::limits;
    use crate::metrics::InputStamps;

    fn input(player: u32, tick: u64) -> StampedInput {
        let at = Time::from_nanos(tick);
        let stamps = InputStamps { read: at, buffered: at, began: at, ended: at };
        StampedInput { player: PlayerId(player), stamps }
    }

    fn inputs(all: &[(u32, u64)]) -> Vec<StampedInput> {
        all.iter().map(|&(player, tick)| input(player, tick)).collect()
    }

    /// Runs a pass over players 1 to 4; those in `skipped` keep theirs. What was written, and how many were lost.
    fn pass(unwritten: &mut Unwritten, players: &[u32], skipped: &[u32]) -> (Vec<(u32, u64)>, u64) {
        let (mut pass, mut written) = (unwritten.pass(), Vec::new());
        for &player in players {
            let mine = pass.of(PlayerId(player)).to_vec();
            if skipped.contains(&player) {
                pass.keep();
            } else {
                written.extend(mine.iter().map(|input| (input.player.0, input.stamps.began.as_nanos())));
            }
        }
        (written, pass.finish())
    }

    #[test]
    fn inputs_of_skipped_players_wait_and_those_of_gone_players_are_lost() {
        let mut unwritten = Unwritten::default();
        assert_eq!(unwritten.take(&mut inputs(&[(1, 10), (2, 10), (4, 10)])), 0);
        assert_eq!(pass(&mut unwritten, &[1, 2, 3, 4], &[2, 4]), (vec![(1, 10)], 0));
        unwritten.take(&mut inputs(&[(1, 11), (2, 11), (3, 11), (4, 11)]));
        assert_eq!(pass(&mut unwritten, &[1, 2, 3, 4], &[2, 3]), (vec![(1, 11), (4, 10), (4, 11)], 0));
        // Two ticks at once; 2 and 9 have left.
        unwritten.take(&mut inputs(&[(1, 12), (3, 12), (9, 12), (1, 13), (3, 13), (9, 13)]));
        let written = vec![(1, 12), (1, 13), (3, 11), (3, 12), (3, 13)];
        assert_eq!(pass(&mut unwritten, &[1, 3, 4], &[]), (written, 4));
        assert_eq!(unwritten.len(), 0);
    }

    #[test]
    fn what_waits_is_bounded_and_the_oldest_stay() {
        let mut unwritten = Unwritten::default();
        let ticks = limits::STAMPED_INPUTS_MAX as u64;
        for tick in 0..ticks {
            assert_eq!(unwritten.take(&mut inputs(&[(1, tick)])), 0);
        }
        assert_eq!(unwritten.take(&mut inputs(&[(1, ticks), (2, ticks)])), 2);
        assert_eq!(unwritten.len(), limits::STAMPED_INPUTS_MAX);
        assert_eq!(pass(&mut unwritten, &[1, 2], &[]).0.last(), Some(&(1, ticks - 1)));
    }
}
