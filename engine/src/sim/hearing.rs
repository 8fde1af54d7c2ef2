//! Who hears an event: its audience against the players of the same tick.

use glam::Vec2;
use tickwire_netcode::ids::PlayerId;

use super::cx::Member;
use super::event_batch::Audience;
use super::near::hears;

/// What the answer depends on. Both lists ascend by player.
#[derive(Clone, Copy)]
pub(crate) struct Hearing<'a> {
    pub(crate) members: &'a [Member],
    /// Where players are; only looked at for events near a point.
    pub(crate) located: &'a [(PlayerId, Option<Vec2>)],
}

impl Hearing<'_> {
    pub(crate) fn hears(&self, audience: &Audience, player: PlayerId) -> bool {
        match audience {
            Audience::Room => true,
            Audience::Player(only) => *only == player,
            Audience::Set(set) => {
                let member = self.members.binary_search_by_key(&player, |member| member.player);
                member.is_ok_and(|index| self.members[index].sets & set.mask() != 0)
            }
            Audience::Near { at, radius } => {
                let place = self.located.binary_search_by_key(&player, |(player, _)| *player);
                hears(place.map_or(None, |index| self.located[index].1), *at, *radius)
            }
        }
    }
}
