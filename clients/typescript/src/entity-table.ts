/**
 * A growing table of entities: what a slot holds at a point, and what is drawn.
 *
 * Invariant: ids ascend, but while `HeldSlot` decodes a body.
 */

import { ProtocolError } from "./error.ts";
import { SLOT_WORDS_MAX } from "./limits.ts";

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

  /** Brings rows in order: the first `stays` ascend, and the others do. Words stay where they are. */
  sort(stays: number): void {
    const { count, ids } = this;
    if (stays === 0 || stays === count || ids[stays - 1]! < ids[stays]!) return;
    const order = Array.from({ length: count }, (_, row) => row).sort((a, b) => ids[a]! - ids[b]!);
    for (const array of [ids, this.classes, this.own, this.starts]) {
      const old = array.slice(0, count);
      for (let row = 0; row < count; row++) array[row] = old[order[row]!]!;
    }
    for (let row = 1; row < count; row++) {
      if (ids[row] === ids[row - 1]) throw new ProtocolError(`entity ${ids[row]} entered twice`);
    }
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

function grown<T extends Uint32Array | Uint8Array>(old: T, least: number): T {
  const size = Math.max(old.length * 2, least);
  const array = (old instanceof Uint8Array ? new Uint8Array(size) : new Uint32Array(size)) as T;
  array.set(old);
  return array;
}
