/**
 * The compiled form of a schema: where each field's words are, how many bits each word takes, and
 * what the words mean. Built once per Welcome and used by every codec.
 *
 * Shape: a row holds the words of all fields in order (PROTOCOL section 4). A part, public or owner,
 * reads and writes only its own columns of the row.
 */
import { widthOf } from "./bits.js";
import { ProtocolError } from "./error.js";
import { RECORD_WORDS_MAX } from "./limits.js";
import { quantizeQuat, quatOf } from "./rotation.js";
import { numbersIn } from "./schema.js";
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
const COMPONENTS = ["x", "y", "z", "w"];
/** Layouts of everything in a schema. */
export class Layout {
    classes;
    input;
    events;
    commands;
    /** Width of a choice among classes. */
    classBits;
    /** Width of a choice among commands. */
    commandBits;
    constructor(schema) {
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
    name;
    fields;
    /** Words of a row. */
    words;
    #names;
    #columns;
    /** The fields that are not `once`. */
    #changing;
    constructor(record) {
        const fields = [];
        const all = [];
        const own = [];
        const shown = [];
        const changing = { all: [], public: [], owner: [] };
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
                if (field.exact)
                    changing.owner.push(exact);
            }
            at += words + exact.length;
        }
        if (at > RECORD_WORDS_MAX)
            throw new ProtocolError(`${record.name}: ${at} words are too many`);
        this.name = record.name;
        this.fields = fields;
        this.words = at;
        this.#names = new Set(fields.map((field) => field.name));
        this.#columns = { all, public: shown, owner: own };
        this.#changing = changing;
    }
    /** Reads the columns of `part` into the row at `out[at..]`; the others keep what they hold. */
    decode(part, reader, out, at) {
        for (const column of this.#columns[part]) {
            const value = reader.bits(column.bits);
            if (value > column.max)
                throw new ProtocolError(`${this.name}: ${value} is above ${column.max}`);
            out[at + column.at] = value;
            if (column.textWords > 0)
                readText(column, value, reader, out, at + column.at + 1);
        }
    }
    /** PROTOCOL section 6.3: reads the changed mask and the fields it names into the row at `out[at..]`, which holds the old values. */
    decodeChanges(part, reader, out, at) {
        const count = this.#changing[part].length;
        const mask = count === 1 ? 1 : reader.bits(count);
        if (mask === 0)
            throw new ProtocolError(`${this.name}: a change of nothing`);
        this.#decodeMasked(part, mask, reader, out, at);
    }
    /** As `decodeChanges` with a mask that is always written and may be 0. */
    decodeTeleport(part, reader, out, at) {
        this.#decodeMasked(part, reader.bits(this.#changing[part].length), reader, out, at);
    }
    #decodeMasked(part, mask, reader, out, at) {
        const fields = this.#changing[part];
        for (let i = 0; i < fields.length; i++) {
            if ((mask & (1 << i)) === 0)
                continue;
            for (const column of fields[i]) {
                const first = at + column.at;
                const value = column.textWords > 0 ? reader.bits(column.bits) : readChanged(reader, column.bits, out[first]);
                if (value > column.max)
                    throw new ProtocolError(`${this.name}: ${value} is above ${column.max}`);
                out[first] = value;
                if (column.textWords > 0)
                    readText(column, value, reader, out, first + 1);
            }
        }
    }
    /** Writes the columns of `part` of the row at `words[at..]`. */
    encode(part, words, at, writer) {
        for (const column of this.#columns[part]) {
            const first = at + column.at;
            const value = words[first];
            writer.bits(value, column.bits);
            if (column.textWords === 0)
                continue;
            for (let i = 0; i < value; i++)
                writer.bits(words[first + 1 + (i >>> 2)] >>> ((i & 3) * 8), 8);
        }
    }
    /** Pushes the words of `part` of the row at `words[at..]` to a hash. */
    hash(part, words, at, hash) {
        for (const column of this.#columns[part]) {
            for (let i = 0; i <= column.textWords; i++)
                hash.push(words[at + column.at + i]);
        }
    }
    /** Copies the columns of `part` from one row to another. */
    copy(part, from, fromAt, to, toAt) {
        for (const column of this.#columns[part]) {
            for (let i = column.at; i <= column.at + column.textWords; i++)
                to[toAt + i] = from[fromAt + i];
        }
    }
    /** Fills the words of exact numbers by what the quantized ones stand for: the row is not one's own. */
    fillExact(words, at) {
        for (const field of this.fields) {
            if (field.exactAt < 0)
                continue;
            dequantize(field, words, at, NUMBERS);
            for (let i = 0; i < numbersIn(field.kind); i++) {
                SINGLE[0] = NUMBERS[i];
                words[at + field.exactAt + i] = BITS[0];
            }
        }
    }
    /** The record at `words[at..]` as a new plain object. */
    read(words, at) {
        const record = {};
        for (const field of this.fields)
            record[field.name] = readField(field, words, at);
        return record;
    }
    /**
     * Quantizes a plain object into the row at `out[0..]`. Numbers are rounded to the field's grid and
     * clamped to its range.
     *
     * Throws `Error`, naming field and record, when a field is missing, unknown, of another type or NaN, or a
     * text is too long.
     */
    quantize(values, out) {
        for (const name in values) {
            if (!this.#names.has(name)) {
                const known = [...this.#names].join(", ") || "none";
                throw new Error(`${this.name} has no field "${name}"; its fields: ${known}`);
            }
        }
        for (const field of this.fields) {
            if (!(field.name in values))
                throw new Error(`${this.name}: the field "${field.name}" is missing`);
            writeField(this.name, field, values[field.name], out);
            if (field.exactAt >= 0)
                writeExact(field, values[field.name], out);
        }
    }
    /** Writes the row that intends nothing: zeros as far as ranges have them, false, empty texts, first variants. */
    neutral(out) {
        for (const field of this.fields)
            writeField(this.name, field, neutralOf(field.kind), out);
    }
}
/** The value of a field in the row at `words[at..]`: a number, boolean, string or an object of `x`, `y`, `z` and `w`. */
export function readField(field, words, at) {
    const word = words[at + field.at];
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
            return count === 1 ? NUMBERS[0] : setComponents(undefined, NUMBERS, count);
        }
    }
}
/** Writes the numbers of a numeric field to `out` and returns how many there are: exact ones if it has them. */
export function numbersOf(field, words, at, out) {
    const { kind, exactAt } = field;
    if (kind.type === "integer") {
        out[0] = kind.min + words[at + field.at];
        return 1;
    }
    const count = numbersIn(kind);
    if (exactAt < 0) {
        dequantize(field, words, at, out);
        return count;
    }
    for (let i = 0; i < count; i++) {
        BITS[0] = words[at + exactAt + i];
        out[i] = SINGLE[0];
    }
    return count;
}
/** An object of the first `count` components, `into` if there is one. */
export function setComponents(into, numbers, count) {
    const object = into ?? {};
    for (let i = 0; i < count; i++)
        object[COMPONENTS[i]] = numbers[i];
    return object;
}
/** What the quantized words of a field stand for. */
function dequantize(field, words, at, out) {
    const { kind } = field;
    const first = at + field.at;
    switch (kind.type) {
        case "float":
            out[0] = onAxis(kind.axis, words[first]);
            return;
        case "angle":
            out[0] = (words[first] * TAU) / 2 ** kind.bits;
            return;
        case "vec2":
        case "vec3":
            out[0] = onAxis(kind.x, words[first]);
            out[1] = onAxis(kind.y, words[first + 1]);
            if (kind.type === "vec3")
                out[2] = onAxis(kind.z, words[first + 2]);
            return;
        case "quat":
            quatOf(words, first, kind.bits, out);
    }
}
/** The value of step `q` of an axis. */
function onAxis(axis, q) {
    return axis.min + q * axis.step;
}
function choiceWidth(count) {
    return count < 2 ? 0 : widthOf(count - 1);
}
function columnsOf(field, at) {
    const column = (max, offset = 0, textWords = 0) => {
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
function exactColumns(field, at) {
    return Array.from({ length: numbersIn(field.kind) }, (_, i) => ({ at: at + i, bits: 32, max: 0xffff_ffff, textWords: 0 }));
}
/** A changed word: as it is, or its difference from the old one modulo 2^bits, in a number of quarters of its length. */
function readChanged(reader, bits, old) {
    if (bits <= PLAIN_BITS_MAX)
        return reader.bits(bits);
    const quarters = reader.bits(2) + 1;
    const length = Math.ceil((bits * quarters) / 4);
    const unused = 32 - length;
    const difference = (reader.bits(length) << unused) >> unused;
    return ((old + difference) & (0xffff_ffff >>> (32 - bits))) >>> 0;
}
function readText(column, length, reader, out, at) {
    out.fill(0, at, at + column.textWords);
    let high = 0;
    for (let i = 0; i < length; i++) {
        const byte = reader.bits(8);
        high |= byte;
        SCRATCH[i] = byte;
        out[at + (i >>> 2)] |= byte << ((i & 3) * 8);
    }
    if (high < 0x80)
        return;
    try {
        DECODE.decode(SCRATCH.subarray(0, length));
    }
    catch {
        throw new ProtocolError("text is not UTF-8");
    }
}
function textOf(field, words, at) {
    const length = words[at + field.at];
    const first = at + field.at + 1;
    for (let i = 0; i < length; i++)
        SCRATCH[i] = words[first + (i >>> 2)] >>> ((i & 3) * 8);
    return DECODE.decode(SCRATCH.subarray(0, length));
}
function writeField(record, field, value, out) {
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
            if (index < 0)
                throw wrong(record, field, `one of ${kind.variants.join(", ")}`, value);
            out[at] = index;
            return;
        }
        case "vec2": {
            const { x, y } = (value ?? {});
            out[at] = toAxis(kind.x, toNumber(record, field, x));
            out[at + 1] = toAxis(kind.y, toNumber(record, field, y));
            return;
        }
        case "vec3": {
            const { x, y, z } = (value ?? {});
            out[at] = toAxis(kind.x, toNumber(record, field, x));
            out[at + 1] = toAxis(kind.y, toNumber(record, field, y));
            out[at + 2] = toAxis(kind.z, toNumber(record, field, z));
            return;
        }
        case "quat": {
            const { x, y, z, w } = (value ?? {});
            const [a, b, c, d] = [x, y, z, w].map((component) => toNumber(record, field, component));
            quantizeQuat(a, b, c, d, kind.bits, out, at);
            return;
        }
        case "text": {
            if (typeof value !== "string")
                throw wrong(record, field, "a string", value);
            const { read, written } = ENCODE.encodeInto(value, SCRATCH.subarray(0, kind.bytesMax));
            if (read < value.length)
                throw tooLong(record, field, kind.bytesMax, value);
            out[at] = written;
            out.fill(0, at + 1, at + field.words);
            for (let i = 0; i < written; i++)
                out[at + 1 + (i >>> 2)] |= SCRATCH[i] << ((i & 3) * 8);
        }
    }
}
function writeExact(field, value, out) {
    for (let i = 0; i < numbersIn(field.kind); i++) {
        SINGLE[0] = typeof value === "number" ? value : value[COMPONENTS[i]];
        out[field.exactAt + i] = BITS[0];
    }
}
function toAxis(axis, value) {
    return clamp(Math.round((value - axis.min) / axis.step), axis.span);
}
function clamp(q, span) {
    return q > 0 ? Math.min(q, span) : 0;
}
// NaN comes from sums with `undefined`: sent as 0, the mistake would look like a key that does not work.
function toNumber(record, field, value) {
    if (typeof value !== "number" || Number.isNaN(value))
        throw wrong(record, field, "a number", value);
    return value;
}
function neutralOf(kind) {
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
function tooLong(record, field, bytesMax, value) {
    const bytes = ENCODE.encode(value).length;
    return new Error(`${record}: the field "${field.name}" has ${bytes} bytes, at most ${bytesMax} are allowed`);
}
function wrong(record, field, want, value) {
    return new Error(`${record}: the field "${field.name}" must be ${want}, not ${String(value)}`);
}
//# sourceMappingURL=layout.js.map