// Every colour that is drawn on the canvas. Oneself is always `own`; nobody else is ever near it.

export const own = "#5de4ff";
export const ground = "#080c15";
export const floor = "#0a111f";
export const floorLight = "#14223c";
export const grid = "rgba(120, 155, 220, 0.1)";
export const edge = "rgba(120, 160, 230, 0.42)";
export const wallFill = "#1a2740";
export const wallLine = "#4d679e";
export const rockFill = "#1b2334";
export const rockLine = "#5f6f95";
export const rockDent = "rgba(120, 140, 190, 0.2)";
export const shield = "#7db4ff";
export const danger = "#ff5d6c";
export const text = "#dbe4f5";
export const dim = "rgba(200, 214, 240, 0.62)";
export const flame = "#ffb86b";

const others = [
  "#ff8a70", "#ffc15e", "#b59bff", "#8fe08a", "#ff86c3",
  "#f4e06a", "#8fa6ff", "#ff9d4d", "#d58bff", "#c8e86b",
];

/** The colour of a pilot, or of one who is gone already. */
export function colourOf(pilot) {
  if (!pilot) return "#9aa7c0";
  return pilot.own ? own : others[pilot.colour % others.length];
}
