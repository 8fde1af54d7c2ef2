/**
 * The compiled form of a schema: where each field's words are, how many bits each word takes, and
 * what the words mean. Built once per Welcome and used by every codec.
 *
 * Shape: a row holds the words of all fields in order (PROTOCOL section 4). A part, public or owner,
 * reads and writes only its own columns of the row.
 */

import { type BitReader, type BitWriter, widthOf } from "./bits.ts";
import { ProtocolError } from "./error.ts";
import type { Murmur3 } from "./hash.ts";
import { RECORD_WORDS_MAX } from "./limits.ts";
import { quantizeQuat, quatOf } from "./rotation.ts";
import { type Axis, type Field, numbersIn, type RecordSchema, type Schema } from "./schema.ts";

/** Which fields of a record are meant. */
export type Part = "all" | "public" | "owner";

/** A field and its place in the row. */
export interface FieldLayout extends Field {
  /** Index of the first word. */
  readonly at: number;
  readonly words: number;
  /** Index of the first of its exact numbers; -1 for a field that has none. */
  readonly exactAt: number;
}

interface Column {
  readonly at: number;
  readonly bits: number;
  readonly max: number;
  /** Words that the characters of a text take after its length; 0 for a number. */
  readonly textWords: number;
}

/** A field that can change, as the changed mask of a part names it. */
type PartField = readonly Column[];

/** A word of at most this many bits is coded as it is, PROTOCOL section 6.3. */
const PLAIN_BITS_MAX = 4;

const TAU = 2 * Math.PI;
const DECODE = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODE = new TextEncoder();
const SCRATCH = new Uint8Array(256);
/** The numbers of one value, and a word as the number whose bits it is. */
const NUMBERS = new Float64Array(4);
const BITS = new Uint32Array(1);
const SINGLE = new Float32Array(BITS.buffer);
const COMPONENTS = ["x", "y", "z", "w"] as const;

/** Layouts of everything in a schema. */
export class Layout {
  readonly classes: readonly RecordLayout[];
  readonly input: RecordLayout;
  readonly events: readonly RecordLayout[];
  readonly commands: readonly RecordLayout[];
  /** Width of a choice among classes. */
  readonly classBits: number;
  /** Width of a choice among commands. */
  readonly commandBits: number;

  constructor(schema: Schema) {
    this.classes = schema.classes.map((record) => new RecordLayout(record));
    this.input = new RecordLayout(schema.input);
    this.events = schema.events.map((record) => new RecordLayout(record));
    this.commands = schema.commands.map((record) => new RecordLayout(record));
    this.classBits = choiceWidth(schema.classes.length);
    this.commandBits = choiceWidth(schema.commands.length);
  }
}

/** Layout of one record. */
export class RecordLayout {
  readonly name: string;
  readonly fields: readonly FieldLayout[];
  /** Words of a row. */
  readonly words: number;
  readonly #names: ReadonlySet<string>;
  readonly #columns: Readonly<Record<Part, readonly Column[]>>;
  /** The fields that are not `once`. */
  readonly #changing: Readonly<Record<Part, readonly PartField[]>>;

  constructor(record: RecordSchema) {
    const fields: FieldLayout[] = [];
    const all: Column[] = [];
    const own: Column[] = [];
    const shown: Column[] = [];
    const changing: Record<Part, PartField[]> = { all: [], public: [], owner: [] };
    let at = 0;
    for (const field of record.fields) {
      const columns = columnsOf(field, at);
      const words = columns.reduce((sum, column) => sum + 1 + column.textWords, 0);
      const exact = field.exact ? exactColumns(field, at + words) : [];
      fields.push({ ...field, at, words: words + exact.length, exactAt: field.exact ? at + words : -1 });
      const secret = field.owner && !field.exact;
      all.push(...columns, ...exact);
      (secret ? own : shown).push(...columns);
      own.push(...exact);
      if (!field.once) {
        changing[secret ? "owner" : "public"].push(columns);
        if (field.exact) changing.owner.push(exact);
      }
      at += words + exact.length;
    }
    if (at > RECORD_WORDS_MAX) throw new ProtocolError(`${record.name}: ${at} words are too many`);
    this.name = record.name;
    this.fields = fields;
    this.words = at;
    this.#names = new Set(fields.map((field) => field.name));
    this.#columns = { all, public: shown, owner: own };
    this.#changing = changing;
  }

