/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded into spares, and the
 * spares are swapped in only when all of them decoded and matched their hashes.
 */
import { BitReader } from "./bits.js";
import { HashMismatch, ProtocolError } from "./error.js";
import { Murmur3 } from "./hash.js";
import { SLOTS_MAX, SLOT_WORDS_MAX } from "./limits.js";
/** Entities in ascending id order, their rows end to end. Reused: arrays grow and never shrink. */
export class EntityTable {
    count = 0;
    ids = new Uint32Array(64);
    classes = new Uint8Array(64);
    /** 1 where the entity belongs to the receiving player. */
    own = new Uint8Array(64);
    /** Index of the first word of each row. */
    starts = new Uint32Array(64);
    words = new Uint32Array(512);
    #wordCount = 0;
    clear() {
        this.count = 0;
        this.#wordCount = 0;
    }
    /** Appends a row of zeros and returns the index of its first word. `id` must be above the last. */
    push(id, classIndex, own, words) {
        const row = this.count;
        const start = this.#wordCount;
        if (start + words > SLOT_WORDS_MAX)
            throw new ProtocolError("the state is too big");
        if (row === this.ids.length) {
            this.ids = grown(this.ids, row + 1);
            this.classes = grown(this.classes, row + 1);
            this.own = grown(this.own, row + 1);
            this.starts = grown(this.starts, row + 1);
        }
        if (start + words > this.words.length)
            this.words = grown(this.words, start + words);
        this.ids[row] = id;
        this.classes[row] = classIndex;
        this.own[row] = own ? 1 : 0;
        this.starts[row] = start;
        this.words.fill(0, start, start + words);
        this.count = row + 1;
        this.#wordCount = start + words;
        return start;
    }
    /** Row of an entity, or -1. O(log n). */
    rowOf(id) {
        let low = 0;
        let high = this.count - 1;
        while (low <= high) {
            const middle = (low + high) >>> 1;
            const found = this.ids[middle];
            if (found === id)
                return middle;
            if (found < id)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }
}
/** The whole room as this player sees it at the end of a tick. */
export class Snapshot extends EntityTable {
    tick = 0;
}
/** The state that the newest good Update led to. */
export class World {
    #layout;
    #slots = Array.from({ length: SLOTS_MAX }, () => new EntityTable());
    #spares = Array.from({ length: SLOTS_MAX }, () => new EntityTable());
    /** Whether each slot is the own kind; `undefined` for one that was never carried. */
    #own = new Array(SLOTS_MAX).fill(undefined);
    #reader = new BitReader();
    #hash = new Murmur3();
    constructor(layout) {
        this.#layout = layout;
    }
    /**
     * Applies the slots of an Update.
     *
     * Throws `HashMismatch`, or `ProtocolError` for bytes that cannot be decoded; the state is then unchanged.
     */
    apply(message, slots, count) {
        for (let i = 0; i < count; i++) {
            const slot = slots[i];
            if (slot.content === "same" && this.#own[i] !== slot.own)
                throw new ProtocolError("same as nothing");
            if (slot.content === "body")
                this.#decode(message, slot, this.#spares[i]);
            if (slot.content === "same" && slot.hash !== undefined)
                this.#check(slot, this.#slots[i]);
        }
        for (let i = 0; i < count; i++) {
            if (slots[i].content !== "body")
                continue;
            const old = this.#slots[i];
            this.#slots[i] = this.#spares[i];
            this.#spares[i] = old;
            this.#own[i] = slots[i].own;
        }
    }
    /** Writes the union of the slots to `into`. An entity of several slots gets the fields of all of them. */
    merge(into) {
        into.clear();
        const at = [0, 0, 0, 0];
        for (let id = this.#nextId(at); id !== Infinity; id = this.#nextId(at))
            this.#mergeOne(id, at, into);
    }
    #nextId(at) {
        let next = Infinity;
        for (let s = 0; s < SLOTS_MAX; s++) {
            const slot = this.#slots[s];
            if (at[s] < slot.count)
                next = Math.min(next, slot.ids[at[s]]);
        }
        return next;
    }
    #mergeOne(id, at, into) {
        let start = -1;
        for (let s = 0; s < SLOTS_MAX; s++) {
            const slot = this.#slots[s];
            const row = at[s];
            if (row >= slot.count || slot.ids[row] !== id)
                continue;
            at[s] = row + 1;
            const classIndex = slot.classes[row];
            const layout = this.#layout.classes[classIndex];
            if (start < 0)
                start = into.push(id, classIndex, false, layout.words);
            // Two slots of one Update can only disagree when one of them is thinned: the first one counts.
            if (into.classes[into.count - 1] !== classIndex)
                continue;
            const own = slot.own[row] === 1;
            if (own)
                into.own[into.count - 1] = 1;
            layout.copy(own ? "owner" : "public", slot.words, slot.starts[row], into.words, start);
        }
    }
    /** PROTOCOL section 6.2: a body of depth 0. */
    #decode(message, slot, into) {
        if (slot.depth !== 0)
            throw new ProtocolError(`depth ${slot.depth} was not announced`);
        if (slot.hash === undefined)
            throw new ProtocolError("a full body without its hash");
        if (slot.model !== 0)
            throw new ProtocolError(`model ${slot.model} was not announced`);
        const reader = this.#reader.reset(message, slot.start, slot.end);
        const { classes, classBits } = this.#layout;
        const part = slot.own ? "owner" : "public";
        into.clear();
        const count = reader.varint();
        // The shortest entity is one bit: a count beyond that is refused before anything grows.
        if (count > reader.remaining)
            throw new ProtocolError(`${count} entities do not fit`);
        let id = 0;
        for (let i = 0; i < count; i++) {
            id += reader.gamma();
            if (id > 0xffff_ffff)
                throw new ProtocolError("entity id is past 32 bits");
            const classIndex = reader.bits(classBits);
            const layout = classes[classIndex];
            if (layout === undefined)
                throw new ProtocolError(`class ${classIndex} is not declared`);
            const start = into.push(id, classIndex, slot.own, layout.words);
            layout.decode(part, reader, into.words, start);
        }
        reader.finish();
        this.#check(slot, into);
    }
    #check(slot, table) {
        const hash = this.#hash.reset();
        for (let row = 0; row < table.count; row++) {
            const classIndex = table.classes[row];
            hash.push(table.ids[row]);
            hash.push(classIndex);
            this.#layout.classes[classIndex].hash(slot.own ? "owner" : "public", table.words, table.starts[row], hash);
        }
        const got = hash.finish();
        if (got !== slot.hash)
            throw new HashMismatch(got, slot.hash);
    }
}
function grown(old, least) {
    const size = Math.max(old.length * 2, least);
    const array = (old instanceof Uint8Array ? new Uint8Array(size) : new Uint32Array(size));
    array.set(old);
    return array;
}
//# sourceMappingURL=world.js.map