// The arena's page: joins a room, samples the controls, draws what the server says.

import { attractView } from "./attract.js";
import { Camera } from "./camera.js";
import { Controls } from "./input.js";
import { Effects } from "./effects.js";
import { Hud } from "./hud.js";
import { Link } from "./link.js";
import { Renderer } from "./renderer.js";
import { colourOf, flame as flameColour } from "./palette.js";
import { emptyView, readView } from "./view.js";

/** Seconds between two shots, as in the server's ship.rs: for the muzzle flash, which does not wait for the server. */
const COOLDOWN = 0.17;

/** A frame that took longer than this moves things by no more. */
const FRAME_SECONDS_MAX = 0.1;
/** Close code of a connection that broke, or never came to be. */
const ABNORMAL = 1006;

const canvas = document.querySelector("#field");
const form = document.querySelector("#join");
const offline = document.querySelector("#offline");
const nameField = document.querySelector("#name");
const query = new URLSearchParams(location.search);

const camera = new Camera(canvas);
const controls = new Controls(canvas);
const effects = new Effects();
const hud = new Hud();
const renderer = new Renderer(canvas, camera);

let link = null;
let room = null;
let view = emptyView();
let fps = 0;
let flash = 0;
let cooldown = 0;

function setState(state) {
  document.body.dataset.state = state;
  controls.active = state === "playing";
  if (state !== "playing") controls.release();
}

function play(name) {
  form.hidden = true;
  view = emptyView();
  link = new Link({ room: "arena", id: query.get("room") ?? "", name }, {
    trying: () => (offline.querySelector(".next").textContent = "Connecting…"),
    joined,
    lost,
    waiting: (left) => (offline.querySelector(".next").textContent = `Trying again in ${left.toFixed(1)} s`),
  });
  link.join();
}

function joined(next) {
  room = next;
  globalThis.room = next;
  offline.hidden = true;
  effects.clear();
  hud.clear();
  room.input(() => controls.sample());
  room.on("Hit", onHit);
  room.on("Destroyed", onDestroyed);
  room.on("Spawned", ({ pilot, pos }) => effects.spawn(pos, colourOf(view.pilots.get(pilot))));
  room.on("Joined", ({ name }) => hud.note(name, "joined"));
  room.on("Left", ({ name }) => hud.note(name, "left"));
  setState("playing");
}

function lost(reason, code) {
  // Why it ended is worth more than that it cannot be reached since.
  const again = document.body.dataset.state === "offline";
  if (!again || code !== ABNORMAL) offline.querySelector(".why").textContent = reason;
  if (!again) offline.querySelector("h2").textContent = room ? "Connection lost" : "No connection";
  room = null;
  globalThis.room = null;
  setState("offline");
  offline.hidden = false;
}

function isMe(number) {
  return view.me !== null && view.me.number === number;
}

function onHit({ victim, shooter, pos }) {
  effects.hit(pos, colourOf(view.pilots.get(victim)));
  if (isMe(victim)) {
    effects.jolt(0.45);
    hud.pain();
  }
  if (isMe(shooter)) effects.confirm();
}

function onDestroyed({ victim, killer, pos, vel }) {
  const [loser, winner] = [view.pilots.get(victim), view.pilots.get(killer)];
  effects.blast(pos, vel, colourOf(loser));
  hud.kill(winner, loser);
  if (isMe(victim)) {
    effects.jolt(0.9);
    hud.diedBy(winner);
  }
  if (isMe(killer)) effects.jolt(0.3);
}

/** What the own ship shows at once, without waiting for the server. */
function localShip(dt) {
  cooldown = Math.max(0, cooldown - dt);
  flash = Math.max(0, flash - dt * 12);
  if (view.ship) {
    controls.aimFrom(view.ship.pos, camera);
    if (controls.firing && cooldown === 0) {
      flash = 0.9;
      cooldown = COOLDOWN;
    }
  }
  const playing = controls.active && controls.pointer !== null;
  return { aim: playing ? controls.aim : null, thrust: controls.thrust, flash, pointer: controls.pointer };
}

let last = performance.now();
let numbersDue = 0;

function frame(now) {
  const dt = Math.min(FRAME_SECONDS_MAX, Math.max(0.001, (now - last) / 1000));
  last = now;
  fps += (1 / dt - fps) * 0.05;
  if (room) {
    room.advance(now);
    if (room) view = readView(room);
    hud.update(view);
    if (now > numbersDue && room) {
      hud.numbers(room.stats, fps);
      numbersDue = now + 250;
    }
  }
  if (document.body.dataset.state === "menu" && !form.hidden) view = attractView(now / 1000);
  const local = localShip(dt);
  // After a pause in which nothing was drawn, bullets did not end just now.
  if (dt === FRAME_SECONDS_MAX) effects.bullets.clear();
  effects.track(view.bullets, (pilot) => colourOf(view.pilots.get(pilot)));
  for (const ship of view.ships) effects.exhaust(ship, flameColour, dt);
  effects.advance(dt);
  renderer.draw(view, effects, local, now / 1000);
  requestAnimationFrame(frame);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = nameField.value.trim();
  remember(name);
  nameField.blur();
  play(name);
});
offline.querySelector("button").addEventListener("click", () => link?.join());
window.addEventListener("resize", () => camera.resize());
window.addEventListener("pagehide", () => room?.leave());

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

/** With `globalThis.room`, for end-to-end tests and the curious: look, do not touch. */
window.__arena = Object.freeze({
  get room() {
    return room;
  },
  get state() {
    return document.body.dataset.state;
  },
  get fps() {
    return fps;
  },
  get me() {
    return view.me ? { ...view.me } : null;
  },
  get ship() {
    return view.ship ? { ...view.ship, pos: { ...view.ship.pos }, vel: { ...view.ship.vel } } : null;
  },
  get ships() {
    return view.ships.map((ship) => ({ id: ship.id, pilot: ship.pilot, own: ship.own, health: ship.health, pos: { ...ship.pos } }));
  },
  get pilots() {
    return [...view.pilots.values()].map((pilot) => ({ ...pilot }));
  },
  get counts() {
    return { pilots: view.pilots.size, ships: view.ships.length, bullets: view.bullets.length, walls: view.walls.length };
  },
  toScreen: (at) => camera.toScreen(at),
});

camera.resize();
setState("menu");
requestAnimationFrame(frame);
if (query.has("name")) {
  play(query.get("name").trim().slice(0, 16));
} else {
  nameField.value = remembered();
  nameField.focus();
}
