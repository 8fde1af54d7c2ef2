/**
 * The messages of PROTOCOL sections 3, 5, 6 and 7, in the direction that a client needs.
 * Owns bytes only; numbers are reconstructed and checked against each other in `session.ts`.
 */
import { type BitReader, type ByteReader, ByteWriter } from "./bits.ts";
import type { Layout, RecordLayout } from "./layout.ts";
import { type Schema } from "./schema.ts";
/** First byte of each message that this version speaks. */
export declare const MessageType: {
    readonly Hello: 1;
    readonly Input: 2;
    readonly Ack: 3;
    readonly Command: 4;
    readonly Resync: 5;
    readonly Ping: 8;
    readonly Bye: 9;
    readonly Welcome: 65;
    readonly Reject: 66;
    readonly Update: 67;
    readonly Events: 68;
    readonly Moved: 71;
    readonly Pong: 72;
};
/** A seat to take back, PROTOCOL section 3.1. */
export interface Resume {
    readonly token: Uint8Array;
    readonly eventAck: number;
    readonly lastCommand: number;
}
/** PROTOCOL section 3.1. */
export interface Hello {
    readonly protocol: number;
    readonly sdk: string;
    readonly capabilities: number;
    readonly stamp: number;
    readonly kind: string;
    readonly room: string;
    readonly name: string;
    readonly token: Uint8Array;
    readonly resume?: Resume | undefined;
    /** Hash of a schema that is held already, eight bytes. */
    readonly schemaHash?: Uint8Array | undefined;
}
/** PROTOCOL section 3.2. */
export interface Welcome {
    readonly protocol: number;
    readonly capabilities: number;
    readonly session: number;
    readonly player: number;
    readonly kind: string;
    readonly room: string;
    readonly baseTick: number;
    readonly tickRateHz: number;
    readonly snapshotEvery: number;
    readonly serverStamp: number;
    readonly resumeToken: Uint8Array;
    readonly resumeGraceMs: number;
    readonly schemaHash: Uint8Array;
    readonly schema: Schema | undefined;
}
/** PROTOCOL section 3.3. */
export interface Reject {
    readonly code: number;
    readonly reason: string;
    readonly retryAfterMs: number;
    readonly protocolMin: number;
    readonly protocolMax: number;
}
/** Acks that Input and Ack messages carry, PROTOCOL section 5.1. */
export interface Acks {
    readonly update: number;
    readonly event: number;
    readonly stamp: number;
}
/** One player's intent for one tick. */
export interface InputRecord {
    readonly number: number;
    readonly tick: number;
    /** The tick that was being drawn, in 1/16 tick. */
    readonly viewTickQ4: number;
    readonly words: Uint32Array;
}
/** One slot of an Update. Reused between messages. */
export interface SlotHeader {
    own: boolean;
    content: "omitted" | "same" | "body";
    depth: number;
    hash: number | undefined;
    model: number;
    /** First byte of the body in the message, and the byte after it. */
    start: number;
    end: number;
}
/** Everything of an Update but its bodies. Reused between messages; parts that are absent are `undefined`. */
export interface UpdateHeader {
    seqLow: number;
    reAnchor: boolean;
    gateLevel: number;
    tickDelta: number;
    serverStamp: number;
    inputApplied: number | undefined;
    inputMarginQ4: number | undefined;
    commandAck: number | undefined;
    echo: number | undefined;
    holdUs: number;
    slotCount: number;
    readonly slots: readonly SlotHeader[];
}
/** One record of an Events message. */
export interface EventRecord {
    readonly number: number;
    /** Ticks before the message's base tick. */
    readonly age: number;
    readonly record: RecordLayout;
    /** Low 16 bits of the number of the input that caused it. */
    readonly cause: number | undefined;
    readonly fields: Readonly<Record<string, unknown>>;
}
export declare function encodeHello(hello: Hello): Uint8Array;
/** An Input message of 1 to 8 inputs whose numbers count on by one and whose ticks ascend. */
export declare function encodeInput(out: ByteWriter, acks: Acks, inputs: readonly InputRecord[], layout: RecordLayout): Uint8Array;
export declare function encodeAck(out: ByteWriter, acks: Acks): Uint8Array;
export declare function encodeCommand(number: number, index: number, words: Uint32Array, layout: Layout): Uint8Array;
export declare function encodeResync(seq: number): Uint8Array;
export declare function encodePing(stamp: number): Uint8Array;
export declare function encodeBye(reason: number): Uint8Array;
/** Decodes a Welcome or a Moved. The first field is the version, so that a wrong one is named before anything else fails. */
export declare function decodeWelcome(message: Uint8Array, protocol: number): Welcome;
export declare function decodeReject(message: Uint8Array): Reject;
/** An empty header to decode into. */
export declare function updateHeader(): UpdateHeader;
/** Decodes what comes before the slots of an Update; `reader` stands behind the type. */
export declare function decodeUpdateHeader(reader: ByteReader, into: UpdateHeader): void;
/** Decodes the slot headers and passes over the bodies. */
export declare function decodeSlots(reader: ByteReader, into: UpdateHeader): void;
/** Decodes an Events message; `reader` stands behind the type. Calls `each` once per record, in order. */
export declare function decodeEvents(message: Uint8Array, reader: ByteReader, bits: BitReader, layout: Layout, each: (event: EventRecord, baseTickLow: number) => void): void;
/** Decodes a Pong and returns the client stamp that it answers; `reader` stands behind the type. */
export declare function decodePong(reader: ByteReader): number;
