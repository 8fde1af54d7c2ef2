// What nobody needs to agree on: sparks, blasts, rings, the shaking of the screen.

import { flame } from "./palette.js";

const PARTICLES_MAX = 700;
const STILL = { x: 0, y: 0 };
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

export class Effects {
  constructor() {
    this.particles = [];
    this.rings = [];
    this.bullets = new Map();
    this.trauma = 0;
    this.shake = { x: 0, y: 0 };
    this.marker = { left: 0, at: STILL, kill: false };
    /** Words that rise from a place. */
    this.floats = [];
    /** Sides that the own ship was hit from. */
    this.wounds = [];
  }

  advance(dt) {
    const drag = Math.exp(-2.6 * dt);
    for (const p of this.particles) {
      p.left -= dt;
      p.x += p.vx * dt;
      p.y += p.vy * dt;
      p.vx *= drag;
      p.vy *= drag;
    }
    for (const ring of this.rings) ring.age += dt;
    this.particles = this.particles.filter((p) => p.left > 0);
    this.rings = this.rings.filter((ring) => ring.age < ring.life);
    for (const float of this.floats) float.age += dt;
    for (const wound of this.wounds) wound.left -= dt;
    this.floats = this.floats.filter((float) => float.age < float.life);
    this.wounds = this.wounds.filter((wound) => wound.left > 0);
    this.marker.left = Math.max(0, this.marker.left - dt);
    this.trauma = Math.max(0, this.trauma - dt * 2.2);
    const reach = calm.matches ? 0 : this.trauma * this.trauma * 9;
    this.shake = { x: (Math.random() * 2 - 1) * reach, y: (Math.random() * 2 - 1) * reach };
  }

  #emit(x, y, angle, speed, life, size, colour, drift = STILL) {
    if (this.particles.length >= PARTICLES_MAX || document.hidden) return;
    const vx = Math.cos(angle) * speed + drift.x * 0.6;
    const vy = Math.sin(angle) * speed + drift.y * 0.6;
    this.particles.push({ x, y, vx, vy, left: life, life, size, colour });
  }

  /** Sparks in all directions, or in a cone around `angle`. */
  sparks(at, colour, count, speed, angle = 0, spread = Math.PI) {
    for (let i = 0; i < count; i += 1) {
      const way = angle + (Math.random() * 2 - 1) * spread;
      this.#emit(at.x, at.y, way, speed * (0.25 + Math.random() * 0.75), 0.18 + Math.random() * 0.3, 1.2 + Math.random() * 1.4, colour);
    }
  }

  ring(at, colour, from, to, life) {
    // A hidden page hears events but draws no frame in which a ring could end.
    if (document.hidden) return;
    this.rings.push({ x: at.x, y: at.y, colour, from, to, life, age: 0 });
  }

  hit(at, colour) {
    this.sparks(at, colour, 7, 210);
    this.sparks(at, "#ffffff", 3, 130);
  }

  blast(at, drift, colour) {
    this.ring(at, colour, 8, 78, 0.5);
    this.ring(at, "#ffffff", 4, 34, 0.22);
    for (let i = 0; i < 46; i += 1) {
      const way = Math.random() * Math.PI * 2;
      const speed = 40 + Math.random() * 300;
      const paint = i % 3 === 0 ? "#ffffff" : i % 3 === 1 ? flame : colour;
      this.#emit(at.x, at.y, way, speed, 0.35 + Math.random() * 0.65, 1.4 + Math.random() * 2.4, paint, drift);
    }
  }

  spawn(at, colour) {
    this.ring(at, colour, 60, 18, 0.45);
  }

  exhaust(ship, colour, dt) {
    if (Math.random() > ship.throttle * dt * 40) return;
    const back = ship.aim + Math.PI;
    const at = { x: ship.pos.x + Math.cos(back) * 14, y: ship.pos.y + Math.sin(back) * 14 };
    this.#emit(at.x, at.y, back + (Math.random() - 0.5) * 0.7, 60 + Math.random() * 70, 0.25 + Math.random() * 0.2, 1.1, colour);
  }

  /** Bullets that ended since the last frame leave a few sparks where they were seen last. */
  track(bullets, colourFor) {
    const now = new Map();
    for (const bullet of bullets) {
      now.set(bullet.id, { x: bullet.pos.x, y: bullet.pos.y, angle: Math.atan2(bullet.vel.y, bullet.vel.x), pilot: bullet.pilot });
    }
    for (const [id, last] of this.bullets) {
      if (!now.has(id)) this.sparks(last, colourFor(last.pilot), 4, 120, last.angle + Math.PI, 0.9);
    }
    this.bullets = now;
  }

  jolt(strength) {
    this.trauma = Math.min(1, this.trauma + strength);
  }

  /** The cross that says "you hit somebody". */
  confirm(at, kill) {
    if (!kill && this.marker.kill && this.marker.left > 0) return;
    this.marker = { left: kill ? 0.35 : 0.14, at: { ...at }, kill };
  }

  /** The own ship was hit by something that flew in the direction `way`. */
  wound(way, shielded) {
    this.wounds.push({ from: way + Math.PI, left: 0.7, shielded });
    if (this.wounds.length > 6) this.wounds.shift();
  }

  float(at, text, colour) {
    if (document.hidden) return;
    this.floats.push({ at: { ...at }, text, colour, age: 0, life: 1 });
  }

  /** Forgets everything, for a new room. */
  clear() {
    this.particles = [];
    this.rings = [];
    this.floats = [];
    this.wounds = [];
    this.bullets.clear();
    this.trauma = 0;
  }
}
