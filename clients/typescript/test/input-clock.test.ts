import assert from "node:assert/strict";
import { test } from "node:test";
import { InputClock } from "../dist/input-clock.js";

const TICK_MS = 1000 / 60;

/**
 * A server whose tick `t` starts at `t * TICK_MS + shift`, behind a link with the given one-way delays.
 * Returns the margins in order of arrival.
 */
function run(settings: { startTick: number; seconds: number; way: (n: number) => number; shift?: (ms: number) => number }): { ms: number; margin: number; tick: number }[] {
  const { startTick, seconds, way, shift = () => 0 } = settings;
  const clock = new InputClock(TICK_MS);
  clock.anchor(startTick, 0);
  const reports: { readonly at: number; readonly number: number; readonly margin: number }[] = [];
  const log: { ms: number; margin: number; tick: number }[] = [];
  let next = startTick;
  let number = 0;
  let arrived = 0;
  for (let ms = 0; ms < seconds * 1000; ms++) {
    while (reports.length > 0 && reports[0]!.at <= ms) {
      const report = reports.shift()!;
      clock.report(report.number, report.margin, ms);
    }
    const position = Math.floor(clock.advance(ms));
    if (clock.takeJump()) next = position;
    for (; next <= position; next++) {
      number += 1;
      clock.made(number);
      // One stream: nothing overtakes.
      arrived = Math.max(arrived, ms + way(number));
      const margin = (next * TICK_MS + shift(arrived) - arrived) / TICK_MS;
      log.push({ ms: arrived, margin, tick: next });
      reports.push({ at: Math.max(arrived + way(number), reports.at(-1)?.at ?? 0), number, margin });
    }
  }
  return log;
}

const after = (log: { ms: number; margin: number }[], ms: number): number[] => log.filter((entry) => entry.ms > ms).map((entry) => entry.margin);

test("the margin comes into its band from either side and stays there", () => {
  for (const [name, startTick] of [["late", -3], ["in time", 5], ["early", 11]] as const) {
    const margins = after(run({ startTick, seconds: 12, way: () => 50 }), 6000);
    assert.ok(margins.length > 300, name);
    assert.ok(Math.min(...margins) >= 0.45 && Math.max(...margins) <= 2.1, `${name}: ${Math.min(...margins)}..${Math.max(...margins)}`);
  }
});

test("a long way back does not make it swing", () => {
  const margins = after(run({ startTick: 14, seconds: 20, way: () => 200 }), 8000);
  assert.ok(Math.min(...margins) >= 0.45 && Math.max(...margins) <= 2.1, `${Math.min(...margins)}..${Math.max(...margins)}`);
});

test("with jitter few inputs are late", () => {
  const margins = after(run({ startTick: 5, seconds: 20, way: (n) => 40 + ((n * 7919) % 13) * 2 }), 6000);
  const late = margins.filter((margin) => margin < 0).length;
  assert.ok(late * 100 < margins.length, `${late} of ${margins.length} late`);
  assert.ok(Math.max(...margins) < 4.5, `${Math.max(...margins)}`);
});

test("ticks are neither skipped nor repeated while it trims", () => {
  const log = run({ startTick: -3, seconds: 8, way: () => 30 });
  for (let i = 1; i < log.length; i++) assert.equal(log[i]!.tick, log[i - 1]!.tick + 1);
});

test("it jumps only for an error of more than eight ticks that lasts", () => {
  const jumps = (log: { tick: number }[]): number => log.filter((entry, i) => i > 0 && entry.tick !== log[i - 1]!.tick + 1).length;
  assert.equal(jumps(run({ startTick: 6 - 7, seconds: 6, way: () => 50 })), 0);
  const shifted = run({ startTick: 5, seconds: 10, way: () => 50, shift: (ms) => (ms > 3000 ? 20 * TICK_MS : 0) });
  assert.equal(jumps(shifted), 1);
  const margins = after(shifted, 6000);
  assert.ok(Math.min(...margins) >= 0.45 && Math.max(...margins) <= 2.1, `${Math.min(...margins)}..${Math.max(...margins)}`);
  // A stall: everything of it arrives at once.
  for (const inputs of [12, 24]) {
    const stall = run({ startTick: 5, seconds: 10, way: (n) => (n > 180 && n < 180 + inputs ? 50 + (180 + inputs - n) * TICK_MS : 50) });
    assert.equal(jumps(stall), 0, `${inputs} inputs`);
  }
});
