/** Amount per second over the last two seconds. */

const BUCKETS = 8;
const BUCKET_MS = 250;

export class Meter {
  readonly #sums = new Float64Array(BUCKETS);
  #bucket = 0;
  #startMs: number | undefined;
  #filled = 0;

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#sums[this.#bucket]! += amount;
  }

  perSecond(nowMs: number): number {
    this.#turn(nowMs);
    let sum = 0;
    for (let i = 0; i < BUCKETS; i++) if (i !== this.#bucket) sum += this.#sums[i]!;
    return this.#filled === 0 ? 0 : (sum * 1000) / (this.#filled * BUCKET_MS);
  }

  #turn(nowMs: number): void {
    this.#startMs ??= nowMs;
    const passed = Math.floor((nowMs - this.#startMs) / BUCKET_MS);
    for (let i = 0; i < Math.min(passed, BUCKETS); i++) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#sums[this.#bucket] = 0;
    }
    if (passed <= 0) return;
    this.#startMs += passed * BUCKET_MS;
    this.#filled = Math.min(this.#filled + passed, BUCKETS - 1);
  }
}
