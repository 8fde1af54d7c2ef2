// Draws one view on the canvas. Knows no room and no rules.

import * as palette from "./palette.js";
import { HALF } from "./camera.js";

const TURN = Math.PI * 2;

export class Renderer {
  constructor(canvas, camera) {
    this.context = canvas.getContext("2d", { alpha: false });
    this.camera = camera;
    this.sprites = new Map();
    this.rocks = new Map();
  }

  /** Draws everything; `local` says what the page knows better than the server: the own aim, the pointer. */
  draw(view, effects, local, seconds) {
    const { context: c, camera } = this;
    camera.applyScreen(c);
    c.globalAlpha = 1;
    c.fillStyle = palette.ground;
    c.fillRect(0, 0, camera.width, camera.height);
    camera.applyWorld(c, effects.shake);
    this.#floor();
    for (const wall of view.walls) this.#wall(wall);
    this.#lights(view, effects);
    for (const ship of view.ships) this.#ship(ship, view, local, seconds);
    camera.applyScreen(c);
    for (const ship of view.ships) this.#label(ship, view, effects.shake);
    if (local.pointer && effects.marker > 0) this.#marker(local.pointer, effects.marker);
  }

  #floor() {
    const c = this.context;
    const thin = 1 / this.camera.scale;
    this.light ??= floorLight(c);
    c.fillStyle = this.light;
    c.fillRect(-HALF.x, -HALF.y, 2 * HALF.x, 2 * HALF.y);
    c.beginPath();
    for (let x = -HALF.x + 50; x < HALF.x; x += 50) line(c, x, -HALF.y, x, HALF.y);
    for (let y = -HALF.y + 50; y < HALF.y; y += 50) line(c, -HALF.x, y, HALF.x, y);
    c.lineWidth = thin;
    c.strokeStyle = palette.grid;
    c.stroke();
    c.lineWidth = 2 * thin;
    c.strokeStyle = palette.edge;
    c.strokeRect(-HALF.x, -HALF.y, 2 * HALF.x, 2 * HALF.y);
  }

  #wall(wall) {
    const c = this.context;
    if (wall.half.x === 0 && wall.half.y === 0) {
      this.#rock(wall);
      return;
    }
    const { x, y } = wall.half;
    const r = wall.radius;
    c.beginPath();
    c.roundRect(wall.pos.x - x - r, wall.pos.y - y - r, 2 * (x + r), 2 * (y + r), r);
    c.fillStyle = palette.wallFill;
    c.fill();
    c.lineWidth = 1.6;
    c.strokeStyle = palette.wallLine;
    c.stroke();
  }

  #rock(wall) {
    const c = this.context;
    let rock = this.rocks.get(wall.id);
    // Another room has other rocks by the same ids.
    if (rock?.radius !== wall.radius) {
      rock = rockPaths(wall.radius, wall.id);
      this.rocks.set(wall.id, rock);
    }
    c.save();
    c.translate(wall.pos.x, wall.pos.y);
    c.fillStyle = palette.rockFill;
    c.fill(rock.outline);
    c.fillStyle = palette.rockDent;
    c.fill(rock.dents);
    c.lineWidth = 1.6;
    c.lineJoin = "round";
    c.strokeStyle = palette.rockLine;
    c.stroke(rock.outline);
    c.restore();
  }

  /** All that glows: bullets, sparks, rings. Light adds up. */
  #lights(view, effects) {
    const c = this.context;
    c.globalCompositeOperation = "lighter";
    c.lineCap = "round";
    for (const bullet of view.bullets) this.#bullet(bullet, palette.colourOf(view.pilots.get(bullet.pilot)));
    for (const p of effects.particles) {
      const share = p.left / p.life;
      const size = p.size * (1.5 + 2.5 * share);
      c.globalAlpha = share * 0.9;
      c.drawImage(this.#glow(p.colour), p.x - size, p.y - size, 2 * size, 2 * size);
    }
    for (const ring of effects.rings) {
      const t = ring.age / ring.life;
      const eased = 1 - (1 - t) * (1 - t);
      c.globalAlpha = (1 - t) * 0.8;
      c.lineWidth = 2.5 * (1 - t) + 0.4;
      c.strokeStyle = ring.colour;
      c.beginPath();
      c.arc(ring.x, ring.y, ring.from + (ring.to - ring.from) * eased, 0, TURN);
      c.stroke();
    }
    c.globalAlpha = 1;
    c.globalCompositeOperation = "source-over";
  }

  #bullet(bullet, colour) {
    const c = this.context;
    const speed = Math.hypot(bullet.vel.x, bullet.vel.y) || 1;
    const [ux, uy] = [bullet.vel.x / speed, bullet.vel.y / speed];
    const { x, y } = bullet.pos;
    c.strokeStyle = colour;
    c.globalAlpha = 0.22;
    c.lineWidth = 3;
    stroke(c, x - ux * 30, y - uy * 30, x, y);
    c.globalAlpha = 0.6;
    c.lineWidth = 2.4;
    stroke(c, x - ux * 15, y - uy * 15, x, y);
    c.globalAlpha = 0.55;
    c.drawImage(this.#glow(colour), x - 9, y - 9, 18, 18);
    c.globalAlpha = 1;
    c.strokeStyle = "#ffffff";
    c.lineWidth = 2;
    stroke(c, x - ux * 4, y - uy * 4, x, y);
  }

  #ship(ship, view, local, seconds) {
    const c = this.context;
    const colour = ship.own ? palette.own : palette.colourOf(view.pilots.get(ship.pilot));
    const aim = ship.own && local.aim !== null ? local.aim : ship.aim;
    c.save();
    c.translate(ship.pos.x, ship.pos.y);
    if (ship.own) this.#halo(colour, aim);
    if (ship.protected) shield(c, colour, seconds);
    c.rotate(aim);
    const throttle = ship.own ? Math.min(1, Math.hypot(local.thrust.x, local.thrust.y)) : ship.throttle;
    if (throttle > 0.05) flame(c, throttle, seconds, ship.id);
    if (ship.own && local.flash > 0) {
      c.globalAlpha = local.flash;
      c.drawImage(this.#glow("#ffffff"), 8, -11, 22, 22);
      c.globalAlpha = 1;
    }
    hullPath(c);
    c.fillStyle = "#0d1424";
    c.fill();
    c.globalAlpha = ship.own ? 0.5 : 0.3;
    c.fillStyle = colour;
    c.fill();
    c.globalAlpha = 1;
    c.lineWidth = ship.own ? 2.2 : 1.8;
    c.lineJoin = "round";
    c.strokeStyle = colour;
    c.stroke();
    c.beginPath();
    c.arc(2.5, 0, 2.2, 0, TURN);
    c.fillStyle = ship.own ? "#ffffff" : colour;
    c.fill();
    c.restore();
  }

  /** Finds the own ship for the eye: a soft light, and a hint of where it aims. */
  #halo(colour, aim) {
    const c = this.context;
    c.globalAlpha = 0.28;
    c.drawImage(this.#glow(colour), -46, -46, 92, 92);
    c.globalAlpha = 0.3;
    c.strokeStyle = colour;
    c.lineWidth = 1.2;
    c.setLineDash([3, 7]);
    stroke(c, Math.cos(aim) * 26, Math.sin(aim) * 26, Math.cos(aim) * 92, Math.sin(aim) * 92);
    c.setLineDash([]);
    c.globalAlpha = 1;
  }

  #label(ship, view, shake) {
    const c = this.context;
    const pilot = view.pilots.get(ship.pilot);
    if (ship.health <= 0) return;
    const colour = ship.own ? palette.own : palette.colourOf(pilot);
    const at = this.camera.toScreen(ship.pos);
    const x = Math.round(at.x + shake.x);
    const y = Math.round(at.y + shake.y - 24 * this.camera.scale);
    const width = Math.max(22, 34 * this.camera.scale);
    const share = Math.max(0, Math.min(1, ship.health / 100));
    c.fillStyle = "rgba(140, 165, 215, 0.22)";
    c.fillRect(x - width / 2, y - 3, width, 3);
    c.fillStyle = share <= 0.35 ? palette.danger : colour;
    c.fillRect(x - width / 2, y - 3, width * share, 3);
    const size = Math.round(Math.max(9, Math.min(13, 13 * this.camera.scale)));
    c.font = `${ship.own ? 700 : 600} ${size}px Inter, "Segoe UI", system-ui, "Helvetica Neue", Arial, sans-serif`;
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    c.fillStyle = ship.own ? palette.text : palette.dim;
    c.fillText(pilot ? pilot.name : "", x, y - 7);
  }

  #marker(at, left) {
    const c = this.context;
    c.globalAlpha = Math.min(1, left / 0.1);
    c.strokeStyle = "#ffffff";
    c.lineWidth = 2;
    for (const [x, y] of [[1, 1], [1, -1], [-1, 1], [-1, -1]]) {
      stroke(c, at.x + x * 7, at.y + y * 7, at.x + x * 12, at.y + y * 12);
    }
    c.globalAlpha = 1;
  }

  /** A soft disc of a colour; far cheaper than a shadow. */
  #glow(colour) {
    let sprite = this.sprites.get(colour);
    if (sprite) return sprite;
    sprite = document.createElement("canvas");
    sprite.width = sprite.height = 64;
    const c = sprite.getContext("2d");
    const light = c.createRadialGradient(32, 32, 0, 32, 32, 32);
    light.addColorStop(0, colour);
    light.addColorStop(0.25, `${colour}aa`);
    light.addColorStop(1, `${colour}00`);
    c.fillStyle = light;
    c.fillRect(0, 0, 64, 64);
    this.sprites.set(colour, sprite);
    return sprite;
  }
}

