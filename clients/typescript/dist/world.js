/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded beside
 * the points that are held, and become points only when all of them decoded and matched their hashes.
 */
import { EntityTable } from "./entity-table.js";
import { ProtocolError } from "./error.js";
import { HeldSlot } from "./held-slot.js";
import { SLOTS_MAX } from "./limits.js";
/** The whole room as this player sees it at the end of a tick. */
export class Snapshot extends EntityTable {
    tick = 0;
}
/** The state that the newest good Update led to. */
export class World {
    #layout;
    #slots;
    constructor(layout) {
        this.#layout = layout;
        this.#slots = Array.from({ length: SLOTS_MAX }, () => new HeldSlot(layout));
    }
    /**
     * Applies the slots of an Update.
     *
     * Throws `HashMismatch`, or `ProtocolError` for bytes that cannot be decoded; the state is then unchanged.
     */
    apply(message, slots, count) {
        for (let i = 0; i < count; i++) {
            const slot = slots[i];
            if (slot.content === "same")
                this.#slots[i].checkSame(slot);
            if (slot.content === "body")
                this.#slots[i].decode(message, slot);
        }
        checkClasses(this.#slots.map((held, i) => (i < count && slots[i].content === "body" ? held.decoded : held.newest)));
        for (let i = 0; i < count; i++) {
            const slot = slots[i];
            if (slot.content === "same")
                this.#slots[i].commitSame();
            if (slot.content === "body")
                this.#slots[i].commitDecoded(slot);
        }
    }
    /** The hash of the newest state of a slot, if there is one: 0 is the public one. Computed, whether it was sent or not. */
    slotHash(place) {
        return this.#slots[place]?.hash;
    }
    /** Writes the union of the slots to `into`: PROTOCOL section 6.2 says which slot counts. */
    merge(into) {
        into.clear();
        const tables = this.#slots.map((slot) => slot.newest);
        const at = [0, 0, 0, 0];
        for (let id = nextId(tables, at); id !== Infinity; id = nextId(tables, at))
            this.#mergeOne(id, tables, at, into);
    }
    #mergeOne(id, tables, at, into) {
        let shown = -1;
        let own = -1;
        for (let s = 0; s < SLOTS_MAX; s++) {
            if (!takes(tables[s], s, at, id))
                continue;
            if (this.#slots[s].own)
                own = own < 0 ? s : own;
            else
                shown = shown < 0 ? s : shown;
        }
        // Of an entity that no public slot has, only the owner's words are known.
        if (shown < 0)
            return;
        const table = tables[shown];
        const row = at[shown] - 1;
        const classIndex = table.classes[row];
        const layout = this.#layout.classes[classIndex];
        const start = into.push(id, classIndex, own >= 0, layout.words);
        layout.copy("public", table.words, table.starts[row], into.words, start);
        if (own < 0)
            return layout.fillExact(into.words, start);
        const mine = tables[own];
        layout.copy("owner", mine.words, mine.starts[at[own] - 1], into.words, start);
    }
}
/** The least id at the places `at` of the tables. */
function nextId(tables, at) {
    let next = Infinity;
    for (let s = 0; s < tables.length; s++) {
        const table = tables[s];
        if (at[s] < table.count)
            next = Math.min(next, table.ids[at[s]]);
    }
    return next;
}
/** Moves past the entity `id` if it is at the place of table `s`. */
function takes(table, s, at, id) {
    const row = at[s];
    if (row >= table.count || table.ids[row] !== id)
        return false;
    at[s] = row + 1;
    return true;
}
/** Throws `ProtocolError` when two of the tables have an entity with different classes. */
function checkClasses(tables) {
    const at = tables.map(() => 0);
    for (let id = nextId(tables, at); id !== Infinity; id = nextId(tables, at)) {
        let seen = -1;
        for (let s = 0; s < tables.length; s++) {
            if (!takes(tables[s], s, at, id))
                continue;
            const classIndex = tables[s].classes[at[s] - 1];
            if (seen >= 0 && seen !== classIndex)
                throw new ProtocolError(`entity ${id} has two classes`);
            seen = classIndex;
        }
    }
}
//# sourceMappingURL=world.js.map