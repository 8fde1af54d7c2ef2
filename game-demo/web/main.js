// The arena's page: joins a room, samples the controls, draws what the server says.

import { WEAPONS, PICKUPS } from "./arsenal.js";
import { attractView } from "./attract.js";
import { Camera } from "./camera.js";
import { Chat } from "./chat.js";
import { Controls } from "./input.js";
import { Effects } from "./effects.js";
import { Hud } from "./hud.js";
import { Link } from "./link.js";
import { Lobby, copy, inviteLink } from "./lobby.js";
import { Minimap } from "./minimap.js";
import { Renderer } from "./renderer.js";
import { Scoreboard } from "./scoreboard.js";
import { Sound } from "./sound.js";
import { Spectator } from "./spectator.js";
import { colourOf, flame as flameColour, shield as shieldColour } from "./palette.js";
import { emptyView, readView } from "./view.js";
import { probe } from "./probe.js";

/** A frame that took longer than this moves things by no more. */
const FRAME_SECONDS_MAX = 0.1;
/** Close code of a connection that broke, or never came to be. */
const ABNORMAL = 1006;
const STILL = { x: 0, y: 0 };

const $ = (selector) => document.querySelector(selector);
const canvas = $("#field");
const offline = $("#offline");
const query = new URLSearchParams(location.search);

const camera = new Camera(canvas);
const controls = new Controls(canvas);
const effects = new Effects();
const hud = new Hud();
const scoreboard = new Scoreboard();
const minimap = new Minimap();
const renderer = new Renderer(canvas, camera);
const sound = new Sound();
const spectator = new Spectator();
const chat = new Chat((text) => room?.command("Say", { text }));
const lobby = new Lobby(play);

let link = null;
let room = null;
let view = emptyView();
let followed = null;
let fps = 0;
let flash = 0;
let cooldown = 0;

function setState(state) {
  document.body.dataset.state = state;
  controls.active = state === "playing";
  chat.active = state === "playing";
}

function play(name, id) {
  lobby.close();
  link?.end();
  link = new Link({ room: "arena", id, name }, {
    trying: () => (offline.querySelector(".next").textContent = "Connecting…"),
    joined,
    lost,
    waiting: (left) => (offline.querySelector(".next").textContent = `Trying again in ${left.toFixed(1)} s`),
  });
  link.join();
}

function clear() {
  view = emptyView();
  followed = null;
  effects.clear();
  hud.clear();
  scoreboard.clear();
  spectator.clear();
  chat.clear();
  camera.cut();
}

function joined(next) {
  room = next;
  globalThis.room = next;
  offline.hidden = true;
  clear();
  room.input(() => controls.sample());
  room.on("Hit", onHit);
  room.on("Destroyed", onDestroyed);
  room.on("Spawned", ({ pilot, pos }) => effects.spawn(pos, colourOf(view.pilots.get(pilot))));
  room.on("Took", onTook);
  room.on("Said", ({ pilot, name, text }) => chat.heard(view.pilots.get(pilot), name, text));
  room.on("Hushed", ({ wait }) => chat.note(`Too fast: nobody heard that. Wait ${Math.max(1, Math.round(wait / 10))} s.`));
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
  scoreboard.show(false);
  setState("offline");
  offline.hidden = false;
}

/** Back to the start screen, on purpose. */
function leave() {
  link?.end();
  link = null;
  room = null;
  globalThis.room = null;
  offline.hidden = true;
  clear();
  setState("menu");
  lobby.open();
}

function isMe(number) {
  return view.me !== null && view.me.number === number;
}

/** How loud something is at a place: full where we look, silent two screens away. */
function loudness(at) {
  return Math.max(0, 1 - Math.hypot(at.x - camera.x, at.y - camera.y) / 1400);
}

function onHit({ victim, shooter, pos, way, shielded }) {
  effects.hit(pos, shielded ? shieldColour : colourOf(view.pilots.get(victim)));
  if (isMe(victim)) {
    effects.jolt(shielded ? 0.22 : 0.38);
    effects.wound(way, shielded);
    hud.pain(shielded);
    sound.hurt();
  }
  if (isMe(shooter)) {
    effects.confirm(pos, false);
    sound.hit(0.6);
  }
}

function onDestroyed({ victim, killer, weapon, pos, vel }) {
  const [loser, winner] = [view.pilots.get(victim), view.pilots.get(killer)];
  effects.blast(pos, vel, colourOf(loser));
  sound.blast(loudness(pos));
  hud.kill(winner, loser, weapon);
  const streak = scoreboard.count(killer, victim);
  if (isMe(victim)) {
    effects.jolt(0.85);
    hud.diedBy(winner, weapon);
    spectator.died(pos, killer);
  }
  if (isMe(killer)) {
    effects.jolt(0.2);
    effects.confirm(pos, true);
    hud.shotDown(loser, streak);
  }
}

