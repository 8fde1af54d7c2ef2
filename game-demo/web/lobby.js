// The start screen: name, which room, the rooms that are open, and links to share.

const ROOMS_MS = 4000;
const ROOMS_MAX = 6;
/** As the server takes it: PROTOCOL, Hello.room. */
const ROOM_BYTES_MAX = 32;
const $ = (selector) => document.querySelector(selector);

/** The address that lets somebody join a room. */
export function inviteLink(id) {
  const link = new URL(location.href);
  link.search = id === "" ? "" : `?room=${encodeURIComponent(id)}`;
  link.hash = "";
  return link.href;
}

/** Copies a text; false when the browser does not allow it. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside of https and localhost there is no clipboard, but there is this.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export class Lobby {
  /** `play(name, room)` joins; an empty room is any. */
  constructor(play) {
    this.menu = $("#menu");
    this.field = $("#name");
    this.where = $("#where");
    this.copyButton = $("#copy");
    this.section = $("#lobby");
    this.list = $("#lobby ul");
    this.play = play;
    this.timer = 0;
    this.room = roomOf(new URLSearchParams(location.search).get("room") ?? "");
    this.field.value = remembered();
    $("#join").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go(this.room);
    });
    $("#private").addEventListener("click", () => this.#choose(newRoom()));
    this.copyButton.addEventListener("click", async () => {
      const done = await copy(inviteLink(this.room));
      this.copyButton.textContent = done ? "Copied" : inviteLink(this.room);
      setTimeout(() => (this.copyButton.textContent = "Copy invite link"), 1600);
    });
    this.#showRoom();
  }

  get name() {
    return this.field.value.trim();
  }

  open() {
    this.menu.hidden = false;
    if (!window.matchMedia("(pointer: coarse)").matches) this.field.focus();
    this.#refresh();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#refresh(), ROOMS_MS);
  }

  close() {
    this.menu.hidden = true;
    clearInterval(this.timer);
    this.field.blur();
  }

  #go(room) {
    remember(this.name);
    this.play(this.name, room);
  }

  #choose(room) {
    this.room = room;
    history.replaceState(null, "", inviteLink(room));
    this.#showRoom();
  }

  #showRoom() {
    const named = this.room !== "";
    this.where.hidden = !named;
    this.copyButton.hidden = !named;
    const id = document.createElement("b");
    id.textContent = this.room;
    const other = document.createElement("button");
    other.type = "button";
    other.className = "link";
    other.textContent = "any room instead";
    other.addEventListener("click", () => this.#choose(""));
    this.where.replaceChildren("You will play in room ", id, " · ", other);
  }

  async #refresh() {
    let rooms = null;
    try {
      const answer = await fetch("/rooms", { cache: "no-store" });
      if (answer.ok) rooms = (await answer.json()).rooms;
      // A server without the list will not grow one.
      else if (answer.status === 404) clearInterval(this.timer);
    } catch {
      rooms = null;
    }
    const arenas = Array.isArray(rooms) ? rooms.filter((room) => room.kind === "arena") : [];
    this.section.hidden = arenas.length === 0;
    const byPlayers = [...arenas].sort((a, b) => b.players - a.players).slice(0, ROOMS_MAX);
    this.list.replaceChildren(...byPlayers.map((room) => this.#row(room)));
  }

  #row({ id, players, capacity }) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.className = "id";
    name.textContent = `Room ${id}`;
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = `${players} / ${capacity}`;
    const join = document.createElement("button");
    join.type = "button";
    join.className = "plain";
    join.textContent = players < capacity ? "Join" : "Full";
    join.disabled = players >= capacity;
    join.addEventListener("click", () => this.#go(id));
    item.append(name, count, join);
    return item;
  }
}

/** A room's id as the protocol takes it. */
function roomOf(text) {
  let id = text.trim();
  while (new TextEncoder().encode(id).length > ROOM_BYTES_MAX) id = id.slice(0, -1);
  return id;
}

/** Six letters that can be read aloud: no l, i, o, 0 or 1. */
function newRoom() {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => letters[byte % letters.length]).join("");
}

/** Storage may be forbidden; then the name is asked again next time. */
function remember(name) {
  try {
    localStorage.setItem("arena.name", name);
  } catch {
    return;
  }
}

function remembered() {
  try {
    return localStorage.getItem("arena.name") ?? "";
  } catch {
    return "";
  }
}
