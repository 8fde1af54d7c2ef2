/**
 * The newest states of one slot (PROTOCOL section 6.1), and how a body makes the next one
 * (sections 6.2 and 6.3).
 *
 * Invariant: a state is decoded into a table that no point uses, so that a bad message cannot spoil
 * what is held; it becomes a point only when the whole Update was right.
 */
import { EntityTable } from "./entity-table.ts";
import type { Layout } from "./layout.ts";
import type { SlotHeader } from "./messages.ts";
export declare class HeldSlot {
    #private;
    constructor(layout: Layout);
    /** The newest state; empty before the first. */
    get newest(): EntityTable;
    /** The hash of the newest state, whether it was sent or not; `undefined` before the first. */
    get hash(): number | undefined;
    /** Checks a slot that is the same as the newest state. */
    checkSame(slot: SlotHeader): void;
    /** Decodes a body beside the points, which stay as they are. */
    decode(message: Uint8Array, slot: SlotHeader): void;
    /** The Update was right: what `decode` made is the newest point. In full it is the only one. */
    commitDecoded(slot: SlotHeader): void;
    /** The Update was right: the newest state is one more point. */
    commitSame(): void;
}
