import assert from "node:assert/strict";
import { test } from "node:test";
import { BitWriter, ByteWriter } from "../dist/bits.js";
import { Murmur3 } from "../dist/hash.js";
import { Layout } from "../dist/layout.js";
import { ClientSession, type SessionEvent } from "../dist/session.js";
import { Snapshot } from "../dist/world.js";
import * as server from "./server.js";

const layout = new Layout(server.DUEL);
const join = { sdk: "test", kind: "duel", room: "", name: "", token: new Uint8Array(0) };
const ship = (id: number, x: number, more: Partial<server.Thing> = {}): server.Thing => {
  return { id, class: 0, fields: { pos: { x, y: 0 }, heading: 0, hp: 9, ammo: 5, name: "Al", mode: "Alive" }, ...more };
};
const rock = (id: number): server.Thing => ({ id, class: 1, fields: { pos: { x: 1, y: 2 } } });

function joined(): { session: ClientSession; take: () => SessionEvent[]; sent: (type: number, now?: number) => Uint8Array[] } {
  const session = new ClientSession(join, 0);
  assert.equal(session.pollTransmit(0)![0], 1);
  session.handleMessage(server.welcome(), 40);
  const take = (): SessionEvent[] => {
    const all: SessionEvent[] = [];
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) all.push(event);
    return all;
  };
  assert.deepEqual(take().map((event) => event.type), ["welcomed"]);
  const sent = (type: number, now: number = 1000): Uint8Array[] => {
    const all: Uint8Array[] = [];
    for (let message = session.pollTransmit(now); message !== undefined; message = session.pollTransmit(now)) all.push(message);
    return all.filter((message) => message[0] === type);
  };
  return { session, take, sent };
}

function ids(session: ClientSession): number[] {
  const snapshot = new Snapshot();
  session.world!.merge(snapshot);
  return [...snapshot.ids.subarray(0, snapshot.count)];
}

test("a full Update makes the session live and its state is the union of the slots", () => {
  const { session, take } = joined();
  assert.equal(session.state, "AwaitFull");
  session.handleMessage(server.update(layout, { seq: 1, delta: 3 }, [ship(2, 10), rock(5), ship(900, 20, { own: true })]), 60);
  assert.equal(session.state, "Live");
  assert.deepEqual(take(), [{ type: "updated", tick: 1003 }]);
  const snapshot = new Snapshot();
  session.world!.merge(snapshot);
  const things = [0, 1, 2].map((row) => layout.classes[snapshot.classes[row]!]!.read(snapshot.words, snapshot.starts[row]!));
  assert.deepEqual(things[0], { ...ship(2, 10).fields, ammo: 0 }, "owner fields of others are not sent");
  assert.deepEqual(things[1], rock(5).fields);
  assert.deepEqual(things[2], ship(900, 20).fields);
  assert.deepEqual([...snapshot.own.subarray(0, 3)], [0, 0, 1]);
});

test("no truncation of an Update is applied, and each is answered with one Resync", () => {
  const good = server.update(layout, { seq: 1 }, [ship(1, 1)]);
  const bad = server.update(layout, { seq: 2 }, [ship(1, 2), rock(3)]);
  for (let length = 8; length < bad.length; length++) {
    const { session, sent } = joined();
    session.handleMessage(good, 60);
    session.handleMessage(bad.slice(0, length), 80);
    assert.equal(session.state, "AwaitFull", `${length} bytes`);
    assert.deepEqual(ids(session), [1]);
    assert.deepEqual(sent(5), [Uint8Array.of(5, 2, 0)]);
  }
});

test("no flipped bit of the slots goes unnoticed", () => {
  const bad = server.update(layout, { seq: 1 }, [ship(1, 2, { own: true }), rock(3)]);
  for (let bit = 8 * 8; bit < bad.length * 8; bit++) {
    const { session } = joined();
    const flipped = bad.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    session.handleMessage(flipped, 60);
    const unchanged = session.state === "AwaitFull" && ids(session).length === 0;
    // The only bits without a check behind them say "own" or "no hash", and those change the fields.
    assert.ok(unchanged, `bit ${bit & 7} of byte ${bit >> 3}`);
  }
});

test("after a bad Update others are discarded but acknowledged until a full one", () => {
  const { session, take, sent } = joined();
  session.handleMessage(server.update(layout, { seq: 1 }, [ship(1, 1)]), 60);
  const wrong = server.update(layout, { seq: 2 }, [ship(1, 2)]);
  wrong[10]! ^= 0xff;
  session.handleMessage(wrong, 80);
  assert.equal(session.counters.hashMismatches, 1);
  const same = Uint8Array.of(2);
  session.handleMessage(server.rawUpdate({ seq: 3, delta: 2 }, same), 100);
  assert.equal(session.state, "AwaitFull");
  assert.deepEqual(sent(5, 100), [Uint8Array.of(5, 2, 0)], "a discarded Update asks for nothing");
  session.handleMessage(server.rawUpdate({ seq: 4 }, same), 120);
  assert.deepEqual([...sent(3, 120)[0]!.subarray(1, 3)], [4, 0], "discarded Updates are acknowledged");
  session.handleMessage(server.update(layout, { seq: 5 }, [ship(1, 3), ship(2, 4)]), 140);
  assert.equal(session.state, "Live");
  assert.deepEqual(take().map((event) => (event.type === "updated" ? event.tick : event.type)), [1001, 1006]);
  assert.deepEqual(ids(session), [1, 2]);
});

