import assert from "node:assert/strict";
import { test } from "node:test";
import { BitReader, BitWriter, ByteReader, ByteWriter, fromLow, widthOf } from "../dist/bits.js";
import { ProtocolError } from "../dist/error.js";
import { Murmur3 } from "../dist/hash.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

test("a bit stream puts the first bit lowest", () => {
  const out = new ByteWriter();
  new BitWriter(out).flag(true).bits(0b10, 2).bits(0x1ff, 9).bits(0, 0).bits(0xdead_beef, 32).finish();
  // 1, then 01 (low first), then nine ones: 1111_1101, 1111 and the low nibble of 0xef, ...
  assert.equal(hex(out.finish()), "fd" + "ff" + "ee" + "db" + "ea" + "0d");
  const reader = new BitReader().reset(out.finish());
  assert.deepEqual([reader.flag(), reader.bits(2), reader.bits(9), reader.bits(0), reader.bits(32)], [true, 2, 0x1ff, 0, 0xdead_beef]);
  reader.finish();
});

test("gamma has as many zeros as bits below the highest", () => {
  for (const [value, text] of [[1, "01"], [2, "02"], [3, "06"], [4, "04"], [5, "0c"], [255, "80 7f"], [0xffff_ffff, "00 00 00 80 ff ff ff 7f"]] as const) {
    const out = new ByteWriter();
    new BitWriter(out).gamma(value).finish();
    assert.equal(hex(out.finish()), text.replaceAll(" ", ""), `gamma(${value})`);
    const reader = new BitReader().reset(out.finish());
    assert.equal(reader.gamma(), value);
    reader.finish();
  }
  assert.throws(() => new BitReader().reset(bytes("00000000 01ffffff ff")).gamma(), ProtocolError);
});

test("varints are canonical and at most 32 bits, in bytes and in bits", () => {
  for (const [value, text] of [[0, "00"], [127, "7f"], [128, "8001"], [300, "ac02"], [0xffff_ffff, "ffffffff0f"]] as const) {
    assert.equal(hex(new ByteWriter().varint(value).finish()), text);
    assert.equal(new ByteReader(bytes(text)).varint(), value);
    const out = new ByteWriter();
    new BitWriter(out).bits(1, 1).varint(value).finish();
    const reader = new BitReader().reset(out.finish());
    assert.deepEqual([reader.bits(1), reader.varint()], [1, value]);
  }
  for (const bad of ["", "80", "8000", "ffffffff1f", "ffffffffff01", "8080808000"]) {
    assert.throws(() => new ByteReader(bytes(bad)).varint(), ProtocolError, bad);
    assert.throws(() => new BitReader().reset(bytes(bad)).varint(), ProtocolError, bad);
  }
});

test("byte integers are little-endian and readers refuse what is missing or trails", () => {
  const reader = new ByteReader(bytes("01 0302 feff 07060584"));
  assert.deepEqual([reader.u8(), reader.u16(), reader.i16(), reader.u32()], [1, 0x0203, -2, 0x8405_0607]);
  reader.finish();
  assert.throws(() => reader.u8(), ProtocolError);
  assert.throws(() => new ByteReader(bytes("00")).finish(), ProtocolError);
  assert.throws(() => new ByteReader(bytes("0001")).take(3), ProtocolError);
  assert.throws(() => new BitReader().reset(bytes("ff")).bits(9), ProtocolError);
});

test("padding of a bit stream is zero", () => {
  const reader = new BitReader().reset(bytes("05 77"));
  reader.bits(3);
  assert.equal(reader.finishPrefix(), 1);
  assert.throws(() => reader.finish(), ProtocolError);
  const dirty = new BitReader().reset(bytes("0d"));
  dirty.bits(3);
  assert.throws(() => dirty.finish(), ProtocolError);
});

test("low bits stand for the nearest number", () => {
  for (const [low, near, bits, want] of [[5, 3, 16, 5], [0xffff, 0x1_0000, 16, 0xffff], [2, 0xffff, 16, 0x1_0002], [0, 0x1_8000 - 1, 16, 0x1_0000], [250, 259, 8, 250]] as const) {
    assert.equal(fromLow(low, near, bits), want, `${low} near ${near}`);
  }
});

test("a width holds the largest value and no more", () => {
  for (const [max, width] of [[0, 0], [1, 1], [2, 2], [3, 2], [4, 3], [255, 8], [256, 9], [0xffff_ffff, 32]] as const) assert.equal(widthOf(max), width);
});

test("the hash is MurmurHash3 with seed 0", () => {
  // Public test values of the 32 bit function over whole words.
  const murmur = (...words: number[]): number => {
    const hash = new Murmur3();
    for (const word of words) hash.push(word);
    return hash.finish();
  };
  assert.equal(murmur(), 0);
  assert.equal(murmur(0), 0x2362f9de);
  assert.equal(murmur(0xffff_ffff), 0x76293b50);
  assert.equal(murmur(0x8765_4321), 0xf55b516b);
});
