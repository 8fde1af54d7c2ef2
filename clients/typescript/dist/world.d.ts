/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded into spares, and the
 * spares are swapped in only when all of them decoded and matched their hashes.
 */
import type { Layout } from "./layout.ts";
import type { SlotHeader } from "./messages.ts";
/** Entities in ascending id order, their rows end to end. Reused: arrays grow and never shrink. */
export declare class EntityTable {
    #private;
    count: number;
    ids: Uint32Array;
    classes: Uint8Array;
    /** 1 where the entity belongs to the receiving player. */
    own: Uint8Array;
    /** Index of the first word of each row. */
    starts: Uint32Array;
    words: Uint32Array;
    clear(): void;
    /** Appends a row of zeros and returns the index of its first word. `id` must be above the last. */
    push(id: number, classIndex: number, own: boolean, words: number): number;
    /** Row of an entity, or -1. O(log n). */
    rowOf(id: number): number;
}
/** The whole room as this player sees it at the end of a tick. */
export declare class Snapshot extends EntityTable {
    tick: number;
}
/** The state that the newest good Update led to. */
export declare class World {
    #private;
    constructor(layout: Layout);
    /**
     * Applies the slots of an Update.
     *
     * Throws `HashMismatch`, or `ProtocolError` for bytes that cannot be decoded; the state is then unchanged.
     */
    apply(message: Uint8Array, slots: readonly SlotHeader[], count: number): void;
    /** Writes the union of the slots to `into`: PROTOCOL section 6.2 says which slot counts. */
    merge(into: Snapshot): void;
}