test("omitted and same slots keep their state, and depths that were not announced ask for a full one", () => {
  const { session } = joined();
  session.handleMessage(server.update(layout, { seq: 1 }, [ship(1, 1), ship(2, 2, { own: true })]), 60);
  session.handleMessage(server.rawUpdate({ seq: 2 }, Uint8Array.of(128), Uint8Array.of(1 | 2)), 80);
  assert.equal(session.state, "Live");
  assert.deepEqual(ids(session), [1, 2]);
  session.handleMessage(server.rawUpdate({ seq: 3 }, server.slot(layout, [], false, false)), 100);
  assert.deepEqual(ids(session), [], "what no public slot has is not drawn");
  session.handleMessage(server.rawUpdate({ seq: 4 }, server.slot(layout, [ship(2, 2)], false, false)), 110);
  const snapshot = new Snapshot();
  session.world!.merge(snapshot);
  assert.deepEqual([...snapshot.own.subarray(0, snapshot.count)], [1], "the own slot has stayed");
  session.handleMessage(server.rawUpdate({ seq: 5 }, Uint8Array.of(4 | 8, 0)), 120);
  assert.equal(session.state, "AwaitFull");
});

test("a whole body that claims another depth or model is refused", () => {
  const good = server.slot(layout, [ship(1, 1)], false, false);
  for (const [name, bytes] of [
    ["depth 1", [good[0]! | 8, ...good.subarray(1)]],
    ["model 3", [good[0]! | 64, ...good.subarray(1, 6), 3, ...good.subarray(6)]],
    ["no hash", [good[0]! & ~32, ...good.subarray(5)]],
  ] as const) {
    const { session } = joined();
    session.handleMessage(server.rawUpdate({ seq: 1 }, good), 60);
    assert.equal(session.state, "Live");
    session.handleMessage(server.rawUpdate({ seq: 2 }, Uint8Array.from(bytes)), 80);
    assert.equal(session.state, "AwaitFull", name);
  }
});

test("ids stay within 32 bits", () => {
  const body = new ByteWriter();
  const bits = new BitWriter(body).varint(2);
  for (const gap of [0xffff_ffff, 1]) {
    bits.gamma(gap).bits(1, layout.classBits);
    layout.classes[1]!.encode("public", new Uint32Array(2), 0, bits);
  }
  bits.finish();
  const hash = new Murmur3();
  for (const word of [0xffff_ffff, 1, 0, 0, 0, 1, 0, 0]) hash.push(word);
  const slot = new ByteWriter().u8(4 | 32).u32(hash.finish()).varint(body.length).bytes(body.finish()).finish();
  const { session } = joined();
  session.handleMessage(server.rawUpdate({ seq: 1 }, slot), 60);
  assert.equal(session.counters.decodeErrors, 1);
});

test("after a pause of the page only the newest eight ticks get inputs", () => {
  const { session } = joined();
  const sample = (now: number): number[] => {
    const ticks: number[] = [];
    for (let tick = session.pollInput(now); tick !== undefined; tick = session.pollInput(now)) {
      ticks.push(tick);
      session.pushInput(tick, new Uint32Array(3), 0, now);
    }
    return ticks;
  };
  assert.equal(sample(60).length, 1);
  assert.deepEqual(sample(5060).length, 8);
  assert.equal(sample(5080).length, 1);
});

test("inputs start over from the newest tick when time was dropped, and when no report names them", () => {
  for (const [name, reAnchor] of [["re-anchor", true], ["starved", false]] as const) {
    const { session } = joined();
    // The server stands still at its tick while the client's clock runs on.
    let last = 0;
    const run = (from: number, to: number, each: (now: number) => void): void => {
      for (let now = from; now < to; now += 20) {
        for (let tick = session.pollInput(now); tick !== undefined; tick = session.pollInput(now)) {
          session.pushInput(tick, new Uint32Array(3), 0, now);
          last = tick;
        }
        while (session.pollTransmit(now) !== undefined);
        each(now);
      }
    };
    run(60, 760, () => {});
    assert.ok(last > 1030, name);
    let seq = 0;
    const update = (now: number): void => {
      seq += 1;
      session.handleMessage(server.update(layout, { seq, reAnchor: reAnchor && seq === 1 }, []), now);
    };
    update(760);
    run(780, reAnchor ? 860 : 2780, update);
    assert.ok(last - session.tick >= 1 && last - session.tick <= 5, `${name}: ${last - session.tick} ticks ahead`);
  }
});

