// A room by link: node arena-room.mjs CHROMIUM PAGE_URL SHOTS_DIRECTORY
// On a desktop and on a phone held both ways, somebody makes a room, sends its link to a friend, talks, shoots a bot down,
// is shot down, watches, comes back, looks at the scores and leaves. Keys, mouse and fingers are used as people would.
import { newPage, noComplaints, withBrowser } from "./chromium.mjs";
import { fingers, mouse } from "./hands.mjs";

const [executable, url, shots] = process.argv.slice(2);

const PHONE = { hasTouch: true, isMobile: true, deviceScaleFactor: 1 };
const DEVICES = [
  { name: "desktop", viewport: { width: 1280, height: 720 }, device: {}, hands: mouse },
  { name: "portrait", viewport: { width: 390, height: 844 }, device: PHONE, hands: fingers },
  { name: "landscape", viewport: { width: 844, height: 390 }, device: PHONE, hands: fingers },
];
const ROOMS = { rooms: [{ kind: "arena", id: "1", players: 3, capacity: 32 }, { kind: "arena", id: "2", players: 32, capacity: 32 }] };

const started = performance.now();
const note = (text) => console.log(`${((performance.now() - started) / 1000).toFixed(1)} s ${text}`);

/** Waits until `body`, run in the page with `argument`, returns something true; that is the result. */
async function until(page, what, body, argument, timeout = 30_000) {
  try {
    return await (await page.waitForFunction(body, argument, { timeout, polling: 50 })).jsonValue();
  } catch (error) {
    const state = await page.evaluate(() => JSON.stringify({ state: __arena.state, me: __arena.me, counts: __arena.counts }));
    throw new Error(`${what}: ${error.message}\n${page.complaints.join("\n")}\n${state}`);
  }
}

const text = (page, selector) => page.evaluate((wanted) => document.querySelector(wanted).innerText, selector);

/** Makes a private room on the start screen and joins it; the link for others. */
async function host(page, hands, shot) {
  await page.goto(url);
  await until(page, "the rooms are not listed", () => document.querySelectorAll("#lobby li").length === 2);
  await shot("start");
  await hands.press(page, "#private");
  await until(page, "the address has no room", () => new URLSearchParams(location.search).get("room")?.length === 6);
  const link = page.url();
  await page.fill("#name", "Ada");
  await hands.press(page, "#join button");
  await until(page, "Ada has no ship", () => __arena.ship !== null && room.id === new URLSearchParams(location.search).get("room"));
  return link;
}

async function fitsTheScreen(page) {
  const { content, screen } = await page.evaluate(() => ({
    content: [document.documentElement.scrollWidth, document.documentElement.scrollHeight],
    screen: [innerWidth, innerHeight],
  }));
  if (content[0] > screen[0] || content[1] > screen[1]) throw new Error(`the page scrolls: ${content} in ${screen}`);
}

async function talk(ada, bob, hands, shot) {
  await hands.chat(ada);
  await ada.keyboard.type("hi <b>Bob</b>");
  await shot("chat");
  await ada.keyboard.press("Enter");
  await until(bob, "Bob hears nothing", () => document.querySelector("#lines")?.textContent.includes("hi <b>Bob</b>"));
  if (await bob.evaluate(() => document.querySelector("#lines b") !== null)) throw new Error("chat became markup");
  await mouse.chat(bob);
  await bob.keyboard.type("hi Ada");
  await bob.keyboard.press("Enter");
  await until(ada, "Ada hears nothing", () => document.querySelector("#lines").textContent.includes("hi Ada"));
  // More than a burst: the game says so to who talks, and to nobody else.
  await bob.evaluate(() => { for (let i = 0; i < 14; i += 1) room.command("Say", { text: `line ${i}` }); });
  await until(bob, "Bob may say everything", () => document.querySelector("#lines .note") !== null);
  await until(ada, "what was allowed is not heard", () => document.querySelector("#lines").textContent.includes("line 2"));
  if ((await text(ada, "#lines")).includes("line 13")) throw new Error("Bob was heard beyond his allowance");
}

