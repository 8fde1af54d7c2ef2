// The words and numbers around the field: hull, weapon, feed, toasts, who shot us. Plain DOM, touched only when it changes.

import { WEAPONS } from "./arsenal.js";
import { colourOf } from "./palette.js";

const FEED_MAX = 5;
const FEED_MS = 5000;
const RESPAWN_SECONDS = 3;
const $ = (selector) => document.querySelector(selector);

export class Hud {
  constructor() {
    this.feed = $("#feed");
    this.hull = $("#hull");
    this.health = $("#hull .health i");
    this.shield = $("#hull .shield i");
    this.value = $("#hull .value");
    this.gun = $("#hull .gun");
    this.gunName = $("#hull .gun b");
    this.gunRounds = $("#hull .gun span");
    this.death = $("#death");
    this.deathArc = $("#death .left");
    this.deathCount = $("#death .count");
    this.deathBy = $("#death .by");
    this.watching = $("#death .watching");
    this.hurt = $("#hurt");
    this.toastLine = $("#toast");
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

  /** Everything that follows the view; `followed` is the ship that the camera follows. */
  update(view, followed) {
    const ship = view.ship;
    const health = ship ? Math.round(ship.health) : 0;
    this.#once("health", health, () => {
      this.health.style.width = `${health}%`;
      this.value.textContent = String(health);
      this.hull.classList.toggle("low", health <= 35);
      this.hull.classList.toggle("gone", health === 0);
    });
    this.#once("shield", ship?.shield ?? 0, (shield) => (this.shield.style.width = `${shield * 2}%`));
    if (ship) {
      this.#once("weapon", ship.weapon, (weapon) => {
        this.gunName.textContent = WEAPONS[weapon]?.label ?? weapon;
        this.gun.dataset.weapon = weapon;
      });
      this.#once("rounds", ship.rounds, (rounds) => (this.gunRounds.textContent = rounds > 0 ? String(rounds) : "∞"));
    }
    this.#death(view, followed);
  }

  #death(view, followed) {
    const me = view.me;
    const dead = me !== null && !me.alive && me.deaths > 0;
    this.#once("dead", dead, () => {
      this.death.hidden = !dead;
      document.body.classList.toggle("dead", dead);
      if (!dead) this.killer = null;
    });
    if (!dead) return;
    const left = me.respawn_in / 10;
    this.#once("respawn", left, () => {
      this.deathCount.textContent = String(Math.ceil(left));
      this.deathArc.style.strokeDashoffset = String(1 - left / RESPAWN_SECONDS);
    });
    const killer = this.killer;
    this.#once("by", killer, () => {
      this.deathBy.replaceChildren(...(killer ? ["Shot down by ", nameOf(killer.pilot), how(killer.weapon)] : ["Shot down"]));
    });
    const watched = followed ? view.pilots.get(followed.pilot) : null;
    this.#once("watched", watched?.number ?? null, () => {
      const press = document.body.classList.contains("touch") ? "tap" : "click";
      this.watching.replaceChildren(...(watched ? ["Watching ", nameOf(watched), ` · ${press} for the next`] : [" "]));
    });
  }

  /** Who shot us: told by an event, shown while dead. */
  diedBy(pilot, weapon) {
    this.killer = pilot ? { pilot: { ...pilot }, weapon } : null;
  }

  pain(shielded) {
    if (shielded) return;
    this.hurt.animate([{ opacity: 0.9 }, { opacity: 0 }], { duration: 320, easing: "ease-out" });
  }

  /** A line in the middle that everybody should notice, for a moment. */
  toast(...parts) {
    this.toastLine.replaceChildren(...parts);
    this.toastLine.getAnimations().forEach((animation) => animation.cancel());
    const steps = [{ opacity: 0, translate: "0 8px" }, { opacity: 1, translate: "0 0", offset: 0.1 }, { opacity: 1, offset: 0.75 }, { opacity: 0 }];
    this.toastLine.animate(steps, { duration: 1900, easing: "ease-out" });
  }

  shotDown(victim, streak) {
    this.toast("Shot down ", nameOf(victim), streak > 1 ? ` · ${streak} in a row` : "");
  }

  kill(killer, victim, weapon) {
    this.#line([nameOf(killer), how(weapon), nameOf(victim)], Boolean(killer?.own || victim?.own));
  }

  note(name, what) {
    const verb = document.createElement("span");
    verb.className = "verb";
    verb.textContent = ` ${what}`;
    this.#line([name, verb], false);
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
    this.toastLine.replaceChildren();
    this.death.hidden = true;
    document.body.classList.remove("dead");
    this.shown = {};
    this.killer = null;
  }
}

/** A pilot's name in its colour; text stays text, whatever it says. */
export function nameOf(pilot) {
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = pilot ? pilot.name : "somebody";
  name.style.color = colourOf(pilot);
  return name;
}

/** What somebody was shot down with. */
function how(weapon) {
  const label = document.createElement("span");
  label.className = "how";
  label.dataset.weapon = weapon;
  label.textContent = WEAPONS[weapon]?.label ?? "";
  return label;
}
