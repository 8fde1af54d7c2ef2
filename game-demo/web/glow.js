// Soft discs of light in any colour, drawn once and kept: far cheaper than a shadow.

const sprites = new Map();

export function glow(colour) {
  let sprite = sprites.get(colour);
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
  sprites.set(colour, sprite);
  return sprite;
}
