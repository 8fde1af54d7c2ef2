/**
 * A joined room: drives a `ClientSession` over a socket, samples inputs once per tick, and plays events
 * when their tick is drawn. Made by `connect`.
 *
 * The server may move the player to another room (PROTOCOL section 3.4): then everything that Welcome said is set anew, and
 * the `moved` handlers run.
 *
 * Invariant: whether or not the page draws, each message and each timer runs `#pump`, which keeps acks
 * and inputs flowing; browsers throttle timers of hidden pages, but not messages.
 */
import { type CloseDetails } from "./close.ts";
import { type Entity } from "./interpolation.ts";
import { type Welcome } from "./messages.ts";
import type { Schema } from "./schema.ts";
import type { ClientSession } from "./session.ts";
import { type Clock, type SocketLike } from "./socket.ts";
/** Values of a record's fields: numbers, booleans, strings (texts and enum variants) and `{x, y}`. */
export type Fields = Record<string, unknown>;
/** Fields whose types the page does not declare. */
export type AnyFields = Record<string, any>;
/** What comes with a game event besides its fields. */
export interface EventMeta {
    readonly tick: number;
    /** Number of the input that caused it, if the game said so. */
    readonly cause: number | undefined;
}
/** The room that the player is in now. */
export interface Moved {
    readonly kind: string;
    readonly id: string;
    readonly player: number;
}
/** A snapshot of the numbers that a HUD shows. */
export interface Stats {
    /** Round trip in milliseconds, minimum of the last five seconds; 0 before the first sample. */
    readonly ping: number;
    /** Ticks per second of the room. */
    readonly tickRate: number;
    readonly updatesPerSecond: number;
    /** Payload received per second, without WebSocket and TCP headers. */
    readonly bytesPerSecond: number;
    /** How far in the past entities of others are drawn. */
    readonly renderDelayMs: number;
    /** Mean deviation of Updates from their regular arrival. */
    readonly jitterMs: number;
    /** How long before its tick the newest reported input arrived, in ticks; `undefined` before the first. */
    readonly inputMargin: number | undefined;
    /** Tick of the newest Update. */
    readonly tick: number;
    /** Tick that was drawn last, with its fraction. */
    readonly renderTick: number;
    readonly updates: number;
    readonly hashMismatches: number;
    readonly decodeErrors: number;
    readonly resyncs: number;
}
/** What `connect` hands over. */
export interface RoomParts {
    readonly socket: SocketLike;
    readonly clock: Clock;
    readonly session: ClientSession;
    readonly welcome: Welcome;
    readonly playerName: string;
}
export declare class Room {
    #private;
    /** The name that was asked for. */
    readonly playerName: string;
    constructor(parts: RoomParts);
    /** This player's id in the room, from 1. */
    get player(): number;
    /** Kind of room, for example `arena`. */
    get kind(): string;
    /** Id of the room. */
    get id(): string;
    get tickRate(): number;
    /** What the game replicates and accepts. */
    get schema(): Schema;
    /**
     * Sets what this player intends. Called once per tick, also while the page is hidden; the object may
     * be reused. Edge fields: return whether the key is down, each press is sent once.
     *
     * Throws `Error` at once when a field is missing, unknown, NaN or of another type than the game declared. If
     * the function throws or returns such a field later, neutral input is sent (zeros, nothing pressed) and each
     * different error is told once on the console.
     */
    input(sample: () => object): void;
    /**
     * Sends a request outside the tick stream. Returns its number, or 0 when the room is closed.
     *
     * Throws `Error` for a name or field that the game does not declare, for a field of another type, and for a
     * text that is longer than its field takes.
     */
    command(name: string, fields?: object): number;
    /**
     * Calls `handler` for a socket event, for `moved`, or for a game event when its tick is drawn. The returned function
     * unsubscribes. A handler for `open` or `close` that comes after the fact is called soon.
     *
     * `moved`: the game put the player into another room. There are no entities until its first update; a kind with another
     * input needs `input` called again, and handlers for its events are set here.
     *
     * Throws `Error` for a name that is none of these.
     */
    on(name: "open", handler: () => void): () => void;
    on(name: "message", handler: (message: {
        readonly data: ArrayBuffer;
    }) => void): () => void;
    on(name: "close", handler: (close: CloseDetails) => void): () => void;
    on(name: "error", handler: (error: {
        readonly message: string;
    }) => void): () => void;
    on(name: "moved", handler: (moved: Moved) => void): () => void;
    on<T = any>(name: string, handler: (event: T, meta: EventMeta) => void): () => void;
    /**
     * Entities of a class as the last `advance` drew them: `{ id, own, ...fields }`. The array and the
     * objects are reused by the next `advance`: copy what has to be kept.
     *
     * Throws `Error` for a class that the game does not declare.
     */
    entities<T extends object = AnyFields>(className: string): readonly (Entity & Readonly<T>)[];
    /** Moves drawing to `nowMs`, as `requestAnimationFrame` or `performance.now()` gives it, and plays events that are due. */
    advance(nowMs: number): void;
    get stats(): Stats;
    /** Leaves on purpose: the seat is free at once. `close` handlers run when the socket is closed. */
    leave(): void;
}
