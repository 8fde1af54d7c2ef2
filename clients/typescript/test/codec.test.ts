import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder, Encoder } from "../dist/bincode.js";
import { BitReader, BitWriter, ByteReader, ByteWriter } from "../dist/bits.js";
import { ProtocolError } from "../dist/error.js";
import { Layout, RecordLayout } from "../dist/layout.js";
import * as messages from "../dist/messages.js";
import { decodeSchema, type Field, type RecordSchema, type Schema } from "../dist/schema.js";
import { DUEL, encodeSchema, welcome } from "./server.js";

const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

test("bincode integers take the shortest form and refuse others", () => {
  for (const [value, text] of [[0, "00"], [250, "fa"], [251, "fbfb00"], [0xffff, "fbffff"], [0x1_0000, "fc00000100"], [0xffff_ffff, "fcffffffff"]] as const) {
    const out = new ByteWriter();
    new Encoder(out).unsigned(value);
    assert.equal(hex(out.finish()), text);
    assert.equal(new Decoder(bytes(text)).u32(), value);
  }
  for (const bad of ["fb0100", "fcffff0000", "fd0000000001000000", "fe", "ff", "fb01", ""]) {
    assert.throws(() => new Decoder(bytes(bad)).u32(), ProtocolError, bad);
  }
  assert.throws(() => new Decoder(bytes("fc00000100")).u16(), ProtocolError);
  assert.deepEqual(["00", "01", "02", "fcffffffff"].map((t) => new Decoder(bytes(t)).i32()), [0, -1, 1, -(2 ** 31)]);
});

test("bincode texts, lists and options are bounded", () => {
  assert.equal(new Decoder(bytes("02c3a9")).text(2), "é");
  for (const bad of ["03c3a962", "02c3", "02c328"]) assert.throws(() => new Decoder(bytes(bad)).text(2), ProtocolError, bad);
  const list = new Decoder(bytes("0301"));
  assert.throws(() => list.list(2, () => list.u8()), ProtocolError);
  assert.throws(() => new Decoder(bytes("0201")).option(() => 1), ProtocolError);
});

test("Hello is the fields of section 3.1 in order", () => {
  const hello = messages.encodeHello({
    protocol: 1, sdk: "js", capabilities: 0, stamp: 300, kind: "duel", room: "", name: "Al", token: bytes("0908"),
  });
  assert.equal(hex(hello), "01" + "01" + "026a73" + "00" + "fb2c01" + "046475656c" + "00" + "02416c" + "020908" + "00" + "00");
});

test("a Welcome and its schema decode to what was encoded", () => {
  const decoded = messages.decodeWelcome(welcome(), 1);
  assert.deepEqual(decoded.schema, DUEL);
  assert.equal(decoded.player, 3);
  assert.equal(decoded.baseTick, 1000);
  assert.equal(decoded.tickRateHz, 50);
  assert.equal(decoded.serverStamp, 0x8000_0000);
});

test("no prefix of a Welcome decodes, nor one with a byte more", () => {
  const whole = welcome();
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => messages.decodeWelcome(whole.subarray(0, length), 1), ProtocolError, `${length} bytes`);
  }
  assert.throws(() => messages.decodeWelcome(Uint8Array.from([...whole, 0]), 1), ProtocolError);
});

