/**
 * What a game replicates and accepts, as the server describes it in Welcome (PROTOCOL section 4).
 * Owns decoding and validation; `layout.ts` owns what is computed from it.
 *
 * Invariant: a `Schema` that `decodeSchema` returned has only kinds, flags and interpolations of this
 * version, and every number in it is in range.
 */
import { CloseCode } from "./close.js";
import { ProtocolError } from "./error.js";
import { CLASSES_MAX, COMMANDS_MAX, EVENTS_MAX, FIELDS_MAX, NAME_BYTES_MAX, VARIANTS_MAX } from "./limits.js";
const FLAG_OWNER = 1;
const FLAG_EXACT = 2;
const FLAG_ONCE = 4;
const FLAG_EDGE = 8;
/**
 * Decodes the schema of a Welcome.
 *
 * Throws `ProtocolError` with `CloseCode.Version` for what a later version may mean, and with
 * `CloseCode.BadMessage` for what no version allows.
 */
export function decodeSchema(decoder) {
    const record = () => decodeRecord(decoder);
    const schema = {
        classes: decoder.list(CLASSES_MAX, record),
        input: record(),
        events: decoder.list(EVENTS_MAX, record),
        commands: decoder.list(COMMANDS_MAX, record),
    };
    checkNames("class", schema.classes);
    checkNames("event", schema.events);
    checkNames("command", schema.commands);
    return schema;
}
function decodeRecord(decoder) {
    const name = decoder.text(NAME_BYTES_MAX);
    const fields = decoder.list(FIELDS_MAX, () => decodeField(decoder));
    checkNames(`field of ${name}`, fields);
    fields.forEach((field, index) => checkRelations(fields, field, index));
    return { name, fields };
}
function decodeField(decoder) {
    const name = decoder.text(NAME_BYTES_MAX);
    const kind = decodeKind(decoder, name);
    const flags = decoder.u8();
    const interpolation = decoder.u8();
    const snap = decoder.f64();
    const edgeWith = decoder.option(() => decoder.u8());
    const velocityOf = decoder.option(() => decoder.u8());
    const tolerance = decoder.u32();
    if ((flags & ~(FLAG_OWNER | FLAG_EXACT | FLAG_ONCE | FLAG_EDGE)) !== 0)
        throw unknown(name, `flags ${flags}`);
    if (interpolation > 1)
        throw unknown(name, `interpolation ${interpolation}`);
    if (tolerance !== 0)
        throw unknown(name, "reserved settings");
    const exact = (flags & FLAG_EXACT) !== 0;
    if (exact && ((flags & FLAG_OWNER) === 0 || numbersIn(kind) === 0))
        throw new ProtocolError(`field ${name} cannot be exact`);
    if (!(snap >= 0 && snap < Infinity))
        throw new ProtocolError(`field ${name}: snap is ${snap}`);
    return {
        name,
        kind,
        owner: (flags & FLAG_OWNER) !== 0,
        exact,
        once: (flags & FLAG_ONCE) !== 0,
        edge: (flags & FLAG_EDGE) !== 0,
        edgeWith,
        velocityOf,
        linear: interpolation === 1,
        snap,
    };
}
function decodeKind(decoder, field) {
    const tag = decoder.tag();
    switch (tag) {
        case 0:
            return { type: "integer", min: decoder.i32(), span: decoder.u32() };
        case 1:
            return { type: "float", axis: decodeAxis(decoder, field) };
        case 2:
            return { type: "flag" };
        case 3: {
            const variants = decoder.list(VARIANTS_MAX, () => decoder.text(NAME_BYTES_MAX));
            if (variants.length === 0)
                throw new ProtocolError(`field ${field}: enum without variants`);
            return { type: "enum", variants };
        }
        case 4: {
            const bits = decoder.u8();
            if (bits < 1 || bits > 24)
                throw new ProtocolError(`field ${field}: angle of ${bits} bits`);
            return { type: "angle", bits };
        }
        case 5:
            return { type: "vec2", x: decodeAxis(decoder, field), y: decodeAxis(decoder, field) };
        case 6:
            return { type: "text", bytesMax: decoder.u8() };
        case 7:
            return { type: "vec3", x: decodeAxis(decoder, field), y: decodeAxis(decoder, field), z: decodeAxis(decoder, field) };
        case 8: {
            const bits = decoder.u8();
            if (bits < 4 || bits > 20)
                throw new ProtocolError(`field ${field}: quaternion of ${bits} bits`);
            return { type: "quat", bits };
        }
        default:
            throw unknown(field, `kind ${tag}`);
    }
}
/** How many real numbers a value has: what can be exact. */
export function numbersIn(kind) {
    switch (kind.type) {
        case "float":
        case "angle":
            return 1;
        case "vec2":
            return 2;
        case "vec3":
            return 3;
        case "quat":
            return 4;
        default:
            return 0;
    }
}
function checkRelations(fields, field, index) {
    const { edgeWith, velocityOf } = field;
    if (edgeWith !== undefined && (!field.edge || fields[edgeWith]?.edge !== false)) {
        throw new ProtocolError(`field ${field.name}: no edge, or no companion for one`);
    }
    if (velocityOf !== undefined && (velocityOf === index || !isVelocity(field.kind, fields[velocityOf]?.kind))) {
        throw new ProtocolError(`field ${field.name} is no velocity of that field`);
    }
}
function isVelocity(kind, of) {
    if (kind.type === "float")
        return of?.type === "float" || of?.type === "angle";
    if (kind.type === "vec3")
        return of?.type === "vec3" || of?.type === "quat";
    return kind.type === "vec2" && of?.type === "vec2";
}
function decodeAxis(decoder, field) {
    const axis = { min: decoder.f64(), step: decoder.f64(), span: decoder.u32() };
    if (!Number.isFinite(axis.min) || !(axis.step > 0) || !Number.isFinite(axis.min + axis.step * axis.span)) {
        throw new ProtocolError(`field ${field}: axis from ${axis.min} by ${axis.step}`);
    }
    return axis;
}
// A name that is no plain property would change the object that the page is given.
function checkNames(what, named) {
    const seen = new Set(["", "__proto__"]);
    for (const { name } of named) {
        if (seen.has(name))
            throw new ProtocolError(`${what}: the name "${name}" cannot be used or is used twice`);
        seen.add(name);
    }
}
function unknown(field, what) {
    return new ProtocolError(`field ${field}: ${what} is not known to this client`, CloseCode.Version);
}
//# sourceMappingURL=schema.js.map