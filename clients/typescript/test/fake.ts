/** A virtual clock and a socket without a network, to drive `connect` and `Room` step by step. */

import type { Clock, SocketLike } from "../dist/index.js";

export class FakeClock implements Clock {
  #now = 5000;
  #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #last = 0;
  /** Timers fire no more often than this: 0 in a shown page, 1000 in a hidden one. */
  granularityMs = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const at = this.#now + ms;
    this.#last += 1;
    const grid = this.granularityMs;
    this.#timers.set(this.#last, { at: grid === 0 ? at : Math.ceil(at / grid) * grid, run });
    return this.#last;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass and runs what becomes due, in order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: number | undefined;
      for (const [id, timer] of this.#timers) {
        if (timer.at <= end && (next === undefined || timer.at < this.#timers.get(next)!.at)) next = id;
      }
      if (next === undefined) break;
      const { at, run } = this.#timers.get(next)!;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, at);
      run();
    }
    this.#now = end;
  }
}

export class FakeSocket implements SocketLike {
  static last: FakeSocket | undefined;

  /** As a browser's: 0 connecting, 1 open, 2 closing, 3 closed. */
  readyState = 0;
  binaryType = "blob";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  readonly url: string;
  /** What the client sent since the last `take`. */
  sent: Uint8Array[] = [];
  closed: { readonly code: number | undefined; readonly reason: string | undefined } | undefined;

  constructor(url: string) {
    this.url = url;
    FakeSocket.last = this;
  }

  send(data: ArrayBuffer): void {
    if (this.readyState !== 1) throw new Error(`send in state ${this.readyState}`);
    this.sent.push(new Uint8Array(data.slice(0)));
  }

  close(code?: number, reason?: string): void {
    if (code !== 1000 && !(code !== undefined && code >= 3000 && code <= 4999)) throw new RangeError(`close(${code})`);
    this.closed = { code, reason };
    this.readyState = 2;
  }

  /** Messages sent since the last call, of one type or all. */
  take(type?: number): Uint8Array[] {
    const { sent } = this;
    this.sent = [];
    return type === undefined ? sent : sent.filter((message) => message[0] === type);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  deliver(message: Uint8Array): void {
    this.onmessage?.({ data: message.slice().buffer } as never);
  }

  deliverText(text: string): void {
    this.onmessage?.({ data: text } as never);
  }

  end(code: number, reason: string, wasClean: boolean = true): void {
    this.readyState = 3;
    this.onclose?.({ code, reason, wasClean } as never);
  }
}
