/**
 * The messages of PROTOCOL sections 3, 5, 6 and 7, in the direction that a client needs.
 * Owns bytes only; numbers are reconstructed and checked against each other in `session.ts`.
 */
import { Decoder, Encoder } from "./bincode.js";
import { BitWriter, ByteWriter } from "./bits.js";
import { ProtocolError } from "./error.js";
import { INPUTS_PER_MESSAGE_MAX, NAME_BYTES_MAX, SLOTS_MAX, WELCOME_BYTES_MAX } from "./limits.js";
import { decodeSchema } from "./schema.js";
/** First byte of each message that this version speaks. */
export const MessageType = {
    Hello: 0x01,
    Input: 0x02,
    Ack: 0x03,
    Command: 0x04,
    Resync: 0x05,
    Ping: 0x08,
    Bye: 0x09,
    Welcome: 0x41,
    Reject: 0x42,
    Update: 0x43,
    Events: 0x44,
    Moved: 0x47,
    Pong: 0x48,
};
export function encodeHello(hello) {
    const out = new ByteWriter().u8(MessageType.Hello);
    const encoder = new Encoder(out);
    encoder
        .unsigned(hello.protocol)
        .text(hello.sdk)
        .unsigned(hello.capabilities)
        .unsigned(hello.stamp)
        .text(hello.kind)
        .text(hello.room)
        .text(hello.name)
        .bytes(hello.token)
        .option(hello.resume, ({ token, eventAck, lastCommand }) => {
        encoder.bytes(token).unsigned(eventAck).unsigned(lastCommand);
    })
        .option(hello.schemaHash, (hash) => encoder.array(hash));
    return out.finish();
}
/** An Input message of 1 to 8 inputs whose numbers count on by one and whose ticks ascend. */
export function encodeInput(out, acks, inputs, layout) {
    const first = inputs[0];
    if (first === undefined || inputs.length > INPUTS_PER_MESSAGE_MAX)
        throw new RangeError(`${inputs.length} inputs`);
    encodeAcks(out.clear(), MessageType.Input, acks);
    const bits = new BitWriter(out);
    bits.bits(inputs.length - 1, 3).bits(first.number, 16).bits(first.tick, 16);
    for (let i = 0; i < inputs.length; i++) {
        const { tick, viewTickQ4, words } = inputs[i];
        if (i > 0)
            bits.gamma(tick - inputs[i - 1].tick);
        bits.bits(viewTickQ4, 20);
        layout.encode("all", words, 0, bits);
    }
    bits.finish();
    return out.finish();
}
export function encodeAck(out, acks) {
    encodeAcks(out.clear(), MessageType.Ack, acks);
    return out.finish();
}
function encodeAcks(out, type, acks) {
    out.u8(type).u16(acks.update).varint(acks.event).u32(acks.stamp);
}
export function encodeCommand(number, index, words, layout) {
    const out = new ByteWriter().u8(MessageType.Command).varint(number);
    const bits = new BitWriter(out).bits(index, layout.commandBits);
    layout.commands[index].encode("all", words, 0, bits);
    bits.finish();
    return out.finish();
}
export function encodeResync(seq) {
    return new ByteWriter().u8(MessageType.Resync).u16(seq).finish();
}
export function encodePing(stamp) {
    return new ByteWriter().u8(MessageType.Ping).u32(stamp).finish();
}
export function encodeBye(reason) {
    return new ByteWriter().u8(MessageType.Bye).u8(reason).finish();
}
/** Decodes a Welcome or a Moved. The first field is the version, so that a wrong one is named before anything else fails. */
export function decodeWelcome(message, protocol) {
    if (message.length > WELCOME_BYTES_MAX)
        throw new ProtocolError(`Welcome of ${message.length} bytes`);
    const d = new Decoder(message, 1);
    const version = d.u16();
    if (version !== protocol)
        throw new ProtocolError(`the server speaks version ${version}`, 4010);
    const welcome = {
        protocol: version,
        capabilities: d.u32(),
        session: d.u32(),
        player: d.u32(),
        kind: d.text(NAME_BYTES_MAX),
        room: d.text(NAME_BYTES_MAX),
        baseTick: d.u32(),
        tickRateHz: d.u16(),
        snapshotEvery: d.u8(),
        serverStamp: d.u32(),
        resumeToken: d.bytes(64).slice(),
        resumeGraceMs: d.u32(),
        schemaHash: d.array(8),
        schema: d.option(() => decodeSchema(d)),
    };
    d.finish();
    if (welcome.tickRateHz < 1 || welcome.tickRateHz > 1000)
        throw new ProtocolError(`tick rate ${welcome.tickRateHz}`);
    if (welcome.snapshotEvery < 1)
        throw new ProtocolError("a snapshot each 0 ticks");
    return welcome;
}
export function decodeReject(message) {
    const d = new Decoder(message, 1);
    const reject = {
        code: d.u16(),
        reason: d.text(120),
        retryAfterMs: d.u32(),
        protocolMin: d.u16(),
        protocolMax: d.u16(),
    };
    d.finish();
    return reject;
}
/** An empty header to decode into. */
export function updateHeader() {
    const slot = () => {
        return { own: false, content: "omitted", depth: 0, hash: undefined, model: 0, start: 0, end: 0 };
    };
    return {
        seqLow: 0,
        reAnchor: false,
        gateLevel: 0,
        tickDelta: 0,
        serverStamp: 0,
        inputApplied: undefined,
        inputMarginQ4: undefined,
        commandAck: undefined,
        echo: undefined,
        holdUs: 0,
        slotCount: 0,
        slots: Array.from({ length: SLOTS_MAX }, slot),
    };
}
/** Decodes what comes before the slots of an Update; `reader` stands behind the type. */
export function decodeUpdateHeader(reader, into) {
    into.slotCount = 0;
    into.seqLow = reader.u8();
    const flags = reader.u8();
    if (flags >= 0x40)
        throw new ProtocolError(`Update flags ${flags}`);
    into.reAnchor = (flags & 1) !== 0;
    into.gateLevel = (flags >>> 1) & 3;
    into.tickDelta = reader.varint();
    if (into.tickDelta === 0)
        throw new ProtocolError("Update of the same tick");
    into.serverStamp = reader.u32();
    const hasInput = (flags & 8) !== 0;
    into.inputApplied = hasInput ? reader.u16() : undefined;
    into.inputMarginQ4 = hasInput ? reader.i16() : undefined;
    into.commandAck = (flags & 16) !== 0 ? reader.varint() : undefined;
    const hasEcho = (flags & 32) !== 0;
    into.echo = hasEcho ? reader.u32() : undefined;
    into.holdUs = hasEcho ? reader.varint() : 0;
}
const CONTENTS = ["omitted", "same", "body"];
/** Decodes the slot headers and passes over the bodies. */
export function decodeSlots(reader, into) {
    for (let more = true; more;) {
        const slot = into.slots[into.slotCount];
        if (slot === undefined)
            throw new ProtocolError(`more than ${SLOTS_MAX} slots`);
        const bits = reader.u8();
        const content = CONTENTS[(bits >>> 1) & 3];
        if (content === undefined)
            throw new ProtocolError("slot content 3");
        const modelPresent = (bits & 64) !== 0;
        slot.own = (bits & 1) !== 0;
        slot.content = content;
        slot.depth = (bits >>> 3) & 3;
        slot.hash = (bits & 32) !== 0 ? reader.u32() : undefined;
        const length = content === "body" ? reader.varint() : 0;
        slot.model = modelPresent ? reader.u8() : 0;
        if (content !== "body" && (slot.depth !== 0 || modelPresent))
            throw new ProtocolError(`${content} slot with a body's bits`);
        slot.start = reader.at;
        reader.skip(length);
        slot.end = reader.at;
        into.slotCount += 1;
        more = (bits & 128) !== 0;
    }
    reader.finish();
}
/** Decodes an Events message; `reader` stands behind the type. Calls `each` once per record, in order. */
export function decodeEvents(message, reader, bits, layout, each) {
    let number = reader.varint();
    const baseTickLow = reader.u16();
    const count = reader.varint();
    if (count < 1 || count > 255)
        throw new ProtocolError(`${count} events`);
    for (let i = 0; i < count; i++) {
        const gap = reader.varint();
        if (gap === 0)
            throw new ProtocolError("event number twice");
        number += gap;
        if (number > 0xffff_ffff)
            throw new ProtocolError("event number is past 32 bits");
        const age = reader.varint();
        const choice = reader.u8();
        const cause = (choice & 0x80) !== 0 ? reader.u16() : undefined;
        const record = layout.events[choice & 0x7f];
        if (record === undefined)
            throw new ProtocolError(`event ${choice & 0x7f} is not declared`);
        const words = new Uint32Array(record.words);
        bits.reset(message, reader.at);
        record.decode("all", bits, words, 0);
        reader.seek(bits.finishPrefix());
        each({ number, age, record, cause, fields: record.read(words, 0) }, baseTickLow);
    }
    reader.finish();
}
/** Decodes a Pong and returns the client stamp that it answers; `reader` stands behind the type. */
export function decodePong(reader) {
    const stamp = reader.u32();
    reader.u32();
    reader.finish();
    return stamp;
}
//# sourceMappingURL=messages.js.map