/**
 * The decoded state: up to four slots (PROTOCOL section 6), each applied whole or not at all.
 *
 * Invariant: a failed `apply` leaves the last good state. Slots are decoded beside
 * the points that are held, and become points only when all of them decoded and matched their hashes.
 */
import { EntityTable } from "./entity-table.ts";
import type { Layout } from "./layout.ts";
import type { SlotHeader } from "./messages.ts";
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
    /** The hash of the newest state of a slot, if there is one: 0 is the public one. Computed, whether it was sent or not. */
    slotHash(place: number): number | undefined;
    /** Writes the union of the slots to `into`. An entity of several slots gets the fields of all of them. */
    merge(into: Snapshot): void;
}
