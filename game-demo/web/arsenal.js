// What the page knows about weapons and pickups: names, colours, signs, and how soon a gun is ready again.

/**
 * Seconds between two shots and units per second, as in the server's weapon.rs: for the muzzle flash, which does not wait
 * for the server, and for the help that thumbs get.
 */
export const WEAPONS = {
  Blaster: { label: "Blaster", cooldown: 0.17, speed: 760, flash: 1 },
  Scatter: { label: "Scatter", cooldown: 0.6, speed: 820, flash: 1.5 },
  Cannon: { label: "Cannon", cooldown: 0.95, speed: 560, flash: 2 },
  Repeater: { label: "Repeater", cooldown: 0.08, speed: 900, flash: 0.8 },
};

export const PICKUPS = {
  Health: { label: "Repair", colour: "#6ee7a8" },
  Shield: { label: "Shield", colour: "#7db4ff" },
  Scatter: { label: "Scatter", colour: "#ffb35c" },
  Cannon: { label: "Cannon", colour: "#ff7d6b" },
  Repeater: { label: "Repeater", colour: "#f4e06a" },
};

/** Draws the sign of a pickup around the origin, some 20 units wide, in the current colours. */
export function drawSign(c, kind) {
  c.beginPath();
  switch (kind) {
    case "Health":
      c.rect(-2.6, -9, 5.2, 18);
      c.rect(-9, -2.6, 18, 5.2);
      c.fill();
      return;
    case "Shield":
      c.moveTo(0, -10);
      c.lineTo(8.5, -6.5);
      c.quadraticCurveTo(8.5, 5, 0, 10);
      c.quadraticCurveTo(-8.5, 5, -8.5, -6.5);
      c.closePath();
      c.stroke();
      return;
    case "Scatter":
      for (const way of [-0.55, 0, 0.55]) {
        c.moveTo(-8 + Math.cos(way) * 4, Math.sin(way) * 4);
        c.lineTo(-8 + Math.cos(way) * 17, Math.sin(way) * 17);
      }
      c.stroke();
      return;
    case "Cannon":
      c.arc(0, 0, 6.5, 0, Math.PI * 2);
      c.fill();
      return;
    default:
      for (const [x, y] of [[-8, 3], [-1, 0], [6, -3]]) {
        c.moveTo(x, y + 3);
        c.lineTo(x + 4, y - 4);
      }
      c.stroke();
  }
}
