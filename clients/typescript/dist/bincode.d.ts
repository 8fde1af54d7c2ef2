/**
 * The part of bincode 2's standard configuration that cold messages use (PROTOCOL section 2).
 * Every length has a bound, and an integer in a longer form than needed is an error.
 */
import { ByteWriter } from "./bits.ts";
/** Decodes one value, item by item. */
export declare class Decoder {
    #private;
    /** Starts at byte `at` of `bytes`. */
    constructor(bytes: Uint8Array, at?: number);
    u8(): number;
    u16(): number;
    u32(): number;
    i32(): number;
    f64(): number;
    /** Tag of an enum. */
    tag(): number;
    option<T>(some: () => T): T | undefined;
    text(bytesMax: number): string;
    bytes(max: number): Uint8Array;
    /** Exactly `length` bytes without a length before them. */
    array(length: number): Uint8Array;
    list<T>(max: number, item: () => T): T[];
    finish(): void;
}
/** Encodes one value, item by item, after whatever `out` holds. */
export declare class Encoder {
    #private;
    constructor(out: ByteWriter);
    u8(value: number): this;
    /** `u16`, `u32`, lengths and enum tags. */
    unsigned(value: number): this;
    i32(value: number): this;
    f64(value: number): this;
    option<T>(value: T | undefined, some: (value: T) => void): this;
    text(value: string): this;
    bytes(value: Uint8Array): this;
    array(value: Uint8Array): this;
    list<T>(items: readonly T[], item: (value: T) => void): this;
}