function floorLight(c) {
  const light = c.createRadialGradient(0, 0, 0, 0, 0, HALF.x * 1.1);
  light.addColorStop(0, palette.floorLight);
  light.addColorStop(1, palette.floor);
  return light;
}

function line(c, x0, y0, x1, y1) {
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
}

function stroke(c, x0, y0, x1, y1) {
  c.beginPath();
  line(c, x0, y0, x1, y1);
  c.stroke();
}

function hullPath(c) {
  c.beginPath();
  c.moveTo(17, 0);
  c.lineTo(-11, 11);
  c.lineTo(-6, 0);
  c.lineTo(-11, -11);
  c.closePath();
}

function flame(c, throttle, seconds, id) {
  const flicker = 0.8 + 0.2 * Math.sin(seconds * 47 + id * 1.7) + 0.12 * Math.sin(seconds * 83 + id);
  const length = 8 + 15 * throttle * flicker;
  for (const [reach, half, colour] of [[length, 4.6, "rgba(255, 140, 70, 0.75)"], [length * 0.55, 2.6, "#ffe9b8"]]) {
    c.beginPath();
    c.moveTo(-7, half);
    c.quadraticCurveTo(-7 - reach * 0.5, half * 0.7, -7 - reach, 0);
    c.quadraticCurveTo(-7 - reach * 0.5, -half * 0.7, -7, -half);
    c.closePath();
    c.fillStyle = colour;
    c.fill();
  }
}

