/**
 * The newest states of one slot (PROTOCOL section 6.1), and how a body makes the next one
 * (sections 6.2 and 6.3).
 *
 * Invariant: a state is decoded into a table that no point uses, so that a bad message cannot spoil
 * what is held; it becomes a point only when the whole Update was right.
 */
import { BitReader } from "./bits.js";
import { EntityTable } from "./entity-table.js";
import { HashMismatch, ProtocolError } from "./error.js";
import { Murmur3 } from "./hash.js";
import { POINTS_MAX } from "./limits.js";
const EMPTY = new EntityTable();
const READER = new BitReader();
const HASH = new Murmur3();
export class HeldSlot {
    #layout;
    /** One more than there are points: one is always free. */
    #tables = Array.from({ length: POINTS_MAX + 1 }, () => new EntityTable());
    /** Indices of tables, newest first. `same` makes two points of one table. */
    #points = [];
    #own = false;
    #decoded = 0;
    constructor(layout) {
        this.#layout = layout;
    }
    /** The newest state; empty before the first. */
    get newest() {
        return this.#points.length === 0 ? EMPTY : this.#tables[this.#points[0]];
    }
    /** The hash of the newest state, whether it was sent or not; `undefined` before the first. */
    get hash() {
        return this.#points.length === 0 ? undefined : this.#hashOf(this.newest, this.#own);
    }
    /** Checks a slot that is the same as the newest state. */
    checkSame(slot) {
        if (this.#points.length === 0 || this.#own !== slot.own)
            throw new ProtocolError("same as nothing");
        this.#check(slot, this.newest);
    }
    /** Decodes a body beside the points, which stay as they are. */
    decode(message, slot) {
        const { depth } = slot;
        if (slot.model !== 0)
            throw new ProtocolError(`model ${slot.model} was not announced`);
        if (depth > 0 && (depth > this.#points.length || this.#own !== slot.own))
            throw new ProtocolError(`no ${depth} points are held`);
        if (depth === 0 && slot.hash === undefined)
            throw new ProtocolError("a full body without its hash");
        this.#decoded = this.#tables.findIndex((_, index) => !this.#points.includes(index));
        const into = this.#tables[this.#decoded];
        into.clear();
        const reader = READER.reset(message, slot.start, slot.end);
        const part = slot.own ? "owner" : "public";
        if (depth === 0)
            this.#readFull(reader, part, into);
        else
            this.#readDelta(reader, part, this.newest, into);
        reader.finish();
        this.#check(slot, into);
    }
    /** The Update was right: what `decode` made is the newest point. In full it is the only one. */
    commitDecoded(slot) {
        if (slot.depth === 0)
            this.#points.length = 0;
        this.#own = slot.own;
        this.#push(this.#decoded);
    }
    /** The Update was right: the newest state is one more point. */
    commitSame() {
        this.#push(this.#points[0]);
    }
    #push(table) {
        this.#points.unshift(table);
        if (this.#points.length > POINTS_MAX)
            this.#points.pop();
    }
    #readFull(reader, part, into) {
        const count = reader.varint();
        // The shortest entity is one bit: a count beyond that is refused before anything grows.
        if (count > reader.remaining)
            throw new ProtocolError(`${count} entities do not fit`);
        this.#readEnters(reader, part, count, 0, into);
    }
    #readDelta(reader, part, base, into) {
        for (let row = 0; row < base.count; row++) {
            const end = row + reader.gamma() - 1;
            if (end > base.count)
                throw new ProtocolError("more entities stay than there are");
            while (row < end)
                this.#copy(base, row++, into);
            if (row < base.count)
                this.#readTouched(reader, part, base, row, into);
        }
        const stays = into.count;
        const count = reader.gamma() - 1;
        if (count === 0)
            return;
        const last = base.count > 0 ? base.ids[base.count - 1] : 0;
        const before = reader.flag() ? last : 0;
        if (count > reader.remaining)
            throw new ProtocolError(`${count} entities do not fit`);
        this.#readEnters(reader, part, count, before, into);
        into.sort(stays);
    }
    /** An entity that has changed or left. */
    #readTouched(reader, part, base, row, into) {
        const layout = this.#layout.classes[base.classes[row]];
        if (!reader.flag()) {
            // Copying may replace the array.
            const start = this.#copy(base, row, into);
            layout.decodeChanges(part, reader, into.words, start);
        }
        else if (!reader.flag()) {
            // Destroyed, or out of view: nobody asks yet.
            reader.flag();
        }
        else if (!reader.flag()) {
            const start = this.#copy(base, row, into);
            layout.decodeTeleport(part, reader, into.words, start);
        }
        else {
            throw new ProtocolError("a reserved kind of change");
        }
    }
    #readEnters(reader, part, count, idBefore, into) {
        const { classes, classBits } = this.#layout;
        let id = idBefore;
        for (let i = 0; i < count; i++) {
            id += reader.gamma();
            if (id > 0xffff_ffff)
                throw new ProtocolError("entity id is past 32 bits");
            const classIndex = reader.bits(classBits);
            const layout = classes[classIndex];
            if (layout === undefined)
                throw new ProtocolError(`class ${classIndex} is not declared`);
            const start = into.push(id, classIndex, part === "owner", layout.words);
            layout.decode(part, reader, into.words, start);
        }
    }
    #copy(from, row, into) {
        const classIndex = from.classes[row];
        const { words } = this.#layout.classes[classIndex];
        const start = from.starts[row];
        const to = into.push(from.ids[row], classIndex, from.own[row] === 1, words);
        for (let i = 0; i < words; i++)
            into.words[to + i] = from.words[start + i];
        return to;
    }
    #check(slot, table) {
        if (slot.hash === undefined)
            return;
        const got = this.#hashOf(table, slot.own);
        if (got !== slot.hash)
            throw new HashMismatch(got, slot.hash);
    }
    #hashOf(table, own) {
        const hash = HASH.reset();
        for (let row = 0; row < table.count; row++) {
            const classIndex = table.classes[row];
            hash.push(table.ids[row]);
            hash.push(classIndex);
            this.#layout.classes[classIndex].hash(own ? "owner" : "public", table.words, table.starts[row], hash);
        }
        return hash.finish();
    }
}
//# sourceMappingURL=held-slot.js.map