test("a schema with what this version does not know is refused as a version", () => {
  const start = "0000 00 00 00".replaceAll(" ", "");
  assert.equal(decodeSchema(new Decoder(bytes(start))).classes.length, 0);
  const one = (kind: string, flags = "00", interpolation = "00", rest = "000000"): Uint8Array => {
    return bytes("01 0141 01 0166" + kind + flags + interpolation + "0000000000000000" + rest + "00 00 00 00");
  };
  const codeOf = (data: Uint8Array): number => {
    try {
      decodeSchema(new Decoder(data));
      return 0;
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      return error.code;
    }
  };
  assert.equal(codeOf(one("02")), 0);
  assert.equal(codeOf(one("09")), 4010);
  assert.equal(codeOf(one("02", "10")), 4010);
  assert.equal(codeOf(one("02", "00", "02")), 4010);
  // Exact without owner, or without a real number; a companion of no edge; the velocity of nothing; rotations of too few or many bits.
  assert.equal(codeOf(one("0404", "02")), 4011);
  assert.equal(codeOf(one("0404", "03")), 0);
  assert.equal(codeOf(one("02", "03")), 4011);
  assert.equal(codeOf(one("02", "00", "00", "01000000")), 4011);
  assert.equal(codeOf(one("02", "00", "00", "00010000")), 4011);
  assert.equal(codeOf(one("0803")), 4011);
  assert.equal(codeOf(one("0804")), 0);
  assert.equal(codeOf(one("0815")), 4011);
  assert.equal(codeOf(one("02", "00", "00", "000001")), 4010);
  assert.equal(codeOf(one("0400")), 4011);
  assert.equal(codeOf(one("0419")), 4011);
  assert.equal(codeOf(one("0300")), 4011);
  assert.equal(codeOf(one("01" + "000000000000f87f" + "000000000000f03f" + "05")), 4011);
});

const record = (...fields: [string, RecordSchema["fields"][number]["kind"]][]): RecordSchema => {
  return { name: "R", fields: fields.map(([name, kind]) => ({ name, kind, owner: false, exact: false, once: false, edge: false, edgeWith: undefined, velocityOf: undefined, linear: false, snap: 0 })) };
};

test("fields are bit-coded by their largest value", () => {
  const layout = new RecordLayout(record(["i", { type: "integer", min: -1, span: 2 }], ["f", { type: "flag" }], ["none", { type: "integer", min: 9, span: 0 }], ["t", { type: "text", bytesMax: 5 }]));
  assert.equal(layout.words, 1 + 1 + 1 + 3);
  const words = new Uint32Array(layout.words);
  layout.quantize({ i: 1, f: true, none: 4, t: "hé" }, words);
  assert.deepEqual([...words], [2, 1, 0, 3, 0x00a9_c368, 0]);
  const out = new ByteWriter();
  const writer = new BitWriter(out);
  layout.encode("all", words, 0, writer);
  writer.finish();
  // 01 (low first), 1, then 3 in three bits, then 68 c3 a9 shifted by six.
  assert.equal(hex(out.finish()), "1e" + "da" + "70" + "2a");
  const back = new Uint32Array(layout.words).fill(7);
  layout.decode("all", new BitReader().reset(out.finish()), back, 0);
  assert.deepEqual([...back], [...words]);
  assert.deepEqual(layout.read(back, 0), { i: 1, f: true, none: 9, t: "hé" });
});

test("a schema that the Rust client refuses is refused", () => {
  const field = { name: "f", owner: false, exact: false, once: false, edge: false, edgeWith: undefined, velocityOf: undefined, linear: false, snap: 0 };
  const axis = (min: number, step: number, span: number) => ({ type: "float", axis: { min, step, span } }) as const;
  const flag = { type: "flag" } as const;
  const text = (bytesMax: number) => ({ type: "text", bytesMax }) as const;
  const schemaOf = (place: "classes" | "input" | "events", ...fields: Field[]): Schema => {
    const record = { name: "R", fields };
    const none: Schema = { classes: [], input: { name: "Input", fields: [] }, events: [], commands: [] };
    return { ...none, [place]: place === "input" ? record : [record] };
  };
  const decode = (schema: Schema): Layout => {
    const out = new ByteWriter();
    encodeSchema(new Encoder(out), schema);
    const decoder = new Decoder(out.finish());
    const decoded = decodeSchema(decoder);
    decoder.finish();
    return new Layout(decoded);
  };
  for (const [name, good, bad] of [
    ["text", schemaOf("classes", { ...field, kind: text(1) }), schemaOf("classes", { ...field, kind: text(0) })],
    ["integer", schemaOf("classes", { ...field, kind: { type: "integer", min: 0, span: 0xffff_ffff } }), schemaOf("classes", { ...field, kind: { type: "integer", min: 1, span: 0xffff_ffff } })],
    ["axis", schemaOf("classes", { ...field, kind: axis(0, 1e38, 3) }), schemaOf("classes", { ...field, kind: axis(0, 1e38, 4) })],
    ["words", schemaOf("classes", { ...field, kind: text(255) }), schemaOf("classes", { ...field, kind: text(255) }, { ...field, name: "g", kind: text(255) })],
    ["edge", schemaOf("input", { ...field, kind: flag, edge: true }), schemaOf("classes", { ...field, kind: flag, edge: true })],
    ["edge of a text", schemaOf("input", { ...field, kind: text(1) }), schemaOf("input", { ...field, kind: text(1), edge: true })],
    ["owner", schemaOf("classes", { ...field, kind: flag, owner: true }), schemaOf("events", { ...field, kind: flag, owner: true })],
    ["linear", schemaOf("classes", { ...field, kind: axis(0, 1, 1), linear: true }), schemaOf("classes", { ...field, kind: flag, linear: true })],
  ] as const) {
    assert.doesNotThrow(() => decode(good), name);
    assert.throws(() => decode(bad), ProtocolError, name);
  }
});

