// Ships and what they shoot.

import * as palette from "./palette.js";
import { glow } from "./glow.js";

const TURN = Math.PI * 2;

/** One ship; `local` says what the page knows better than the server when it is the own one. */
export function drawShip(c, ship, colour, local, seconds) {
  const aim = ship.own && local.aim !== null ? local.aim : ship.aim;
  c.save();
  c.translate(ship.pos.x, ship.pos.y);
  if (ship.own) halo(c, colour, aim);
  if (ship.shield > 0) shield(c, ship.shield / 50);
  if (ship.protected) protection(c, colour, seconds);
  c.rotate(aim);
  const throttle = ship.own ? Math.min(1, Math.hypot(local.thrust.x, local.thrust.y)) : ship.throttle;
  if (throttle > 0.05) flame(c, throttle, seconds, ship.id);
  if (ship.own && local.flash > 0) {
    const size = 11 * local.flashSize;
    c.globalAlpha = local.flash;
    c.drawImage(glow("#ffffff"), 19 - size, -size, 2 * size, 2 * size);
    c.globalAlpha = 1;
  }
  barrels(c, ship.weapon, colour);
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
function halo(c, colour, aim) {
  c.globalAlpha = 0.28;
  c.drawImage(glow(colour), -46, -46, 92, 92);
  c.globalAlpha = 0.3;
  c.strokeStyle = colour;
  c.lineWidth = 1.2;
  c.setLineDash([3, 7]);
  stroke(c, Math.cos(aim) * 26, Math.sin(aim) * 26, Math.cos(aim) * 110, Math.sin(aim) * 110);
  c.setLineDash([]);
  c.globalAlpha = 1;
}

function hullPath(c) {
  c.beginPath();
  c.moveTo(17, 0);
  c.lineTo(-11, 11);
  c.lineTo(-6, 0);
  c.lineTo(-11, -11);
  c.closePath();
}

/** Everybody can see what somebody shoots with. */
function barrels(c, weapon, colour) {
  const lines = {
    Scatter: [[4, -7, 15, -10, 3], [4, 7, 15, 10, 3]],
    Cannon: [[6, 0, 23, 0, 6]],
    Repeater: [[2, -6, 20, -4, 2], [2, 6, 20, 4, 2]],
  }[weapon];
  if (!lines) return;
  c.strokeStyle = colour;
  c.lineCap = "round";
  for (const [x0, y0, x1, y1, width] of lines) {
    c.lineWidth = width;
    stroke(c, x0, y0, x1, y1);
  }
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

function shield(c, share) {
  c.strokeStyle = palette.shield;
  c.globalAlpha = 0.35 + 0.4 * share;
  c.lineWidth = 1 + 2 * share;
  c.beginPath();
  c.arc(0, 0, 21, 0, TURN);
  c.stroke();
  c.globalAlpha = 0.12 + 0.12 * share;
  c.drawImage(glow(palette.shield), -30, -30, 60, 60);
  c.globalAlpha = 1;
}

function protection(c, colour, seconds) {
  c.globalAlpha = 0.45 + 0.25 * Math.sin(seconds * 9);
  c.lineWidth = 1.6;
  c.strokeStyle = colour;
  c.setLineDash([7, 5]);
  c.lineDashOffset = -seconds * 26;
  c.beginPath();
  c.arc(0, 0, 25, 0, TURN);
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

/** Length and width of the trail, size of the light, length and width of the core. */
const SHAPES = {
  Blaster: [30, 3, 9, 4, 2],
  Scatter: [16, 2.6, 8, 3, 2],
  Cannon: [44, 12, 26, 0.1, 13],
  Repeater: [24, 2, 6, 7, 1.5],
};

/** One bullet; light adds up, so this is drawn with the lights. */
export function drawBullet(c, bullet, colour) {
  const [trail, width, light, core, thick] = SHAPES[bullet.weapon] ?? SHAPES.Blaster;
  const speed = Math.hypot(bullet.vel.x, bullet.vel.y) || 1;
  const [ux, uy] = [bullet.vel.x / speed, bullet.vel.y / speed];
  const { x, y } = bullet.pos;
  c.strokeStyle = colour;
  c.globalAlpha = 0.22;
  c.lineWidth = width;
  stroke(c, x - ux * trail, y - uy * trail, x, y);
  c.globalAlpha = 0.6;
  c.lineWidth = width * 0.8;
  stroke(c, x - ux * trail * 0.5, y - uy * trail * 0.5, x, y);
  c.globalAlpha = 0.55;
  c.drawImage(glow(colour), x - light, y - light, 2 * light, 2 * light);
  c.globalAlpha = 1;
  c.strokeStyle = "#ffffff";
  c.lineWidth = thick;
  stroke(c, x - ux * core, y - uy * core, x, y);
}

export function stroke(c, x0, y0, x1, y1) {
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
}
