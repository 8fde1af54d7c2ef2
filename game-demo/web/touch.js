// Two thumbs: the left half of the screen moves, the right half aims and fires. A stick is where the thumb comes down.

/** How far a thumb moves for full strength, in CSS pixels. */
const REACH = 52;
/** Below this share a stick is at rest; the gun fires a little later than it aims. */
const DEAD = 0.14;
const FIRE = 0.4;

class Stick {
  constructor(selector) {
    this.element = document.querySelector(selector);
    this.knob = this.element.querySelector("i");
    this.release();
  }

  press(event) {
    this.id = event.pointerId;
    this.origin = { x: event.clientX, y: event.clientY };
    this.element.classList.add("held");
    this.element.style.translate = `${this.origin.x}px ${this.origin.y}px`;
    this.move(event);
  }

  move(event) {
    const [dx, dy] = [event.clientX - this.origin.x, event.clientY - this.origin.y];
    const length = Math.hypot(dx, dy);
    const share = Math.min(1, length / REACH);
    this.angle = length > 0 ? Math.atan2(dy, dx) : this.angle;
    this.strength = share < DEAD ? 0 : share;
    this.x = Math.cos(this.angle) * this.strength;
    this.y = Math.sin(this.angle) * this.strength;
    this.knob.style.translate = `${Math.cos(this.angle) * share * REACH}px ${Math.sin(this.angle) * share * REACH}px`;
  }

  release() {
    this.id = null;
    this.angle ??= 0;
    this.strength = 0;
    this.x = 0;
    this.y = 0;
    this.element.classList.remove("held");
    this.element.style.translate = "";
    this.knob.style.translate = "";
  }
}

export class Touch {
  constructor(canvas) {
    this.left = new Stick("#move");
    this.right = new Stick("#aim");
    this.active = false;
    /** Whether the last thing that touched the page was a finger. */
    this.used = window.matchMedia("(pointer: coarse)").matches;
    this.#show();
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    window.addEventListener("pointermove", (event) => this.#stick(event)?.move(event));
    window.addEventListener("pointerup", (event) => this.#stick(event)?.release());
    window.addEventListener("pointercancel", (event) => this.#stick(event)?.release());
    // A second finger must not zoom the page, nor a long press open a menu.
    for (const name of ["gesturestart", "dblclick"]) document.addEventListener(name, (event) => event.preventDefault());
    document.addEventListener("touchmove", (event) => {
      if (!event.target.closest?.(".scroll, .overlay, #lines")) event.preventDefault();
    }, { passive: false });
  }

  #show() {
    document.body.classList.toggle("touch", this.used);
  }

  #down(event) {
    const finger = event.pointerType === "touch";
    if (finger !== this.used) {
      this.used = finger;
      this.#show();
    }
    if (!finger || !this.active) return;
    event.preventDefault();
    const stick = event.clientX < window.innerWidth / 2 ? this.left : this.right;
    if (stick.id === null) stick.press(event);
  }

  #stick(event) {
    if (this.left.id === event.pointerId) return this.left;
    return this.right.id === event.pointerId ? this.right : null;
  }

  release() {
    this.left.release();
    this.right.release();
  }

  get thrust() {
    return { x: this.left.x, y: this.left.y };
  }

  /** Where the ship points, or null while no thumb says so: along the flight then. */
  get aim() {
    if (this.right.strength > 0) return this.right.angle;
    return this.right.id === null && this.left.strength > 0.3 ? this.left.angle : null;
  }

  /** How far the aim is pushed, as a vector up to 1: what the camera looks ahead by. */
  get reach() {
    return { x: this.right.x, y: this.right.y };
  }

  get firing() {
    return this.right.strength >= FIRE;
  }
}
