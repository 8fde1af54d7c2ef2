/**
 * Rotations as words: the smallest three components of a unit quaternion, PROTOCOL section 4.
 * The operations and their order are part of the contract: Rust gives the same words.
 */
/** Writes which component of (x, y, z, w) is left out to `out[at]`, and the words of the others after it. */
export function quantizeQuat(x, y, z, w, bits, out, at) {
    const components = [x, y, z, w].map(Math.fround);
    const [a, b, c, d] = components;
    const length = Math.sqrt(a * a + b * b + c * c + d * d);
    const centre = 2 ** (bits - 1) - 1;
    let largest = 3;
    if (!(length > 1e-6 && length < Infinity)) {
        out.set([3, centre, centre, centre], at);
        return;
    }
    largest = 0;
    for (let i = 1; i < 4; i++)
        if (Math.abs(components[i]) > Math.abs(components[largest]))
            largest = i;
    const sign = components[largest] < 0 ? -1 : 1;
    const scale = centre * Math.SQRT2;
    out[at] = largest;
    let next = at + 1;
    for (let i = 0; i < 4; i++) {
        if (i === largest)
            continue;
        const place = Math.floor((components[i] / length) * sign * scale + centre + 0.5);
        out[next++] = Math.min(Math.max(place, 0), 2 * centre);
    }
}
/** Writes the components x, y, z, w of the rotation at `words[at..]`. */
export function quatOf(words, at, bits, out) {
    const centre = 2 ** (bits - 1) - 1;
    const scale = centre * Math.SQRT2;
    const a = (words[at + 1] - centre) / scale;
    const b = (words[at + 2] - centre) / scale;
    const c = (words[at + 3] - centre) / scale;
    const rest = 1 - (a * a + b * b + c * c);
    const missing = words[at];
    out[0] = a;
    out[1] = b;
    out[2] = c;
    // The components behind the missing one move up, and it takes its place.
    out.copyWithin(missing + 1, missing, 3);
    out[missing] = Math.sqrt(rest > 0 ? rest : 0);
}
//# sourceMappingURL=rotation.js.map