// A thumb is not a mouse: an aim that is almost right is bent towards the ship that it means. Fingers only.

/** How far off an aim may be, in radians, and how much of the error is taken away. */
const CONE = 0.24;
const SHARE = 0.75;
/** Nobody further away is meant, in units. */
const REACH = 750;

/** The angle to shoot at, from `own` along `angle`, with bullets of `speed` units per second. */
export function assisted(angle, own, ships, speed) {
  let best = null;
  for (const ship of ships) {
    if (ship.own) continue;
    const [dx, dy] = [ship.pos.x - own.pos.x, ship.pos.y - own.pos.y];
    const distance = Math.hypot(dx, dy);
    if (distance > REACH) continue;
    const seconds = distance / speed;
    const way = Math.atan2(dy + ship.vel.y * seconds, dx + ship.vel.x * seconds);
    const off = Math.atan2(Math.sin(way - angle), Math.cos(way - angle));
    if (Math.abs(off) < CONE && (best === null || distance < best.distance)) best = { off, distance };
  }
  return best === null ? angle : angle + best.off * SHARE;
}
