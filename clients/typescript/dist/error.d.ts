/**
 * Errors by who must act: the server broke the protocol, or the join was refused. Mistakes of the
 * page's own code are plain `Error`s that name the field and the class.
 */
/** The server sent bytes that PROTOCOL.md does not allow. `code` is the close code that answers them. */
export declare class ProtocolError extends Error {
    readonly code: number;
    constructor(message: string, code?: number);
}
/** A slot decoded, but to another state than the server's (PROTOCOL section 6.4). */
export declare class HashMismatch extends ProtocolError {
    constructor(got: number, want: number);
}
/** `connect` did not lead to a room. */
export declare class ConnectError extends Error {
    /** Close code, PROTOCOL section 8; 1006 when the server could not be reached. */
    readonly code: number;
    /** Words that can be shown to a player. */
    readonly reason: string;
    /** Milliseconds after which another attempt is welcome; 0 when the server gave no hint. */
    readonly retryAfterMs: number;
    constructor(code: number, reason: string, retryAfterMs?: number);
}
