// Keeps a room: joins, notices when it ends, waits a growing while and joins again.

import { connect } from "/sdk/index.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

const REASONS = {
  1000: "You left the room.",
  1001: "The server was stopped.",
  1006: "The connection broke. Is the server still running?",
  1012: "The server is restarting.",
  1013: "The server is busy.",
  4006: "This page sent too many messages.",
  4007: "The connection is too slow for the game.",
  4008: "There is no such room.",
  4009: "The room ended by a fault of the game.",
  4010: "This page is older than the server: reload it.",
  4013: "The room is full.",
  4014: "The server heard nothing from this page for too long.",
};

export class Link {
  /** `hooks`: `joined(room)`, `lost(reason)`, `waiting(secondsLeft)`, `trying()`. */
  constructor(options, hooks) {
    this.options = options;
    this.hooks = hooks;
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
    this.room = null;
    this.ended = false;
  }

  /** Leaves for good: nothing is told or tried after this. */
  end() {
    this.ended = true;
    clearInterval(this.timer);
    this.room?.leave();
    this.room = null;
  }

  /** Joins now; an ongoing wait ends. */
  async join() {
    clearInterval(this.timer);
    if (this.joining || this.ended) return;
    this.joining = true;
    this.hooks.trying();
    try {
      const room = await connect(this.options);
      if (this.ended) {
        room.leave();
        return;
      }
      this.room = room;
      this.wait = FIRST_WAIT_MS;
      room.on("close", (end) => this.#lost(end));
      this.hooks.joined(room);
    } catch (error) {
      this.#lost(error);
    } finally {
      this.joining = false;
    }
  }

  #lost(end) {
    if (this.ended) return;
    this.room = null;
    const code = end?.code ?? 1006;
    const known = REASONS[code] ?? `The server ended the session (code ${code}).`;
    this.hooks.lost(known, code);
    const wait = Math.max(this.wait, end?.retryAfterMs ?? 0);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    // A spread, so that a restarted server is not met by everybody at once.
    const due = performance.now() + wait * (0.8 + Math.random() * 0.4);
    const look = () => {
      const left = due - performance.now();
      if (left <= 0) this.join();
      else this.hooks.waiting(left / 1000);
    };
    clearInterval(this.timer);
    this.timer = setInterval(look, 100);
    look();
  }
}
