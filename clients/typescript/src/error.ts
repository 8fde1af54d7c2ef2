/**
 * Errors by who must act: the server broke the protocol, or the join was refused. Mistakes of the
 * page's own code are plain `Error`s that name the field and the class.
 */

import { CloseCode } from "./close.ts";

/** The server sent bytes that PROTOCOL.md does not allow. `code` is the close code that answers them. */
export class ProtocolError extends Error {
  readonly code: number;

  constructor(message: string, code: number = CloseCode.BadMessage) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
  }
}

/** A slot decoded, but to another state than the server's (PROTOCOL section 6.4). */
export class HashMismatch extends ProtocolError {
  constructor(got: number, want: number) {
    super(`state hash is ${got.toString(16)}, the server's is ${want.toString(16)}`);
    this.name = "HashMismatch";
  }
}

/** `connect` did not lead to a room. */
export class ConnectError extends Error {
  /** Close code, PROTOCOL section 8; 1006 when the server could not be reached. */
  readonly code: number;
  /** Words that can be shown to a player. */
  readonly reason: string;
  /** Milliseconds after which another attempt is welcome; 0 when the server gave no hint. */
  readonly retryAfterMs: number;

  constructor(code: number, reason: string, retryAfterMs: number = 0) {
    super(`could not join: ${reason}`);
    this.name = "ConnectError";
    this.code = code;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}