test("words above their largest value and texts that are not UTF-8 are refused", () => {
  const layout = new RecordLayout(record(["i", { type: "integer", min: 0, span: 2 }], ["t", { type: "text", bytesMax: 4 }]));
  const out = new Uint32Array(layout.words);
  const decode = (text: string): void => layout.decode("all", new BitReader().reset(bytes(text)), out, 0);
  decode("00");
  assert.throws(() => decode("03"), ProtocolError);
  assert.throws(() => decode("14"), ProtocolError, "length 5 of 4");
  assert.throws(() => decode("e41f"), ProtocolError, "byte ff");
  assert.throws(() => decode("08"), ProtocolError, "cut");
});

test("values are rounded to the grid and clamped to the range", () => {
  const layout = new RecordLayout(record(
    ["i", { type: "integer", min: -1, span: 2 }], ["f", { type: "float", axis: { min: -1, step: 0.25, span: 8 } }],
    ["a", { type: "angle", bits: 2 }], ["e", { type: "enum", variants: ["A", "B"] }], ["t", { type: "text", bytesMax: 3 }],
  ));
  const words = new Uint32Array(layout.words);
  const quantize = (i: number, f: number, a: number, t: string): number[] => {
    layout.quantize({ i, f, a, e: "B", t }, words);
    return [...words];
  };
  assert.deepEqual(quantize(5, 0.6, -Math.PI / 2, "abc"), [2, 6, 3, 1, 3, 0x63_6261]);
  assert.deepEqual(quantize(-5, -9, 9 * Math.PI, "é"), [0, 0, 2, 1, 2, 0xa9c3]);
  assert.deepEqual(quantize(0, Infinity, Infinity, ""), [1, 8, 0, 1, 0, 0]);
  for (const [name, numbers] of [["i", [NaN, 0, 0]], ["f", [0, NaN, 0]], ["a", [0, 0, NaN]]] as const) {
    const [i, f, a] = numbers;
    assert.throws(() => quantize(i, f, a, ""), new RegExp(`the field "${name}" must be a number, not NaN`));
  }
  assert.throws(() => quantize(0, 0, 0, "abé"), /the field "t" has 4 bytes, at most 3 are allowed/);
  layout.neutral(words);
  assert.deepEqual([...words], [1, 4, 0, 0, 0, 0]);
});

test("wrong fields are named with their record", () => {
  const layout = new Layout(DUEL).input;
  const words = new Uint32Array(layout.words);
  const stick = { turn: 0, thrust: false, fire: false };
  assert.throws(() => layout.quantize({ turn: 0, thrust: false }, words), /Stick.*"fire" is missing/);
  assert.throws(() => layout.quantize({ ...stick, jump: true }, words), /Stick has no field "jump".*turn, thrust, fire/);
  assert.throws(() => layout.quantize({ ...stick, turn: "left" }, words), /Stick.*"turn" must be a number/);
  layout.quantize({ ...stick, fire: undefined }, words);
});

