/**
 * Close codes (PROTOCOL section 8) and the words that a player may be shown for each.
 * Owns no sockets.
 */
/** Codes that end a session. Names as in PROTOCOL section 8. */
export declare const CloseCode: {
    readonly Normal: 1000;
    readonly GoingAway: 1001;
    readonly BinaryOnly: 1003;
    readonly Abnormal: 1006;
    readonly Policy: 1008;
    readonly TooBig: 1009;
    readonly Internal: 1011;
    readonly Restart: 1012;
    readonly Busy: 1013;
    readonly HelloExpected: 4001;
    readonly Rate: 4006;
    readonly SlowClient: 4007;
    readonly NoSuchRoom: 4008;
    readonly RoomFailed: 4009;
    readonly Version: 4010;
    readonly BadMessage: 4011;
    readonly Full: 4013;
    readonly IdleTimeout: 4014;
    readonly Desync: 4018;
};
/** How a session ended. */
export interface CloseDetails {
    /** Whether the closing handshake completed. */
    readonly wasClean: boolean;
    readonly code: number;
    /** The reason as sent; `describeClose` has words for a player. */
    readonly reason: string;
    /** Milliseconds after which a new attempt is welcome; 0 when the server gave no hint. */
    readonly retryAfterMs: number;
}
/** Words for a close code, with the sender's reason when it is more than a retry hint. */
export declare function describeClose(code: number, reason: string): string;
/** The hint `retry-after-ms=N` that codes 1012 and 1013 carry; 0 when there is none. */
export declare function retryAfterMs(reason: string): number;
