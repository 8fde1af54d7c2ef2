/** The parts of the browser that the client needs, as arguments: a fake of each drives the tests. */
/** The part of `WebSocket` that is used. Node's `ws` fits as well. */
export interface SocketLike {
    /** 1 while open; anything else takes no message. */
    readonly readyState: number;
    binaryType: string;
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    send(data: ArrayBuffer): void;
    close(code?: number, reason?: string): void;
}
/** A socket's class, such as `WebSocket`. */
export type SocketClass = new (url: string) => SocketLike;
/** Milliseconds that never go back, on the same base as the argument of `room.advance`, and timers. */
export interface Clock {
    now(): number;
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(timer: unknown): void;
}
/** The page's own clock: `performance.now`. */
export declare const systemClock: Clock;
/** What is read of a socket's close event. */
export interface SocketClose {
    readonly wasClean: boolean;
    readonly code: number;
    readonly reason: string;
}
/**
 * Sends a message, as `ByteWriter.finish` made it: the bytes are all of their buffer.
 *
 * Between the server's close frame and the close event nobody hears any more: the message is dropped, because
 * browsers write an error to the console for each one.
 */
export declare function sendMessage(socket: SocketLike, message: Uint8Array): void;
/** Closes with a code and words that the WebSocket API takes: 1000 or 3000 to 4999, and 123 bytes. */
export declare function closeSocket(socket: SocketLike, code: number, reason: string): void;
