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
import { BitReader, ByteReader, ByteWriter, fromLow } from "./bits.js";
import { CloseCode } from "./close.js";
import { HashMismatch, ProtocolError } from "./error.js";
import { InputClock } from "./input-clock.js";
import { Layout } from "./layout.js";
import { CLIENT_MESSAGE_BYTES_MAX, INPUTS_PER_MESSAGE_MAX, MESSAGE_SPACING_MS } from "./limits.js";
import { decodeEvents, decodePong, decodeReject, decodeSlots, decodeUpdateHeader, decodeWelcome, encodeAck, encodeCommand, encodeHello, encodeInput, encodePing, encodeResync, MessageType, updateHeader, } from "./messages.js";
import { RttWindow } from "./rtt.js";
import { World } from "./world.js";
/** The version that this client speaks. */
export const PROTOCOL_VERSION = 1;
/** Without inputs for this long, acks go out by themselves as Updates arrive. */
const INPUTS_FLOWING_MS = 100;
/** Acks wait this long for an input to carry them; PROTOCOL section 5.1 asks for 100 ms at most. */
const ACK_WAIT_MS = 50;
/** Pings start when no Update has echoed a stamp for this long. */
const PING_AFTER_MS = 2000;
/** Inputs that no report names for this long were all dropped: the clock is wrong, start it over. */
const STARVED_MS = 1000;
/** A longer way back is a stamp that this session never sent. */
const RTT_US_MAX = 60_000_000;
/** A join may wait for its room; more than this of it is not round trip. */
const JOIN_RTT_MS_MAX = 300;
/** Distance, in ticks, from the newest Update to the tick whose input would arrive in time: the next one, and the margin. */
const LEAD_TICKS = 2;
export class ClientSession {
    counters = {
        updates: 0,
        discarded: 0,
        hashMismatches: 0,
        decodeErrors: 0,
        resyncs: 0,
        inputs: 0,
    };
    #events = [];
    #outbox = [];
    #helloMs;
    /** From Hello to Welcome: a first guess of the round trip. */
    #joinMs = 0;
    #reader = new ByteReader();
    #bits = new BitReader();
    #header = updateHeader();
    #writer = new ByteWriter();
    #rtt = new RttWindow();
    #state = "AwaitWelcome";
    #joined;
    #tick = 0;
    #updateSeq = 0;
    #eventSeq = 0;
    #ackDueMs;
    #lastAckMs = -Infinity;
    #lastEchoMs;
    #inputNumber = 0;
    #nextTick = 0;
    #pending = [];
    #lastInputMs = -Infinity;
    #reported = 0;
    #reportedMs = 0;
    #marginTicks;
    #commandNumber = 0;
    #commandAck = 0;
    /** Begins a session: the first message to send is Hello. */
    constructor(join, nowMs) {
        this.#helloMs = nowMs;
        this.#lastEchoMs = nowMs;
        this.#outbox.push(encodeHello({ ...join, protocol: PROTOCOL_VERSION, capabilities: 0, stamp: stampOf(nowMs) }));
    }
    get state() {
        return this.#state;
    }
    /** Layout of the room's schema; `undefined` before Welcome. */
    get layout() {
        return this.#joined?.layout;
    }
    /** The last good state; `undefined` before Welcome. */
    get world() {
        return this.#joined?.world;
    }
    /** Tick of the newest Update. */
    get tick() {
        return this.#tick;
    }
    /** Round trip in milliseconds, `undefined` before the first sample. */
    get rttMs() {
        return this.#rtt.minMs;
    }
    /** Newest reported input margin in ticks, `undefined` before the first report. */
    get inputMargin() {
        return this.#marginTicks;
    }
    /** Number of the newest input that the newest Update has used. */
    get inputApplied() {
        return this.#reported;
    }
    /** Number of the newest command that the server has run. */
    get commandAck() {
        return this.#commandAck;
    }
    /** Takes one message. What went wrong becomes a `failed` event: this does not throw. */
    handleMessage(message, nowMs) {
        if (this.#state === "Closed")
            return;
        try {
            this.#dispatch(message, nowMs);
        }
        catch (error) {
            if (!(error instanceof ProtocolError))
                throw error;
            this.#state = "Closed";
            this.#events.push({ type: "failed", error });
        }
    }
    /** The next thing that happened, in order. */
    pollEvent() {
        return this.#events.shift();
    }
    /** The tick that an input is due for, if any. Answer with `pushInput`, then ask again. */
    pollInput(nowMs) {
        const joined = this.#joined;
        if (joined === undefined || this.#state === "Closed")
            return undefined;
        const position = Math.floor(joined.clock.advance(nowMs));
        if (joined.clock.takeJump()) {
            this.#flushInputs(nowMs);
            this.#nextTick = position;
        }
        // After a pause only the newest ticks can still be in time.
        this.#nextTick = Math.max(this.#nextTick, position - (INPUTS_PER_MESSAGE_MAX - 1) * joined.stride);
        return this.#nextTick <= position ? this.#nextTick : undefined;
    }
    /** When `pollInput` will have the next tick. */
    pollInputTime() {
        const joined = this.#joined;
        return joined === undefined || this.#state === "Closed" ? undefined : joined.clock.timeOf(this.#nextTick);
    }
    /** Takes the input for `tick`, as `pollInput` returned it. `words` is copied. */
    pushInput(tick, words, viewTick, nowMs) {
        const joined = this.#joined;
        if (joined === undefined || this.#state === "Closed")
            return;
        this.#nextTick = tick + joined.stride;
        this.#inputNumber += 1;
        this.counters.inputs += 1;
        joined.clock.made(this.#inputNumber);
        const viewTickQ4 = Math.max(0, Math.floor(viewTick * 16));
        this.#pending.push({ number: this.#inputNumber, tick, viewTickQ4, words: words.slice() });
        if (this.#pending.length === INPUTS_PER_MESSAGE_MAX)
            this.#flushInputs(nowMs);
    }
    /** Queues a command and returns its number. Throws `RangeError` when it is longer than the server takes. */
    pushCommand(index, words) {
        const message = encodeCommand(this.#commandNumber + 1, index, words, this.#joined.layout);
        if (message.length > CLIENT_MESSAGE_BYTES_MAX)
            throw new RangeError(`command of ${message.length} bytes`);
        this.#commandNumber += 1;
        this.#outbox.push(message);
        return this.#commandNumber;
    }
    /** The next message to send now. */
    pollTransmit(nowMs) {
        if (this.#state !== "AwaitWelcome" && this.#state !== "Closed")
            this.#transmitDue(nowMs);
        return this.#outbox.shift();
    }
    /** When `pollTransmit` will have something that time alone brings up. */
    pollTimeout() {
        if (this.#joined === undefined || this.#state === "Closed")
            return undefined;
        const input = this.#pending.length > 0 ? this.#lastInputMs + MESSAGE_SPACING_MS : Infinity;
        return Math.min(input, this.#ackDueMs ?? Infinity, this.#lastEchoMs + PING_AFTER_MS);
    }
    #transmitDue(nowMs) {
        if (this.#pending.length > 0 && nowMs >= this.#lastInputMs + MESSAGE_SPACING_MS)
            this.#flushInputs(nowMs);
        if (this.#ackDueMs !== undefined && nowMs >= this.#ackDueMs) {
            this.#outbox.push(encodeAck(this.#writer, this.#acks(nowMs)));
            this.#acked(nowMs);
        }
        if (nowMs >= this.#lastEchoMs + PING_AFTER_MS) {
            this.#lastEchoMs = nowMs;
            this.#outbox.push(encodePing(stampOf(nowMs)));
        }
    }
    #flushInputs(nowMs) {
        if (this.#pending.length === 0)
            return;
        this.#outbox.push(encodeInput(this.#writer, this.#acks(nowMs), this.#pending, this.#joined.layout.input));
        this.#pending = [];
        this.#lastInputMs = nowMs;
        this.#acked(nowMs);
    }
    #acks(nowMs) {
        return { update: this.#updateSeq & 0xffff, event: this.#eventSeq, stamp: stampOf(nowMs) };
    }
    #acked(nowMs) {
        this.#lastAckMs = nowMs;
        this.#ackDueMs = undefined;
    }
    #owesAck(nowMs) {
        const flowing = nowMs - this.#lastInputMs < INPUTS_FLOWING_MS;
        const due = flowing ? nowMs + ACK_WAIT_MS : Math.max(nowMs, this.#lastAckMs + MESSAGE_SPACING_MS);
        this.#ackDueMs = Math.min(this.#ackDueMs ?? Infinity, due);
    }
    #dispatch(message, nowMs) {
        const reader = this.#reader.reset(message);
        const type = reader.u8();
        if (this.#state === "AwaitWelcome") {
            if (type === MessageType.Welcome)
                return this.#onWelcome(decodeWelcome(message, PROTOCOL_VERSION), nowMs);
            if (type === MessageType.Reject)
                return this.#onReject(decodeReject(message));
        }
        else {
            if (type === MessageType.Update)
                return this.#onUpdate(message, this.#joined, nowMs);
            if (type === MessageType.Events)
                return this.#onEvents(message, this.#joined, nowMs);
            if (type === MessageType.Moved)
                return this.#onMoved(decodeWelcome(message, PROTOCOL_VERSION), this.#joined, nowMs);
            if (type === MessageType.Pong)
                return this.#onPong(decodePong(reader), nowMs);
        }
        throw new ProtocolError(`message type ${type} while in ${this.#state}`);
    }
    #onWelcome(welcome, nowMs) {
        if (welcome.schema === undefined)
            throw new ProtocolError("Welcome without the schema");
        this.#joinMs = Math.min(nowMs - this.#helloMs, JOIN_RTT_MS_MAX);
        this.#enter(welcome, welcome.schema, nowMs);
        this.#events.push({ type: "welcomed", welcome });
    }
    /** PROTOCOL section 3.4: it counts as an Update, whose ack goes before anything that is meant for the new room. */
    #onMoved(welcome, left, nowMs) {
        const isHeld = welcome.schemaHash.every((byte, i) => byte === left.schemaHash[i]);
        const schema = welcome.schema ?? (isHeld ? left.schema : undefined);
        if (schema === undefined)
            throw new ProtocolError("Moved with a schema that is not known", CloseCode.Version);
        this.#updateSeq += 1;
        this.#forgetUnsent();
        this.#enter(welcome, schema, nowMs);
        this.#outbox.unshift(encodeAck(this.#writer, this.#acks(nowMs)));
        this.#acked(nowMs);
        this.#events.push({ type: "moved", welcome: { ...welcome, schema } });
    }
    /** What is not sent was meant for the room that is left. Commands give their numbers back: these have no holes. */
    #forgetUnsent() {
        this.#pending = [];
        for (let i = this.#outbox.length - 1; i >= 0; i--) {
            const type = this.#outbox[i][0];
            if (type === MessageType.Command)
                this.#commandNumber -= 1;
            else if (type !== MessageType.Input && type !== MessageType.Resync)
                continue;
            this.#outbox.splice(i, 1);
        }
    }
    #enter(welcome, schema, nowMs) {
        const layout = new Layout(schema);
        const tickMs = 1000 / welcome.tickRateHz;
        const stride = Math.ceil(MESSAGE_SPACING_MS / (INPUTS_PER_MESSAGE_MAX * tickMs));
        const { schemaHash } = welcome;
        this.#joined = { schema, schemaHash, layout, world: new World(layout), clock: new InputClock(tickMs), tickMs, stride };
        this.#tick = welcome.baseTick;
        this.#nextTick = 0;
        this.#marginTicks = undefined;
        this.#state = "AwaitFull";
        this.#anchor(nowMs);
    }
    #onReject(reject) {
        this.#state = "Closed";
        this.#events.push({ type: "rejected", reject });
    }
    #onUpdate(message, joined, nowMs) {
        const header = this.#header;
        // Ticks count on from Update to Update: one whose header is lost cannot be made good by a Resync.
        decodeUpdateHeader(this.#reader, header);
        this.#updateSeq += 1;
        this.#tick += header.tickDelta;
        this.counters.updates += 1;
        this.#owesAck(nowMs);
        this.#takeTimes(header, joined, nowMs);
        try {
            this.#apply(message, header, joined.world);
        }
        catch (error) {
            if (!(error instanceof ProtocolError))
                throw error;
            this.#resync(error);
        }
    }
    #apply(message, header, world) {
        if (header.seqLow !== (this.#updateSeq & 0xff))
            throw new ProtocolError(`seq ${header.seqLow} out of turn`);
        decodeSlots(this.#reader, header);
        if (this.#state === "AwaitFull" && !isFull(header)) {
            this.counters.discarded += 1;
            return;
        }
        world.apply(message, header.slots, header.slotCount);
        this.#state = "Live";
        this.#events.push({ type: "updated", tick: this.#tick });
    }
    #resync(error) {
        if (error instanceof HashMismatch)
            this.counters.hashMismatches += 1;
        else
            this.counters.decodeErrors += 1;
        this.counters.resyncs += 1;
        this.#state = "AwaitFull";
        this.#outbox.push(encodeResync(this.#updateSeq & 0xffff));
    }
    #takeTimes(header, joined, nowMs) {
        this.#commandAck = header.commandAck ?? this.#commandAck;
        if (header.echo !== undefined) {
            this.#lastEchoMs = nowMs;
            const sinceUs = (stampOf(nowMs) - header.echo) >>> 0;
            if (sinceUs >= header.holdUs && sinceUs < RTT_US_MAX)
                this.#rtt.push((sinceUs - header.holdUs) / 1000, nowMs);
        }
        if (header.reAnchor) {
            this.#anchor(nowMs);
            this.#events.push({ type: "reanchored", tick: this.#tick });
        }
        if (header.inputApplied !== undefined) {
            const number = fromLow(header.inputApplied, this.#inputNumber, 16);
            this.#marginTicks = header.inputMarginQ4 / 16;
            if (number !== this.#reported) {
                this.#reportedMs = nowMs;
                joined.clock.report(number, this.#marginTicks, nowMs);
            }
            this.#reported = number;
        }
        const sending = nowMs - this.#lastInputMs < INPUTS_FLOWING_MS;
        if (!sending)
            this.#reportedMs = Math.max(this.#reportedMs, nowMs - INPUTS_FLOWING_MS);
        else if (nowMs - this.#reportedMs > STARVED_MS + (this.rttMs ?? 0))
            this.#anchor(nowMs);
    }
    #anchor(nowMs) {
        const { clock, tickMs } = this.#joined;
        const rttMs = this.rttMs ?? this.#joinMs;
        clock.anchor(this.#tick + rttMs / tickMs + LEAD_TICKS, nowMs);
        this.#reportedMs = nowMs;
    }
    #onEvents(message, joined, nowMs) {
        decodeEvents(message, this.#reader, this.#bits, joined.layout, (record, baseTickLow) => {
            if (record.number <= this.#eventSeq)
                return;
            this.#eventSeq = record.number;
            const { number, age, fields } = record;
            const tick = Math.max(0, fromLow(baseTickLow, this.#tick, 16) - age);
            const cause = record.cause === undefined ? undefined : fromLow(record.cause, this.#inputNumber, 16);
            this.#events.push({ type: "game", event: { name: record.record.name, number, tick, cause, fields } });
        });
        this.#owesAck(nowMs);
    }
    #onPong(stamp, nowMs) {
        const sinceUs = (stampOf(nowMs) - stamp) >>> 0;
        if (sinceUs < RTT_US_MAX)
            this.#rtt.push(sinceUs / 1000, nowMs);
        this.#lastEchoMs = nowMs;
    }
}
/** The wrapping microseconds of a time in milliseconds. */
export function stampOf(nowMs) {
    return Math.floor(nowMs * 1000) >>> 0;
}
function isFull(header) {
    let carried = 0;
    for (let i = 0; i < header.slotCount; i++) {
        const slot = header.slots[i];
        if (slot.content === "same" || (slot.content === "body" && slot.depth > 0))
            return false;
        if (slot.content === "body")
            carried += 1;
    }
    return carried > 0;
}
//# sourceMappingURL=session.js.map