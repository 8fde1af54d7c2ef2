/** The golden vectors that the Rust side is tested with as well. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Decoder, Encoder } from "../dist/bincode.js";
import { BitReader, BitWriter, ByteReader, ByteWriter } from "../dist/bits.js";
import { ProtocolError } from "../dist/error.js";
import { Layout, RecordLayout } from "../dist/layout.js";
import * as messages from "../dist/messages.js";
import { decodeSchema, type Field, type FieldKind, type RecordSchema, type Schema } from "../dist/schema.js";
import { ClientSession } from "../dist/session.js";
import { Snapshot, World } from "../dist/world.js";
import { encodeSchema } from "./server.js";

/* JSON has no types: what a vector holds is checked by what the codecs make of it. */
type Json = any;

const load = (name: string): Json => {
  return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
};
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

/** A kind as either of the vector files writes it: tagged by `type`, or serde's outer tag. */
function kindOf(json: Json): FieldKind {
  const [tag, body] = typeof json.type === "string" ? [json.type, json] : Object.entries(json)[0] as [string, Json];
  switch (tag) {
    case "Integer": return { type: "integer", min: body.min, span: body.span };
    case "Float": return { type: "float", axis: body.axis ?? body };
    case "Flag": return { type: "flag" };
    case "Enum": return { type: "enum", variants: body.variants };
    case "Angle": return { type: "angle", bits: body.bits };
    case "Vec2": return { type: "vec2", x: body.x, y: body.y };
    case "Vec3": return { type: "vec3", x: body.x, y: body.y, z: body.z };
    case "Quat": return { type: "quat", bits: body.bits };
    case "Text": return { type: "text", bytesMax: body.bytes_max };
    default: throw new Error(`kind ${tag}`);
  }
}

function recordOf(json: Json): RecordSchema {
  const fields = json.fields.map((field: Json): Field => ({
    name: field.name,
    kind: kindOf(field.kind),
    owner: (field.flags & 1) !== 0,
    exact: (field.flags & 2) !== 0,
    once: (field.flags & 4) !== 0,
    edge: (field.flags & 8) !== 0,
    edgeWith: field.edge_with ?? undefined,
    velocityOf: field.velocity_of ?? undefined,
    linear: field.interpolation === 1,
    snap: field.snap,
  }));
  return { name: json.name, fields };
}

function schemaOf(json: Json): Schema {
  return { classes: json.classes.map(recordOf), input: recordOf(json.input), events: json.events.map(recordOf), commands: json.commands.map(recordOf) };
}

const BITS = load("bits");
const FIELDS = load("fields");
const SLOTS = load("slots");
const DELTAS = load("deltas");
const MESSAGES = load("messages");

type Op = ["bits", number, number] | ["flag" | "varint" | "gamma", number];

function readOp(reader: BitReader, op: Op): number {
  return op[0] === "bits" ? reader.bits(op[2]) : Number(reader[op[0]]());
}

test("bits.json: streams are written and read alike", () => {
  for (const { name, ops, hex: want } of BITS.streams) {
    const out = new ByteWriter();
    const writer = new BitWriter(out);
    for (const op of ops as Op[]) {
      if (op[0] === "bits") writer.bits(op[1], op[2]);
      else if (op[0] === "flag") writer.flag(op[1] === 1);
      else writer[op[0]](op[1]);
    }
    writer.finish();
    assert.equal(hex(out.finish()), want, name);
    const reader = new BitReader().reset(bytes(want));
    for (const op of ops as Op[]) assert.equal(readOp(reader, op), op[1], name);
    reader.finish();
  }
});

test("bits.json: bad streams are refused", () => {
  for (const { name, ops, hex: text } of BITS.bad) {
    const reader = new BitReader().reset(bytes(text));
    assert.throws(() => {
      for (const op of ops) readOp(reader, op);
      reader.finish();
    }, ProtocolError, name);
  }
});

