/** MurmurHash3, x86, 32 bit, seed 0, over whole little-endian words (PROTOCOL section 6.4). */

/** Hash of the words pushed so far. */
export class Murmur3 {
  #hash = 0;
  #words = 0;

  reset(): this {
    this.#hash = 0;
    this.#words = 0;
    return this;
  }

  push(word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    const h = this.#hash ^ Math.imul(k, 0x1b873593);
    this.#hash = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    this.#words += 1;
  }

  finish(): number {
    let h = this.#hash ^ (this.#words * 4);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  }
}
