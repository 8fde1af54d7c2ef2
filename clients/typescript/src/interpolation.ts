/**
 * What is drawn: a ring of the newest snapshots, and for a render tick between two of them the
 * entities as plain objects. Entities of others are drawn a little in the past, so that there is
 * a snapshot on either side; own entities with the smallest delay, so that steering feels immediate.
 *
 * Objects belong to this module: each entity has one object, which is filled again on every `advance`.
 */

import { type FieldLayout, type Layout, numbersOf, readField, type RecordLayout, setComponents } from "./layout.ts";
import { SNAPSHOTS_MAX } from "./limits.ts";
import { RenderClock } from "./render-clock.ts";
import { Snapshot, type World } from "./world.ts";

/** A replicated entity as it is drawn. Its declared fields are properties; ones called `id` or `own` are hidden by these. */
export interface Entity {
  readonly id: number;
  /** Whether it belongs to this player. */
  readonly own: boolean;
}

/** An entity's object and what it was last filled from. */
interface View {
  readonly entity: Record<string, unknown>;
  readonly classIndex: number;
  /** Row that steps were read from; compared so that texts are decoded only when they change. */
  readonly words: Uint32Array;
  /** Number of the `advance` that drew it last. */
  drawn: number;
}

/** Two snapshots around a tick; `b` is `a` when there is nothing to move towards. */
interface Pair {
  a: Snapshot;
  b: Snapshot;
  alpha: number;
}

const TAU = 2 * Math.PI;

export class Interpolation {
  readonly clock: RenderClock;
  readonly #layout: Layout;
  /** Oldest first; at most `SNAPSHOTS_MAX`. */
  readonly #ring: Snapshot[] = [];
  readonly #views = new Map<number, View>();
  readonly #byClass: Entity[][];
  #frame = 0;
  #tick = 0;
  #ownTick = 0;

  constructor(layout: Layout, tickMs: number, snapshotEvery: number) {
    this.clock = new RenderClock(tickMs, snapshotEvery);
    this.#layout = layout;
    this.#byClass = layout.classes.map(() => []);
  }

  /** Takes the state of `tick`, which has just arrived. */
  push(world: World, tick: number, nowMs: number): void {
    const snapshot = this.#ring.length < SNAPSHOTS_MAX ? new Snapshot() : this.#ring.shift()!;
    world.merge(snapshot);
    snapshot.tick = tick;
    this.#ring.push(snapshot);
    this.clock.push(tick, nowMs);
  }

