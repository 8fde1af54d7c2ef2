// The words and numbers around the field: scores, feed, hull, statistics, overlays. Plain DOM, touched only when it changes.

import { colourOf } from "./palette.js";

const FEED_MAX = 4;
const FEED_MS = 4000;
const RESPAWN_SECONDS = 2;
const $ = (selector) => document.querySelector(selector);

export class Hud {
  constructor() {
    this.rows = $("#scores");
    this.feed = $("#feed");
    this.hull = $("#hull");
    this.hullFill = $("#hull i");
    this.hullValue = $("#hull .value");
    this.death = $("#death");
    this.deathArc = $("#death .left");
    this.deathCount = $("#death .count");
    this.deathBy = $("#death .by");
    this.hurt = $("#hurt");
    this.shown = {};
    this.killer = null;
    this.stats = {};
    for (const item of document.querySelectorAll("[data-stat]")) this.stats[item.dataset.stat] = item;
  }

  /** Runs `write` only when `value` differs from the last one for `key`. */
  #once(key, value, write) {
    if (this.shown[key] === value) return;
    this.shown[key] = value;
    write(value);
  }

  /** Everything that follows the view. */
  update(view) {
    this.#scores(view);
    const health = view.ship ? Math.round(view.ship.health) : 0;
    this.#once("health", health, () => {
      this.hullFill.style.width = `${health}%`;
      this.hullValue.textContent = String(health);
      this.hull.classList.toggle("low", health <= 35);
      this.hull.classList.toggle("gone", health === 0);
    });
    this.#death(view.me);
  }

  #scores(view) {
    const all = [...view.pilots.values()];
    all.sort((a, b) => b.kills - a.kills || a.deaths - b.deaths || a.number - b.number);
    const top = all.slice(0, 5).map((pilot, index) => ({ pilot, rank: index + 1 }));
    const mine = all.findIndex((pilot) => pilot.own);
    if (mine >= 5) top.push({ pilot: all[mine], rank: mine + 1 });
    const key = top.map(({ pilot, rank }) => [rank, pilot.name, pilot.kills, pilot.deaths, pilot.alive, pilot.own].join()).join(";");
    this.#once("scores", key, () => this.rows.replaceChildren(...top.map(({ pilot, rank }) => score(pilot, rank))));
  }

  #death(me) {
    const dead = me !== null && !me.alive && me.deaths > 0;
    this.#once("dead", dead, () => {
      this.death.hidden = !dead;
      if (!dead) this.killer = null;
    });
    if (!dead) return;
    const left = me.respawn_in / 10;
    this.#once("respawn", left, () => {
      this.deathCount.textContent = left.toFixed(1);
      this.deathArc.style.strokeDashoffset = String(1 - left / RESPAWN_SECONDS);
    });
    const by = this.killer ? `by ${this.killer.name}` : "";
    this.#once("by", by, () => {
      this.deathBy.textContent = by;
      this.deathBy.style.color = colourOf(this.killer);
    });
  }

  /** Who shot us: told by an event, shown while dead. */
  diedBy(pilot) {
    this.killer = pilot ? { ...pilot } : null;
  }

  pain() {
    this.hurt.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 320, easing: "ease-out" });
  }

  kill(killer, victim) {
    const verb = document.createElement("span");
    verb.className = "verb";
    verb.textContent = "shot down";
    this.#line([nameOf(killer), verb, nameOf(victim)], Boolean(killer?.own || victim?.own));
  }

  note(name, what) {
    const who = document.createElement("span");
    who.textContent = name;
    const verb = document.createElement("span");
    verb.className = "verb";
    verb.style.marginRight = "0";
    verb.textContent = what;
    this.#line([who, verb], false);
  }

  #line(parts, mine) {
    const item = document.createElement("li");
    item.append(...parts);
    item.classList.toggle("own", mine);
    this.feed.append(item);
    while (this.feed.children.length > FEED_MAX) this.feed.firstChild.remove();
    setTimeout(() => item.classList.add("going"), FEED_MS);
    setTimeout(() => item.remove(), FEED_MS + 500);
  }

  /** Called a few times a second: numbers that change faster cannot be read. */
  numbers(stats, fps) {
    this.stats.ping.textContent = Number.isFinite(stats.ping) ? `${Math.round(stats.ping)} ms` : "–";
    this.stats.tick.textContent = `${Math.round(stats.tickRate)} Hz`;
    this.stats.in.textContent = `${(stats.bytesPerSecond / 1000).toFixed(1)} kB/s`;
    this.stats.fps.textContent = String(Math.round(fps));
  }

  /** Forgets the last room. */
  clear() {
    this.feed.replaceChildren();
    this.death.hidden = true;
    this.shown = {};
    this.killer = null;
  }
}

function score(pilot, rank) {
  const item = document.createElement("li");
  item.classList.toggle("own", pilot.own);
  item.classList.toggle("dead", !pilot.alive);
  const parts = { rank, name: pilot.name, kills: pilot.kills, deaths: `/ ${pilot.deaths}` };
  for (const [kind, value] of Object.entries(parts)) {
    const part = document.createElement("span");
    part.className = kind;
    part.textContent = String(value);
    if (kind === "name") part.style.color = colourOf(pilot);
    item.append(part);
  }
  item.title = `${pilot.kills} kills, ${pilot.deaths} deaths`;
  return item;
}

function nameOf(pilot) {
  const name = document.createElement("span");
  name.textContent = pilot ? pilot.name : "somebody";
  name.style.color = colourOf(pilot);
  return name;
}
