/**
 * Readers and writers of the two primitive layers of PROTOCOL section 1: byte-aligned little-endian
 * integers, and bit streams with the least significant bit first.
 *
 * Invariant: a reader never reads past its end and never returns `undefined`; it throws `ProtocolError`.
 */

import { ProtocolError } from "./error.ts";

const EMPTY = new Uint8Array(0);

/** Bits that hold every value of 0..=max; 0 for `max` 0. */
export function widthOf(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/** The full number nearest to `near` whose low `bits` bits are `low`. */
export function fromLow(low: number, near: number, bits: number): number {
  const span = 2 ** bits;
  let ahead = (((low - near) % span) + span) % span;
  if (ahead >= span / 2) ahead -= span;
  return near + ahead;
}

/** Reads byte-aligned integers. */
export class ByteReader {
  #bytes: Uint8Array = EMPTY;
  #at = 0;

  constructor(bytes: Uint8Array = EMPTY, at: number = 0) {
    this.reset(bytes, at);
  }

  /** Starts over on other bytes, so that one reader serves every message. */
  reset(bytes: Uint8Array, at: number = 0): this {
    this.#bytes = bytes;
    this.#at = at;
    return this;
  }

  /** Index of the next byte. */
  get at(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    if (this.#at >= this.#bytes.length) throw new ProtocolError("message ends early");
    return this.#bytes[this.#at++]!;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  /** LEB128 of at most 32 bits; a longer form than needed is an error. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const group = this.u8();
      checkGroup(group, shift);
      value |= (group & 0x7f) << shift;
      if (group < 0x80) return value >>> 0;
    }
    throw new ProtocolError("varint is too long");
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    if (length > this.remaining) throw new ProtocolError("message ends early");
    this.#at += length;
  }

  /** Goes on at `at`, where a bit stream inside the message ended. */
  seek(at: number): void {
    this.#at = at;
  }

  /** Refuses trailing bytes. */
  finish(): void {
    if (this.remaining !== 0) throw new ProtocolError(`${this.remaining} trailing bytes`);
  }
}

/** Reads a bit stream. */
export class BitReader {
  #bytes: Uint8Array = EMPTY;
  #bit = 0;
  #end = 0;

  /** Starts at byte `start` and may read up to byte `end`. */
  reset(bytes: Uint8Array, start: number = 0, end: number = bytes.length): this {
    this.#bytes = bytes;
    this.#bit = start * 8;
    this.#end = Math.min(end, bytes.length) * 8;
    return this;
  }

  /** Bits that are left. */
  get remaining(): number {
    return this.#end - this.#bit;
  }

  /** `count` bits, 0 to 32, low bit first. */
  bits(count: number): number {
    let bit = this.#bit;
    if (count > this.#end - bit) throw new ProtocolError("bit stream ends early");
    let value = 0;
    for (let got = 0; got < count; ) {
      const offset = bit & 7;
      const take = Math.min(8 - offset, count - got);
      value |= ((this.#bytes[bit >>> 3]! >>> offset) & ((1 << take) - 1)) << got;
      got += take;
      bit += take;
    }
    this.#bit = bit;
    return value >>> 0;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** LEB128 in groups of eight bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const group = this.bits(8);
      checkGroup(group, shift);
      value |= (group & 0x7f) << shift;
      if (group < 0x80) return value >>> 0;
    }
    throw new ProtocolError("varint is too long");
  }

  /** Elias gamma: a number from 1. */
  gamma(): number {
    let zeros = 0;
    while (this.bits(1) === 0) {
      if (++zeros > 31) throw new ProtocolError("gamma is too long");
    }
    return ((1 << zeros) | this.bits(zeros)) >>> 0;
  }

  /** Checks that the padding is zero and returns the index of the byte after it. */
  finishPrefix(): number {
    const padding = -this.#bit & 7;
    if (this.bits(padding) !== 0) throw new ProtocolError("padding is not zero");
    return this.#bit >>> 3;
  }

  /** Checks that the padding is zero and nothing follows. */
  finish(): void {
    this.finishPrefix();
    if (this.remaining !== 0) throw new ProtocolError(`${this.remaining / 8} trailing bytes`);
  }
}

function checkGroup(group: number, shift: number): void {
  if (shift === 28 && group > 0x0f) throw new ProtocolError("varint is too long");
  if (group === 0 && shift > 0) throw new ProtocolError("varint is longer than needed");
}

/** Writes byte-aligned integers into a buffer that grows and is reused. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  u8(value: number): this {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value & 0xff).u8((value >>> 8) & 0xff);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  varint(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.u8(rest);
  }

  bytes(values: Uint8Array): this {
    for (const value of values) this.u8(value);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Appends a bit stream to a `ByteWriter`. */
export class BitWriter {
  readonly #out: ByteWriter;
  #byte = 0;
  #used = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** The low `count` bits of `value`, 0 to 32. */
  bits(value: number, count: number): this {
    for (let done = 0; done < count; ) {
      const take = Math.min(8 - this.#used, count - done);
      this.#byte |= ((value >>> done) & ((1 << take) - 1)) << this.#used;
      this.#used += take;
      done += take;
      if (this.#used === 8) this.#flush();
    }
    return this;
  }

  flag(value: boolean): this {
    return this.bits(value ? 1 : 0, 1);
  }

  varint(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.bits((rest & 0x7f) | 0x80, 8);
      rest >>>= 7;
    }
    return this.bits(rest, 8);
  }

  /** `value` from 1. */
  gamma(value: number): this {
    const low = 31 - Math.clz32(value);
    return this.bits(0, low).bits(1, 1).bits(value, low);
  }

  /** Pads with zero bits to a byte. */
  finish(): void {
    if (this.#used > 0) this.#flush();
  }

  #flush(): void {
    this.#out.u8(this.#byte);
    this.#byte = 0;
    this.#used = 0;
  }
}
