//! The rooms of one simulation thread, by the index in their id.
//!
//! The directory gives out the indices; here is what they hold. Invariant: a place never goes back to an earlier room, so that what
//! comes late for a room that has ended finds nothing.

use tickwire_netcode::close::CloseCode;

use super::hosted::Hosted;
use crate::bridge::RoomId;
use crate::directory::RoomPlan;

#[derive(Default)]
struct Place {
    room: Option<Hosted>,
    /// Serial of the newest room that was here.
    newest: Option<u32>,
}

#[derive(Default)]
pub(crate) struct RoomTable(Vec<Place>);

impl RoomTable {
    /// The room of this id, unless it has ended.
    pub(crate) fn find(&mut self, id: RoomId) -> Option<&mut Hosted> {
        self.0.get_mut(id.index as usize)?.room.as_mut().filter(|room| room.id() == id)
    }

    /// The room of this plan, made if it has not been yet.
    ///
    /// # Errors
    ///
    /// [`CloseCode::RoomFailed`] when it has ended, or what `make` says.
    pub(crate) fn entry(
        &mut self,
        plan: &RoomPlan,
        make: impl FnOnce() -> Result<Hosted, CloseCode>,
    ) -> Result<&mut Hosted, CloseCode> {
        let index = plan.id.index as usize;
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Place::default);
        }
        let place = &mut self.0[index];
        let is_new = place.newest.is_none_or(|newest| plan.id.serial.wrapping_sub(newest).cast_signed() > 0);
        if is_new {
            place.newest = Some(plan.id.serial);
            place.room = Some(make()?);
        }
        place.room.as_mut().filter(|room| room.id() == plan.id).ok_or(CloseCode::RoomFailed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|place| place.room.is_none())
    }

    /// Whether any room has somebody who notices when its ticks start.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.iter().filter_map(|place| place.room.as_ref()).any(|room| room.seats_taken() > 0)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Hosted> {
        self.0.iter_mut().filter_map(|place| place.room.as_mut())
    }

    pub(crate) fn remove(&mut self, id: RoomId) -> Option<Hosted> {
        self.0.get_mut(id.index as usize)?.room.take_if(|room| room.id() == id)
    }

    /// Takes all rooms out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Hosted> {
        self.0.drain(..).filter_map(|place| place.room)
    }
}