test("bits.json: byte-aligned numbers are read alike", () => {
  for (const { name, ops, hex: text } of BITS.bytes) {
    const reader = new ByteReader(bytes(text));
    for (const [type, value] of ops as ["u8" | "u16" | "u32" | "i16" | "varint", number][]) assert.equal(reader[type](), value, name);
    reader.finish();
  }
});

/** The vector's value in the form that the SDK uses. */
const plain = (value: Json): unknown => (Array.isArray(value) ? { x: value[0], y: value[1], z: value[2], w: value[3] } : value);

function near(got: unknown, want: Json, what: string): void {
  if (typeof want === "number") assert.ok(Math.abs((got as number) - want) <= 1e-6 * Math.max(1, Math.abs(want)), `${what}: ${got}, not ${want}`);
  else if (Array.isArray(want)) Object.values(got as object).forEach((part, i) => near(part, want[i], what));
  else assert.equal(got, want, what);
}

test("fields.json: rows are encoded, decoded and read alike", () => {
  const layout = new RecordLayout(recordOf(FIELDS.record));
  for (const row of FIELDS.rows) {
    const words = Uint32Array.from(row.words as number[]);
    assert.equal(words.length, layout.words, row.name);
    for (const part of ["all", "public", "owner"] as const) {
      const out = new ByteWriter();
      const writer = new BitWriter(out);
      layout.encode(part, words, 0, writer);
      writer.finish();
      assert.equal(hex(out.finish()), row[part], `${row.name}, ${part}`);
    }
    const back = new Uint32Array(layout.words);
    const reader = new BitReader().reset(bytes(row.all));
    layout.decode("all", reader, back, 0);
    reader.finish();
    assert.deepEqual([...back], row.words, row.name);
    const values = layout.read(words, 0);
    for (const name of Object.keys(row.back)) near(values[name], row.back[name], `${row.name}, ${name}`);
  }
});

test("fields.json: values are quantized alike", () => {
  const layout = new RecordLayout(recordOf(FIELDS.record));
  const numbers = (value: Json): boolean => (Array.isArray(value) ? value.every((part) => typeof part === "number") : value !== null);
  let rows = 0;
  for (const row of FIELDS.rows) {
    // NaN and the infinities have no JSON.
    if (!Object.values(row.values).every(numbers)) continue;
    const values = Object.fromEntries(Object.entries(row.values).map(([name, value]) => [name, plain(value)]));
    const words = new Uint32Array(layout.words);
    rows += 1;
    const tooLong = layout.fields.some(({ kind, name }) => {
      return kind.type === "text" && Buffer.byteLength(values[name] as string) > kind.bytesMax;
    });
    // The server cuts what its game says; a page is told.
    if (tooLong) {
      assert.throws(() => layout.quantize(values, words), /bytes, at most/, row.name);
      continue;
    }
    layout.quantize(values, words);
    assert.deepEqual([...words], row.words, row.name);
  }
  assert.ok(rows > 3);
});

test("fields.json: bad rows are refused", () => {
  const layout = new RecordLayout(recordOf(FIELDS.bad_record));
  for (const { name, all } of FIELDS.bad) {
    assert.throws(() => {
      const reader = new BitReader().reset(bytes(all));
      layout.decode("all", reader, new Uint32Array(layout.words), 0);
      reader.finish();
    }, ProtocolError, name);
  }
});

interface Row {
  readonly id: number;
  readonly class: number;
  readonly own: boolean;
  readonly words: number[];
}

function rowsOf(world: World, layout: Layout): Row[] {
  const snapshot = new Snapshot();
  world.merge(snapshot);
  return Array.from({ length: snapshot.count }, (_, row) => {
    const start = snapshot.starts[row]!;
    const words = [...snapshot.words.subarray(start, start + layout.classes[snapshot.classes[row]!]!.words)];
    return { id: snapshot.ids[row]!, class: snapshot.classes[row]!, own: snapshot.own[row] === 1, words };
  });
}

function applyTo(world: World, message: Uint8Array): messages.UpdateHeader {
  const reader = new ByteReader(message);
  const header = messages.updateHeader();
  if (reader.u8() !== messages.MessageType.Update) throw new ProtocolError("no Update");
  messages.decodeUpdateHeader(reader, header);
  messages.decodeSlots(reader, header);
  world.apply(message, header.slots, header.slotCount);
  return header;
}

