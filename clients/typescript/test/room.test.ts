import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, ConnectError, type ConnectOptions, type Room } from "../dist/index.js";
import { Layout } from "../dist/layout.js";
import { FakeClock, FakeSocket } from "./fake.js";
import * as server from "./server.js";

const layout = new Layout(server.DUEL);
const TICK_MS = 20;
const IDLE = { turn: 0, thrust: false, fire: false };

interface Stage {
  readonly clock: FakeClock;
  readonly socket: FakeSocket;
  readonly promise: Promise<Room>;
}

function dial(more: Partial<ConnectOptions> = {}): Stage {
  const clock = new FakeClock();
  const promise = connect({ room: "duel", url: "http://host:7777/ws", clock, webSocket: FakeSocket, ...more });
  return { clock, socket: FakeSocket.last!, promise };
}

/** A server with a clock of its own: sends an Update each tick, and reports on inputs. */
class Duel {
  readonly #stage: Stage;
  seq = 0;
  tick = 1000;
  things: server.Thing[] = [];
  readonly inputs: server.ClientInput["inputs"] = [];
  acks: number[] = [];
  #applied = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Lets `ticks` ticks pass; each ends with an Update. */
  run(ticks: number, each: () => void = () => {}): void {
    for (let i = 0; i < ticks; i++) {
      this.#stage.clock.pass(TICK_MS);
      this.step();
      each();
    }
  }

