// The picture behind the name prompt: a few ships that fly by themselves. No room, no rules.

import { HALF } from "./camera.js";

const COUNT = 9;
/** The picture shows the middle of the arena only. */
const SPAN = { x: HALF.x * 0.5, y: HALF.y * 0.5 };

/** A view, as `readView` gives it, of ships on lazy curves. */
export function attractView(seconds) {
  const view = { pilots: new Map(), ships: [], bullets: [], walls: WALLS, pickups: PADS, me: null, ship: null };
  for (let i = 0; i < COUNT; i += 1) {
    view.pilots.set(i, { number: i, name: "", colour: i, own: false, alive: true, kills: 0, deaths: 0 });
    const pos = curve(i, seconds);
    const next = curve(i, seconds + 0.05);
    const vel = { x: (next.x - pos.x) / 0.05, y: (next.y - pos.y) / 0.05 };
    const aim = Math.atan2(vel.y, vel.x);
    view.ships.push({ id: i, pilot: i, own: false, pos, vel, aim, throttle: 0.7, health: 0, shield: 0, weapon: GUNS[i % 4], protected: false });
  }
  return view;
}

function curve(i, seconds) {
  const t = seconds * (0.16 + 0.02 * (i % 4)) + i * 2.4;
  const x = Math.sin(t * (1 + (i % 3) * 0.3)) * SPAN.x * (0.5 + 0.05 * i);
  const y = Math.cos(t * (1.3 - (i % 2) * 0.4) + i) * SPAN.y * 0.85;
  return { x, y };
}

const rock = (id, x, y, radius) => ({ id, pos: { x, y }, half: { x: 0, y: 0 }, radius });
const WALLS = [rock(1, -560, -280, 52), rock(2, 560, 280, 52), rock(3, 600, -250, 34), rock(4, -600, 250, 34)];
const GUNS = ["Blaster", "Scatter", "Cannon", "Repeater"];
const PADS = ["Health", "Shield", "Scatter", "Cannon", "Repeater"].map((kind, i) => {
  const way = (i / 5) * Math.PI * 2 - 1.2;
  return { id: i, kind, ready: true, pos: { x: Math.cos(way) * 480, y: Math.sin(way) * 330 } };
});
