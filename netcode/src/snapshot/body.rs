//! The bodies of slots, model 0: from snapshots to bytes. PROTOCOL sections 6.2 and 6.3.
//!
//! A body is a pure function of (layout, snapshots, `BodyKey`). Decoding is `held`'s, which owns the client's states.

use super::Snapshot;
use super::point::{PartKey, members, record_of};
use crate::bits::Writer;
use crate::schema::{Change, Layout};
use alloc::vec::Vec;

/// What became of an entity that is not merely unchanged, low bit first. PROTOCOL section 6.3.
pub(super) const LEFT: u32 = 0b01;
/// Follows [`LEFT`] as a bit of its own: the entity lives on outside of the view.
pub(super) const OUT_OF_VIEW: u32 = 0b100;

/// Appends a body of depth 0.
///
/// # Panics
/// If the snapshot was not built with the classes of `layout`.
pub(super) fn encode_full(layout: &Layout, snapshot: &Snapshot, key: PartKey, out: &mut Vec<u8>) {
    let members = members(key, snapshot);
    let mut w = Writer::new(out);
    w.varint(members.len() as u32);
    let mut id_before = 0;
    for index in members {
        id_before = encode_enter(layout, snapshot, key, index, id_before, &mut w);
    }
    w.finish();
}

/// Writes one whole entity and returns its id.
#[inline]
fn encode_enter(
    layout: &Layout,
    snapshot: &Snapshot,
    key: PartKey,
    index: usize,
    id_before: u32,
    w: &mut Writer<'_>,
) -> u32 {
    let id = snapshot.ids[index];
    w.gamma(id - id_before);
    layout.classes().encode_choice(snapshot.classes[index], w);
    record_of(layout, snapshot, index).encode(snapshot.row(index), key.part(), w);
    id
}

/// A state and what selects its members.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) key: PartKey,
    pub(super) snapshot: &'a Snapshot,
}

/// Appends a body of depth 1 (or more: model 0 looks at the newest point only). False, and nothing appended: the states
/// are equal. `enters` is scratch.
///
/// # Panics
/// If a snapshot was not built with the classes of `layout`.
pub(super) fn encode_delta(
    layout: &Layout,
    base: View<'_>,
    now: View<'_>,
    enters: &mut Vec<u32>,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let mut w = Writer::new(out);
    let changed = encode_stays(layout, base, now, enters, &mut w);
    w.gamma(enters.len() as u32 + 1);
    if let Some(&first) = enters.first() {
        let last = members(base.key, base.snapshot).next_back().map_or(0, |index| base.snapshot.ids[index]);
        let after_last = now.snapshot.ids[first as usize] > last;
        w.flag(after_last);
        let mut id_before = if after_last { last } else { 0 };
        for &index in &*enters {
            id_before = encode_enter(layout, now.snapshot, now.key, index as usize, id_before, &mut w);
        }
    }
    w.finish();
    if !changed && enters.is_empty() {
        out.truncate(start);
        return false;
    }
    true
}

/// Walks the members of the baseline. Collects the indices of those that enter; true if any entity has changed or left.
fn encode_stays(
    layout: &Layout,
    base: View<'_>,
    now: View<'_>,
    enters: &mut Vec<u32>,
    w: &mut Writer<'_>,
) -> bool {
    let (old, new) = (base.snapshot, now.snapshot);
    let part = now.key.part();
    enters.clear();
    let mut changed = false;
    // One more than the entities since the last one that was named: all of them are unchanged.
    let mut run = 1;
    let mut rest = members(now.key, new);
    let mut head = rest.next();
    for index in members(base.key, old) {
        let id = old.ids[index];
        while let Some(entering) = head.filter(|&entering| new.ids[entering] < id) {
            enters.push(entering as u32);
            head = rest.next();
        }
        let Some(same_id) = head.filter(|&same_id| new.ids[same_id] == id) else {
            w.gamma(core::mem::replace(&mut run, 1));
            w.bits(if new.find(old.id(index)).is_some() { LEFT | OUT_OF_VIEW } else { LEFT }, 3);
            changed = true;
            continue;
        };
        head = rest.next();
        let record = record_of(layout, new, same_id);
        let change = if old.classes[index] == new.classes[same_id] {
            record.change(old.row(index), new.row(same_id), part)
        } else {
            Change::Replaced
        };
        match change {
            Change::Same => run += 1,
            Change::Fields(mask) => {
                w.gamma(core::mem::replace(&mut run, 1));
                w.flag(false);
                record.encode_changes(old.row(index), new.row(same_id), part, mask, w);
                changed = true;
            }
            Change::Replaced => {
                w.gamma(core::mem::replace(&mut run, 1));
                w.bits(LEFT, 3);
                enters.push(same_id as u32);
                changed = true;
            }
        }
    }
    enters.extend(head.into_iter().chain(rest).map(|entering| entering as u32));
    if run > 1 {
        w.gamma(run);
    }
    changed
}
