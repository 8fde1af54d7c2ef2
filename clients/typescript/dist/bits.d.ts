/**
 * Readers and writers of the two primitive layers of PROTOCOL section 1: byte-aligned little-endian
 * integers, and bit streams with the least significant bit first.
 *
 * Invariant: a reader never reads past its end and never returns `undefined`; it throws `ProtocolError`.
 */
/** Bits that hold every value of 0..=max; 0 for `max` 0. */
export declare function widthOf(max: number): number;
/** The full number nearest to `near` whose low `bits` bits are `low`. */
export declare function fromLow(low: number, near: number, bits: number): number;
/** Reads byte-aligned integers. */
export declare class ByteReader {
    #private;
    constructor(bytes?: Uint8Array, at?: number);
    /** Starts over on other bytes, so that one reader serves every message. */
    reset(bytes: Uint8Array, at?: number): this;
    /** Index of the next byte. */
    get at(): number;
    get remaining(): number;
    u8(): number;
    u16(): number;
    i16(): number;
    u32(): number;
    /** LEB128 of at most 32 bits; a longer form than needed is an error. */
    varint(): number;
    /** The next `length` bytes, not copied. */
    take(length: number): Uint8Array;
    /** Passes over `length` bytes. */
    skip(length: number): void;
    /** Goes on at `at`, where a bit stream inside the message ended. */
    seek(at: number): void;
    /** Refuses trailing bytes. */
    finish(): void;
}
/** Reads a bit stream. */
export declare class BitReader {
    #private;
    /** Starts at byte `start` and may read up to byte `end`. */
    reset(bytes: Uint8Array, start?: number, end?: number): this;
    /** Bits that are left. */
    get remaining(): number;
    /** `count` bits, 0 to 32, low bit first. */
    bits(count: number): number;
    flag(): boolean;
    /** LEB128 in groups of eight bits. */
    varint(): number;
    /** Elias gamma: a number from 1. */
    gamma(): number;
    /** Checks that the padding is zero and returns the index of the byte after it. */
    finishPrefix(): number;
    /** Checks that the padding is zero and nothing follows. */
    finish(): void;
}
/** Writes byte-aligned integers into a buffer that grows and is reused. */
export declare class ByteWriter {
    #private;
    get length(): number;
    clear(): this;
    u8(value: number): this;
    u16(value: number): this;
    u32(value: number): this;
    varint(value: number): this;
    bytes(values: Uint8Array): this;
    /** A copy of what was written. */
    finish(): Uint8Array;
}
/** Appends a bit stream to a `ByteWriter`. */
export declare class BitWriter {
    #private;
    constructor(out: ByteWriter);
    /** The low `count` bits of `value`, 0 to 32. */
    bits(value: number, count: number): this;
    flag(value: boolean): this;
    varint(value: number): this;
    /** `value` from 1. */
    gamma(value: number): this;
    /** Pads with zero bits to a byte. */
    finish(): void;
}
