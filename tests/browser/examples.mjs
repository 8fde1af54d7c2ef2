// The pages of the examples, as people use them: node examples.mjs CHROMIUM chat|lobby PAGE_URL SHOTS_DIRECTORY
import { newPage, noComplaints, withBrowser } from "./chromium.mjs";

const [executable, example, url, shots] = process.argv.slice(2);

/** Waits until the page shows this text in an element. */
const shows = (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor();

async function chat(browser) {
  const [ann, bob] = await Promise.all(["ann", "bob"].map(async (name) => {
    const page = await newPage(browser, name, { width: 760, height: 480 });
    await page.goto(`${url}?name=${name}&room=den`);
    return page;
  }));
  await shows(ann, "#people li", "ann (you)");
  await shows(ann, "#people li", "bob");

  await bob.fill("#text", "shall we?");
  await shows(ann, "#people li.typing", "bob");
  await bob.press("#text", "Enter");
  for (const page of [ann, bob]) await shows(page, "#log p", "bob: shall we?");

  await ann.locator("#people li", { hasText: "bob" }).dispatchEvent("pointerdown");
  await ann.fill("#text", "<b>not here</b>");
  await ann.press("#text", "Enter");
  await shows(bob, "#log p", "ann (whispers): <b>not here</b>");
  await ann.screenshot({ path: `${shots}/chat.png` });

  await bob.context().close();
  await shows(ann, "#log p", "bob left.");
  noComplaints(ann, bob);
}

async function lobby(browser) {
  const pages = await Promise.all(["ann", "bob"].map(async (name) => {
    const page = await newPage(browser, name, { width: 420, height: 480 });
    await page.goto(`${url}?name=${name}`);
    return page;
  }));
  for (const page of pages) await shows(page, "#where", "Lobby");
  for (const page of pages) await page.locator("#button:enabled").dispatchEvent("pointerdown");
  for (const page of pages) await shows(page, "#where", "At table 1");
  for (const count of [1, 2, 3]) {
    await pages[0].locator("#button:enabled").dispatchEvent("pointerdown");
    for (const page of pages) await shows(page, "#list li", new RegExp(`^ann.*: ${count}$`));
  }
  await pages[0].screenshot({ path: `${shots}/lobby.png` });
  // Who is left alone is taken back.
  await pages[1].context().close();
  await shows(pages[0], "#where", "Lobby");
  noComplaints(...pages);
}

await withBrowser(executable, { chat, lobby }[example]);
console.log(`${example}: as it should be`);
