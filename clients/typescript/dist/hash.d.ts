/** MurmurHash3, x86, 32 bit, seed 0, over whole little-endian words (PROTOCOL section 6.4). */
/** Hash of the words pushed so far. */
export declare class Murmur3 {
    #private;
    reset(): this;
    push(word: number): void;
    finish(): number;
}
