// Who leads: a short list that is always there, and the whole table while Tab is held or after its button.

import { nameOf } from "./hud.js";

const TOP = 5;
const $ = (selector) => document.querySelector(selector);

export class Scoreboard {
  constructor() {
    this.top = $("#top");
    this.table = $("#scores");
    this.body = $("#scores tbody");
    this.room = $("#scores .room");
    /** Kills since the last death, by pilot number: what this page saw of it. */
    this.rows = new Map();
    this.key = "";
    this.tableKey = "";
    this.table.addEventListener("click", () => this.show(false));
  }

  show(open) {
    this.table.hidden = !open;
  }

  toggle() {
    this.show(this.table.hidden);
  }

  get open() {
    return !this.table.hidden;
  }

  /** Counts a kill; how many in a row it was. */
  count(killer, victim) {
    this.rows.delete(victim);
    const row = (this.rows.get(killer) ?? 0) + 1;
    this.rows.set(killer, row);
    return row;
  }

  update(view, roomName) {
    const all = [...view.pilots.values()];
    all.sort((a, b) => b.kills - a.kills || a.deaths - b.deaths || a.number - b.number);
    this.#updateTop(all);
    if (this.open) this.#updateTable(all, roomName);
  }

  #updateTop(all) {
    const rows = all.slice(0, TOP).map((pilot, index) => ({ pilot, rank: index + 1 }));
    const mine = all.findIndex((pilot) => pilot.own);
    if (mine >= TOP) rows.push({ pilot: all[mine], rank: mine + 1 });
    const key = rows.map(({ pilot, rank }) => [rank, pilot.name, pilot.kills, pilot.alive, pilot.own].join()).join(";");
    if (key === this.key) return;
    this.key = key;
    this.top.replaceChildren(...rows.map(({ pilot, rank }) => topRow(pilot, rank)));
  }

  #updateTable(all, roomName) {
    const line = (pilot) => [pilot.number, pilot.name, pilot.kills, pilot.deaths, pilot.alive, this.rows.get(pilot.number) ?? 0];
    const key = all.map((pilot) => line(pilot).join()).join(";") + roomName;
    if (key === this.tableKey) return;
    this.tableKey = key;
    const people = all.filter((pilot) => !pilot.bot).length;
    this.room.textContent = `${roomName} · ${people} ${people === 1 ? "player" : "players"}, ${all.length - people} bots`;
    this.body.replaceChildren(...all.map((pilot, index) => tableRow(pilot, index + 1, this.rows.get(pilot.number) ?? 0)));
  }

  clear() {
    this.rows.clear();
    this.key = "";
    this.tableKey = "";
    this.show(false);
  }
}

function topRow(pilot, rank) {
  const item = document.createElement("li");
  item.classList.toggle("own", pilot.own);
  item.classList.toggle("dead", !pilot.alive);
  item.append(text("span", rank, "rank"), nameOf(pilot), text("span", pilot.kills, "kills"));
  return item;
}

function tableRow(pilot, rank, row) {
  const item = document.createElement("tr");
  item.classList.toggle("own", pilot.own);
  item.classList.toggle("dead", !pilot.alive);
  const name = document.createElement("td");
  name.append(nameOf(pilot));
  if (pilot.bot) name.append(text("span", "bot", "tag"));
  item.append(text("td", rank, "rank"), name, text("td", pilot.kills), text("td", pilot.deaths), text("td", row || ""));
  return item;
}

function text(tag, value, kind = "") {
  const part = document.createElement(tag);
  part.className = kind;
  part.textContent = String(value);
  return part;
}
