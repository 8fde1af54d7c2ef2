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
export const MARGIN_MIN = 0.5;
export const MARGIN_MAX = 2;
const MARGIN_AIM = 1.25;
const AIM_REACHED = 0.1;
/** Largest trim of the step length: five per cent is not felt in steering. */
const TRIM_MAX = 0.05;
const TRIM_PER_TICK = 0.04;
/** Error, in ticks, that trimming would take too long for; the server drops inputs that are further ahead. */
const JUMP_TICKS = 8;
/** A stalled connection makes a burst of late inputs and is over; only an error that lasts is worth a jump. */
const JUMP_AFTER_MS = 500;
/** Weights of a new report: the worst margins count, so falling is followed faster than rising. */
const FALL = 0.1;
const RISE = 0.02;
/** Corrections kept per input: more than a second of inputs at 120 Hz. */
const REMEMBERED = 256;
export class InputClock {
    #tickMs;
    #anchorTick = 0;
    #anchorMs = 0;
    #correction = 0;
    #trim = 0;
    #advancedMs = 0;
    #correctionOf = new Float64Array(REMEMBERED);
    #madeAs = new Float64Array(REMEMBERED).fill(-1);
    /** Margin less correction, followed towards its low values; `undefined` before the first report. */
    #low;
    #outsideSince;
    #jumped = false;
    constructor(tickMs) {
        this.#tickMs = tickMs;
    }
    /** Forgets everything: at `nowMs`, inputs are for `tick`. */
    anchor(tick, nowMs) {
        this.#anchorTick = tick;
        this.#anchorMs = nowMs;
        this.#advancedMs = nowMs;
        this.#correction = 0;
        this.#trim = 0;
        this.#madeAs.fill(-1);
        this.#low = undefined;
        this.#outsideSince = undefined;
        this.#jumped = true;
    }
    /** The tick that inputs made at `nowMs` are for, with its fraction. */
    advance(nowMs) {
        const elapsed = Math.max(0, nowMs - this.#advancedMs);
        this.#correction += (this.#trim * elapsed) / this.#tickMs;
        this.#advancedMs += elapsed;
        return this.#anchorTick + (this.#advancedMs - this.#anchorMs) / this.#tickMs + this.#correction;
    }
    /** When `advance` will have reached `tick`. */
    timeOf(tick) {
        const position = this.advance(this.#advancedMs);
        return this.#advancedMs + ((tick - position) * this.#tickMs) / (1 + this.#trim);
    }
    /** True once after an anchor or a jump: ticks may then go back or leave a hole. */
    takeJump() {
        const jumped = this.#jumped;
        this.#jumped = false;
        return jumped;
    }
    /** Notes that input `number` was made now. */
    made(number) {
        this.#correctionOf[number % REMEMBERED] = this.#correction;
        this.#madeAs[number % REMEMBERED] = number;
    }
    /** Takes the server's report that input `number` arrived `marginTicks` before its tick. */
    report(number, marginTicks, nowMs) {
        if (this.#madeAs[number % REMEMBERED] !== number)
            return;
        this.advance(nowMs);
        const base = marginTicks - this.#correctionOf[number % REMEMBERED];
        const low = this.#low ?? base;
        this.#low = low + (base - low) * (base < low ? FALL : RISE);
        const margin = this.#low + this.#correction;
        const error = MARGIN_AIM - margin;
        if (Math.abs(error) <= JUMP_TICKS)
            this.#outsideSince = undefined;
        else
            this.#outsideSince ??= nowMs;
        if (this.#outsideSince !== undefined && nowMs - this.#outsideSince >= JUMP_AFTER_MS)
            this.#jump(base);
        else
            this.#steer(margin, error);
    }
    // The followed value is still on its way after a sudden change: the newest report is nearer to the truth.
    #jump(base) {
        this.#correction = MARGIN_AIM - base;
        this.#low = base;
        this.#trim = 0;
        this.#outsideSince = undefined;
        this.#jumped = true;
    }
    #steer(margin, error) {
        const inside = margin >= MARGIN_MIN && margin <= MARGIN_MAX;
        // Going on: the error is still on the side that the correction began for.
        const arriving = Math.abs(error) <= AIM_REACHED || this.#trim * error <= 0;
        this.#trim = inside && arriving ? 0 : Math.max(-TRIM_MAX, Math.min(TRIM_MAX, error * TRIM_PER_TICK));
    }
}
//# sourceMappingURL=input-clock.js.map