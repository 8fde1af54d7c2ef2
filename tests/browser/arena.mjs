// Two people in the arena: node arena.mjs CHROMIUM PAGE_URL BOTS SHOTS_DIRECTORY
// Keys are pressed as a person would. What came of it is read from `globalThis.room`, the page's room, and looked at
// in the screenshots.
import { newPage, noComplaints, withBrowser } from "./chromium.mjs";

const [executable, url, botsText, shots] = process.argv.slice(2);
// One makes room for each of the two.
const bots = Number(botsText) - 2;

/** Waits until `body`, run in the page with `argument`, returns something true; that is the result. */
async function until(page, what, body, argument) {
  try {
    return await (await page.waitForFunction(body, argument, { timeout: 30_000, polling: 50 })).jsonValue();
  } catch (error) {
    const state = await page.evaluate(() => ({
      pilots: [...(globalThis.room?.entities("Pilot") ?? [])].map(({ number, name, alive }) => [number, name, alive]),
      stats: globalThis.room?.stats ?? null,
      body: document.body.innerText.slice(0, 300),
    }));
    throw new Error(`${what}: ${error.message}\n${page.complaints.join("\n")}\n${JSON.stringify(state)}`);
  }
}

const started = performance.now();
const note = (text) => console.log(`${((performance.now() - started) / 1000).toFixed(1)} s ${text}`);

/** The number of the pilot of this name, once this page sees it alive. */
const pilot = (page, name) =>
  until(page, `${name} is not seen`, (wanted) => {
    for (const { number, name, alive } of globalThis.room?.entities("Pilot") ?? []) {
      if (name === wanted && alive) return { number };
    }
    return false;
  }, name);

const flies = ([number, sign]) => {
  for (const ship of room.entities("Ship")) if (ship.pilot === number && ship.vel.x * sign > 30) return true;
  return false;
};
const shoots = (number) => [...room.entities("Bullet")].some((bullet) => bullet.pilot === number);

await withBrowser(executable, async (browser) => {
  const ada = await newPage(browser, "ada");
  const bob = await newPage(browser, "bob");
  await ada.goto(`${url}?name=Ada`);
  await bob.goto(`${url}?name=Bob`);

  const adas = await pilot(ada, "Ada");
  const bobs = await pilot(bob, "Bob");
  if ((await pilot(ada, "Bob")).number !== bobs.number) throw new Error("the pages disagree about Bob");
  if ((await pilot(bob, "Ada")).number !== adas.number) throw new Error("the pages disagree about Ada");
  note("both see each other");

  for (const page of [ada, bob]) {
    await until(page, "the bots are not all seen", (count) =>
      [...room.entities("Pilot")].filter((one) => one.bot).length === count, bots);
    await until(page, "the bots do not move", (count) => {
      const began = (globalThis.began ??= new Map());
      const moved = (globalThis.moved ??= new Set());
      const names = new Set([...room.entities("Pilot")].filter((one) => one.bot).map((one) => one.number));
      for (const ship of room.entities("Ship")) {
        if (!names.has(ship.pilot)) continue;
        const from = began.get(ship.id) ?? { ...ship.pos };
        began.set(ship.id, from);
        if (Math.hypot(ship.pos.x - from.x, ship.pos.y - from.y) > 30) moved.add(ship.pilot);
      }
      return moved.size >= count / 2;
    }, bots);
  }
  note("the bots move");

  await ada.screenshot({ path: `${shots}/ada-flying.png` });
  // Each steers one way and then the other, as there may be a wall on one side; both pages must show it.
  for (const [page, other, own, keys] of [
    [ada, bob, adas.number, ["KeyD", "KeyA"]],
    [bob, ada, bobs.number, ["ArrowRight", "ArrowLeft"]],
  ]) {
    for (const [sign, key] of [[1, keys[0]], [-1, keys[1]]]) {
      await page.keyboard.down(key);
      const seen = [page, other].map((one) => until(one, `pilot ${own} does not fly by ${key}`, flies, [own, sign]));
      await Promise.all(seen);
      await page.keyboard.up(key);
    }
  }
  note("both steer");

  for (const [page, other, own] of [[ada, bob, adas.number], [bob, ada, bobs.number]]) {
    await page.mouse.move(700, 200);
    await page.keyboard.down("Space");
    await Promise.all([page, other].map((one) => until(one, `pilot ${own} does not shoot`, shoots, own)));
    if (page === ada) await bob.screenshot({ path: `${shots}/bob-sees-ada-shoot.png` });
    await page.keyboard.up("Space");
  }
  note("both shoot");

  for (const page of [ada, bob]) {
    const { updates, hashMismatches, decodeErrors } = await page.evaluate(() => ({ ...room.stats }));
    if (!(updates > 0) || hashMismatches !== 0 || decodeErrors !== 0) {
      throw new Error(`updates ${updates}, hash mismatches ${hashMismatches}, decode errors ${decodeErrors}`);
    }
  }
  noComplaints(bob);
  const bobsShip = await ada.evaluate((number) => room.entities("Ship").find((one) => one.pilot === number)?.id, bobs.number);
  await bob.context().close();
  await until(ada, "Bob has left and is still seen", (number) =>
    ![...room.entities("Pilot")].some((one) => one.number === number && one.name === "Bob"), bobs.number);
  // By its id: a bot takes the free place, and with it the number.
  await until(ada, "Bob's ship is still seen", (id) => !room.entities("Ship").some((one) => one.id === id), bobsShip);
  await ada.screenshot({ path: `${shots}/ada-alone-with-bots.png` });
  note("one left and disappeared");
  noComplaints(ada);
});
