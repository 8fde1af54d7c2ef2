/** The round trip, as the minimum over a window: reads follow the server's ticks, so single samples carry up to a tick of waiting. */
export declare class RttWindow {
    #private;
    /** Takes a sample, in milliseconds. */
    push(rttMs: number, nowMs: number): void;
    /** Minimum of the last five seconds of samples; `undefined` before the first. */
    get minMs(): number | undefined;
}