test("slots.json: Updates decode to the header and state they were made from", () => {
  const layout = new Layout(schemaOf(SLOTS.schema));
  for (const { name, header: want, message, world: rows } of SLOTS.cases) {
    const world = new World(layout);
    const header = applyTo(world, bytes(message));
    assert.deepEqual(rowsOf(world, layout), rows, name);
    const got = {
      seq: header.seqLow,
      reanchor: header.reAnchor,
      gate_level: header.gateLevel,
      tick_delta: header.tickDelta,
      server_stamp: header.serverStamp,
      ...(header.inputApplied === undefined ? {} : { input_applied: header.inputApplied, input_margin: header.inputMarginQ4 }),
      ...(header.commandAck === undefined ? {} : { command_ack: header.commandAck }),
      ...(header.echo === undefined ? {} : { echo: header.echo, hold_us: header.holdUs }),
    };
    assert.deepEqual(got, want, name);
  }
});

test("slots.json: slots that overlap are drawn by the rule", () => {
  const layout = new Layout(schemaOf(SLOTS.schema));
  for (const { name, message, world: rows } of SLOTS.unions) {
    const world = new World(layout);
    applyTo(world, bytes(message));
    assert.deepEqual(rowsOf(world, layout), rows, name);
  }
});

test("slots.json: what the table allows is taken, what it does not is refused and leaves the state", () => {
  const layout = new Layout(schemaOf(SLOTS.schema));
  const start = (first: string): World => {
    const world = new World(layout);
    if (first !== "") applyTo(world, bytes(first));
    return world;
  };
  for (const { name, first, message } of SLOTS.tolerated) {
    const world = start(first);
    const before = rowsOf(world, layout);
    assert.doesNotThrow(() => applyTo(world, bytes(message)), name);
    assert.deepEqual(rowsOf(world, layout), before, name);
  }
  for (const { name, first, message } of SLOTS.bad) {
    const world = start(first);
    const before = rowsOf(world, layout);
    assert.throws(() => applyTo(world, bytes(message)), ProtocolError, name);
    assert.deepEqual(rowsOf(world, layout), before, name);
  }
});

const hashesOf = (world: World): number[] => [world.slotHash(0), world.slotHash(1)].filter((hash) => hash !== undefined);

test("deltas.json: each Update leads from what was held to the same words and hashes", () => {
  const layout = new Layout(schemaOf(DELTAS.schema));
  const world = new World(layout);
  for (const [index, { hex: text, world: rows, hashes }] of DELTAS.steps.entries()) {
    applyTo(world, bytes(text));
    assert.deepEqual(rowsOf(world, layout), rows, `step ${index}`);
    assert.deepEqual(hashesOf(world), hashes, `step ${index}`);
  }
});

test("deltas.json: what the table allows is taken, what it does not is refused and leaves the state", () => {
  const layout = new Layout(schemaOf(DELTAS.schema));
  for (const { name, first, messages: list, world: rows, hashes } of DELTAS.tolerated) {
    const world = new World(layout);
    for (const text of [first, ...list]) applyTo(world, bytes(text));
    assert.deepEqual(rowsOf(world, layout), rows, name);
    assert.deepEqual(hashesOf(world), hashes, name);
  }
  for (const { name, first, message } of DELTAS.bad) {
    const world = new World(layout);
    applyTo(world, bytes(first));
    const before = [rowsOf(world, layout), hashesOf(world)];
    assert.throws(() => applyTo(world, bytes(message)), ProtocolError, name);
    assert.deepEqual([rowsOf(world, layout), hashesOf(world)], before, name);
  }
});

const SCHEMA = schemaOf(MESSAGES.schema.value);

test("messages.json: the schema's bytes are read and written alike", () => {
  const decoder = new Decoder(bytes(MESSAGES.schema.hex));
  assert.deepEqual(decodeSchema(decoder), SCHEMA);
  decoder.finish();
  const out = new ByteWriter();
  encodeSchema(new Encoder(out), SCHEMA);
  assert.equal(hex(out.finish()), MESSAGES.schema.hex);
});

