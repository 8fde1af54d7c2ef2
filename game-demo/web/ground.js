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
    const walls = view.walls.filter((wall) => camera.sees(wall.pos, Math.hypot(wall.half.x, wall.half.y) + wall.radius));
    // All rims before all faces, so that bars that meet become one.
    for (const wall of walls) if (!isRock(wall)) barPath(c, wall, true);
    for (const wall of walls) if (!isRock(wall)) barPath(c, wall, false);
    for (const wall of walls) if (isRock(wall)) this.#rock(c, wall);
  }

  #floor(c, camera) {
    const thin = 1 / camera.scale;
    this.light ??= floorLight(c);
    c.fillStyle = this.light;
    c.fillRect(-HALF.x, -HALF.y, 2 * HALF.x, 2 * HALF.y);
    // Stars lie deeper than the floor's lines: they move at half the speed.
    this.stars ??= c.createPattern(starTile(), "repeat");
    this.stars.setTransform(new DOMMatrix().translate(camera.x * 0.5, camera.y * 0.5));
    c.fillStyle = this.stars;
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

const isRock = ({ half }) => half.x === 0 && half.y === 0;

function barPath(c, { pos, half, radius }, rim) {
  c.beginPath();
  c.roundRect(pos.x - half.x - radius, pos.y - half.y - radius, 2 * (half.x + radius), 2 * (half.y + radius), radius);
  if (rim) {
    c.lineWidth = 3.6;
    c.strokeStyle = palette.wallLine;
    c.stroke();
  } else {
    c.fillStyle = palette.wallFill;
    c.fill();
  }
}

/** A square of stars that can be repeated. */
function starTile() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 512;
  const c = tile.getContext("2d");
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  for (let i = 0; i < 90; i += 1) {
    const bright = random() ** 3;
    c.fillStyle = `rgba(190, 212, 255, ${0.1 + 0.45 * bright})`;
    c.beginPath();
    c.arc(random() * 508 + 2, random() * 508 + 2, 0.5 + 0.9 * bright, 0, TURN);
    c.fill();
  }
  return tile;
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
