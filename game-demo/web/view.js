// One frame's reading of the room: entities sorted into what the renderer and the HUD ask for.

const empty = () => ({ pilots: new Map(), ships: [], bullets: [], walls: [], pickups: [], me: null, ship: null });

/** An empty arena, for before the first room. */
export function emptyView() {
  return empty();
}

/** Reads the room as it is drawn now. */
export function readView(room) {
  const view = empty();
  for (const pilot of room.entities("Pilot")) {
    view.pilots.set(pilot.number, pilot);
    if (pilot.own) view.me = pilot;
  }
  for (const ship of room.entities("Ship")) {
    view.ships.push(ship);
    if (ship.own) view.ship = ship;
  }
  view.bullets = [...room.entities("Bullet")];
  view.walls = [...room.entities("Wall")];
  view.pickups = [...room.entities("Pickup")];
  return view;
}