function encodeOf(type: string, fields: Json, layout: Layout): Uint8Array | undefined {
  const out = new ByteWriter();
  const acks = { update: fields.update_ack, event: fields.event_ack, stamp: fields.stamp };
  switch (type) {
    case "Hello": {
      const resume = fields.resume && { token: bytes(fields.resume.token), eventAck: fields.resume.event_ack, lastCommand: fields.resume.last_command };
      const schemaHash = fields.schema_hash === null ? undefined : bytes(fields.schema_hash);
      return messages.encodeHello({ ...fields, token: bytes(fields.token), resume: resume ?? undefined, schemaHash });
    }
    case "Ack": return messages.encodeAck(out, acks);
    case "Input": {
      const inputs = fields.inputs.map((input: Json, i: number) => ({
        number: fields.number + i, tick: fields.tick + input.tick_offset, viewTickQ4: input.view_tick, words: Uint32Array.from(input.words as number[]),
      }));
      return messages.encodeInput(out, acks, inputs, layout.input);
    }
    case "Command": return messages.encodeCommand(fields.number, fields.command, Uint32Array.from(fields.words as number[]), layout);
    case "Resync": return messages.encodeResync(fields.seq);
    case "Ping": return messages.encodePing(fields.stamp);
    case "Bye": return messages.encodeBye(fields.reason);
    default: return undefined;
  }
}

function decodeOf(type: string, message: Uint8Array, layout: Layout): Json {
  const reader = new ByteReader(message, 1);
  switch (type) {
    case "Welcome":
    case "Moved": {
      const w = messages.decodeWelcome(message, 1);
      return {
        protocol: w.protocol, capabilities: w.capabilities, session: w.session, player: w.player, kind: w.kind, room: w.room,
        base_tick: w.baseTick, tick_rate_hz: w.tickRateHz, snapshot_every: w.snapshotEvery, server_stamp: w.serverStamp,
        resume_token: hex(w.resumeToken), resume_grace_ms: w.resumeGraceMs, schema_hash: hex(w.schemaHash),
      };
    }
    case "Reject": {
      const r = messages.decodeReject(message);
      return { code: r.code, reason: r.reason, retry_after_ms: r.retryAfterMs, protocol_min: r.protocolMin, protocol_max: r.protocolMax };
    }
    case "Events": {
      const events: Json[] = [];
      messages.decodeEvents(message, reader, new BitReader(), layout, (event, base) => events.push({ ...event, base }));
      return events;
    }
    case "Pong": return messages.decodePong(reader);
    default: return undefined;
  }
}

test("messages.json: client messages are written alike, server messages read alike", () => {
  const layout = new Layout(SCHEMA);
  const seen = new Set<string>();
  for (const { message: type, fields, hex: text } of MESSAGES.messages) {
    seen.add(type);
    const encoded = encodeOf(type, fields, layout);
    if (encoded !== undefined) {
      assert.equal(hex(encoded), text, type);
      continue;
    }
    const got = decodeOf(type, bytes(text), layout);
    if (type === "Welcome" || type === "Moved") {
      const { schema, ...rest } = fields;
      assert.deepEqual(got, rest);
      assert.equal(messages.decodeWelcome(bytes(text), 1).schema === undefined, schema === null);
    } else if (type === "Pong") {
      assert.equal(got, fields.stamp);
    } else if (type === "Events") {
      let number = fields.before;
      const want = fields.events.map((event: Json) => {
        const record = layout.events[event.class]!;
        number += event.gap;
        const values = record.read(Uint32Array.from(event.words as number[]), 0);
        return { number, age: event.age, record, cause: event.cause ?? undefined, fields: values, base: fields.base_tick };
      });
      assert.deepEqual(got, want);
    } else {
      assert.deepEqual(got, fields, type);
    }
  }
  for (const type of ["Hello", "Welcome", "Reject", "Input", "Ack", "Command", "Resync", "Ping", "Bye", "Events", "Moved", "Pong"]) assert.ok(seen.has(type), type);
});

