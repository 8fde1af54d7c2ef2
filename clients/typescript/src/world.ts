/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded into spares, and the
 * spares are swapped in only when all of them decoded and matched their hashes.
 */

import { BitReader } from "./bits.ts";
import { HashMismatch, ProtocolError } from "./error.ts";
import { Murmur3 } from "./hash.ts";
import type { Layout } from "./layout.ts";
import { SLOTS_MAX, SLOT_WORDS_MAX } from "./limits.ts";
import type { SlotHeader } from "./messages.ts";

/** Entities in ascending id order, their rows end to end. Reused: arrays grow and never shrink. */
export class EntityTable {
  count = 0;
  ids: Uint32Array = new Uint32Array(64);
  classes: Uint8Array = new Uint8Array(64);
  /** 1 where the entity belongs to the receiving player. */
  own: Uint8Array = new Uint8Array(64);
  /** Index of the first word of each row. */
  starts: Uint32Array = new Uint32Array(64);
  words: Uint32Array = new Uint32Array(512);
  #wordCount = 0;

  clear(): void {
    this.count = 0;
    this.#wordCount = 0;
  }

  /** Appends a row of zeros and returns the index of its first word. `id` must be above the last. */
  push(id: number, classIndex: number, own: boolean, words: number): number {
    const row = this.count;
    const start = this.#wordCount;
    if (start + words > SLOT_WORDS_MAX) throw new ProtocolError("the state is too big");
    if (row === this.ids.length) {
      this.ids = grown(this.ids, row + 1);
      this.classes = grown(this.classes, row + 1);
      this.own = grown(this.own, row + 1);
      this.starts = grown(this.starts, row + 1);
    }
    if (start + words > this.words.length) this.words = grown(this.words, start + words);
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
  rowOf(id: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.ids[middle]!;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
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
  readonly #layout: Layout;
  readonly #slots: EntityTable[] = Array.from({ length: SLOTS_MAX }, () => new EntityTable());
  readonly #spares: EntityTable[] = Array.from({ length: SLOTS_MAX }, () => new EntityTable());
  /** Whether each slot is the own kind; `undefined` for one that was never carried. */
  readonly #own: (boolean | undefined)[] = new Array<undefined>(SLOTS_MAX).fill(undefined);
  readonly #reader: BitReader = new BitReader();
  readonly #hash: Murmur3 = new Murmur3();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /**
   * Applies the slots of an Update.
   *
   * Throws `HashMismatch`, or `ProtocolError` for bytes that cannot be decoded; the state is then unchanged.
   */
  apply(message: Uint8Array, slots: readonly SlotHeader[], count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (slot.content === "same" && this.#own[i] !== slot.own) throw new ProtocolError("same as nothing");
      if (slot.content === "body") this.#decode(message, slot, this.#spares[i]!);
      if (slot.content === "same" && slot.hash !== undefined) this.#check(slot, this.#slots[i]!);
    }
    checkClasses(this.#slots.map((held, i) => (i < count && slots[i]!.content === "body" ? this.#spares[i]! : held)));
    for (let i = 0; i < count; i++) {
      if (slots[i]!.content !== "body") continue;
      const old = this.#slots[i]!;
      this.#slots[i] = this.#spares[i]!;
      this.#spares[i] = old;
      this.#own[i] = slots[i]!.own;
    }
  }

  /** Writes the union of the slots to `into`: PROTOCOL section 6.2 says which slot counts. */
  merge(into: Snapshot): void {
    into.clear();
    const at = [0, 0, 0, 0];
    for (let id = nextId(this.#slots, at); id !== Infinity; id = nextId(this.#slots, at)) this.#mergeOne(id, at, into);
  }

  #mergeOne(id: number, at: number[], into: Snapshot): void {
    let shown = -1;
    let own = -1;
    for (let s = 0; s < SLOTS_MAX; s++) {
      if (!takes(this.#slots[s]!, s, at, id)) continue;
      if (this.#own[s]!) own = own < 0 ? s : own;
      else shown = shown < 0 ? s : shown;
    }
    // Of an entity that no public slot has, only the owner's words are known.
    if (shown < 0) return;
    const slot = this.#slots[shown]!;
    const row = at[shown]! - 1;
    const classIndex = slot.classes[row]!;
    const layout = this.#layout.classes[classIndex]!;
    const start = into.push(id, classIndex, own >= 0, layout.words);
    layout.copy("public", slot.words, slot.starts[row]!, into.words, start);
    if (own < 0) return;
    const mine = this.#slots[own]!;
    layout.copy("owner", mine.words, mine.starts[at[own]! - 1]!, into.words, start);
  }

  /** PROTOCOL section 6.2: a body of depth 0. */
  #decode(message: Uint8Array, slot: SlotHeader, into: EntityTable): void {
    if (slot.depth !== 0) throw new ProtocolError(`depth ${slot.depth} was not announced`);
    if (slot.hash === undefined) throw new ProtocolError("a full body without its hash");
    if (slot.model !== 0) throw new ProtocolError(`model ${slot.model} was not announced`);
    const reader = this.#reader.reset(message, slot.start, slot.end);
    const { classes, classBits } = this.#layout;
    const part = slot.own ? "owner" : "public";
    into.clear();
    const count = reader.varint();
    // The shortest entity is one bit: a count beyond that is refused before anything grows.
    if (count > reader.remaining) throw new ProtocolError(`${count} entities do not fit`);
    let id = 0;
    for (let i = 0; i < count; i++) {
      id += reader.gamma();
      if (id > 0xffff_ffff) throw new ProtocolError("entity id is past 32 bits");
      const classIndex = reader.bits(classBits);
      const layout = classes[classIndex];
      if (layout === undefined) throw new ProtocolError(`class ${classIndex} is not declared`);
      const start = into.push(id, classIndex, slot.own, layout.words);
      layout.decode(part, reader, into.words, start);
    }
    reader.finish();
    this.#check(slot, into);
  }

  #check(slot: SlotHeader, table: EntityTable): void {
    const hash = this.#hash.reset();
    for (let row = 0; row < table.count; row++) {
      const classIndex = table.classes[row]!;
      hash.push(table.ids[row]!);
      hash.push(classIndex);
      this.#layout.classes[classIndex]!.hash(slot.own ? "owner" : "public", table.words, table.starts[row]!, hash);
    }
    const got = hash.finish();
    if (got !== slot.hash) throw new HashMismatch(got, slot.hash!);
  }
}

/** The least id at the places `at` of the tables. */
function nextId(tables: readonly EntityTable[], at: readonly number[]): number {
  let next = Infinity;
  for (let s = 0; s < tables.length; s++) {
    const table = tables[s]!;
    if (at[s]! < table.count) next = Math.min(next, table.ids[at[s]!]!);
  }
  return next;
}

/** Moves past the entity `id` if it is at the place of table `s`. */
function takes(table: EntityTable, s: number, at: number[], id: number): boolean {
  const row = at[s]!;
  if (row >= table.count || table.ids[row] !== id) return false;
  at[s] = row + 1;
  return true;
}

/** Throws `ProtocolError` when two of the tables have an entity with different classes. */
function checkClasses(tables: readonly EntityTable[]): void {
  const at = tables.map(() => 0);
  for (let id = nextId(tables, at); id !== Infinity; id = nextId(tables, at)) {
    let seen = -1;
    for (let s = 0; s < tables.length; s++) {
      if (!takes(tables[s]!, s, at, id)) continue;
      const classIndex = tables[s]!.classes[at[s]! - 1]!;
      if (seen >= 0 && seen !== classIndex) throw new ProtocolError(`entity ${id} has two classes`);
      seen = classIndex;
    }
  }
}

function grown<T extends Uint32Array | Uint8Array>(old: T, least: number): T {
  const size = Math.max(old.length * 2, least);
  const array = (old instanceof Uint8Array ? new Uint8Array(size) : new Uint32Array(size)) as T;
  array.set(old);
  return array;
}
