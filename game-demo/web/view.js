// One frame's reading of the room: entities sorted into what the renderer and the HUD ask for.

const NOTHING = { pilots: new Map(), ships: [], bullets: [], walls: [], me: null, ship: null };

/** An empty arena, for before the first room. */
export function emptyView() {
  return NOTHING;
}

/** Reads the room as it is drawn now. */
export function readView(room) {
  const view = { pilots: new Map(), ships: [], bullets: [], walls: [], me: null, ship: null };
  for (const pilot of room.entities("Pilot")) {
    view.pilots.set(pilot.number, pilot);
    if (pilot.own) view.me = pilot;
  }
  for (const ship of room.entities("Ship")) {
    view.ships.push(ship);
    if (ship.own) view.ship = ship;
  }
  for (const bullet of room.entities("Bullet")) view.bullets.push(bullet);
  for (const wall of room.entities("Wall")) view.walls.push(wall);
  return view;
}
