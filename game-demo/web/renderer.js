// Draws one view on the canvas: the order of things, lights, and what is written over them. Knows no room and no rules.

import * as palette from "./palette.js";
import { glow } from "./glow.js";
import { Ground } from "./ground.js";
import { drawBullet, drawShip, stroke } from "./ships.js";

const TURN = Math.PI * 2;
const FONT = 'Inter, "Segoe UI", system-ui, "Helvetica Neue", Arial, sans-serif';
/** Ships off screen that are pointed at: more would be noise. */
const POINTERS_MAX = 4;

export class Renderer {
  constructor(canvas, camera) {
    this.context = canvas.getContext("2d", { alpha: false });
    this.camera = camera;
    this.ground = new Ground();
  }

  /** Draws everything; `local` says what the page knows better than the server: the own aim, the pointer. */
  draw(view, effects, local, seconds) {
    const { context: c, camera } = this;
    camera.applyScreen(c);
    c.globalAlpha = 1;
    c.fillStyle = palette.ground;
    c.fillRect(0, 0, camera.width, camera.height);
    camera.applyWorld(c, effects.shake);
    this.ground.draw(c, camera, view, seconds);
    this.#lights(view, effects);
    for (const ship of view.ships) {
      if (!camera.sees(ship.pos, 60)) continue;
      const colour = ship.own ? palette.own : palette.colourOf(view.pilots.get(ship.pilot));
      drawShip(c, ship, colour, local, seconds);
    }
    this.#damage(view, effects);
    camera.applyScreen(c);
    for (const ship of view.ships) if (camera.sees(ship.pos, 60)) this.#label(ship, view, effects.shake);
    for (const float of effects.floats) this.#float(float, effects.shake);
    if (local.pointers) this.#pointers(view);
    if (effects.marker.left > 0) this.#marker(effects.marker, local.pointer);
  }

  /** All that glows: bullets, sparks, rings. Light adds up. */
  #lights(view, effects) {
    const { context: c, camera } = this;
    c.globalCompositeOperation = "lighter";
    c.lineCap = "round";
    for (const bullet of view.bullets) {
      if (camera.sees(bullet.pos, 40)) drawBullet(c, bullet, palette.colourOf(view.pilots.get(bullet.pilot)));
    }
    for (const p of effects.particles) {
      const share = p.left / p.life;
      const size = p.size * (1.5 + 2.5 * share);
      c.globalAlpha = share * 0.9;
      c.drawImage(glow(p.colour), p.x - size, p.y - size, 2 * size, 2 * size);
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

  /** Arcs around the own ship on the side that it was hit from. */
  #damage(view, effects) {
    if (!view.ship) return;
    const c = this.context;
    c.lineCap = "round";
    for (const { from, left, shielded } of effects.wounds) {
      c.globalAlpha = Math.min(1, left * 2.2);
      c.strokeStyle = shielded ? palette.shield : palette.danger;
      c.lineWidth = 4;
      c.beginPath();
      c.arc(view.ship.pos.x, view.ship.pos.y, 44, from - 0.38, from + 0.38);
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  #label(ship, view, shake) {
    const c = this.context;
    const pilot = view.pilots.get(ship.pilot);
    if (ship.health <= 0) return;
    const colour = ship.own ? palette.own : palette.colourOf(pilot);
    const at = this.camera.toScreen(ship.pos);
    const x = Math.round(at.x + shake.x);
    const y = Math.round(at.y + shake.y - 26 * this.camera.scale);
    const width = Math.max(24, 34 * this.camera.scale);
    const share = Math.max(0, Math.min(1, ship.health / 100));
    c.fillStyle = "rgba(140, 165, 215, 0.22)";
    c.fillRect(x - width / 2, y - 3, width, 3);
    c.fillStyle = share <= 0.35 ? palette.danger : colour;
    c.fillRect(x - width / 2, y - 3, width * share, 3);
    if (ship.shield > 0) {
      c.fillStyle = palette.shield;
      c.fillRect(x - width / 2, y - 6, (width * ship.shield) / 50, 2);
    }
    const size = Math.round(Math.max(10, Math.min(13, 13 * this.camera.scale)));
    c.font = `${ship.own ? 700 : 600} ${size}px ${FONT}`;
    c.textAlign = "center";
    c.textBaseline = "alphabetic";
    c.fillStyle = ship.own ? palette.text : palette.dim;
    c.fillText(pilot ? pilot.name : "", x, y - (ship.shield > 0 ? 10 : 7));
  }

  #float({ at, text, colour, age, life }, shake) {
    const c = this.context;
    const spot = this.camera.toScreen(at);
    c.globalAlpha = Math.min(1, (life - age) * 3);
    c.font = `700 13px ${FONT}`;
    c.textAlign = "center";
    c.fillStyle = colour;
    c.fillText(text, spot.x + shake.x, spot.y + shake.y - 30 - age * 28);
    c.globalAlpha = 1;
  }

  /** Small arrows at the edge towards the nearest ships that are not on screen. */
  #pointers(view) {
    const { context: c, camera } = this;
    const far = (ship) => Math.hypot(ship.pos.x - camera.x, ship.pos.y - camera.y);
    const hidden = view.ships.filter((ship) => !ship.own && !camera.sees(ship.pos, 0));
    hidden.sort((a, b) => far(a) - far(b));
    const [w, h] = [camera.width / 2 - 16, camera.height / 2 - 16];
    for (const ship of hidden.slice(0, POINTERS_MAX)) {
      const [dx, dy] = [ship.pos.x - camera.x, ship.pos.y - camera.y];
      const share = Math.min(w / Math.abs(dx || 1), h / Math.abs(dy || 1));
      c.save();
      c.translate(camera.width / 2 + dx * share, camera.height / 2 + dy * share);
      c.rotate(Math.atan2(dy, dx));
      c.globalAlpha = Math.max(0.25, 1 - far(ship) / 1800);
      c.fillStyle = palette.colourOf(view.pilots.get(ship.pilot));
      c.beginPath();
      c.moveTo(8, 0);
      c.lineTo(-5, 6);
      c.lineTo(-2, 0);
      c.lineTo(-5, -6);
      c.closePath();
      c.fill();
      c.restore();
    }
  }

  /** The cross that says "you hit somebody": where the eye is, which is the mouse, or else the one who was hit. */
  #marker({ left, at, kill }, pointer) {
    const c = this.context;
    const spot = pointer ?? this.camera.toScreen(at);
    c.globalAlpha = Math.min(1, left / 0.1);
    c.strokeStyle = kill ? palette.danger : "#ffffff";
    c.lineWidth = kill ? 3 : 2;
    const reach = kill ? 16 : 12;
    for (const [x, y] of [[1, 1], [1, -1], [-1, 1], [-1, -1]]) {
      stroke(c, spot.x + x * 7, spot.y + y * 7, spot.x + x * reach, spot.y + y * reach);
    }
    c.globalAlpha = 1;
  }
}