function onTook({ pilot, pos, kind }) {
  const { label, colour } = PICKUPS[kind] ?? PICKUPS.Health;
  effects.ring(pos, colour, 12, 46, 0.4);
  effects.sparks(pos, colour, 10, 150);
  if (!isMe(pilot)) return;
  effects.float(pos, label, colour);
  sound.took();
}

/** What the own ship shows at once, without waiting for the server. */
function localShip(dt) {
  cooldown = Math.max(0, cooldown - dt);
  flash = Math.max(0, flash - dt * 12);
  const weapon = WEAPONS[view.ship?.weapon] ?? WEAPONS.Blaster;
  if (view.ship) {
    controls.aimIn(view, camera);
    if (controls.firing && cooldown === 0) {
      flash = 0.9;
      cooldown = weapon.cooldown;
      sound.shot(view.ship.weapon, 0.8);
    }
  }
  const steered = controls.active && (controls.touch.used || controls.pointer !== null);
  return {
    aim: steered ? controls.aim : null,
    thrust: controls.thrust,
    flash,
    flashSize: weapon.flash,
    pointer: controls.touch.used ? null : controls.pointer,
    pointers: document.body.dataset.state === "playing",
  };
}

function look(dt) {
  if (document.body.dataset.state === "menu") {
    camera.follow(STILL, STILL, 4, dt);
    return;
  }
  const target = spectator.target(view, dt);
  followed = target?.ship ?? null;
  if (!target) return;
  const ahead = view.ship ? controls.ahead(camera) : STILL;
  camera.follow(target.at, ahead, target.rate, dt);
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
  }
  if (document.body.dataset.state === "menu") view = attractView(now / 1000);
  look(dt);
  if (room) {
    hud.update(view, followed);
    scoreboard.update(view, `Room ${room.id}`);
    minimap.draw(view, camera, followed, now);
    if (now > numbersDue) {
      hud.numbers(room.stats, fps);
      numbersDue = now + 250;
    }
  }
  const local = localShip(dt);
  // After a pause in which nothing was drawn, bullets did not end just now.
  if (dt === FRAME_SECONDS_MAX) effects.bullets.clear();
  effects.track(view.bullets, (pilot) => colourOf(view.pilots.get(pilot)));
  for (const ship of view.ships) if (camera.sees(ship.pos, 40)) effects.exhaust(ship, flameColour, dt);
  effects.advance(dt);
  renderer.draw(view, effects, local, now / 1000);
  requestAnimationFrame(frame);
}

const tools = {
  scores: () => scoreboard.toggle(),
  chat: () => chat.toggle(),
  sound: () => {
    const on = sound.toggle();
    $("[data-tool=sound]").setAttribute("aria-pressed", String(on));
  },
  invite: async () => {
    const address = inviteLink(room?.id ?? "");
    hud.toast((await copy(address)) ? `Link copied: ${address}` : address);
  },
  leave,
};

for (const button of document.querySelectorAll("[data-tool]")) {
  // The chat field must not lose its focus, and the ship its keys, to a button.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    tools[button.dataset.tool]();
    button.blur();
  });
}

window.addEventListener("keydown", (event) => {
  if (document.body.dataset.state !== "playing" || event.target instanceof HTMLInputElement) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "Tab") {
    event.preventDefault();
    scoreboard.show(true);
  } else if (event.code === "Enter" && !event.repeat) {
    event.preventDefault();
    controls.release();
    chat.open();
  } else if (event.code === "KeyM" && !event.repeat) {
    tools.sound();
  } else if (event.code === "Escape") {
    scoreboard.show(false);
  }
});
window.addEventListener("keyup", (event) => {
  if (event.code === "Tab") scoreboard.show(false);
});
canvas.addEventListener("pointerdown", () => {
  chat.close();
  if (document.body.dataset.state === "playing" && !view.ship) spectator.next(view);
});
offline.querySelector(".again").addEventListener("click", () => link?.join());
offline.querySelector(".menu").addEventListener("click", leave);
window.addEventListener("resize", () => camera.resize());
window.addEventListener("pagehide", () => room?.leave());

window.__arena = probe({
  room: () => room,
  view: () => view,
  fps: () => fps,
  followed: () => followed,
  camera,
});

camera.resize();
setState("menu");
requestAnimationFrame(frame);
if (query.has("name")) play(query.get("name").trim().slice(0, 16), lobby.room);
else lobby.open();
