/**
 * Which tick to draw at a moment. Follows the arrival of Updates, smoothed, and stays behind the
 * newest one by a delay that covers two snapshots and the jitter. Times are milliseconds.
 */
export declare class RenderClock {
    #private;
    constructor(tickMs: number, snapshotEvery: number);
    /** Forgets the arrivals: the server dropped time. */
    reset(): void;
    /** Takes the arrival of an Update for `tick`. */
    push(tick: number, nowMs: number): void;
    /** Mean time between Updates. */
    get intervalMs(): number;
    get jitterMs(): number;
    /** How far behind the newest arrival entities of others are drawn. */
    get delayMs(): number;
    /** How far behind own entities are drawn: the least that still has a snapshot to move towards. */
    get ownDelayMs(): number;
    /**
     * The tick to draw at `nowMs` with `delayMs`: never past the newest Update, and not before
     * `previous`, the tick that was drawn last.
     */
    tickAt(nowMs: number, delayMs: number, previous: number): number;
}
