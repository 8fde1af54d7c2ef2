/**
 * The compiled form of a schema: where each field's words are, how many bits each word takes, and
 * what the words mean. Built once per Welcome and used by every codec.
 *
 * Shape: a row holds the words of all fields in order (PROTOCOL section 4). A part, public or owner,
 * reads and writes only its own columns of the row.
 */
import { type BitReader, type BitWriter } from "./bits.ts";
import type { Murmur3 } from "./hash.ts";
import { type Field, type RecordSchema, type Schema } from "./schema.ts";
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
/** Layouts of everything in a schema. */
export declare class Layout {
    readonly classes: readonly RecordLayout[];
    readonly input: RecordLayout;
    readonly events: readonly RecordLayout[];
    readonly commands: readonly RecordLayout[];
    /** Width of a choice among classes. */
    readonly classBits: number;
    /** Width of a choice among commands. */
    readonly commandBits: number;
    constructor(schema: Schema);
}
/** Layout of one record. */
export declare class RecordLayout {
    #private;
    readonly name: string;
    readonly fields: readonly FieldLayout[];
    /** Words of a row. */
    readonly words: number;
    constructor(record: RecordSchema);
    /** Reads the columns of `part` into the row at `out[at..]`; the others keep what they hold. */
    decode(part: Part, reader: BitReader, out: Uint32Array, at: number): void;
    /** PROTOCOL section 6.3: reads the changed mask and the fields it names into the row at `out[at..]`, which holds the old values. */
    decodeChanges(part: Part, reader: BitReader, out: Uint32Array, at: number): void;
    /** As `decodeChanges` with a mask that is always written and may be 0. */
    decodeTeleport(part: Part, reader: BitReader, out: Uint32Array, at: number): void;
    /** Writes the columns of `part` of the row at `words[at..]`. */
    encode(part: Part, words: Uint32Array, at: number, writer: BitWriter): void;
    /** Pushes the words of `part` of the row at `words[at..]` to a hash. */
    hash(part: Part, words: Uint32Array, at: number, hash: Murmur3): void;
    /** Copies the columns of `part` from one row to another. */
    copy(part: Part, from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void;
    /** Fills the words of exact numbers by what the quantized ones stand for: the row is not one's own. */
    fillExact(words: Uint32Array, at: number): void;
    /** The record at `words[at..]` as a new plain object. */
    read(words: Uint32Array, at: number): Record<string, unknown>;
    /**
     * Quantizes a plain object into the row at `out[0..]`. Numbers are rounded to the field's grid and
     * clamped to its range.
     *
     * Throws `Error`, naming field and record, when a field is missing, unknown, of another type or NaN, or a
     * text is too long.
     */
    quantize(values: Readonly<Record<string, unknown>>, out: Uint32Array): void;
    /** Writes the row that intends nothing: zeros as far as ranges have them, false, empty texts, first variants. */
    neutral(out: Uint32Array): void;
}
/** The value of a field in the row at `words[at..]`: a number, boolean, string or an object of `x`, `y`, `z` and `w`. */
export declare function readField(field: FieldLayout, words: Uint32Array, at: number): unknown;
/** Writes the numbers of a numeric field to `out` and returns how many there are: exact ones if it has them. */
export declare function numbersOf(field: FieldLayout, words: Uint32Array, at: number, out: Float64Array): number;
/** An object of the first `count` components, `into` if there is one. */
export declare function setComponents(into: Record<string, number> | undefined, numbers: Float64Array, count: number): Record<string, number>;
