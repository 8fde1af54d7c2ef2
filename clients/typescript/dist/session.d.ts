/**
 * Client side of a session, without a socket or a clock (PROTOCOL section 3.6): bytes and time go in,
 * messages to send and events come out. Times are milliseconds of one monotonic clock.
 *
 *   AwaitWelcome --Welcome--> AwaitFull --full Update applied--> Live
 *        |                       ^                               |
 *        | Reject                |--- decode error or hash mismatch: send one Resync, keep the state
 *        |                       `--- Moved: another room, with nothing known of it
 *        `--> Closed <-- anything else that PROTOCOL.md does not allow
 *
 * Invariant: every Update counts for acks, seq and tick, applied or discarded.
 */
import { ProtocolError } from "./error.ts";
import { Layout } from "./layout.ts";
import { type Hello, type Reject, type Welcome } from "./messages.ts";
import { World } from "./world.ts";
/** The version that this client speaks. */
export declare const PROTOCOL_VERSION = 1;
export type SessionState = "AwaitWelcome" | "AwaitFull" | "Live" | "Closed";
/** A fact of the game, from the server. */
export interface GameEvent {
    readonly name: string;
    readonly number: number;
    /** The tick that it belongs to: it is played when that tick is drawn. */
    readonly tick: number;
    /** Number of the input that caused it. */
    readonly cause: number | undefined;
    readonly fields: Readonly<Record<string, unknown>>;
}
export type SessionEvent = {
    readonly type: "welcomed";
    readonly welcome: Welcome;
} | {
    readonly type: "rejected";
    readonly reject: Reject;
}
/** The player is in another room: `welcome` has its schema, `layout` and `world` are new. */
 | {
    readonly type: "moved";
    readonly welcome: Welcome;
} | {
    readonly type: "updated";
    readonly tick: number;
}
/** The server dropped time: clocks start over. */
 | {
    readonly type: "reanchored";
    readonly tick: number;
} | {
    readonly type: "game";
    readonly event: GameEvent;
}
/** The server broke the protocol: close with the error's code. */
 | {
    readonly type: "failed";
    readonly error: ProtocolError;
};
/** What Hello says, without what the session itself knows. */
export type Join = Omit<Hello, "protocol" | "capabilities" | "stamp">;
/** Counters since the session began. */
export interface SessionCounters {
    updates: number;
    discarded: number;
    hashMismatches: number;
    decodeErrors: number;
    resyncs: number;
    inputs: number;
}
export declare class ClientSession {
    #private;
    readonly counters: SessionCounters;
    /** Begins a session: the first message to send is Hello. */
    constructor(join: Join, nowMs: number);
    get state(): SessionState;
    /** Layout of the room's schema; `undefined` before Welcome. */
    get layout(): Layout | undefined;
    /** The last good state; `undefined` before Welcome. */
    get world(): World | undefined;
    /** Tick of the newest Update. */
    get tick(): number;
    /** Round trip in milliseconds, `undefined` before the first sample. */
    get rttMs(): number | undefined;
    /** Newest reported input margin in ticks, `undefined` before the first report. */
    get inputMargin(): number | undefined;
    /** Number of the newest input that the newest Update has used. */
    get inputApplied(): number;
    /** Number of the newest command that the server has run. */
    get commandAck(): number;
    /** Takes one message. What went wrong becomes a `failed` event: this does not throw. */
    handleMessage(message: Uint8Array, nowMs: number): void;
    /** The next thing that happened, in order. */
    pollEvent(): SessionEvent | undefined;
    /** The tick that an input is due for, if any. Answer with `pushInput`, then ask again. */
    pollInput(nowMs: number): number | undefined;
    /** When `pollInput` will have the next tick. */
    pollInputTime(): number | undefined;
    /** Takes the input for `tick`, as `pollInput` returned it. `words` is copied. */
    pushInput(tick: number, words: Uint32Array, viewTick: number, nowMs: number): void;
    /** Queues a command and returns its number. Throws `RangeError` when it is longer than the server takes. */
    pushCommand(index: number, words: Uint32Array): number;
    /** The next message to send now. */
    pollTransmit(nowMs: number): Uint8Array | undefined;
    /** When `pollTransmit` will have something that time alone brings up. */
    pollTimeout(): number | undefined;
}
/** The wrapping microseconds of a time in milliseconds. */
export declare function stampOf(nowMs: number): number;
