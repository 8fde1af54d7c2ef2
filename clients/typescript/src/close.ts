/**
 * Close codes (PROTOCOL section 8) and the words that a player may be shown for each.
 * Owns no sockets.
 */

/** Codes that end a session. Names as in PROTOCOL section 8. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  BinaryOnly: 1003,
  Abnormal: 1006,
  Policy: 1008,
  TooBig: 1009,
  Internal: 1011,
  Restart: 1012,
  Busy: 1013,
  HelloExpected: 4001,
  Rate: 4006,
  SlowClient: 4007,
  NoSuchRoom: 4008,
  RoomFailed: 4009,
  Version: 4010,
  BadMessage: 4011,
  Full: 4013,
  IdleTimeout: 4014,
  Desync: 4018,
} as const;

/** How a session ended. */
export interface CloseDetails {
  /** Whether the closing handshake completed. */
  readonly wasClean: boolean;
  readonly code: number;
  /** The reason as sent; `describeClose` has words for a player. */
  readonly reason: string;
  /** Milliseconds after which a new attempt is welcome; 0 when the server gave no hint. */
  readonly retryAfterMs: number;
}

const TEXTS: ReadonlyMap<number, string> = new Map([
  [CloseCode.Normal, "the session ended"],
  [CloseCode.GoingAway, "the server is shutting down"],
  [CloseCode.BinaryOnly, "the server takes binary messages only"],
  [CloseCode.Abnormal, "the connection was lost"],
  [CloseCode.Policy, "the server refused this connection's traffic"],
  [CloseCode.TooBig, "a message was too big"],
  [CloseCode.Internal, "the server had an internal fault"],
  [CloseCode.Restart, "the server is restarting"],
  [CloseCode.Busy, "the server is busy"],
  [CloseCode.HelloExpected, "the server did not get a Hello in time"],
  [CloseCode.Rate, "too many messages were sent"],
  [CloseCode.SlowClient, "this connection could not keep up"],
  [CloseCode.NoSuchRoom, "there is no such room"],
  [CloseCode.RoomFailed, "the room ended by a fault of the game (see the server's log)"],
  [CloseCode.Version, "client and server speak different versions"],
  [CloseCode.BadMessage, "a message could not be decoded"],
  [CloseCode.Full, "the room is full"],
  [CloseCode.IdleTimeout, "nothing was received for too long"],
  [CloseCode.Desync, "the state could not be kept in step"],
]);

/** Words for a close code, with the sender's reason when it is more than a retry hint. */
export function describeClose(code: number, reason: string): string {
  const text = TEXTS.get(code) ?? `the connection closed with code ${code}`;
  return reason === "" || retryHint(reason) !== undefined ? text : `${text}: ${reason}`;
}

/** The hint `retry-after-ms=N` that codes 1012 and 1013 carry; 0 when there is none. */
export function retryAfterMs(reason: string): number {
  return retryHint(reason) ?? 0;
}

function retryHint(reason: string): number | undefined {
  const match = /^retry-after-ms=(\d{1,9})$/.exec(reason);
  return match === null ? undefined : Number(match[1]);
}
