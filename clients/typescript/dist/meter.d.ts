/** Amount per second over the last two seconds. */
export declare class Meter {
    #private;
    add(amount: number, nowMs: number): void;
    perSecond(nowMs: number): number;
}
