// Keyboard, mouse and thumbs, turned into the server's `Stick`.

import { WEAPONS } from "./arsenal.js";
import { assisted } from "./assist.js";
import { Touch } from "./touch.js";

const KEYS = {
  KeyW: "up", ArrowUp: "up",
  KeyS: "down", ArrowDown: "down",
  KeyA: "left", ArrowLeft: "left",
  KeyD: "right", ArrowRight: "right",
  Space: "fire",
};

export class Controls {
  constructor(canvas) {
    this.held = new Set();
    this.pointer = null;
    this.pressed = false;
    this.aim = 0;
    this.touch = new Touch(canvas);
    this.active = false;
    window.addEventListener("keydown", (event) => this.#key(event, true));
    window.addEventListener("keyup", (event) => this.#key(event, false));
    // A key that goes up in another window is never told to us.
    window.addEventListener("blur", () => this.release());
    window.addEventListener("pointermove", (event) => this.#point(event));
    canvas.addEventListener("pointerdown", (event) => {
      this.#point(event);
      if (event.pointerType === "touch" || event.button !== 0 || !this.active) return;
      this.#press("mouse");
      event.preventDefault();
    });
    window.addEventListener("pointerup", () => this.held.delete("mouse"));
    window.addEventListener("pointercancel", () => this.held.delete("mouse"));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #point(event) {
    if (event.pointerType !== "touch") this.pointer = { x: event.clientX, y: event.clientY };
  }

  get active() {
    return this.touch.active;
  }

  set active(active) {
    this.touch.active = active;
    if (!active) this.release();
  }

  #key(event, down) {
    const name = KEYS[event.code];
    if (!name || !this.active || event.target instanceof HTMLInputElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!down) this.held.delete(event.code);
    else if (!event.repeat) this.#press(event.code);
  }

  #press(source) {
    this.held.add(source);
    if (source === "mouse" || KEYS[source] === "fire") this.pressed = true;
  }

  release() {
    this.held.clear();
    this.pressed = false;
    this.touch.release();
  }

  #holds(name) {
    for (const source of this.held) if (KEYS[source] === name) return true;
    return false;
  }

  get firing() {
    return this.active && (this.held.has("mouse") || this.#holds("fire") || this.touch.firing);
  }

  /** Points the aim of the view's own ship at the mouse, or where the thumb says. */
  aimIn({ ship, ships }, camera) {
    if (this.touch.used) {
      this.aim = this.touch.aim ?? this.aim;
      const { speed } = WEAPONS[ship.weapon] ?? WEAPONS.Blaster;
      if (this.touch.firing) this.aim = assisted(this.aim, ship, ships, speed);
    } else if (this.pointer) {
      const at = camera.toWorld(this.pointer.x, this.pointer.y);
      this.aim = Math.atan2(at.y - ship.pos.y, at.x - ship.pos.x);
    }
  }

  /** Where the eye goes, -1 to 1 each way. */
  ahead(camera) {
    if (this.touch.used) return this.touch.reach;
    if (!this.pointer) return { x: 0, y: 0 };
    // From the middle of the screen and not from the ship: the camera must not follow its own movement.
    const half = Math.min(camera.width, camera.height) / 2;
    const [x, y] = [(this.pointer.x - camera.width / 2) / half, (this.pointer.y - camera.height / 2) / half];
    const length = Math.max(1, Math.hypot(x, y));
    return { x: x / length, y: y / length };
  }

  get thrust() {
    const axis = (less, more) => (this.#holds(more) ? 1 : 0) - (this.#holds(less) ? 1 : 0);
    const [x, y] = [axis("left", "right"), axis("up", "down")];
    return x === 0 && y === 0 ? this.touch.thrust : { x, y };
  }

  /** The input of one tick; the trigger's edge is told once. */
  sample() {
    const input = { thrust: this.thrust, aim: this.aim, fire: this.firing, trigger: this.pressed };
    this.pressed = false;
    return input;
  }
}