test("messages.json: no prefix of a server message decodes", () => {
  const layout = new Layout(SCHEMA);
  for (const { message: type, hex: text } of MESSAGES.messages) {
    if (!["Welcome", "Moved", "Reject", "Events", "Pong"].includes(type)) continue;
    for (let length = 1; length < text.length / 2; length++) {
      assert.throws(() => decodeOf(type, bytes(text).slice(0, length), layout), ProtocolError, `${type}, ${length} bytes`);
    }
  }
});

test("messages.json: a byte more is too many for every server message", () => {
  const layout = new Layout(SCHEMA);
  let tried = 0;
  for (const { message: type, hex: text } of MESSAGES.messages) {
    if (!["Welcome", "Reject", "Events", "Pong"].includes(type)) continue;
    assert.throws(() => decodeOf(type, bytes(`${text}00`), layout), ProtocolError, type);
    tried += 1;
  }
  for (const { name, message } of SLOTS.cases) {
    const world = new World(new Layout(schemaOf(SLOTS.schema)));
    assert.throws(() => applyTo(world, bytes(`${message}00`)), ProtocolError, name);
  }
  assert.ok(tried > 3);
});

test("events out of range are refused", () => {
  const layout = new Layout(SCHEMA);
  const empty = layout.events.findIndex((record) => record.words === 0);
  const events = (before: number, gaps: number[], count = gaps.length): Uint8Array => {
    const out = new ByteWriter().u8(messages.MessageType.Events).varint(before).u16(0).varint(count);
    for (const gap of gaps) out.varint(gap).varint(0).u8(empty);
    return out.finish();
  };
  const ones = (count: number): number[] => new Array<number>(count).fill(1);
  for (const [name, good, bad] of [
    ["a gap of 0", events(7, [1, 1]), events(7, [1, 0])],
    ["256 events", events(0, ones(255)), events(0, ones(256))],
    ["no events", events(0, [1]), events(0, [])],
    ["fewer than counted", events(0, [1, 1], 2), events(0, [1], 2)],
    ["a number past 32 bits", events(0xffff_fffe, [1]), events(0xffff_fffe, [1, 1])],
  ] as const) {
    assert.doesNotThrow(() => decodeOf("Events", good, layout), name);
    assert.throws(() => decodeOf("Events", bad, layout), ProtocolError, name);
  }
});

test("messages.json: the transcript of a session leads to the same states, events and answers", () => {
  const { hello, steps } = MESSAGES.transcript;
  const session = new ClientSession({ sdk: "vectors", kind: "duel", room: "", name: "Ada", token: new Uint8Array(0) }, 1000);
  assert.equal(hex(session.pollTransmit(1000)!), hello);
  const layout = new Layout(SCHEMA);
  let tick = 0;
  let now = 1010;
  for (const step of steps) {
    now += 20;
    session.handleMessage(bytes(step.hex), now);
    const events: Json[] = [];
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      if (event.type === "updated") tick = event.tick;
      if (event.type === "game") events.push(event.event);
      if (event.type === "failed") assert.fail(`${step.note}: ${event.error.message}`);
    }
    assert.equal(session.state, step.state, step.note);
    assert.equal(tick, step.tick, step.note);
    assert.deepEqual(rowsOf(session.world!, layout), step.world, step.note);
    const want = step.events.map((event: Json) => {
      const record = layout.events[event.class]!;
      return { name: record.name, number: event.number, tick: event.tick, fields: record.read(Uint32Array.from(event.words as number[]), 0) };
    });
    // The vectors hold the low bits of the cause: no input was sent, so there is no number to be near to.
    assert.deepEqual(events.map(({ cause: _, ...event }) => event), want, step.note);
    const sends: string[] = [];
    for (let message = session.pollTransmit(now); message !== undefined; message = session.pollTransmit(now)) {
      if (message[0] === messages.MessageType.Resync) sends.push(hex(message));
    }
    assert.deepEqual(sends, step.sends, step.note);
  }
});
