/**
 * Decides which tick an input is for. The client runs ahead of the server by the way there and a
 * small margin, and trims the length of its own step until the margin that the server reports stays
 * in its band. Owns no timer: time is an argument, in milliseconds.
 *
 * A report is about an input of one round trip ago. So each input remembers the correction that was
 * in force when it was made, and a report is judged by what the correction is now: the loop has no
 * delay and does not swing.
 */
/**
 * Margin, in ticks, that reports should stay in. Below it jitter makes inputs late; above it they wait for nothing. Outside of
 * it a correction begins, which ends near the aim: a clock that rested at the edge would let every input wait longer than it needs.
 */
export declare const MARGIN_MIN = 0.5;
export declare const MARGIN_MAX = 2;
export declare class InputClock {
    #private;
    constructor(tickMs: number);
    /** Forgets everything: at `nowMs`, inputs are for `tick`. */
    anchor(tick: number, nowMs: number): void;
    /** The tick that inputs made at `nowMs` are for, with its fraction. */
    advance(nowMs: number): number;
    /** When `advance` will have reached `tick`. */
    timeOf(tick: number): number;
    /** True once after an anchor or a jump: ticks may then go back or leave a hole. */
    takeJump(): boolean;
    /** Notes that input `number` was made now. */
    made(number: number): void;
    /** Takes the server's report that input `number` arrived `marginTicks` before its tick. */
    report(number: number, marginTicks: number, nowMs: number): void;
}
