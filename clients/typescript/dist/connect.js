/** Joins a room: opens the socket, says Hello, and becomes a `Room` on Welcome (PROTOCOL section 3). */
import { CloseCode, describeClose, retryAfterMs } from "./close.js";
import { ConnectError } from "./error.js";
import { NAME_BYTES_MAX, TOKEN_BYTES_MAX } from "./limits.js";
import { Room } from "./room.js";
import { ClientSession, PROTOCOL_VERSION } from "./session.js";
import { closeSocket, sendMessage, systemClock, } from "./socket.js";
/** Version of this package. */
export const SDK_VERSION = "0.1.0";
const TIMEOUT_MS = 10_000;
/**
 * Joins a room.
 *
 * Rejects with `ConnectError` when the server refuses or cannot be reached, with the signal's reason
 * when that aborts, and with `TypeError` for options that no server would take.
 */
export function connect(options) {
    return new Promise((resolve, reject) => {
        const { signal } = options;
        signal?.throwIfAborted();
        new Attempt(options, resolve, reject).start();
    });
}
/** One attempt, from the socket to Welcome. */
class Attempt {
    #options;
    #resolve;
    #reject;
    #clock;
    #socket;
    #url;
    #join;
    #abort = () => this.#fail(this.#options.signal.reason, "given up");
    #session;
    #timer;
    #done = false;
    constructor(options, resolve, reject) {
        this.#options = options;
        this.#resolve = resolve;
        this.#reject = reject;
        this.#clock = options.clock ?? systemClock;
        this.#join = joinOf(options);
        this.#url = socketUrl(options.url);
        const Socket = options.webSocket ?? globalThis.WebSocket;
        if (Socket === undefined)
            throw new TypeError("there is no WebSocket here: pass one as the option webSocket");
        this.#socket = new Socket(this.#url);
    }
    start() {
        const socket = this.#socket;
        socket.binaryType = "arraybuffer";
        socket.onopen = () => this.#onOpen();
        socket.onmessage = (event) => this.#onMessage(event.data);
        socket.onclose = (event) => this.#onClose(event);
        socket.onerror = null;
        this.#options.signal?.addEventListener("abort", this.#abort);
        const { timeoutMs = TIMEOUT_MS } = this.#options;
        this.#timer = this.#clock.setTimeout(() => {
            this.#fail(new ConnectError(CloseCode.Abnormal, `${this.#url} did not answer in time`), "no answer");
        }, timeoutMs);
    }
    #onOpen() {
        const now = this.#clock.now();
        this.#session = new ClientSession(this.#join, now);
        for (let message = this.#session.pollTransmit(now); message !== undefined; message = this.#session.pollTransmit(now)) {
            sendMessage(this.#socket, message);
        }
    }
    #onMessage(data) {
        const session = this.#session;
        if (this.#done || session === undefined)
            return;
        if (!(data instanceof ArrayBuffer)) {
            this.#fail(new ConnectError(CloseCode.BadMessage, "the server sent text"), "text", CloseCode.BadMessage);
            return;
        }
        session.handleMessage(new Uint8Array(data), this.#clock.now());
        const event = session.pollEvent();
        switch (event?.type) {
            case "welcomed": {
                this.#settle();
                const { welcome } = event;
                const playerName = this.#join.name;
                this.#resolve(new Room({ socket: this.#socket, clock: this.#clock, session, welcome, playerName }));
                return;
            }
            case "rejected":
                this.#fail(rejected(event.reject), "rejected");
                return;
            case "failed": {
                const { code, message } = event.error;
                this.#fail(new ConnectError(code, describeClose(code, message)), message, code);
            }
        }
    }
    #onClose({ code, reason }) {
        const words = this.#session === undefined && code === CloseCode.Abnormal
            ? `${this.#url} cannot be reached`
            : describeClose(code, reason);
        this.#fail(new ConnectError(code, words, retryAfterMs(reason)), "closed");
    }
    #fail(error, reason, code = CloseCode.Normal) {
        if (this.#done)
            return;
        this.#settle();
        this.#socket.onopen = null;
        this.#socket.onmessage = null;
        this.#socket.onclose = null;
        closeSocket(this.#socket, code, reason);
        this.#reject(error);
    }
    #settle() {
        this.#done = true;
        this.#clock.clearTimeout(this.#timer);
        this.#options.signal?.removeEventListener("abort", this.#abort);
    }
}
function rejected(reject) {
    const { code, reason, protocolMin, protocolMax } = reject;
    const words = code === CloseCode.Version
        ? `the server speaks protocol ${protocolMin} to ${protocolMax}, this client ${PROTOCOL_VERSION}`
        : reason || describeClose(code, "");
    return new ConnectError(code, words, reject.retryAfterMs);
}
function joinOf(options) {
    const utf8 = new TextEncoder();
    const { room, id = "", name = "", token = "" } = options;
    for (const [what, text] of [["room", room], ["id", id]]) {
        if (utf8.encode(text).length > NAME_BYTES_MAX)
            throw new TypeError(`${what} is longer than ${NAME_BYTES_MAX} bytes`);
    }
    const tokenBytes = typeof token === "string" ? utf8.encode(token) : token;
    if (tokenBytes.length > TOKEN_BYTES_MAX)
        throw new TypeError(`token is longer than ${TOKEN_BYTES_MAX} bytes`);
    // `encodeInto` stops before a character that does not fit.
    const { read } = utf8.encodeInto(name, new Uint8Array(NAME_BYTES_MAX));
    return { sdk: `tickwire-js ${SDK_VERSION}`, kind: room, room: id, name: name.slice(0, read), token: tokenBytes };
}
/** The address of the WebSocket: relative to the page, `http` and `https` become `ws` and `wss`. */
function socketUrl(url) {
    const page = globalThis.location?.href;
    if (url === undefined && page === undefined)
        throw new TypeError("outside of a page the option url is needed");
    const full = new URL(url ?? "/ws", page);
    if (full.protocol === "http:")
        full.protocol = "ws:";
    if (full.protocol === "https:")
        full.protocol = "wss:";
    full.hash = "";
    return full.href;
}
//# sourceMappingURL=connect.js.map