  /** Reads the columns of `part` into the row at `out[at..]`; the others keep what they hold. */
  decode(part: Part, reader: BitReader, out: Uint32Array, at: number): void {
    for (const column of this.#columns[part]) {
      const value = reader.bits(column.bits);
      if (value > column.max) throw new ProtocolError(`${this.name}: ${value} is above ${column.max}`);
      out[at + column.at] = value;
      if (column.textWords > 0) readText(column, value, reader, out, at + column.at + 1);
    }
  }

  /** PROTOCOL section 6.3: reads the changed mask and the fields it names into the row at `out[at..]`, which holds the old values. */
  decodeChanges(part: Part, reader: BitReader, out: Uint32Array, at: number): void {
    const count = this.#changing[part].length;
    const mask = count === 1 ? 1 : reader.bits(count);
    if (mask === 0) throw new ProtocolError(`${this.name}: a change of nothing`);
    this.#decodeMasked(part, mask, reader, out, at);
  }

  /** As `decodeChanges` with a mask that is always written and may be 0. */
  decodeTeleport(part: Part, reader: BitReader, out: Uint32Array, at: number): void {
    this.#decodeMasked(part, reader.bits(this.#changing[part].length), reader, out, at);
  }

  #decodeMasked(part: Part, mask: number, reader: BitReader, out: Uint32Array, at: number): void {
    const fields = this.#changing[part];
    for (let i = 0; i < fields.length; i++) {
      if ((mask & (1 << i)) === 0) continue;
      for (const column of fields[i]!) {
        const first = at + column.at;
        const value = column.textWords > 0 ? reader.bits(column.bits) : readChanged(reader, column.bits, out[first]!);
        if (value > column.max) throw new ProtocolError(`${this.name}: ${value} is above ${column.max}`);
        out[first] = value;
        if (column.textWords > 0) readText(column, value, reader, out, first + 1);
      }
    }
  }

  /** Writes the columns of `part` of the row at `words[at..]`. */
  encode(part: Part, words: Uint32Array, at: number, writer: BitWriter): void {
    for (const column of this.#columns[part]) {
      const first = at + column.at;
      const value = words[first]!;
      writer.bits(value, column.bits);
      if (column.textWords === 0) continue;
      for (let i = 0; i < value; i++) writer.bits(words[first + 1 + (i >>> 2)]! >>> ((i & 3) * 8), 8);
    }
  }

  /** Pushes the words of `part` of the row at `words[at..]` to a hash. */
  hash(part: Part, words: Uint32Array, at: number, hash: Murmur3): void {
    for (const column of this.#columns[part]) {
      for (let i = 0; i <= column.textWords; i++) hash.push(words[at + column.at + i]!);
    }
  }

  /** Copies the columns of `part` from one row to another. */
  copy(part: Part, from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
    for (const column of this.#columns[part]) {
      for (let i = column.at; i <= column.at + column.textWords; i++) to[toAt + i] = from[fromAt + i]!;
    }
  }

  /** Fills the words of exact numbers by what the quantized ones stand for: the row is not one's own. */
  fillExact(words: Uint32Array, at: number): void {
    for (const field of this.fields) {
      if (field.exactAt < 0) continue;
      dequantize(field, words, at, NUMBERS);
      for (let i = 0; i < numbersIn(field.kind); i++) {
        SINGLE[0] = NUMBERS[i]!;
        words[at + field.exactAt + i] = BITS[0]!;
      }
    }
  }

  /** The record at `words[at..]` as a new plain object. */
  read(words: Uint32Array, at: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    for (const field of this.fields) record[field.name] = readField(field, words, at);
    return record;
  }

  /**
   * Quantizes a plain object into the row at `out[0..]`. Numbers are rounded to the field's grid and
   * clamped to its range.
   *
   * Throws `Error`, naming field and record, when a field is missing, unknown, of another type or NaN, or a
   * text is too long.
   */
  quantize(values: Readonly<Record<string, unknown>>, out: Uint32Array): void {
    for (const name in values) {
      if (!this.#names.has(name)) {
        const known = [...this.#names].join(", ") || "none";
        throw new Error(`${this.name} has no field "${name}"; its fields: ${known}`);
      }
    }
    for (const field of this.fields) {
      if (!(field.name in values)) throw new Error(`${this.name}: the field "${field.name}" is missing`);
      writeField(this.name, field, values[field.name], out);
      if (field.exactAt >= 0) writeExact(field, values[field.name], out);
    }
  }

  /** Writes the row that intends nothing: zeros as far as ranges have them, false, empty texts, first variants. */
  neutral(out: Uint32Array): void {
    for (const field of this.fields) writeField(this.name, field, neutralOf(field.kind), out);
  }
}

