// What end-to-end tests and the curious may look at, with `globalThis.room`: copies, nothing to change.

export function probe(parts) {
  const view = parts.view;
  return Object.freeze({
    get room() {
      return parts.room();
    },
    get state() {
      return document.body.dataset.state;
    },
    get fps() {
      return parts.fps();
    },
    get me() {
      return view().me ? { ...view().me } : null;
    },
    get ship() {
      return view().ship ? copyOf(view().ship) : null;
    },
    get ships() {
      return view().ships.map(copyOf);
    },
    get pilots() {
      return [...view().pilots.values()].map((pilot) => ({ ...pilot }));
    },
    get pickups() {
      return view().pickups.map((pad) => ({ ...pad, pos: { ...pad.pos } }));
    },
    /** Number of the pilot whose ship the camera follows, or null. */
    get followed() {
      return parts.followed()?.pilot ?? null;
    },
    get counts() {
      const { pilots, ships, bullets, walls, pickups } = view();
      return { pilots: pilots.size, ships: ships.length, bullets: bullets.length, walls: walls.length, pickups: pickups.length };
    },
    toScreen: (at) => parts.camera.toScreen(at),
  });
}

function copyOf(ship) {
  return { ...ship, pos: { ...ship.pos }, vel: { ...ship.vel } };
}
