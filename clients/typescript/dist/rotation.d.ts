/**
 * Rotations as words: the smallest three components of a unit quaternion, PROTOCOL section 4.
 * The operations and their order are part of the contract: Rust gives the same words.
 */
/** Writes which component of (x, y, z, w) is left out to `out[at]`, and the words of the others after it. */
export declare function quantizeQuat(x: number, y: number, z: number, w: number, bits: number, out: Uint32Array, at: number): void;
/** Writes the components x, y, z, w of the rotation at `words[at..]`. */
export declare function quatOf(words: Uint32Array, at: number, bits: number, out: Float64Array): void;