test("Input, Ack, Command, Resync, Ping and Bye are the bytes of section 5", () => {
  const layout = new Layout(DUEL);
  const acks = { update: 0x0102, event: 300, stamp: 0x0403_0201 };
  const out = new ByteWriter();
  assert.equal(hex(messages.encodeAck(out, acks)), "03" + "0201" + "ac02" + "01020304");
  const words = Uint32Array.of(2, 1, 0);
  const input = (number: number, tick: number) => ({ number, tick, viewTickQ4: 0xf_fff1, words });
  // count 0, number 5, tick 6, view tick, then turn 2, thrust 1, fire 0: 3 + 16 + 16 + 20 + 4 bits.
  assert.equal(hex(messages.encodeInput(out, acks, [input(5, 6)], layout.input)), "02" + "0201" + "ac02" + "01020304" + "28003000" + "88ff7f" + "03");
  const two = messages.encodeInput(out, acks, [input(5, 6), input(6, 9)], layout.input);
  const bits = new BitReader().reset(two, 9);
  assert.deepEqual([bits.bits(3), bits.bits(16), bits.bits(16), bits.bits(20), bits.bits(4)], [1, 5, 6, 0xf_fff1, 6]);
  assert.deepEqual([bits.gamma(), bits.bits(20), bits.bits(4)], [3, 0xf_fff1, 6]);
  const chat = new Uint32Array(layout.commands[0]!.words);
  layout.commands[0]!.quantize({ text: "hi" }, chat);
  // choice 0 in one bit, length 2 in seven bits, "hi".
  assert.equal(hex(messages.encodeCommand(1, 0, chat, layout)), "04" + "01" + "04" + "6869");
  assert.equal(hex(messages.encodeCommand(200, 1, new Uint32Array(0), layout)), "04" + "c801" + "01");
  assert.equal(hex(messages.encodeResync(0x0102)), "05" + "0201");
  assert.equal(hex(messages.encodePing(1)), "08" + "01000000");
  assert.equal(hex(messages.encodeBye(0)), "0900");
});

test("an Update's header has its parts only where a flag says so", () => {
  const header = messages.updateHeader();
  const decode = (text: string): typeof header => {
    const reader = new ByteReader(bytes(text));
    messages.decodeUpdateHeader(reader, header);
    messages.decodeSlots(reader, header);
    return header;
  };
  const none = decode("07 00 01 05000000" + "00");
  assert.deepEqual([none.seqLow, none.tickDelta, none.serverStamp, none.inputApplied, none.echo, none.slotCount], [7, 1, 5, undefined, undefined, 1]);
  const all = decode("07 3d 8001 05000000" + "0900 f0ff" + "03" + "01000000 8101" + "a4 44332211 02 aabb" + "03");
  assert.deepEqual([all.reAnchor, all.gateLevel, all.tickDelta], [true, 2, 128]);
  assert.deepEqual([all.inputApplied, all.inputMarginQ4, all.commandAck, all.echo, all.holdUs], [9, -16, 3, 1, 129]);
  const [first, second] = all.slots;
  assert.deepEqual(first, { own: false, content: "body", depth: 0, hash: 0x1122_3344, model: 0, start: 25, end: 27 });
  assert.deepEqual([second!.own, second!.content], [true, "same"]);
  for (const bad of ["07 40 01 05000000 00", "07 00 00 05000000 00", "07 00 01 05000000 06", "07 00 01 05000000 80 80 80 80 00", "07 00 01 05000000 00 00", "07 00 01 05000000 04 05 00", "07 00 01 05000000"]) {
    assert.throws(() => decode(bad), ProtocolError, bad);
  }
});

test("an encoded schema is the bytes of section 4", () => {
  const out = new ByteWriter();
  encodeSchema(new Encoder(out), { classes: [record(["hp", { type: "integer", min: -1, span: 300 }])], input: { name: "I", fields: [] }, events: [], commands: [] });
  assert.equal(hex(out.finish()), "01" + "0152" + "01" + "026870" + "00" + "01" + "fb2c01" + "00" + "00" + "00".repeat(8) + "00" + "00" + "00" + "014900" + "00" + "00");
});
