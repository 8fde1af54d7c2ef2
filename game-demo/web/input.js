// Keyboard and mouse, turned into the server's `Stick`.

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
    this.active = false;
    this.aim = 0;
    window.addEventListener("keydown", (event) => this.#key(event, true));
    window.addEventListener("keyup", (event) => this.#key(event, false));
    // A key that goes up in another window is never told to us.
    window.addEventListener("blur", () => this.release());
    window.addEventListener("pointermove", (event) => {
      this.pointer = { x: event.clientX, y: event.clientY };
    });
    canvas.addEventListener("pointerdown", (event) => {
      this.pointer = { x: event.clientX, y: event.clientY };
      if (event.button !== 0 || !this.active) return;
      this.#press("mouse");
      event.preventDefault();
    });
    window.addEventListener("pointerup", () => this.held.delete("mouse"));
    window.addEventListener("pointercancel", () => this.held.delete("mouse"));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
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
  }

  #holds(name) {
    for (const source of this.held) if (KEYS[source] === name) return true;
    return false;
  }

  get firing() {
    return this.active && (this.held.has("mouse") || this.#holds("fire"));
  }

  /** Points the aim from `from` (world) at the mouse. */
  aimFrom(from, camera) {
    if (!from || !this.pointer) return;
    const at = camera.toWorld(this.pointer.x, this.pointer.y);
    this.aim = Math.atan2(at.y - from.y, at.x - from.x);
  }

  get thrust() {
    const axis = (less, more) => (this.#holds(more) ? 1 : 0) - (this.#holds(less) ? 1 : 0);
    const [x, y] = [axis("left", "right"), axis("up", "down")];
    return { x, y };
  }

  /** The input of one tick; the trigger's edge is told once. */
  sample() {
    const input = { thrust: this.thrust, aim: this.aim, fire: this.firing, trigger: this.pressed };
    this.pressed = false;
    return input;
  }
}
