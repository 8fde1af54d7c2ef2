/**
 * What is drawn: a ring of the newest snapshots, and for a render tick between two of them the
 * entities as plain objects. Entities of others are drawn a little in the past, so that there is
 * a snapshot on either side; own entities with the smallest delay, so that steering feels immediate.
 *
 * Objects belong to this module: each entity has one object, which is filled again on every `advance`.
 */
import { type Layout } from "./layout.ts";
import { RenderClock } from "./render-clock.ts";
import { type World } from "./world.ts";
/** A replicated entity as it is drawn. Its declared fields are properties; ones called `id` or `own` are hidden by these. */
export interface Entity {
    readonly id: number;
    /** Whether it belongs to this player. */
    readonly own: boolean;
}
export declare class Interpolation {
    #private;
    readonly clock: RenderClock;
    constructor(layout: Layout, tickMs: number, snapshotEvery: number);
    /** Takes the state of `tick`, which has just arrived. */
    push(world: World, tick: number, nowMs: number): void;
    /** Tick that entities of others would be drawn at, with its fraction. */
    tickAt(nowMs: number): number;
    /** Fills the objects for `nowMs` and returns the tick that is drawn. */
    advance(nowMs: number): number;
    /** Entities of a class as the last `advance` drew them. The array and its objects are reused. */
    entities(classIndex: number): readonly Entity[];
}