/** The value of a field in the row at `words[at..]`: a number, boolean, string or an object of `x`, `y`, `z` and `w`. */
export function readField(field: FieldLayout, words: Uint32Array, at: number): unknown {
  const word = words[at + field.at]!;
  const { kind } = field;
  switch (kind.type) {
    case "flag":
      return word === 1;
    case "enum":
      return kind.variants[word];
    case "text":
      return textOf(field, words, at);
    case "integer":
      return kind.min + word;
    default: {
      const count = numbersOf(field, words, at, NUMBERS);
      return count === 1 ? NUMBERS[0]! : setComponents(undefined, NUMBERS, count);
    }
  }
}

/** Writes the numbers of a numeric field to `out` and returns how many there are: exact ones if it has them. */
export function numbersOf(field: FieldLayout, words: Uint32Array, at: number, out: Float64Array): number {
  const { kind, exactAt } = field;
  if (kind.type === "integer") {
    out[0] = kind.min + words[at + field.at]!;
    return 1;
  }
  const count = numbersIn(kind);
  if (exactAt < 0) {
    dequantize(field, words, at, out);
    return count;
  }
  for (let i = 0; i < count; i++) {
    BITS[0] = words[at + exactAt + i]!;
    out[i] = SINGLE[0]!;
  }
  return count;
}

/** An object of the first `count` components, `into` if there is one. */
export function setComponents(into: Record<string, number> | undefined, numbers: Float64Array, count: number): Record<string, number> {
  const object = into ?? {};
  for (let i = 0; i < count; i++) object[COMPONENTS[i]!] = numbers[i]!;
  return object;
}

/** What the quantized words of a field stand for. */
function dequantize(field: FieldLayout, words: Uint32Array, at: number, out: Float64Array): void {
  const { kind } = field;
  const first = at + field.at;
  switch (kind.type) {
    case "float":
      out[0] = onAxis(kind.axis, words[first]!);
      return;
    case "angle":
      out[0] = (words[first]! * TAU) / 2 ** kind.bits;
      return;
    case "vec2":
    case "vec3":
      out[0] = onAxis(kind.x, words[first]!);
      out[1] = onAxis(kind.y, words[first + 1]!);
      if (kind.type === "vec3") out[2] = onAxis(kind.z, words[first + 2]!);
      return;
    case "quat":
      quatOf(words, first, kind.bits, out);
  }
}

/** The value of step `q` of an axis. */
function onAxis(axis: Axis, q: number): number {
  return axis.min + q * axis.step;
}

function choiceWidth(count: number): number {
  return count < 2 ? 0 : widthOf(count - 1);
}

function columnsOf(field: Field, at: number): Column[] {
  const column = (max: number, offset: number = 0, textWords: number = 0): Column => {
    return { at: at + offset, bits: widthOf(max), max, textWords };
  };
  const { kind } = field;
  switch (kind.type) {
    case "integer":
      return [column(kind.span)];
    case "float":
      return [column(kind.axis.span)];
    case "flag":
      return [column(1)];
    case "enum":
      return [column(kind.variants.length - 1)];
    case "angle":
      return [column(2 ** kind.bits - 1)];
    case "vec2":
      return [column(kind.x.span), column(kind.y.span, 1)];
    case "vec3":
      return [column(kind.x.span), column(kind.y.span, 1), column(kind.z.span, 2)];
    case "quat": {
      const max = 2 ** kind.bits - 2;
      return [column(3), column(max, 1), column(max, 2), column(max, 3)];
    }
    case "text":
      return [column(kind.bytesMax, 0, Math.ceil(kind.bytesMax / 4))];
  }
}

function exactColumns(field: Field, at: number): Column[] {
  return Array.from({ length: numbersIn(field.kind) }, (_, i) => ({ at: at + i, bits: 32, max: 0xffff_ffff, textWords: 0 }));
}

/** A changed word: as it is, or its difference from the old one modulo 2^bits, in a number of quarters of its length. */
function readChanged(reader: BitReader, bits: number, old: number): number {
  if (bits <= PLAIN_BITS_MAX) return reader.bits(bits);
  const quarters = reader.bits(2) + 1;
  const length = Math.ceil((bits * quarters) / 4);
  const unused = 32 - length;
  const difference = (reader.bits(length) << unused) >> unused;
  return ((old + difference) & (0xffff_ffff >>> (32 - bits))) >>> 0;
}

function readText(column: Column, length: number, reader: BitReader, out: Uint32Array, at: number): void {
  out.fill(0, at, at + column.textWords);
  let high = 0;
  for (let i = 0; i < length; i++) {
    const byte = reader.bits(8);
    high |= byte;
    SCRATCH[i] = byte;
    out[at + (i >>> 2)]! |= byte << ((i & 3) * 8);
  }
  if (high < 0x80) return;
  try {
    DECODE.decode(SCRATCH.subarray(0, length));
  } catch {
    throw new ProtocolError("text is not UTF-8");
  }
}

