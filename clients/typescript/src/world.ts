/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded beside
 * the points that are held, and become points only when all of them decoded and matched their hashes.
 */

import { EntityTable } from "./entity-table.ts";
import { HeldSlot } from "./held-slot.ts";
import type { Layout } from "./layout.ts";
import { SLOTS_MAX } from "./limits.ts";
import type { SlotHeader } from "./messages.ts";

/** The whole room as this player sees it at the end of a tick. */
export class Snapshot extends EntityTable {
  tick = 0;
}

/** The state that the newest good Update led to. */
export class World {
  readonly #layout: Layout;
  readonly #slots: readonly HeldSlot[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#slots = Array.from({ length: SLOTS_MAX }, () => new HeldSlot(layout));
  }

  /**
   * Applies the slots of an Update.
   *
   * Throws `HashMismatch`, or `ProtocolError` for bytes that cannot be decoded; the state is then unchanged.
   */
  apply(message: Uint8Array, slots: readonly SlotHeader[], count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (slot.content === "same") this.#slots[i]!.checkSame(slot);
      if (slot.content === "body") this.#slots[i]!.decode(message, slot);
    }
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (slot.content === "same") this.#slots[i]!.commitSame();
      if (slot.content === "body") this.#slots[i]!.commitDecoded(slot);
    }
  }

  /** The hash of the newest state of a slot, if there is one: 0 is the public one. Computed, whether it was sent or not. */
  slotHash(place: number): number | undefined {
    return this.#slots[place]?.hash;
  }

  /** Writes the union of the slots to `into`. An entity of several slots gets the fields of all of them. */
  merge(into: Snapshot): void {
    into.clear();
    const at = [0, 0, 0, 0];
    for (let id = this.#nextId(at); id !== Infinity; id = this.#nextId(at)) this.#mergeOne(id, at, into);
  }

  #nextId(at: readonly number[]): number {
    let next = Infinity;
    for (let s = 0; s < SLOTS_MAX; s++) {
      const slot = this.#slots[s]!.newest;
      if (at[s]! < slot.count) next = Math.min(next, slot.ids[at[s]!]!);
    }
    return next;
  }

  #mergeOne(id: number, at: number[], into: Snapshot): void {
    let start = -1;
    for (let s = 0; s < SLOTS_MAX; s++) {
      const slot = this.#slots[s]!.newest;
      const row = at[s]!;
      if (row >= slot.count || slot.ids[row] !== id) continue;
      at[s] = row + 1;
      const classIndex = slot.classes[row]!;
      const layout = this.#layout.classes[classIndex]!;
      if (start < 0) start = into.push(id, classIndex, false, layout.words);
      // Two slots of one Update can only disagree when one of them is thinned: the first one counts.
      if (into.classes[into.count - 1] !== classIndex) continue;
      const own = slot.own[row] === 1;
      if (own) into.own[into.count - 1] = 1;
      layout.copy(own ? "owner" : "public", slot.words, slot.starts[row]!, into.words, start);
    }
    const last = into.count - 1;
    if (into.own[last] === 0) this.#layout.classes[into.classes[last]!]!.fillExact(into.words, start);
  }
}
