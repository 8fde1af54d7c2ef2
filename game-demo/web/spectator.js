// Whom the camera follows: the own ship, and while there is none who shot it, then somebody else.

/** Seconds that the wreck is looked at before the killer is. */
const WRECK_SECONDS = 0.7;

export class Spectator {
  constructor() {
    this.clear();
  }

  clear() {
    /** Number of the pilot that is followed while dead. */
    this.number = null;
    this.wreck = null;
    this.hold = 0;
    this.lost = 0;
  }

  /** The own ship was shot down at `at` by the pilot of number `killer`. */
  died(at, killer) {
    this.wreck = { ...at };
    this.number = killer;
    this.hold = WRECK_SECONDS;
    this.lost = 0;
  }

  /** Follows the next living pilot. */
  next(view) {
    const ships = view.ships.filter((ship) => !ship.own).sort((a, b) => a.pilot - b.pilot);
    if (ships.length === 0) return;
    const after = ships.find((ship) => ship.pilot > (this.number ?? -1));
    this.number = (after ?? ships[0]).pilot;
    this.hold = 0;
  }

  /** What to look at now: `{ at, rate, ship }`, or null for nothing at all. */
  target(view, dt) {
    if (view.ship) {
      this.number = null;
      this.wreck = null;
      return { at: view.ship.pos, rate: 14, ship: view.ship };
    }
    this.hold = Math.max(0, this.hold - dt);
    const ship = view.ships.find((one) => one.pilot === this.number);
    if (this.hold > 0 && this.wreck) return { at: this.wreck, rate: 8, ship: null };
    if (ship) {
      this.lost = 0;
      return { at: ship.pos, rate: 5, ship };
    }
    // Who was followed is gone: a moment to see the blast, then whoever is near.
    this.lost += dt;
    if (this.lost > WRECK_SECONDS || this.number === null) this.#nearest(view);
    return this.wreck ? { at: this.wreck, rate: 0, ship: null } : null;
  }

  #nearest(view) {
    const from = this.wreck ?? { x: 0, y: 0 };
    const far = (ship) => Math.hypot(ship.pos.x - from.x, ship.pos.y - from.y);
    const ships = [...view.ships].sort((a, b) => far(a) - far(b));
    this.number = ships.length > 0 ? ships[0].pilot : null;
  }
}
