// How people hold the arena: with a keyboard and a mouse, or with two thumbs.

export const mouse = {
  press: (page, selector) => page.click(selector),
  chat: (page) => page.keyboard.press("Enter"),
  openScores: (page) => page.keyboard.down("Tab"),
  closeScores: (page) => page.keyboard.up("Tab"),
  tap: (page) => page.mouse.click(200, 400),

  /** Aims at `prey.to` (screen), flies towards it and keeps the button down. */
  async fight(page, { from, to, distance, turn }) {
    await page.mouse.move(to.x, to.y);
    await page.mouse.down();
    const near = distance < 260;
    const way = Math.atan2(to.y - from.y, to.x - from.x) + turn;
    const [x, y] = [Math.cos(way), Math.sin(way)];
    const across = Math.abs(x) < 0.38 ? [] : [x > 0 ? "KeyD" : "KeyA"];
    const along = Math.abs(y) < 0.38 ? [] : [y > 0 ? "KeyS" : "KeyW"];
    const wanted = near ? [] : [...across, ...along];
    for (const key of ["KeyW", "KeyA", "KeyS", "KeyD"]) {
      if (wanted.includes(key)) await page.keyboard.down(key);
      else await page.keyboard.up(key);
    }
  },

  async rest(page) {
    await page.mouse.up();
    for (const key of ["KeyW", "KeyA", "KeyS", "KeyD"]) await page.keyboard.up(key);
  },
};

const sessions = new WeakMap();

/** Touches as the browser would get them from glass: `points` are all fingers that are down. */
async function touch(page, type, points) {
  let session = sessions.get(page);
  if (session === undefined) {
    session = await page.context().newCDPSession(page);
    sessions.set(page, session);
  }
  await session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
}

const down = new WeakSet();

export const fingers = {
  press: (page, selector) => page.tap(selector),
  chat: (page) => page.tap("[data-tool=chat]"),
  openScores: (page) => page.tap("[data-tool=scores]"),
  closeScores: (page) => page.tap("#scores header"),
  tap: (page) => page.touchscreen.tap(page.viewportSize().width / 2, page.viewportSize().height * 0.45),

  /** The left thumb pushes towards the prey, the right one aims at it and fires. */
  async fight(page, { from, to, distance, turn }) {
    const { width, height } = page.viewportSize();
    const way = Math.atan2(to.y - from.y, to.x - from.x);
    const pushed = (x, y, angle, reach) => [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach];
    const [left, right] = [[width * 0.2, height * 0.75], [width * 0.8, height * 0.75]];
    if (!down.has(page)) {
      down.add(page);
      await touch(page, "touchStart", [left, right]);
    }
    await touch(page, "touchMove", [pushed(...left, way + turn, distance < 260 ? 0 : 50), pushed(...right, way, 50)]);
  },

  async rest(page) {
    if (!down.delete(page)) return;
    await touch(page, "touchEnd", []);
  },
};
