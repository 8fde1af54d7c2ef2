/** The server's half of the wire, written from PROTOCOL.md by hand: bytes for the tests to feed to the client. */

import { Encoder } from "../dist/bincode.js";
import { BitReader, BitWriter, ByteReader, ByteWriter } from "../dist/bits.js";
import { Murmur3 } from "../dist/hash.js";
import type { Layout } from "../dist/layout.js";
import type { Axis, Field, FieldKind, RecordSchema, Schema } from "../dist/schema.js";

export type Bytes = Uint8Array;

const field = (name: string, kind: FieldKind, more: Partial<Field> = {}): Field => {
  return { name, kind, owner: false, exact: false, once: false, edge: false, edgeWith: undefined, velocityOf: undefined, linear: false, snap: 0, ...more };
};
const axis = (min: number, step: number, span: number): Axis => ({ min, step, span });
const byte: FieldKind = { type: "integer", min: 0, span: 255 };
const place: FieldKind = { type: "vec2", x: axis(-512, 0.5, 2047), y: axis(-512, 0.5, 2047) };

/** A game with one of each: two classes, owner fields, an edge, an event and a command. */
export const DUEL: Schema = {
  classes: [
    {
      name: "Ship",
      fields: [
        field("pos", place, { linear: true, snap: 100 }),
        field("heading", { type: "angle", bits: 10 }, { linear: true }),
        field("hp", byte),
        field("ammo", byte, { owner: true }),
        field("name", { type: "text", bytesMax: 16 }, { once: true }),
        field("mode", { type: "enum", variants: ["Alive", "Dead", "Ghost"] }),
      ],
    },
    { name: "Rock", fields: [field("pos", place)] },
  ],
  input: {
    name: "Stick",
    fields: [
      field("turn", { type: "integer", min: -1, span: 2 }),
      field("thrust", { type: "flag" }),
      field("fire", { type: "flag" }, { edge: true }),
    ],
  },
  events: [{ name: "Boom", fields: [field("at", place)] }, { name: "Joined", fields: [field("name", { type: "text", bytesMax: 16 })] }],
  commands: [{ name: "Chat", fields: [field("text", { type: "text", bytesMax: 64 })] }, { name: "Buy", fields: [] }],
};

/** Encodes a schema as in PROTOCOL section 4. */
export function encodeSchema(e: Encoder, schema: Schema): void {
  const record = (r: RecordSchema): void => void e.text(r.name).list(r.fields, (f) => encodeField(e, f));
  e.list(schema.classes, record);
  record(schema.input);
  e.list(schema.events, record).list(schema.commands, record);
}

function encodeField(e: Encoder, f: Field): void {
  const axes = (...all: Axis[]): void => {
    for (const a of all) e.f64(a.min).f64(a.step).unsigned(a.span);
  };
  const { kind } = f;
  e.text(f.name).unsigned(["integer", "float", "flag", "enum", "angle", "vec2", "text", "vec3", "quat"].indexOf(kind.type));
  if (kind.type === "integer") e.i32(kind.min).unsigned(kind.span);
  if (kind.type === "float") axes(kind.axis);
  if (kind.type === "enum") e.list(kind.variants, (v) => void e.text(v));
  if (kind.type === "angle") e.u8(kind.bits);
  if (kind.type === "vec2") axes(kind.x, kind.y);
  if (kind.type === "text") e.u8(kind.bytesMax);
  if (kind.type === "vec3") axes(kind.x, kind.y, kind.z);
  if (kind.type === "quat") e.u8(kind.bits);
  e.u8((f.owner ? 1 : 0) | (f.exact ? 2 : 0) | (f.once ? 4 : 0) | (f.edge ? 8 : 0)).u8(f.linear ? 1 : 0).f64(f.snap);
  for (const index of [f.edgeWith, f.velocityOf]) index === undefined ? e.u8(0) : e.u8(1).u8(index);
  e.unsigned(0);
}

export function welcome(schema: Schema = DUEL, settings: { baseTick?: number; tickRate?: number; every?: number } = {}): Bytes {
  const out = new ByteWriter().u8(0x41);
  const e = new Encoder(out).unsigned(1).unsigned(0).unsigned(77).unsigned(3).text("duel").text("duel-1");
  e.unsigned(settings.baseTick ?? 1000).unsigned(settings.tickRate ?? 50).u8(settings.every ?? 1);
  e.unsigned(0x8000_0000).unsigned(0).unsigned(0).array(new Uint8Array(8)).u8(1);
  encodeSchema(e, schema);
  return out.finish();
}

/** Moved, with a schema or without; `hash` fills the schema's hash. */
export function moved(schema: Schema | undefined, hash: number, baseTick: number): Bytes {
  const out = new ByteWriter().u8(0x47);
  const e = new Encoder(out).unsigned(1).unsigned(0).unsigned(77).unsigned(8).text("inn").text("inn-1");
  e.unsigned(baseTick).unsigned(50).u8(1).unsigned(0).unsigned(0).unsigned(0).array(new Uint8Array(8).fill(hash));
  out.u8(schema === undefined ? 0 : 1);
  if (schema !== undefined) encodeSchema(e, schema);
  return out.finish();
}

