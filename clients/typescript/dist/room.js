/**
 * A joined room: drives a `ClientSession` over a socket, samples inputs once per tick, and plays events
 * when their tick is drawn. Made by `connect`.
 *
 * The server may move the player to another room (PROTOCOL section 3.4): then everything that Welcome said is set anew, and
 * the `moved` handlers run.
 *
 * Invariant: whether or not the page draws, each message and each timer runs `#pump`, which keeps acks
 * and inputs flowing; browsers throttle timers of hidden pages, but not messages.
 */
import { CloseCode, retryAfterMs } from "./close.js";
import { Interpolation } from "./interpolation.js";
import { EVENTS_PENDING_MAX } from "./limits.js";
import { encodeBye } from "./messages.js";
import { Meter } from "./meter.js";
import { closeSocket, sendMessage } from "./socket.js";
/** Without an `advance` for this long the page does not draw: events are played as their tick passes. */
const DRAWING_MS = 250;
/** Different errors of the input function that are told; more of them tell nothing new. */
const INPUT_ERRORS_MAX = 32;
/** Longest sleep of the timer; it only bounds what a wrong estimate could cost. */
const SLEEP_MS_MAX = 500;
export class Room {
    /** The name that was asked for. */
    playerName;
    #socket;
    #clock;
    #session;
    #handlers = new Map();
    #bytes = new Meter();
    #updates = new Meter();
    // Of the room that the player is in; set by `#enter`.
    #welcome;
    #layout;
    #interpolation;
    #classes;
    #commands;
    #inputWords;
    #pressed;
    #input;
    /** What the input function threw so far. */
    #inputErrors = new Set();
    #events = [];
    #renderTick = 0;
    #advancedMs = -Infinity;
    #timer;
    #closed;
    #left = false;
    constructor(parts) {
        this.#socket = parts.socket;
        this.#clock = parts.clock;
        this.#session = parts.session;
        this.playerName = parts.playerName;
        for (const name of ["open", "message", "close", "error", "moved"])
            this.#handlers.set(name, new Set());
        this.#enter(parts.welcome);
        this.#listen();
    }
    /** This player's id in the room, from 1. */
    get player() {
        return this.#welcome.player;
    }
    /** Kind of room, for example `arena`. */
    get kind() {
        return this.#welcome.kind;
    }
    /** Id of the room. */
    get id() {
        return this.#welcome.room;
    }
    get tickRate() {
        return this.#welcome.tickRateHz;
    }
    /** What the game replicates and accepts. */
    get schema() {
        return this.#welcome.schema;
    }
    /** Takes what a Welcome, or a Moved, says of its room. Handlers stay: an event of the same name in both rooms reaches them. */
    #enter(welcome) {
        this.#welcome = welcome;
        this.#layout = this.#session.layout;
        const { classes, commands, events, input } = this.#layout;
        this.#interpolation = new Interpolation(this.#layout, 1000 / welcome.tickRateHz, welcome.snapshotEvery);
        this.#classes = new Map(classes.map((record, index) => [record.name, index]));
        this.#commands = new Map(commands.map((record, index) => [record.name, index]));
        this.#inputWords = new Uint32Array(input.words);
        this.#pressed = new Uint8Array(input.fields.length);
        this.#renderTick = 0;
        for (const record of events)
            if (!this.#handlers.has(record.name))
                this.#handlers.set(record.name, new Set());
    }
    /**
     * Sets what this player intends. Called once per tick, also while the page is hidden; the object may
     * be reused. Edge fields: return whether the key is down, each press is sent once.
     *
     * Throws `Error` at once when a field is missing, unknown, NaN or of another type than the game declared. If
     * the function throws or returns such a field later, neutral input is sent (zeros, nothing pressed) and each
     * different error is told once on the console.
     */
    input(sample) {
        this.#layout.input.quantize(sample(), this.#inputWords);
        this.#input = sample;
        this.#pump(this.#clock.now());
    }
    /**
     * Sends a request outside the tick stream. Returns its number, or 0 when the room is closed.
     *
     * Throws `Error` for a name or field that the game does not declare, for a field of another type, and for a
     * text that is longer than its field takes.
     */
    command(name, fields = {}) {
        const index = this.#commands.get(name);
        if (index === undefined)
            throw new Error(`no command "${name}"; commands: ${namesOf(this.#commands)}`);
        const record = this.#layout.commands[index];
        const words = new Uint32Array(record.words);
        record.quantize(fields, words);
        if (this.#left || this.#closed !== undefined)
            return 0;
        const number = this.#session.pushCommand(index, words);
        this.#transmit(this.#clock.now());
        return number;
    }
    on(name, handler) {
        const handlers = this.#handlers.get(name);
        if (handlers === undefined)
            throw new Error(`no event "${name}"; events: ${[...this.#handlers.keys()].join(", ")}`);
        handlers.add(handler);
        const missed = name === "open" ? {} : name === "close" ? this.#closed : undefined;
        if (missed !== undefined) {
            queueMicrotask(() => {
                if (handlers.has(handler))
                    this.#call(handler, missed, NO_META);
            });
        }
        return () => void handlers.delete(handler);
    }
    /**
     * Entities of a class as the last `advance` drew them: `{ id, own, ...fields }`. The array and the
     * objects are reused by the next `advance`: copy what has to be kept.
     *
     * Throws `Error` for a class that the game does not declare.
     */
    entities(className) {
        const index = this.#classes.get(className);
        if (index === undefined)
            throw new Error(`no class "${className}"; classes: ${namesOf(this.#classes)}`);
        return this.#interpolation.entities(index);
    }
    /** Moves drawing to `nowMs`, as `requestAnimationFrame` or `performance.now()` gives it, and plays events that are due. */
    advance(nowMs) {
        const now = this.#clock.now();
        this.#advancedMs = now;
        this.#renderTick = this.#interpolation.advance(nowMs);
        this.#play(this.#renderTick);
        this.#pump(now);
    }
    get stats() {
        const now = this.#clock.now();
        const { clock } = this.#interpolation;
        const { updates, hashMismatches, decodeErrors, resyncs } = this.#session.counters;
        return {
            ping: this.#session.rttMs ?? 0,
            tickRate: this.tickRate,
            updatesPerSecond: this.#updates.perSecond(now),
            bytesPerSecond: this.#bytes.perSecond(now),
            renderDelayMs: clock.delayMs,
            jitterMs: clock.jitterMs,
            inputMargin: this.#session.inputMargin,
            tick: this.#session.tick,
            renderTick: this.#renderTick,
            updates,
            hashMismatches,
            decodeErrors,
            resyncs,
        };
    }
    /** Leaves on purpose: the seat is free at once. `close` handlers run when the socket is closed. */
    leave() {
        if (this.#left || this.#closed !== undefined)
            return;
        this.#stop();
        sendMessage(this.#socket, encodeBye(0));
        closeSocket(this.#socket, CloseCode.Normal, "left");
    }
    #listen() {
        this.#socket.onopen = null;
        this.#socket.onmessage = (event) => this.#onMessage(event.data);
        this.#socket.onclose = (event) => this.#onClose(event);
        this.#socket.onerror = () => this.#emit("error", { message: "the connection failed" });
        this.#pump(this.#clock.now());
    }
    #onMessage(data) {
        const now = this.#clock.now();
        if (!(data instanceof ArrayBuffer))
            return this.#fail(CloseCode.BadMessage, "the server sent text");
        this.#emit("message", { data });
        if (this.#left)
            return;
        this.#bytes.add(data.byteLength, now);
        this.#session.handleMessage(new Uint8Array(data), now);
        for (let event = this.#session.pollEvent(); event !== undefined; event = this.#session.pollEvent()) {
            this.#onSessionEvent(event, now);
        }
        this.#pump(now);
    }
    #onSessionEvent(event, now) {
        switch (event.type) {
            case "updated":
                this.#updates.add(1, now);
                this.#interpolation.push(this.#session.world, event.tick, now);
                return;
            case "reanchored":
                this.#interpolation.clock.reset();
                return;
            case "game":
                this.#events.push(event.event);
                return;
            case "failed":
                this.#onFailed(event.error);
                return;
            case "moved":
                this.#onMoved(event.welcome);
                return;
            case "welcomed":
            case "rejected":
        }
    }
    #onMoved(welcome) {
        // What the room that is left said last is still played.
        this.#play(Infinity);
        this.#enter(welcome);
        this.#keepInput();
        const { kind, id, player } = this;
        this.#emit("moved", { kind, id, player });
    }
    /** The sampler goes on if the new room takes what it gives. */
    #keepInput() {
        try {
            if (this.#input !== undefined)
                this.#layout.input.quantize(this.#input(), this.#inputWords);
        }
        catch {
            this.#input = undefined;
        }
    }
    #onFailed(error) {
        this.#fail(error.code, error.message);
    }
    #fail(code, message) {
        if (this.#left)
            return;
        this.#stop();
        this.#emit("error", { message });
        closeSocket(this.#socket, code, message);
    }
    #onClose(event) {
        if (this.#closed !== undefined)
            return;
        this.#stop();
        const { wasClean, code, reason } = event;
        this.#closed = { wasClean, code, reason, retryAfterMs: retryAfterMs(reason) };
        // What the server said before it closed is still played.
        this.#play(Infinity);
        this.#emit("close", this.#closed);
    }
    #stop() {
        this.#left = true;
        this.#clock.clearTimeout(this.#timer);
    }
    #pump(now) {
        if (this.#left)
            return;
        if (this.#input !== undefined)
            this.#sampleInputs(this.#input, now);
        this.#transmit(now);
        if (now - this.#advancedMs > DRAWING_MS)
            this.#play(this.#interpolation.tickAt(now));
        while (this.#events.length > EVENTS_PENDING_MAX)
            this.#playOne();
        this.#sleep(now);
    }
    #sampleInputs(sample, now) {
        // Before anything can be drawn, what is known is the newest tick.
        const view = this.#interpolation.tickAt(now) || this.#session.tick;
        for (let tick = this.#session.pollInput(now); tick !== undefined; tick = this.#session.pollInput(now)) {
            try {
                this.#layout.input.quantize(sample(), this.#inputWords);
            }
            catch (error) {
                this.#inputFailed(error);
            }
            this.#pressEdges();
            this.#session.pushInput(tick, this.#inputWords, view, now);
        }
    }
    // What was held before would go on without end: a player that stands still shows that something is wrong.
    #inputFailed(error) {
        this.#layout.input.neutral(this.#inputWords);
        const text = String(error);
        if (this.#inputErrors.has(text) || this.#inputErrors.size >= INPUT_ERRORS_MAX)
            return;
        this.#inputErrors.add(text);
        console.error("the function given to room.input threw; neutral input is sent instead:", error);
    }
    /** Leaves an edge field set only where the key went down since the sample before. */
    #pressEdges() {
        const { fields } = this.#layout.input;
        for (let i = 0; i < fields.length; i++) {
            const { edge, at } = fields[i];
            if (!edge)
                continue;
            const down = this.#inputWords[at];
            if (this.#pressed[i] === 1)
                this.#inputWords[at] = 0;
            this.#pressed[i] = down;
        }
    }
    #transmit(now) {
        for (let message = this.#session.pollTransmit(now); message !== undefined; message = this.#session.pollTransmit(now)) {
            sendMessage(this.#socket, message);
        }
    }
    #sleep(now) {
        this.#clock.clearTimeout(this.#timer);
        const input = this.#input === undefined ? Infinity : (this.#session.pollInputTime() ?? Infinity);
        const due = Math.min(input, this.#session.pollTimeout() ?? Infinity, now + SLEEP_MS_MAX);
        this.#timer = this.#clock.setTimeout(() => this.#pump(this.#clock.now()), Math.max(1, due - now));
    }
    /** Plays events up to a tick, in order. */
    #play(tick) {
        while (this.#events.length > 0 && this.#events[0].tick <= tick)
            this.#playOne();
    }
    #playOne() {
        const { name, tick, cause, fields } = this.#events.shift();
        this.#emit(name, fields, { tick, cause });
    }
    #emit(name, argument, meta = NO_META) {
        for (const handler of [...this.#handlers.get(name)])
            this.#call(handler, argument, meta);
    }
    // A mistake in one handler must stop neither the others nor the session.
    #call(handler, argument, meta) {
        try {
            handler(argument, meta);
        }
        catch (error) {
            report(error);
        }
    }
}
const NO_META = { tick: 0, cause: undefined };
function namesOf(named) {
    return [...named.keys()].join(", ") || "none";
}
function report(error) {
    if (typeof reportError === "function")
        reportError(error);
    else
        console.error(error);
}
//# sourceMappingURL=room.js.map