function textOf(field: FieldLayout, words: Uint32Array, at: number): string {
  const length = words[at + field.at]!;
  const first = at + field.at + 1;
  for (let i = 0; i < length; i++) SCRATCH[i] = words[first + (i >>> 2)]! >>> ((i & 3) * 8);
  return DECODE.decode(SCRATCH.subarray(0, length));
}

function writeField(record: string, field: FieldLayout, value: unknown, out: Uint32Array): void {
  const { kind, at } = field;
  switch (kind.type) {
    case "flag":
      out[at] = value ? 1 : 0;
      return;
    case "integer":
      out[at] = clamp(Math.round(toNumber(record, field, value)) - kind.min, kind.span);
      return;
    case "float":
      out[at] = toAxis(kind.axis, toNumber(record, field, value));
      return;
    case "angle": {
      const steps = 2 ** kind.bits;
      const q = Math.round((toNumber(record, field, value) / TAU) * steps) % steps;
      out[at] = Number.isFinite(q) ? (q + steps) % steps : 0;
      return;
    }
    case "enum": {
      const index = typeof value === "string" ? kind.variants.indexOf(value) : -1;
      if (index < 0) throw wrong(record, field, `one of ${kind.variants.join(", ")}`, value);
      out[at] = index;
      return;
    }
    case "vec2": {
      const { x, y } = (value ?? {}) as { x?: unknown; y?: unknown };
      out[at] = toAxis(kind.x, toNumber(record, field, x));
      out[at + 1] = toAxis(kind.y, toNumber(record, field, y));
      return;
    }
    case "vec3": {
      const { x, y, z } = (value ?? {}) as { x?: unknown; y?: unknown; z?: unknown };
      out[at] = toAxis(kind.x, toNumber(record, field, x));
      out[at + 1] = toAxis(kind.y, toNumber(record, field, y));
      out[at + 2] = toAxis(kind.z, toNumber(record, field, z));
      return;
    }
    case "quat": {
      const { x, y, z, w } = (value ?? {}) as { x?: unknown; y?: unknown; z?: unknown; w?: unknown };
      const [a, b, c, d] = [x, y, z, w].map((component) => toNumber(record, field, component));
      quantizeQuat(a!, b!, c!, d!, kind.bits, out, at);
      return;
    }
    case "text": {
      if (typeof value !== "string") throw wrong(record, field, "a string", value);
      const { read, written } = ENCODE.encodeInto(value, SCRATCH.subarray(0, kind.bytesMax));
      if (read < value.length) throw tooLong(record, field, kind.bytesMax, value);
      out[at] = written;
      out.fill(0, at + 1, at + field.words);
      for (let i = 0; i < written; i++) out[at + 1 + (i >>> 2)]! |= SCRATCH[i]! << ((i & 3) * 8);
    }
  }
}

function writeExact(field: FieldLayout, value: unknown, out: Uint32Array): void {
  for (let i = 0; i < numbersIn(field.kind); i++) {
    SINGLE[0] = typeof value === "number" ? value : (value as Record<string, number>)[COMPONENTS[i]!]!;
    out[field.exactAt + i] = BITS[0]!;
  }
}

function toAxis(axis: Axis, value: number): number {
  return clamp(Math.round((value - axis.min) / axis.step), axis.span);
}

function clamp(q: number, span: number): number {
  return q > 0 ? Math.min(q, span) : 0;
}

// NaN comes from sums with `undefined`: sent as 0, the mistake would look like a key that does not work.
function toNumber(record: string, field: FieldLayout, value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value)) throw wrong(record, field, "a number", value);
  return value;
}

function neutralOf(kind: FieldLayout["kind"]): unknown {
  switch (kind.type) {
    case "flag":
      return false;
    case "text":
      return "";
    case "enum":
      return kind.variants[0];
    case "vec2":
    case "vec3":
    case "quat":
      return { x: 0, y: 0, z: 0, w: 1 };
    default:
      return 0;
  }
}

function tooLong(record: string, field: FieldLayout, bytesMax: number, value: string): Error {
  const bytes = ENCODE.encode(value).length;
  return new Error(`${record}: the field "${field.name}" has ${bytes} bytes, at most ${bytesMax} are allowed`);
}

function wrong(record: string, field: FieldLayout, want: string, value: unknown): Error {
  return new Error(`${record}: the field "${field.name}" must be ${want}, not ${String(value)}`);
}
