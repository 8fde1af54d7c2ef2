/** The round trip, as the minimum over a window: reads follow the server's ticks, so single samples carry up to a tick of waiting. */

const BUCKETS = 10;
const BUCKET_MS = 500;

export class RttWindow {
  readonly #least = new Float64Array(BUCKETS).fill(Infinity);
  #bucket = 0;
  #startMs: number | undefined;
  #last: number | undefined;

  /** Takes a sample, in milliseconds. */
  push(rttMs: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    for (let passed = 0; nowMs - this.#startMs >= BUCKET_MS && passed < BUCKETS; passed++) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#least[this.#bucket] = Infinity;
      this.#startMs += BUCKET_MS;
    }
    if (nowMs - this.#startMs >= BUCKET_MS) this.#startMs = nowMs;
    this.#least[this.#bucket] = Math.min(this.#least[this.#bucket]!, rttMs);
    this.#last = rttMs;
  }

  /** Minimum of the last five seconds of samples; `undefined` before the first. */
  get minMs(): number | undefined {
    return this.#last === undefined ? undefined : Math.min(...this.#least);
  }
}