export function reject(code: number, reason: string, retryAfterMs: number = 0): Bytes {
  const out = new ByteWriter().u8(0x42);
  new Encoder(out).unsigned(code).text(reason).unsigned(retryAfterMs).unsigned(2).unsigned(3);
  return out.finish();
}

/** An entity with the values of its fields. */
export interface Thing {
  readonly id: number;
  readonly class: number;
  readonly own?: boolean;
  readonly fields: Record<string, unknown>;
}

/** A slot's header and body at depth 0, PROTOCOL sections 6 and 6.2. */
export function slot(layout: Layout, things: readonly Thing[], own: boolean, more: boolean): Bytes {
  const body = new ByteWriter();
  const bits = new BitWriter(body);
  const hash = new Murmur3();
  const part = own ? "owner" : "public";
  bits.varint(things.length);
  let last = 0;
  for (const thing of things) {
    const record = layout.classes[thing.class]!;
    const words = new Uint32Array(record.words);
    record.quantize(thing.fields, words);
    bits.gamma(thing.id - last).bits(thing.class, layout.classBits);
    record.encode(part, words, 0, bits);
    hash.push(thing.id);
    hash.push(thing.class);
    record.hash(part, words, 0, hash);
    last = thing.id;
  }
  bits.finish();
  const out = new ByteWriter().u8((own ? 1 : 0) | (2 << 1) | 32 | (more ? 128 : 0)).u32(hash.finish());
  return out.varint(body.length).bytes(body.finish()).finish();
}

/** What an Update says before its slots. */
export interface UpdateParts {
  readonly seq: number;
  readonly delta?: number;
  readonly reAnchor?: boolean;
  readonly input?: { readonly applied: number; readonly marginQ4: number };
  readonly commandAck?: number;
  readonly echo?: { readonly stamp: number; readonly holdUs: number };
}

export function update(layout: Layout, parts: UpdateParts, things: readonly Thing[]): Bytes {
  const mine = things.filter((thing) => thing.own);
  return rawUpdate(parts, slot(layout, things, false, true), slot(layout, mine, true, false));
}

export function rawUpdate(parts: UpdateParts, ...slots: Bytes[]): Bytes {
  const { input, commandAck, echo } = parts;
  const flags = (parts.reAnchor ? 1 : 0) | (input ? 8 : 0) | (commandAck ? 16 : 0) | (echo ? 32 : 0);
  const out = new ByteWriter().u8(0x43).u8(parts.seq & 0xff).u8(flags).varint(parts.delta ?? 1).u32(0);
  if (input) out.u16(input.applied & 0xffff).u16(input.marginQ4 & 0xffff);
  if (commandAck) out.varint(commandAck);
  if (echo) out.u32(echo.stamp).varint(echo.holdUs);
  for (const bytes of slots) out.bytes(bytes);
  return out.finish();
}

/** An event of an Events message. */
export interface Fact {
  readonly gap?: number;
  readonly age?: number;
  readonly class: number;
  readonly cause?: number;
  readonly fields: Record<string, unknown>;
}

export function events(layout: Layout, before: number, baseTick: number, facts: readonly Fact[]): Bytes {
  const out = new ByteWriter().u8(0x44).varint(before).u16(baseTick & 0xffff).varint(facts.length);
  for (const fact of facts) {
    const record = layout.events[fact.class]!;
    const words = new Uint32Array(record.words);
    record.quantize(fact.fields, words);
    out.varint(fact.gap ?? 1).varint(fact.age ?? 0).u8(fact.class | (fact.cause === undefined ? 0 : 128));
    if (fact.cause !== undefined) out.u16(fact.cause & 0xffff);
    const bits = new BitWriter(out);
    record.encode("all", words, 0, bits);
    bits.finish();
  }
  return out.finish();
}

/** A decoded client message, as a server sees it. */
export interface ClientInput {
  readonly updateAck: number;
  readonly eventAck: number;
  readonly stamp: number;
  readonly inputs: { readonly number: number; readonly tick: number; readonly viewTickQ4: number; readonly fields: Record<string, unknown> }[];
}

/** Decodes an Input or Ack message, PROTOCOL section 5.1. */
export function readInput(layout: Layout, message: Uint8Array): ClientInput {
  const reader = new ByteReader(message);
  const type = reader.u8();
  const acks = { updateAck: reader.u16(), eventAck: reader.varint(), stamp: reader.u32() };
  if (type === 3) {
    reader.finish();
    return { ...acks, inputs: [] };
  }
  const bits = new BitReader().reset(message, reader.at);
  const count = bits.bits(3) + 1;
  const number = bits.bits(16);
  let tick = bits.bits(16);
  const inputs = Array.from({ length: count }, (_, i) => {
    if (i > 0) tick += bits.gamma();
    const viewTickQ4 = bits.bits(20);
    const words = new Uint32Array(layout.input.words);
    layout.input.decode("all", bits, words, 0);
    return { number: number + i, tick, viewTickQ4, fields: layout.input.read(words, 0) };
  });
  bits.finish();
  return { ...acks, inputs };
}
