// What part of the world is on screen: around whom we follow, a little ahead of where they aim, eased.

/** Half the arena's size in world units, as in the server's layout.rs. */
export const HALF = { x: 1600, y: 1000 };
/** World area that a screen shows, in square units: the same for everybody, whatever the shape of their window. */
const AREA = 1400 * 860;
/** Below this zoom ships are too small for a phone. */
const SCALE_MIN = 0.66;
const SCALE_MAX = 2;
/** How far ahead the camera looks, in world units. */
const AHEAD = 110;

/**
 * CSS pixels at the sides that the HUD and thumbs cover: the view may look that far past the walls, and what is followed
 * stands in the middle of the rest.
 */
function coveredBy(width, height, touch) {
  if (height < 480) return { top: 36, bottom: 56, side: 60 };
  if (touch && height > width) return { top: height * 0.19, bottom: height * 0.28, side: 36 };
  return { top: 80, bottom: 80, side: 90 };
}

export class Camera {
  constructor(canvas) {
    this.canvas = canvas;
    this.x = 0;
    this.y = 0;
    this.ahead = { x: 0, y: 0 };
    this.scale = 1;
    this.ratio = 1;
    this.width = 0;
    this.height = 0;
    this.settled = false;
  }

  /** Fits the canvas to the window and the device's pixels. */
  resize() {
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.width = window.innerWidth;
    this.height = window.innerHeight;
    const [w, h] = [Math.round(this.width * this.ratio), Math.round(this.height * this.ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    const touch = document.body.classList.contains("touch");
    this.covered = coveredBy(this.width, this.height, touch);
    this.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, Math.sqrt((this.width * this.height) / AREA)));
  }

  /**
   * Moves towards `target` (world), looking `ahead` (-1 to 1 each way). `rate` is how fast, per second: the own ship is
   * followed closely, somebody else is panned to.
   */
  follow(target, ahead, rate, dt) {
    const ease = (speed) => 1 - Math.exp(-speed * dt);
    this.ahead.x += (ahead.x * AHEAD - this.ahead.x) * ease(5);
    this.ahead.y += (ahead.y * AHEAD - this.ahead.y) * ease(5);
    const wanted = this.#inside(target.x + this.ahead.x, target.y + this.ahead.y);
    const share = this.settled ? ease(rate) : 1;
    this.settled = true;
    this.x += (wanted.x - this.x) * share;
    this.y += (wanted.y - this.y) * share;
  }

  /** Forgets where it was: the next `follow` cuts. */
  cut() {
    this.settled = false;
    this.ahead = { x: 0, y: 0 };
  }

  /** Keeps the view over the arena; what is smaller than the screen is centred. */
  #inside(x, y) {
    const { top, bottom, side } = this.covered;
    const clamp = (value, half, size, before, after) => {
      const least = -half + (size / 2 - before) / this.scale;
      const most = half - (size / 2 - after) / this.scale;
      return least > most ? (least + most) / 2 : Math.max(least, Math.min(most, value));
    };
    const lifted = y + (bottom - top) / 2 / this.scale;
    return { x: clamp(x, HALF.x, this.width, side, side), y: clamp(lifted, HALF.y, this.height, top, bottom) };
  }

  /** Whether a circle may be on screen. */
  sees(at, radius) {
    const s = this.scale;
    return Math.abs(at.x - this.x) < this.width / 2 / s + radius && Math.abs(at.y - this.y) < this.height / 2 / s + radius;
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