  /** Tick that entities of others would be drawn at, with its fraction. */
  tickAt(nowMs: number): number {
    return this.clock.tickAt(nowMs, this.clock.delayMs, this.#tick);
  }

  /** Fills the objects for `nowMs` and returns the tick that is drawn. */
  advance(nowMs: number): number {
    const { clock } = this;
    this.#tick = this.tickAt(nowMs);
    this.#ownTick = clock.tickAt(nowMs, clock.ownDelayMs, this.#ownTick);
    if (this.#ring.length === 0) return this.#tick;
    this.#frame += 1;
    for (const list of this.#byClass) list.length = 0;
    const own = this.#pairAt(this.#ownTick);
    this.#drawOwn(own);
    this.#drawOthers(this.#pairAt(this.#tick), own.a);
    for (const [id, view] of this.#views) if (view.drawn !== this.#frame) this.#views.delete(id);
    return this.#tick;
  }

  /** Entities of a class as the last `advance` drew them. The array and its objects are reused. */
  entities(classIndex: number): readonly Entity[] {
    return this.#byClass[classIndex]!;
  }

  #pairAt(tick: number): Pair {
    let i = this.#ring.length - 1;
    while (i > 0 && this.#ring[i]!.tick > tick) i -= 1;
    const a = this.#ring[i]!;
    const b = this.#ring[i + 1] ?? a;
    const alpha = b === a ? 0 : Math.max(0, Math.min(1, (tick - a.tick) / (b.tick - a.tick)));
    return { a, b, alpha };
  }

  #drawOwn(pair: Pair): void {
    const { a } = pair;
    for (let row = 0; row < a.count; row++) if (a.own[row] === 1) this.#draw(pair, row, true);
  }

  #drawOthers(pair: Pair, newest: Snapshot): void {
    const { a } = pair;
    for (let row = 0; row < a.count; row++) {
      const id = a.ids[row]!;
      if (this.#views.get(id)?.drawn === this.#frame) continue;
      // It was own, and is gone from the snapshot that own entities are drawn from.
      if (a.own[row] === 1 && newest.rowOf(id) < 0) continue;
      this.#draw(pair, row, false);
    }
  }

  #draw({ a, b, alpha }: Pair, row: number, own: boolean): void {
    const id = a.ids[row]!;
    const classIndex = a.classes[row]!;
    const layout = this.#layout.classes[classIndex]!;
    const view = this.#view(id, classIndex, layout);
    const at = a.starts[row]!;
    const next = alpha > 0 ? b.rowOf(id) : -1;
    const moves = next >= 0 && b.classes[next] === classIndex && sameOnce(layout, a.words, at, b.words, b.starts[next]!);
    view.entity["own"] = own;
    for (const field of layout.fields) {
      if (field.name === "id" || field.name === "own") continue;
      if (field.linear && moves) between(view.entity, field, a.words, at, b.words, b.starts[next]!, alpha);
      else step(view, field, a.words, at);
    }
    view.drawn = this.#frame;
    this.#byClass[classIndex]!.push(view.entity as unknown as Entity);
  }

  #view(id: number, classIndex: number, layout: RecordLayout): View {
    const known = this.#views.get(id);
    if (known !== undefined && known.classIndex === classIndex) return known;
    const view = { entity: { id, own: false }, classIndex, words: new Uint32Array(layout.words), drawn: 0 };
    this.#views.set(id, view);
    return view;
  }
}

function sameOnce(layout: RecordLayout, a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (const field of layout.fields) {
    if (field.once && !sameWords(field, a, aAt, b, bAt)) return false;
  }
  return true;
}

function sameWords(field: FieldLayout, a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let i = field.at; i < field.at + field.words; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}

/** The numbers of one field in two snapshots. */
const FROM = new Float64Array(4);
const TO = new Float64Array(4);

/** Sets a field to its value in one snapshot. */
function step(view: View, field: FieldLayout, words: Uint32Array, at: number): void {
  const { entity } = view;
  if (isVector(field)) {
    set(entity, field, FROM, numbersOf(field, words, at, FROM));
    return;
  }
  // Linear fields move away from the compared row, so only steps may be left as they are.
  if (field.name in entity && !field.linear && sameWords(field, words, at, view.words, 0)) return;
  entity[field.name] = readField(field, words, at);
  for (let i = field.at; i < field.at + field.words; i++) view.words[i] = words[at + i]!;
}

/** Sets a linear field to its value between two snapshots. */
function between(
  entity: Record<string, unknown>,
  field: FieldLayout,
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
  alpha: number,
): void {
  const { kind, snap } = field;
  if (kind.type === "flag" || kind.type === "enum" || kind.type === "text") {
    entity[field.name] = readField(field, a, aAt);
    return;
  }
  const count = numbersOf(field, a, aAt, FROM);
  numbersOf(field, b, bAt, TO);
  if (kind.type === "quat") turn(snap, alpha);
  else move(kind.type === "angle", count, snap, alpha);
  set(entity, field, FROM, count);
}

/** Moves the numbers of `FROM` towards `TO`, unless they are further apart than `snap`. */
function move(isAngle: boolean, count: number, snap: number, alpha: number): void {
  let squared = 0;
  for (let i = 0; i < count; i++) {
    const change = TO[i]! - FROM[i]!;
    TO[i] = isAngle ? shorterArc(change) : change;
    squared += TO[i]! * TO[i]!;
  }
  const share = snap > 0 && squared > snap * snap ? 0 : alpha;
  for (let i = 0; i < count; i++) FROM[i]! += TO[i]! * share;
  if (isAngle) FROM[0] = (FROM[0]! + TAU) % TAU;
}

/** Turns the rotation of `FROM` towards that of `TO` the shorter way round: the chord, normalized. */
function turn(snap: number, alpha: number): void {
  let dot = 0;
  for (let i = 0; i < 4; i++) dot += FROM[i]! * TO[i]!;
  const radians = 2 * Math.acos(Math.min(1, Math.abs(dot)));
  const share = snap > 0 && radians > snap ? 0 : alpha;
  let squared = 0;
  for (let i = 0; i < 4; i++) {
    FROM[i] = FROM[i]! * (1 - share) + TO[i]! * (dot < 0 ? -share : share);
    squared += FROM[i]! * FROM[i]!;
  }
  const length = Math.sqrt(squared);
  for (let i = 0; i < 4; i++) FROM[i]! /= length;
}

function isVector(field: FieldLayout): boolean {
  return field.kind.type === "vec2" || field.kind.type === "vec3" || field.kind.type === "quat";
}

/** Sets a numeric field; the object of a vector is filled again. */
function set(entity: Record<string, unknown>, field: FieldLayout, numbers: Float64Array, count: number): void {
  const { name } = field;
  entity[name] = isVector(field) ? setComponents(entity[name] as Record<string, number> | undefined, numbers, count) : numbers[0]!;
}

function shorterArc(change: number): number {
  if (change > Math.PI) return change - TAU;
  return change < -Math.PI ? change + TAU : change;
}