  step(): void {
    this.hear();
    this.seq += 1;
    this.tick += 1;
    const used = this.inputs.filter((input) => input.tick <= (this.tick & 0xffff)).at(-1);
    if (used !== undefined) this.#applied = used.number;
    const input = used === undefined ? {} : { input: { applied: this.#applied, marginQ4: 16 } };
    this.#stage.socket.deliver(server.update(layout, { seq: this.seq, ...input }, this.things));
  }

  /** Reads what the client sent. */
  hear(): void {
    for (const message of this.#stage.socket.take()) {
      if (message[0] !== 2 && message[0] !== 3) continue;
      const heard = server.readInput(layout, message);
      this.acks.push(heard.updateAck);
      this.inputs.push(...heard.inputs);
    }
  }
}

async function play(more: Partial<ConnectOptions> = {}): Promise<{ stage: Stage; room: Room; duel: Duel }> {
  const stage = dial(more);
  stage.socket.open();
  stage.clock.pass(30);
  stage.socket.deliver(server.welcome());
  return { stage, room: await stage.promise, duel: new Duel(stage) };
}

const ship = (id: number, x: number, own: boolean = false): server.Thing => {
  return { id, class: 0, own, fields: { pos: { x, y: 0 }, heading: 0, hp: 9, ammo: 5, name: "Al", mode: "Alive" } };
};

async function refusal(promise: Promise<Room>): Promise<ConnectError> {
  const error: unknown = await promise.then(() => assert.fail("joined"), (reason: unknown) => reason);
  assert.ok(error instanceof ConnectError, String(error));
  return error;
}

test("connect says Hello and becomes a room on Welcome", async () => {
  const { stage, room } = await play({ name: "a name of more than 32 bytes: ééé", token: "secret" });
  assert.equal(stage.socket.url, "ws://host:7777/ws");
  assert.equal(stage.socket.binaryType, "arraybuffer");
  const hello = Buffer.from(stage.socket.take()[0]!).toString("latin1");
  assert.ok(hello.startsWith("\x01\x01\x11tickwire-js 0.1.0"), JSON.stringify(hello));
  assert.deepEqual([room.player, room.kind, room.id, room.tickRate], [3, "duel", "duel-1", 50]);
  assert.equal(room.playerName, "a name of more than 32 bytes: é");
  assert.deepEqual(room.schema, server.DUEL);
});

test("connect rejects with the server's words, code and retry hint", async () => {
  const full = dial();
  full.socket.open();
  full.socket.deliver(server.reject(4013, "the duel has begun", 1500));
  const { code, reason, retryAfterMs } = await refusal(full.promise);
  assert.deepEqual([code, reason, retryAfterMs], [4013, "the duel has begun", 1500]);
  assert.equal(full.socket.closed?.code, 1000);
  assert.equal(full.clock.timers, 0);

  const version = dial();
  version.socket.open();
  version.socket.deliver(server.reject(4010, ""));
  assert.match((await refusal(version.promise)).message, /protocol 2 to 3, this client 1/);

  const busy = dial();
  busy.socket.open();
  busy.socket.end(1013, "retry-after-ms=2000");
  const error = await refusal(busy.promise);
  assert.deepEqual([error.code, error.reason, error.retryAfterMs], [1013, "the server is busy", 2000]);

  const gone = dial();
  gone.socket.end(1006, "", false);
  assert.match((await refusal(gone.promise)).reason, /ws:\/\/host:7777\/ws cannot be reached/);

  const garbage = dial();
  garbage.socket.open();
  garbage.socket.deliver(Uint8Array.of(0x43, 1));
  assert.equal((await refusal(garbage.promise)).code, 4011);
  assert.equal(garbage.socket.closed?.code, 4011);

  const text = dial();
  text.socket.open();
  text.socket.deliverText("hello");
  assert.equal((await refusal(text.promise)).code, 4011);

  const silent = dial({ timeoutMs: 3000 });
  silent.clock.pass(3001);
  assert.match((await refusal(silent.promise)).reason, /did not answer in time/);
});

test("connect can be aborted and refuses options that no server would take", async () => {
  const abort = new AbortController();
  const stage = dial({ signal: abort.signal });
  abort.abort(new Error("changed my mind"));
  await assert.rejects(stage.promise, /changed my mind/);
  assert.equal(stage.socket.closed?.code, 1000);
  await assert.rejects(connect({ room: "duel" }), /option url/);
  await assert.rejects(dial({ room: "r".repeat(33) }).promise, TypeError);
  await assert.rejects(dial({ token: "t".repeat(513) }).promise, TypeError);
});

test("updates become entities that advance draws", async () => {
  const { stage, room, duel } = await play();
  assert.deepEqual(room.entities("Ship"), []);
  duel.things = [ship(1, 0, true), ship(2, 10)];
  duel.run(20, () => {
    duel.things = duel.things.map((thing) => ship(thing.id, (thing.fields["pos"] as { x: number }).x + 1, thing.own));
    room.advance(stage.clock.now());
  });
  const ships = [...room.entities<{ pos: { x: number }; name: string; mode: string }>("Ship")];
  assert.deepEqual(ships.map((s) => [s.id, s.own, s.name, s.mode]), [[1, true, "Al", "Alive"], [2, false, "Al", "Alive"]]);
  assert.ok(ships[0]!.pos.x >= 17.9 && ships[1]!.pos.x >= 26.9, JSON.stringify(ships));
  assert.deepEqual(room.entities("Rock"), []);
  assert.throws(() => room.entities("Boat"), /no class "Boat"; classes: Ship, Rock/);
  const { stats } = room;
  assert.equal(stats.tickRate, 50);
  assert.equal(stats.updates, 20);
  assert.ok(stats.renderDelayMs >= 39 && stats.renderDelayMs < 60, `${stats.renderDelayMs}`);
});

test("rates count what arrived in the last seconds", async () => {
  const { room, duel } = await play();
  duel.run(200);
  const { updatesPerSecond, bytesPerSecond } = room.stats;
  assert.ok(updatesPerSecond > 45 && updatesPerSecond < 55, `${updatesPerSecond}`);
  const size = server.update(layout, { seq: 1 }, []).length;
  assert.ok(bytesPerSecond > 45 * size && bytesPerSecond < 55 * size, `${bytesPerSecond}`);
});

test("inputs are sampled once per tick, a little ahead, with a press sent once", async () => {
  const { stage, room, duel } = await play();
  duel.run(3);
  let samples = 0;
  const held = { ...IDLE };
  room.input(() => {
    samples += 1;
    return held;
  });
  duel.run(50);
  duel.hear();
  assert.ok(duel.inputs.length >= 49 && duel.inputs.length <= 54, `${duel.inputs.length} inputs in 50 ticks`);
  assert.equal(samples, duel.inputs.length + 1, "one more when it is set");
  duel.inputs.forEach((input, i) => assert.equal(input.number, i + 1));
  for (let i = 1; i < duel.inputs.length; i++) assert.equal(duel.inputs[i]!.tick, duel.inputs[i - 1]!.tick + 1);
  const ahead = duel.inputs.at(-1)!.tick - duel.tick;
  assert.ok(ahead >= 1 && ahead <= 5, `${ahead} ticks ahead`);

  const from = duel.inputs.length;
  Object.assign(held, { turn: 9, thrust: true, fire: true });
  duel.run(10);
  held.fire = false;
  duel.run(5);
  held.fire = true;
  duel.run(5);
  duel.hear();
  const since = duel.inputs.slice(from).map((input) => input.fields);
  assert.equal(since.filter((fields) => fields["fire"]).length, 2, "two presses");
  assert.ok(since.slice(1).every((fields) => fields["turn"] === 1 && fields["thrust"] === true), "clamped and held");
  assert.equal(stage.socket.closed, undefined);
});

test("a mistake in the input is told when it is set", async () => {
  const { room } = await play();
  assert.throws(() => room.input(() => ({ turn: 0, thrust: true })), /Stick: the field "fire" is missing/);
  assert.throws(() => room.input(() => ({ ...IDLE, jump: 1 })), /Stick has no field "jump"/);
  assert.throws(() => room.input(() => ({ ...IDLE, turn: NaN })), /Stick: the field "turn" must be a number, not NaN/);
});

test("an input function that throws is told once per error and nothing stays held", async () => {
  const { room, duel } = await play();
  const told: string[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => told.push(words.map(String).join(" "));
  try {
    let sample = (): object => ({ turn: 1, thrust: true, fire: false });
    room.input(() => sample());
    duel.run(5);
    duel.hear();
    sample = () => {
      throw new Error("slip");
    };
    const from = duel.inputs.length;
    duel.run(5);
    sample = () => ({ ...IDLE, turn: NaN });
    duel.run(5);
    duel.hear();
    const since = duel.inputs.slice(from).map((input) => input.fields);
    assert.ok(since.length >= 8, `${since.length} inputs`);
    const idle = (fields: Record<string, unknown>): boolean => fields["turn"] === 0 && fields["thrust"] === false;
    assert.ok(since.slice(1).every(idle), "neutral");
  } finally {
    console.error = error;
  }
  assert.equal(told.length, 2, told.join());
  assert.match(told[0]!, /neutral input is sent instead: Error: slip/);
  assert.match(told[1]!, /"turn" must be a number, not NaN/);
});

test("commands are numbered and checked", async () => {
  const { stage, room } = await play();
  stage.socket.take();
  assert.equal(room.command("Chat", { text: "hi" }), 1);
  assert.equal(room.command("Buy"), 2);
  assert.deepEqual(stage.socket.take(4).map((m) => [...m]), [[4, 1, 4, 0x68, 0x69], [4, 2, 1]]);
  assert.throws(() => room.command("Sell"), /no command "Sell"; commands: Chat, Buy/);
  assert.throws(() => room.command("Chat", { words: "hi" }), /Chat has no field "words"/);
  assert.throws(() => room.command("Chat", { text: "x".repeat(256) }), /Chat: the field "text" has 256 bytes, at most \d+ are allowed/);
  room.leave();
  assert.equal(room.command("Buy"), 0);
});

test("an event is played when its tick is drawn", async () => {
  const { stage, room, duel } = await play();
  const heard: unknown[] = [];
  const off = room.on("Boom", (boom: { at: { x: number; y: number } }, meta) => heard.push([boom.at, meta.tick]));
  assert.throws(() => room.on("Bang", () => {}), /no event "Bang"; events: open, message, close, error, moved, Boom, Joined/);
  duel.run(10, () => room.advance(stage.clock.now()));
  stage.socket.deliver(server.events(layout, 0, duel.tick, [{ class: 0, fields: { at: { x: 3, y: 4 } } }]));
  const { tick } = duel;
  room.advance(stage.clock.now());
  assert.deepEqual(heard, [], "the others are drawn two intervals behind");
  duel.run(4, () => {
    room.advance(stage.clock.now());
    assert.equal(heard.length, room.stats.renderTick >= tick ? 1 : 0);
  });
  assert.deepEqual(heard, [[{ x: 3, y: 4 }, tick]]);
  off();
  stage.socket.deliver(server.events(layout, 1, duel.tick, [{ class: 0, fields: { at: { x: 3, y: 4 } } }]));
  duel.run(6, () => room.advance(stage.clock.now()));
  assert.equal(heard.length, 1);
});

test("a handler that throws stops neither the others nor the session", async () => {
  const { stage, room, duel } = await play();
  const errors: unknown[] = [];
  const { error } = console;
  console.error = (problem: unknown) => errors.push(problem);
  try {
    let heard = 0;
    room.on("Boom", () => {
      throw new Error("mistake");
    });
    room.on("Boom", () => (heard += 1));
    duel.run(1);
    stage.socket.deliver(server.events(layout, 0, duel.tick, [{ class: 0, fields: { at: { x: 3, y: 4 } } }]));
    duel.run(5, () => room.advance(stage.clock.now()));
    assert.equal(heard, 1);
  } finally {
    console.error = error;
  }
  assert.equal(String(errors[0]), "Error: mistake");
});

test("the four events of a socket are surfaced", async () => {
  const { stage, room } = await play();
  const seen: unknown[] = [];
  room.on("open", () => seen.push("open"));
  await Promise.resolve();
  room.on("message", ({ data }) => seen.push(data.byteLength));
  room.on("error", ({ message }) => seen.push(message));
  room.on("close", (close) => seen.push(close));
  stage.socket.deliver(Uint8Array.of(0x48, 0, 0, 0, 0, 0, 0, 0, 0));
  stage.socket.onerror?.({} as never);
  const close = { wasClean: true, code: 1012, reason: "retry-after-ms=3000", retryAfterMs: 3000 };
  stage.socket.end(1012, "retry-after-ms=3000");
  assert.deepEqual(seen, ["open", 9, "the connection failed", close]);
  assert.equal(stage.clock.timers, 0, "nothing runs after the end");
  const late: unknown[] = [];
  room.on("close", (details) => late.push(details));
  await Promise.resolve();
  assert.deepEqual(late, [close]);
});

test("a corrupted Update is answered with Resync and the next full one recovers", async () => {
  const { stage, room, duel } = await play();
  duel.things = [ship(1, 5)];
  duel.run(10, () => room.advance(stage.clock.now()));
  stage.socket.take();
  duel.seq += 1;
  duel.tick += 1;
  const wrong = server.update(layout, { seq: duel.seq }, [ship(1, 500), ship(2, 500)]);
  wrong[wrong.length - 12]! ^= 1;
  stage.clock.pass(TICK_MS);
  stage.socket.deliver(wrong);
  assert.deepEqual(stage.socket.take(5).map((m) => [...m]), [[5, 11, 0]]);
  room.advance(stage.clock.now());
  assert.deepEqual(room.entities("Ship").map((s) => [s.id, s["pos"].x]), [[1, 5]], "the last good state is drawn");
  duel.things = [ship(1, 6)];
  duel.run(5, () => room.advance(stage.clock.now()));
  assert.equal(room.entities("Ship")[0]!["pos"].x, 6);
  assert.equal(room.stats.resyncs, 1);
  assert.equal(stage.socket.take(5).length, 0);
});

test("a server that breaks the protocol is left with its code", async () => {
  const { stage, room } = await play();
  const errors: string[] = [];
  room.on("error", ({ message }) => errors.push(message));
  stage.socket.deliver(Uint8Array.of(0x47, 1, 2));
  assert.equal(stage.socket.closed?.code, 4011);
  assert.equal(errors.length, 1);
  stage.socket.deliver(Uint8Array.of(0x47, 1, 2));
  assert.equal(errors.length, 1);
  assert.equal(stage.clock.timers, 0);
});

test("leave says Bye and closes with 1000", async () => {
  const { stage, room } = await play();
  stage.socket.take();
  room.leave();
  room.leave();
  assert.deepEqual(stage.socket.take().map((m) => [...m]), [[9, 0]]);
  assert.equal(stage.socket.closed?.code, 1000);
  assert.equal(stage.clock.timers, 0);
});

test("nothing is sent between the server's close frame and the close event", async () => {
  const { stage, room, duel } = await play();
  room.input(() => IDLE);
  duel.run(5);
  stage.socket.take();
  // The fake throws where a browser complains.
  stage.socket.readyState = 2;
  stage.clock.pass(2000);
  duel.step();
  room.leave();
  assert.deepEqual(stage.socket.take(), []);
  stage.socket.end(1001, "restart");
});

test("a hidden page keeps acknowledging, keeps sending inputs and keeps playing events", async () => {
  const { stage, room, duel } = await play();
  let heard = 0;
  room.on("Boom", () => (heard += 1));
  room.input(() => IDLE);
  duel.run(20, () => room.advance(stage.clock.now()));
  stage.clock.granularityMs = 1000;
  duel.acks = [];
  const inputs = duel.inputs.length;
  let events = 0;
  duel.run(3000, () => {
    stage.socket.deliver(server.events(layout, events, duel.tick, [{ class: 0, fields: { at: { x: 3, y: 4 } } }]));
    events += 1;
  });
  duel.hear();
  assert.ok(duel.inputs.length - inputs > 2900, `${duel.inputs.length - inputs} inputs`);
  assert.equal(duel.acks.at(-1), duel.seq & 0xffff);
  assert.ok(duel.acks.length > 2900, `${duel.acks.length} acks`);
  assert.ok(heard > 2980, `${heard} of ${events} events`);
});

test("a hidden page without inputs is kept alive by acks, and a silent server by pings", async () => {
  const { stage, duel } = await play();
  stage.clock.granularityMs = 1000;
  duel.run(100);
  duel.hear();
  assert.ok(duel.acks.length >= 99, `${duel.acks.length} acks`);
  stage.socket.take();
  stage.clock.pass(10_000);
  const pings = stage.socket.take(8).length;
  assert.ok(pings >= 3 && pings <= 5, `${pings} pings`);
});

test("events do not pile up while nothing can be drawn", async () => {
  const { stage, room, duel } = await play();
  let heard = 0;
  room.on("Boom", () => (heard += 1));
  duel.run(5, () => room.advance(stage.clock.now()));
  // The page calls advance, but Updates stopped: their ticks are never drawn.
  for (let n = 0; n < 5000; n++) {
    stage.socket.deliver(server.events(layout, n, duel.tick, [{ class: 0, fields: { at: { x: 3, y: 4 } } }]));
  }
  assert.equal(heard, 5000 - 4096);
});

test("after the server dropped time, inputs start over from its tick", async () => {
  const { stage, room, duel } = await play();
  room.input(() => IDLE);
  duel.run(50);
  stage.clock.pass(3000);
  duel.hear();
  duel.inputs.length = 0;
  duel.seq += 1;
  duel.tick += 1;
  stage.socket.deliver(server.update(layout, { seq: duel.seq, reAnchor: true }, []));
  duel.run(10);
  duel.hear();
  const ahead = duel.inputs.at(-1)!.tick - duel.tick;
  assert.ok(ahead >= 1 && ahead <= 5, `${ahead} ticks ahead`);
});

test("a player who is moved starts anew in the other room, on the same socket", async () => {
  const { stage, room, duel } = await play();
  const innSchema = { ...server.DUEL, classes: [{ ...server.DUEL.classes[1]!, name: "Table" }], commands: [server.DUEL.commands[0]!] };
  const inn = new Layout(innSchema);
  room.input(() => IDLE);
  duel.things = [ship(1, 10, true)];
  duel.run(20, () => room.advance(stage.clock.now()));
  assert.equal(room.entities("Ship").length, 1);
  const seen: unknown[] = [];
  room.on("moved", (moved) => seen.push({ ...moved, classes: room.schema.classes.length, tables: room.entities("Table").length }));
  duel.hear();
  stage.socket.deliver(server.moved(innSchema, 1, 40));
  assert.deepEqual(seen, [{ kind: "inn", id: "inn-1", player: 8, classes: 1, tables: 0 }]);
  assert.throws(() => room.entities("Ship"), /no class "Ship"/);
  // Moved counts as an Update, and its ack is the first thing said.
  duel.seq += 1;
  room.command("Chat", { text: "hi" });
  const sent = stage.socket.take();
  assert.equal(sent[0]![0], 3);
  assert.equal(server.readInput(inn, sent[0]!).updateAck, duel.seq & 0xffff);
  assert.ok(sent.some((message) => message[0] === 4));
  duel.seq += 1;
  stage.socket.deliver(server.update(inn, { seq: duel.seq }, [{ id: 5, class: 0, fields: { pos: { x: 1, y: 2 } } }]));
  room.advance(stage.clock.now());
  assert.deepEqual(room.entities("Table").map(({ id }) => id), [5]);
  assert.equal(stage.socket.closed, undefined);
  assert.equal(room.stats.tick, 41);
});

test("a move to a room of the same schema need not bring it, and one to an unknown schema ends the session", async () => {
  const same = await play();
  same.stage.socket.deliver(server.moved(undefined, 0, 40));
  assert.equal(same.room.kind, "inn");
  const unknown = await play();
  unknown.stage.socket.deliver(server.moved(undefined, 1, 40));
  assert.equal(unknown.stage.socket.closed?.code, 4010);
});
