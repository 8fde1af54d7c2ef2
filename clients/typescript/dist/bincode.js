/**
 * The part of bincode 2's standard configuration that cold messages use (PROTOCOL section 2).
 * Every length has a bound, and an integer in a longer form than needed is an error.
 */
import { ByteReader, ByteWriter } from "./bits.js";
import { ProtocolError } from "./error.js";
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UTF8 = new TextEncoder();
/** Decodes one value, item by item. */
export class Decoder {
    #reader;
    /** Starts at byte `at` of `bytes`. */
    constructor(bytes, at = 0) {
        this.#reader = new ByteReader(bytes, at);
    }
    u8() {
        return this.#reader.u8();
    }
    u16() {
        return this.#unsigned(0xffff);
    }
    u32() {
        return this.#unsigned(0xffff_ffff);
    }
    i32() {
        const zigzag = this.u32();
        return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    f64() {
        const bytes = this.#reader.take(8);
        return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
    }
    /** Tag of an enum. */
    tag() {
        return this.u32();
    }
    option(some) {
        const tag = this.u8();
        if (tag > 1)
            throw new ProtocolError("option is neither 0 nor 1");
        return tag === 1 ? some() : undefined;
    }
    text(bytesMax) {
        try {
            return TEXT.decode(this.bytes(bytesMax));
        }
        catch (error) {
            if (error instanceof ProtocolError)
                throw error;
            throw new ProtocolError("text is not UTF-8");
        }
    }
    bytes(max) {
        return this.#reader.take(this.#unsigned(max));
    }
    /** Exactly `length` bytes without a length before them. */
    array(length) {
        return this.#reader.take(length).slice();
    }
    list(max, item) {
        const count = this.#unsigned(max);
        const items = [];
        for (let i = 0; i < count; i++)
            items.push(item());
        return items;
    }
    finish() {
        this.#reader.finish();
    }
    #unsigned(max) {
        const first = this.#reader.u8();
        let value = first;
        let least = 0;
        if (first === 0xfb) {
            value = this.#reader.u16();
            least = 251;
        }
        else if (first === 0xfc) {
            value = this.#reader.u32();
            least = 0x1_0000;
        }
        else if (first > 0xfc) {
            throw new ProtocolError("integer is past its bound");
        }
        if (value < least)
            throw new ProtocolError("integer is longer than needed");
        if (value > max)
            throw new ProtocolError(`${value} is past its bound of ${max}`);
        return value;
    }
}
/** Encodes one value, item by item, after whatever `out` holds. */
export class Encoder {
    #out;
    constructor(out) {
        this.#out = out;
    }
    u8(value) {
        this.#out.u8(value);
        return this;
    }
    /** `u16`, `u32`, lengths and enum tags. */
    unsigned(value) {
        if (value < 251)
            this.#out.u8(value);
        else if (value < 0x1_0000)
            this.#out.u8(0xfb).u16(value);
        else
            this.#out.u8(0xfc).u32(value);
        return this;
    }
    i32(value) {
        return this.unsigned(((value << 1) ^ (value >> 31)) >>> 0);
    }
    f64(value) {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setFloat64(0, value, true);
        return this.array(bytes);
    }
    option(value, some) {
        this.u8(value === undefined ? 0 : 1);
        if (value !== undefined)
            some(value);
        return this;
    }
    text(value) {
        return this.bytes(UTF8.encode(value));
    }
    bytes(value) {
        return this.unsigned(value.length).array(value);
    }
    array(value) {
        this.#out.bytes(value);
        return this;
    }
    list(items, item) {
        this.unsigned(items.length);
        for (const value of items)
            item(value);
        return this;
    }
}
//# sourceMappingURL=bincode.js.map