test("a seq out of turn counts as an Update that cannot be applied", () => {
  const { session, sent } = joined();
  session.handleMessage(server.update(layout, { seq: 2 }, [ship(1, 1)]), 60);
  assert.deepEqual(sent(5), [Uint8Array.of(5, 1, 0)]);
});

test("seq, acks and ticks go on past their low bits", () => {
  const { session, sent } = joined();
  for (let seq = 1; seq <= 70_000; seq++) session.handleMessage(server.rawUpdate({ seq }, server.slot(layout, [], false, false)), 60 + seq);
  assert.equal(session.state, "Live");
  assert.equal(session.tick, 71_000);
  const acks = sent(3, 80_000);
  assert.deepEqual([...acks[0]!.subarray(1, 3)], [70_000 & 0xff, (70_000 >> 8) & 0xff]);
  while (session.pollEvent() !== undefined);
});

test("an Update whose header is lost, or a message out of place, ends the session with 4011", () => {
  const cases: [string, Uint8Array][] = [
    ["cut header", server.update(layout, { seq: 1 }, []).slice(0, 5)],
    ["second Welcome", server.welcome()],
    ["reserved type", Uint8Array.of(0x47)],
    ["unknown type", Uint8Array.of(0x99)],
    ["empty", new Uint8Array(0)],
    ["event that is not declared", Uint8Array.of(0x44, 0, 0, 0, 1, 1, 0, 9)],
    ["no events", Uint8Array.of(0x44, 0, 0, 0, 0)],
    ["long Pong", Uint8Array.of(0x48, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ];
  for (const [name, message] of cases) {
    const { session, take } = joined();
    session.handleMessage(message, 60);
    const [event] = take();
    assert.equal(event?.type === "failed" && event.error.code, 4011, name);
    assert.equal(session.state, "Closed");
  }
});

test("events come in order, once, with their tick and cause", () => {
  const { session, take, sent } = joined();
  session.handleMessage(server.update(layout, { seq: 1, delta: 70_000 }, []), 60);
  for (let n = 0; n < 3; n++) session.pushInput(1, new Uint32Array(3), 0, 60);
  const boom = { at: { x: 1, y: 2 } };
  session.handleMessage(server.events(layout, 0, 71_000, [{ class: 0, age: 2, cause: 2, fields: boom }, { class: 1, gap: 3, fields: { name: "Bo" } }]), 61);
  session.handleMessage(server.events(layout, 3, 71_000, [{ class: 1, fields: { name: "twice" } }, { class: 1, fields: { name: "new" } }]), 62);
  const game = take().flatMap((event) => (event.type === "game" ? [event.event] : []));
  assert.deepEqual(game, [
    { name: "Boom", number: 1, tick: 70_998, cause: 2, fields: boom },
    { name: "Joined", number: 4, tick: 71_000, cause: undefined, fields: { name: "Bo" } },
    { name: "Joined", number: 5, tick: 71_000, cause: undefined, fields: { name: "new" } },
  ]);
  assert.equal(server.readInput(layout, sent(2)[0]!).eventAck, 5);
});

test("the round trip is the least echo less its hold", () => {
  const { session } = joined();
  session.handleMessage(server.update(layout, { seq: 1, echo: { stamp: 10_000, holdUs: 5000 } }, []), 60);
  assert.equal(session.rttMs, 45);
  session.handleMessage(server.update(layout, { seq: 2, echo: { stamp: 40_000, holdUs: 10_000 } }, []), 80);
  assert.equal(session.rttMs, 30);
  session.handleMessage(server.update(layout, { seq: 3, echo: { stamp: 50_000, holdUs: 1000 } }, []), 120);
  assert.equal(session.rttMs, 30);
  session.handleMessage(server.update(layout, { seq: 4, echo: { stamp: 9_000_000, holdUs: 0 } }, []), 9040);
  assert.equal(session.rttMs, 40, "the window moves on");
});

test("without inputs each Update is acknowledged, never faster than messages may be sent", () => {
  const { session } = joined();
  let acks = 0;
  for (let ms = 0; ms < 1000; ms++) {
    if (ms % 4 === 0) session.handleMessage(server.rawUpdate({ seq: ms / 4 + 1 }, Uint8Array.of(0)), 100 + ms);
    while (session.pollTransmit(100 + ms) !== undefined) acks += 1;
  }
  assert.ok(acks >= 70 && acks <= 85, `${acks} acks`);
});

test("inputs of a thousand ticks per second stay within the message rate", () => {
  const session = new ClientSession(join, 0);
  session.pollTransmit(0);
  session.handleMessage(server.welcome(server.DUEL, { tickRate: 1000 }), 10);
  let messages = 0;
  for (let ms = 10; ms < 1010; ms++) {
    for (let tick = session.pollInput(ms); tick !== undefined; tick = session.pollInput(ms)) session.pushInput(tick, new Uint32Array(3), 0, ms);
    while (session.pollTransmit(ms) !== undefined) messages += 1;
  }
  assert.ok(messages > 50 && messages < 110, `${messages} messages`);
});
