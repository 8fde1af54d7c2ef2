// What does not move: the floor, its grid, bars, asteroids, and the pads that pickups lie on.

import * as palette from "./palette.js";
import { PICKUPS, drawSign } from "./arsenal.js";
import { HALF } from "./camera.js";
import { glow } from "./glow.js";

const TURN = Math.PI * 2;
const CELL = 80;

export class Ground {
  constructor() {
    this.rocks = new Map();
  }

  draw(c, camera, view, seconds) {
    this.#floor(c, camera);
    for (const pad of view.pickups) if (camera.sees(pad.pos, 40)) drawPad(c, pad, seconds);
    for (const wall of view.walls) this.#wall(c, camera, wall);
  }

  #floor(c, camera) {
    const thin = 1 / camera.scale;
    this.light ??= floorLight(c);
    c.fillStyle = this.light;
    c.fillRect(-HALF.x, -HALF.y, 2 * HALF.x, 2 * HALF.y);
    c.beginPath();
    for (let x = -HALF.x + CELL; x < HALF.x; x += CELL) line(c, x, -HALF.y, x, HALF.y);
    for (let y = -HALF.y + CELL; y < HALF.y; y += CELL) line(c, -HALF.x, y, HALF.x, y);
    c.lineWidth = thin;
    c.strokeStyle = palette.grid;
    c.stroke();
    // The middle is marked: a place to know where one is.
    c.beginPath();
    c.arc(0, 0, 190, 0, TURN);
    c.lineWidth = 2 * thin;
    c.stroke();
    c.lineWidth = 3 * thin;
    c.strokeStyle = palette.edge;
    c.strokeRect(-HALF.x, -HALF.y, 2 * HALF.x, 2 * HALF.y);
  }

  #wall(c, camera, wall) {
    const { x, y } = wall.half;
    const r = wall.radius;
    if (!camera.sees(wall.pos, Math.hypot(x, y) + r)) return;
    if (x === 0 && y === 0) {
      this.#rock(c, wall);
      return;
    }
    c.beginPath();
    c.roundRect(wall.pos.x - x - r, wall.pos.y - y - r, 2 * (x + r), 2 * (y + r), r);
    c.fillStyle = palette.wallFill;
    c.fill();
    c.lineWidth = 1.8;
    c.strokeStyle = palette.wallLine;
    c.stroke();
  }

  #rock(c, wall) {
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
}

function drawPad(c, pad, seconds) {
  const { colour } = PICKUPS[pad.kind] ?? PICKUPS.Health;
  c.save();
  c.translate(pad.pos.x, pad.pos.y);
  c.strokeStyle = colour;
  c.fillStyle = colour;
  c.lineCap = "round";
  c.lineJoin = "round";
  c.globalAlpha = pad.ready ? 0.55 : 0.16;
  c.lineWidth = 1.5;
  c.setLineDash([9, 6.7]);
  c.lineDashOffset = pad.ready ? -seconds * 12 : 0;
  c.beginPath();
  c.arc(0, 0, 20, 0, TURN);
  c.stroke();
  c.setLineDash([]);
  if (pad.ready) {
    const pulse = 1 + 0.06 * Math.sin(seconds * 3 + pad.id);
    c.globalAlpha = 0.3;
    c.drawImage(glow(colour), -36, -36, 72, 72);
    c.globalAlpha = 1;
    c.lineWidth = 2.8;
    c.scale(pulse, pulse);
    drawSign(c, pad.kind);
  }
  c.restore();
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
