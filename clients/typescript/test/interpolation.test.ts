import assert from "node:assert/strict";
import { test } from "node:test";
import { Interpolation } from "../dist/interpolation.js";
import { Layout } from "../dist/layout.js";
import { RenderClock } from "../dist/render-clock.js";
import { ByteReader } from "../dist/bits.js";
import { decodeSlots, decodeUpdateHeader, updateHeader } from "../dist/messages.js";
import { World } from "../dist/world.js";
import * as server from "./server.js";

const layout = new Layout(server.DUEL);
const TICK_MS = 20;

/** Feeds a state for each tick on time: tick t arrives at 20 t ms. */
function feed(states: Record<number, server.Thing[]>): Interpolation {
  const interpolation = new Interpolation(layout, TICK_MS, 1);
  const world = new World(layout);
  for (const [tick, things] of Object.entries(states)) {
    const message = server.update(layout, { seq: 1 }, things);
    const header = updateHeader();
    const reader = new ByteReader(message, 1);
    decodeUpdateHeader(reader, header);
    decodeSlots(reader, header);
    world.apply(message, header.slots, header.slotCount);
    interpolation.push(world, Number(tick), Number(tick) * TICK_MS);
  }
  return interpolation;
}

const TURN = 2 * Math.PI;
const ship = (id: number, x: number, more: Record<string, unknown> = {}, own = false): server.Thing => {
  return { id, class: 0, own, fields: { pos: { x, y: 0 }, heading: 0, hp: 9, ammo: 5, name: "Al", mode: "Alive", ...more } };
};
// Others are drawn two intervals behind: tick t at 20 t + 40 ms.
const drawn = (interpolation: Interpolation, tick: number): readonly Record<string, any>[] => {
  interpolation.advance(tick * TICK_MS + 2 * TICK_MS);
  return interpolation.entities(0) as readonly Record<string, any>[];
};

test("positions move on a line and angles go the shorter way round", () => {
  const room = feed({ 10: [ship(1, 0, { heading: TURN * (1000 / 1024), hp: 9 })], 11: [ship(1, 10, { heading: TURN * (24 / 1024), hp: 5 })] });
  const [half] = drawn(room, 10.25);
  assert.deepEqual(half!["pos"], { x: 2.5, y: 0 });
  assert.ok(Math.abs((half!["heading"] as number) - TURN * (1012 / 1024)) < 1e-9);
  assert.equal(half!["hp"], 9, "integers step");
  const [late] = drawn(room, 10.75);
  assert.ok(Math.abs((late!["heading"] as number) - TURN * (12 / 1024)) < 1e-9);
  assert.equal(drawn(room, 11)[0]!["hp"], 5);
});

test("a change above the snap distance is drawn at once", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [ship(1, 100)], 12: [ship(1, 201)] });
  assert.deepEqual(drawn(room, 10.5)[0]!["pos"], { x: 50, y: 0 });
  assert.deepEqual(drawn(room, 11.5)[0]!["pos"], { x: 100, y: 0 });
  assert.deepEqual(drawn(room, 12)[0]!["pos"], { x: 201, y: 0 });
});

test("entities appear and disappear at the tick that is drawn", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [ship(1, 0), ship(2, 0)], 12: [ship(2, 0)], 13: [ship(2, 0)] });
  const ids = (tick: number): unknown[] => drawn(room, tick).map((entity) => entity["id"]);
  assert.deepEqual([ids(10.9), ids(11), ids(11.9), ids(12)], [[1], [1, 2], [1, 2], [2]]);
});

test("an entity whose once field changed does not glide to the new place", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [ship(1, 50, { name: "Bo" })] });
  assert.deepEqual(drawn(room, 10.5)[0]!["pos"], { x: 0, y: 0 });
  assert.equal(drawn(room, 10.5)[0]!["name"], "Al");
  assert.equal(drawn(room, 11)[0]!["name"], "Bo");
});

test("own entities are drawn one interval behind, are marked, and appear once", () => {
  const room = feed({
    10: [ship(1, 0, {}, true), ship(2, 0)],
    11: [ship(1, 10, {}, true), ship(2, 10)],
    12: [ship(1, 20, {}, true), ship(2, 20)],
  });
  const entities = drawn(room, 10.5);
  assert.deepEqual(entities.map((e) => [e["id"], e["own"], (e["pos"] as { x: number }).x]), [[1, true, 15], [2, false, 5]]);
  assert.equal(entities[0]!["ammo"], 5);
});

test("an own entity that died does not come back out of the past", () => {
  const room = feed({ 10: [ship(1, 0, {}, true)], 11: [ship(1, 0, {}, true)], 12: [], 13: [] });
  assert.deepEqual(drawn(room, 10.5).length, 1);
  assert.deepEqual(drawn(room, 11.2).length, 0, "drawn at tick 12.2, where it is gone");
});

test("objects are reused while an entity lives and drawing never passes the newest snapshot", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [ship(1, 10)] });
  const [before] = drawn(room, 10.2);
  const pos = before!["pos"];
  const [afterwards] = drawn(room, 99);
  assert.equal(afterwards, before);
  assert.equal(afterwards!["pos"], pos);
  assert.deepEqual(pos, { x: 10, y: 0 });
});

test("an entity that was away comes back as another object", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [], 12: [ship(1, 0)] });
  const [before] = drawn(room, 10);
  assert.equal(drawn(room, 11).length, 0);
  assert.notEqual(drawn(room, 12)[0], before);
});

test("drawing does not go back when an Update is late", () => {
  const room = feed({ 10: [ship(1, 0)], 11: [ship(1, 10)], 12: [ship(1, 20)] });
  const before = room.advance(12 * TICK_MS + 30);
  assert.ok(room.advance(12 * TICK_MS + 20) >= before);
});

test("the delay covers the jitter and a long silence does not run it away", () => {
  const clock = new RenderClock(TICK_MS, 1);
  for (let tick = 1; tick < 500; tick++) clock.push(tick, tick * TICK_MS + (tick % 2) * 10);
  assert.ok(clock.delayMs > 45 && clock.delayMs < 60, `${clock.delayMs} ms`);
  // A page that was frozen for ten seconds gets everything at once.
  for (let tick = 500; tick < 1000; tick++) clock.push(tick, 1000 * TICK_MS);
  for (let tick = 1000; tick < 1050; tick++) clock.push(tick, tick * TICK_MS);
  assert.ok(1050 - clock.tickAt(1050 * TICK_MS, 0, 0) < 8, `${clock.tickAt(1050 * TICK_MS, 0, 0)}`);
});