/** Plays until a ship was shot down; being shot down on the way is part of it. */
async function shootSomebodyDown(page, hands, shot) {
  const end = performance.now() + 150_000;
  let shown = false;
  while (performance.now() < end) {
    const { kills, prey } = await page.evaluate(() => {
      const { ship, ships, me } = __arena;
      if (ship === null) return { kills: me?.kills ?? 0, prey: null };
      const far = (one) => Math.hypot(one.pos.x - ship.pos.x, one.pos.y - ship.pos.y);
      // Bob stands still and does not mind; whoever is nearer still goes first.
      const bob = __arena.pilots.find((pilot) => pilot.name === "Bob" && !pilot.bot)?.number;
      const easy = (one) => far(one) * (one.pilot === bob ? 0.4 : 1);
      const near = ships.filter((one) => !one.own).sort((a, b) => easy(a) - easy(b))[0];
      if (near === undefined) return { kills: me.kills, prey: null };
      const lead = far(near) / 760;
      const at = { x: near.pos.x + near.vel.x * lead, y: near.pos.y + near.vel.y * lead };
      const [from, to] = [__arena.toScreen(ship.pos), __arena.toScreen(at)];
      return { kills: me.kills, prey: { from, to, distance: far(near) } };
    });
    if (kills > 0) {
      await hands.rest(page);
      return;
    }
    if (prey === null) await hands.rest(page);
    else {
      // Now a little to one side and now to the other: there may be a wall on the straight way.
      const turn = 0.7 * Math.sign(Math.sin(performance.now() / 700));
      await hands.fight(page, { ...prey, turn });
    }
    if (!shown && prey !== null && prey.distance < 400) {
      shown = true;
      await shot("playing");
    }
    await page.waitForTimeout(25);
  }
  throw new Error("two and a half minutes without a kill");
}

async function dieWatchAndReturn(page, hands, shot) {
  const deaths = await page.evaluate(() => __arena.me.deaths);
  await until(page, "nobody shoots Ada down", (before) => __arena.me?.deaths > before && !__arena.me.alive, deaths, 90_000);
  await until(page, "the death is not told", () => /Shot down by \S+/.test(document.querySelector("#death .by").textContent));
  // At once: other deaths push it out of the feed.
  await until(page, "the feed does not tell of Ada's death", () => document.querySelector("#feed").textContent.includes("Ada"));
  await until(page, "nobody is watched", () => __arena.followed !== null && __arena.followed !== __arena.me.number);
  await shot("spectating");
  const watched = await page.evaluate(() => __arena.followed);
  await hands.tap(page);
  await until(page, "the next one is not watched", (first) => __arena.followed !== first, watched, 2500);
  await until(page, "Ada does not come back", () => __arena.ship !== null && document.querySelector("#death").hidden);
}

async function evening(browser, { name, viewport, device, hands }) {
  const ada = await newPage(browser, `${name} ada`, viewport, device);
  const bob = await newPage(browser, `${name} bob`);
  const shot = (what) => ada.screenshot({ path: `${shots}/${name}-${what}.png` });
  // The same list on every run: the page is what is tested here.
  await ada.route("**/rooms", (route) => route.fulfill({ json: ROOMS }));
  const link = await host(ada, hands, shot);
  await fitsTheScreen(ada);
  await bob.goto(`${link}&name=Bob`);
  await until(bob, "Bob is not in Ada's room", () => __arena.pilots.some((pilot) => pilot.name === "Ada" && !pilot.bot));
  note(`${name}: a friend came by link`);

  await talk(ada, bob, hands, shot);
  note(`${name}: they talk`);
  await shootSomebodyDown(ada, hands, shot);
  note(`${name}: a kill`);
  await dieWatchAndReturn(ada, hands, shot);
  note(`${name}: shot down, watched, came back`);

  await hands.openScores(ada);
  await until(ada, "the scores do not list both", () => {
    const rows = document.querySelector("#scores:not([hidden]) tbody")?.textContent ?? "";
    return rows.includes("Ada") && rows.includes("Bob");
  });
  await shot("scores");
  await hands.closeScores(ada);
  await until(ada, "the scores stay", () => document.querySelector("#scores").hidden);

  if (hands === mouse) {
    await hands.press(ada, "[data-tool=sound]");
    await until(ada, "sound is not on", () => document.querySelector("[data-tool=sound]").ariaPressed === "true");
    await hands.press(ada, "[data-tool=invite]");
    await until(ada, "the link is not shown", (id) => document.querySelector("#toast").textContent.includes(`?room=${id}`), new URL(link).searchParams.get("room"));
  }
  await hands.press(ada, "[data-tool=leave]");
  await until(ada, "Ada is not back at the start", () => __arena.state === "menu" && __arena.room === null);
  await until(bob, "Ada left and is still seen", () => !__arena.pilots.some((pilot) => pilot.name === "Ada"));
  note(`${name}: left`);
  noComplaints(ada, bob);
  await ada.context().close();
  await bob.context().close();
}

await withBrowser(executable, async (browser) => {
  for (const device of DEVICES) await evening(browser, device);
});
