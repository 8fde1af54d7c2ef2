/**
 * Which tick to draw at a moment. Follows the arrival of Updates, smoothed, and stays behind the
 * newest one by a delay that covers two snapshots and the jitter. Times are milliseconds.
 */

import { SNAPSHOTS_MAX } from "./limits.ts";

/** Weight of one arrival: at 60 Hz the clock follows a drifting server within about a second. */
const FOLLOW = 0.02;
/** Weight of one arrival in the jitter and in the interval. */
const FOLLOW_SPREAD = 0.05;
/** An arrival this much earlier than expected proves that the clock is behind, after a frozen page for instance. */
const EARLY_MS_MAX = 100;
/** Drawing stands still rather than going back, unless it would stand still for longer than this. */
const BACK_MS_MAX = 250;
/** Snapshots of the ring that the delay may not use, as a reserve for Updates in a burst. */
const RESERVE = 6;

export class RenderClock {
  readonly #tickMs: number;
  readonly #snapshotTicks: number;
  /** Moment at which tick 0 would have arrived. */
  #originMs = 0;
  #arrivals = 0;
  #jitterMs = 0;
  #intervalTicks: number;
  #newest = 0;

  constructor(tickMs: number, snapshotEvery: number) {
    this.#tickMs = tickMs;
    this.#snapshotTicks = snapshotEvery;
    this.#intervalTicks = snapshotEvery;
  }

  /** Forgets the arrivals: the server dropped time. */
  reset(): void {
    this.#arrivals = 0;
    this.#jitterMs = 0;
  }

  /** Takes the arrival of an Update for `tick`. */
  push(tick: number, nowMs: number): void {
    const origin = nowMs - tick * this.#tickMs;
    const late = origin - this.#originMs;
    if (this.#arrivals === 0 || late < -EARLY_MS_MAX) {
      this.#originMs = origin;
    } else {
      this.#originMs += late * Math.max(FOLLOW, 1 / (this.#arrivals + 1));
      this.#jitterMs += (Math.abs(late) - this.#jitterMs) * FOLLOW_SPREAD;
      const interval = Math.min(tick - this.#newest, this.#snapshotTicks * SNAPSHOTS_MAX);
      this.#intervalTicks += (interval - this.#intervalTicks) * FOLLOW_SPREAD;
    }
    this.#arrivals += 1;
    this.#newest = tick;
  }

  /** Mean time between Updates. */
  get intervalMs(): number {
    return this.#intervalTicks * this.#tickMs;
  }

  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** How far behind the newest arrival entities of others are drawn. */
  get delayMs(): number {
    const longest = (SNAPSHOTS_MAX - RESERVE) * this.#snapshotTicks * this.#tickMs;
    return Math.min(2 * this.intervalMs + 2 * this.#jitterMs, Math.max(longest, 2 * this.intervalMs));
  }

  /** How far behind own entities are drawn: the least that still has a snapshot to move towards. */
  get ownDelayMs(): number {
    return this.intervalMs;
  }

  /**
   * The tick to draw at `nowMs` with `delayMs`: never past the newest Update, and not before
   * `previous`, the tick that was drawn last.
   */
  tickAt(nowMs: number, delayMs: number, previous: number): number {
    const wanted = (nowMs - this.#originMs - delayMs) / this.#tickMs;
    const forward = previous - wanted > BACK_MS_MAX / this.#tickMs ? wanted : Math.max(previous, wanted);
    return Math.max(0, Math.min(forward, this.#newest));
  }
}
