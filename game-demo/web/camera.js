// What part of the world is on screen. Today the whole arena, letterboxed; a bigger world only needs another `look`.

/** Half the arena's size in world units, as in the server's world.rs. */
export const HALF = { x: 800, y: 500 };
/** CSS pixels left free: a little at the sides, the HUD's strips above and below. */
const SIDE = 14;
const STRIP = 42;

export class Camera {
  constructor(canvas) {
    this.canvas = canvas;
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.ratio = 1;
    this.width = 0;
    this.height = 0;
  }

  /** Fits the canvas to the window and the device's pixels. */
  resize() {
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.width = window.innerWidth;
    this.height = window.innerHeight;
    const [w, h] = [Math.round(this.width * this.ratio), Math.round(this.height * this.ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    const fit = (size, margin, half) => (size - 2 * margin) / (2 * half);
    this.scale = Math.max(0.05, Math.min(fit(this.width, SIDE, HALF.x), fit(this.height, STRIP, HALF.y)));
  }

  /** Draws in world units from here on. */
  applyWorld(context, shake) {
    const s = this.scale * this.ratio;
    const x = (this.width / 2 + shake.x) * this.ratio - this.x * s;
    const y = (this.height / 2 + shake.y) * this.ratio - this.y * s;
    context.setTransform(s, 0, 0, s, x, y);
  }

  /** Draws in CSS pixels from here on: text stays crisp at any zoom. */
  applyScreen(context) {
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
  }

  toScreen(at) {
    return {
      x: (at.x - this.x) * this.scale + this.width / 2,
      y: (at.y - this.y) * this.scale + this.height / 2,
    };
  }

  toWorld(x, y) {
    return {
      x: (x - this.width / 2) / this.scale + this.x,
      y: (y - this.height / 2) / this.scale + this.y,
    };
  }
}
