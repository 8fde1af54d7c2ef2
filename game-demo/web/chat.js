// Chat: lines that fade, a field that opens with Enter. What others say is text and never markup.

import { nameOf } from "./hud.js";

const LINES_MAX = 60;
const FADE_MS = 9000;
/** What a line takes, in bytes of UTF-8; a longer one is not sent at all. */
const TEXT_BYTES_MAX = 120;

export class Chat {
  /** `say(text)` sends a line. */
  constructor(say) {
    this.lines = document.querySelector("#lines");
    this.form = document.querySelector("#say");
    this.field = this.form.querySelector("input");
    this.active = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = cut(this.field.value.trim());
      if (text !== "") say(text);
      this.close();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      event.stopPropagation();
    });
    // A thumb on the field of play means "back to the game".
    this.field.addEventListener("blur", () => this.close());
  }

  get isOpen() {
    return !this.form.hidden;
  }

  open() {
    if (!this.active) return;
    this.form.hidden = false;
    document.body.classList.add("talking");
    this.field.focus();
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  close() {
    if (!this.isOpen) return;
    this.form.hidden = true;
    this.field.value = "";
    document.body.classList.remove("talking");
    this.field.blur();
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  heard(pilot, name, text) {
    // Who spoke may be gone by now: the name came with the line.
    const who = nameOf({ ...(pilot?.name === name ? pilot : { colour: 0, own: false }), name });
    const what = document.createElement("span");
    what.className = "text";
    what.textContent = text;
    this.#line(who, what);
  }

  note(text) {
    const what = document.createElement("span");
    what.className = "note";
    what.textContent = text;
    this.#line(what);
  }

  #line(...parts) {
    const item = document.createElement("li");
    item.append(...parts);
    this.lines.append(item);
    while (this.lines.children.length > LINES_MAX) this.lines.firstChild.remove();
    this.lines.scrollTop = this.lines.scrollHeight;
    setTimeout(() => item.classList.add("old"), FADE_MS);
  }

  clear() {
    this.lines.replaceChildren();
    this.close();
  }
}

/** As many whole characters of the text as a line takes. */
function cut(text) {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(TEXT_BYTES_MAX));
  return text.slice(0, read);
}
