/** Joins a room: opens the socket, says Hello, and becomes a `Room` on Welcome (PROTOCOL section 3). */
import { Room } from "./room.ts";
import { type Clock, type SocketClass } from "./socket.ts";
/** Version of this package. */
export declare const SDK_VERSION = "0.1.0";
export interface ConnectOptions {
    /** Kind of room, for example `arena`. */
    readonly room: string;
    /** Id of the room; any room of the kind when left out. */
    readonly id?: string | undefined;
    /** The player's name, cut to 32 bytes. */
    readonly name?: string | undefined;
    /** Where the server is; the page's own origin and `/ws` when left out. `http` stands for `ws`, `https` for `wss`. */
    readonly url?: string | URL | undefined;
    /** For the server's authenticator, at most 512 bytes. */
    readonly token?: string | Uint8Array | undefined;
    /** Ends the attempt; a room that was joined is left with `leave`. */
    readonly signal?: AbortSignal | undefined;
    /** Milliseconds until an attempt is given up; 10 000 when left out. */
    readonly timeoutMs?: number | undefined;
    /** Socket class; the browser's `WebSocket` when left out. */
    readonly webSocket?: SocketClass | undefined;
    /** Clock and timers; the page's when left out. */
    readonly clock?: Clock | undefined;
}
/**
 * Joins a room.
 *
 * Rejects with `ConnectError` when the server refuses or cannot be reached, with the signal's reason
 * when that aborts, and with `TypeError` for options that no server would take.
 */
export declare function connect(options: ConnectOptions): Promise<Room>;