function shield(c, colour, seconds) {
  c.globalAlpha = 0.45 + 0.25 * Math.sin(seconds * 9);
  c.lineWidth = 1.6;
  c.strokeStyle = colour;
  c.setLineDash([7, 5]);
  c.lineDashOffset = -seconds * 26;
  c.beginPath();
  c.arc(0, 0, 23, 0, TURN);
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

/** The same asteroid looks the same on every page: its shape follows from its id. */
function rockPaths(radius, id) {
  let state = Math.imul(id + 1, 2654435761) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const outline = new Path2D();
  const corners = 11 + Math.round(random() * 4);
  for (let i = 0; i < corners; i += 1) {
    const way = ((i + (random() - 0.5) * 0.5) / corners) * TURN;
    // Ships bounce off the full circle: the drawn rock stays close to it.
    const reach = radius * (0.9 + random() * 0.12);
    const point = [Math.cos(way) * reach, Math.sin(way) * reach];
    if (i === 0) outline.moveTo(...point);
    else outline.lineTo(...point);
  }
  outline.closePath();
  const dents = new Path2D();
  for (let i = 0; i < 4; i += 1) {
    const way = random() * TURN;
    const reach = radius * (0.15 + random() * 0.4);
    const size = radius * (0.08 + random() * 0.14);
    const [x, y] = [Math.cos(way) * reach, Math.sin(way) * reach];
    dents.moveTo(x + size, y);
    dents.arc(x, y, size, 0, TURN);
  }
  return { radius, outline, dents };
}
