// The whole arena in a corner: walls, what lies on pads, who flies where, and what the screen shows.

import * as palette from "./palette.js";
import { PICKUPS } from "./arsenal.js";
import { HALF } from "./camera.js";

/** Redrawn this often, in milliseconds: nobody reads a map at sixty frames a second. */
const EVERY_MS = 50;

export class Minimap {
  constructor() {
    this.canvas = document.querySelector("#minimap");
    this.context = this.canvas.getContext("2d");
    this.due = 0;
    this.size = "";
  }

  draw(view, camera, followed, now) {
    if (now < this.due || this.canvas.clientWidth === 0) return;
    this.due = now + EVERY_MS;
    const c = this.context;
    const scale = this.#fit(camera.ratio);
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.setTransform(scale, 0, 0, scale, this.canvas.width / 2, this.canvas.height / 2);
    // In CSS pixels, whatever the map's scale.
    const pixel = camera.ratio / scale;
    c.fillStyle = palette.wallLine;
    for (const wall of view.walls) this.#wall(wall);
    for (const pad of view.pickups) {
      c.fillStyle = PICKUPS[pad.kind]?.colour ?? palette.dim;
      c.globalAlpha = pad.ready ? 0.9 : 0.2;
      const half = 1.6 * pixel;
      c.fillRect(pad.pos.x - half, pad.pos.y - half, 2 * half, 2 * half);
    }
    c.globalAlpha = 1;
    const [w, h] = [camera.width / camera.scale, camera.height / camera.scale];
    c.strokeStyle = "rgba(219, 228, 245, 0.28)";
    c.lineWidth = pixel;
    c.strokeRect(camera.x - w / 2, camera.y - h / 2, w, h);
    for (const ship of view.ships) this.#ship(ship, view, followed, pixel);
  }

  #fit(ratio) {
    const [w, h] = [this.canvas.clientWidth, this.canvas.clientHeight];
    const size = `${w}x${h}@${ratio}`;
    if (size !== this.size) {
      this.size = size;
      this.canvas.width = Math.round(w * ratio);
      this.canvas.height = Math.round(h * ratio);
    }
    return Math.min(this.canvas.width / (2 * HALF.x), this.canvas.height / (2 * HALF.y));
  }

  #wall({ pos, half, radius }) {
    const c = this.context;
    c.beginPath();
    c.roundRect(pos.x - half.x - radius, pos.y - half.y - radius, 2 * (half.x + radius), 2 * (half.y + radius), radius);
    c.fill();
  }

  #ship(ship, view, followed, pixel) {
    const c = this.context;
    const pilot = view.pilots.get(ship.pilot);
    const main = ship.own || ship === followed;
    c.fillStyle = palette.colourOf(pilot);
    c.beginPath();
    c.arc(ship.pos.x, ship.pos.y, (main ? 3.2 : 2.1) * pixel, 0, Math.PI * 2);
    c.fill();
    if (!main) return;
    c.strokeStyle = "#ffffff";
    c.lineWidth = pixel;
    c.stroke();
  }
}
