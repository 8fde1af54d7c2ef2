/**
 * A growing table of entities: what a slot holds at a point, and what is drawn.
 *
 * Invariant: ids ascend, but while `HeldSlot` decodes a body.
 */
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
    /** Brings rows in order: the first `stays` ascend, and the others do. Words stay where they are. */
    sort(stays: number): void;
    /** Row of an entity, or -1. O(log n). */
    rowOf(id: number): number;
}
