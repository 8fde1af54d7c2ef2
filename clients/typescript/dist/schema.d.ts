/**
 * What a game replicates and accepts, as the server describes it in Welcome (PROTOCOL section 4).
 * Owns decoding and validation; `layout.ts` owns what is computed from it.
 *
 * Invariant: a `Schema` that `decodeSchema` returned has only kinds, flags and interpolations of this
 * version, and every number in it is in range.
 */
import type { Decoder } from "./bincode.ts";
/** Evenly spaced values `min + q * step` for q in 0..=span. */
export interface Axis {
    readonly min: number;
    readonly step: number;
    readonly span: number;
}
/** How a field's value maps to quantized words. */
export type FieldKind = {
    readonly type: "integer";
    readonly min: number;
    readonly span: number;
} | {
    readonly type: "float";
    readonly axis: Axis;
} | {
    readonly type: "flag";
} | {
    readonly type: "enum";
    readonly variants: readonly string[];
} | {
    readonly type: "angle";
    readonly bits: number;
} | {
    readonly type: "vec2";
    readonly x: Axis;
    readonly y: Axis;
} | {
    readonly type: "text";
    readonly bytesMax: number;
} | {
    readonly type: "vec3";
    readonly x: Axis;
    readonly y: Axis;
    readonly z: Axis;
} | {
    readonly type: "quat";
    readonly bits: number;
};
/** One declared value of a record. */
export interface Field {
    readonly name: string;
    readonly kind: FieldKind;
    /** Only the owning player receives it; if `exact`, everybody receives it quantized. */
    readonly owner: boolean;
    /** The owning player receives its numbers as they are. */
    readonly exact: boolean;
    /** Never changes while the entity lives. */
    readonly once: boolean;
    /** Input flag that is 1 only in the input during which it was pressed. */
    readonly edge: boolean;
    /** Index of the field whose value an edge takes along when the server applies it late. */
    readonly edgeWith: number | undefined;
    /** Index of the field whose rate of change per second this is; of a rotation the angular velocity. */
    readonly velocityOf: number | undefined;
    /** Drawn between snapshots; otherwise it steps. */
    readonly linear: boolean;
    /** Distance above which a change is drawn at once; 0 = never. */
    readonly snap: number;
}
/** A class, an input, an event or a command. */
export interface RecordSchema {
    readonly name: string;
    readonly fields: readonly Field[];
}
export interface Schema {
    readonly classes: readonly RecordSchema[];
    readonly input: RecordSchema;
    readonly events: readonly RecordSchema[];
    readonly commands: readonly RecordSchema[];
}
/**
 * Decodes the schema of a Welcome.
 *
 * Throws `ProtocolError` with `CloseCode.Version` for what a later version may mean, and with
 * `CloseCode.BadMessage` for what no version allows.
 */
export declare function decodeSchema(decoder: Decoder): Schema;
/** How many real numbers a value has: what can be exact. */
export declare function numbersIn(kind: FieldKind): number;
