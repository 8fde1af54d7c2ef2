// Starts the Chromium that the tests are given and watches its pages: every console error and every uncaught
// exception is a failure of the test, whatever else went well.
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", // needed as root; the pages are our own
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  // Two pages in one headless window: without these the one behind gets a frame a second.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** Runs `body(browser)` and closes the browser whatever happens. */
export async function withBrowser(executablePath, body) {
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: 60_000 });
  try {
    return await body(browser);
  } finally {
    await browser.close();
  }
}

/** A new page in a context of its own, with a list `page.complaints` of what went wrong in it. */
export async function newPage(browser, name, viewport = { width: 1000, height: 700 }, device = {}) {
  const context = await browser.newContext({ viewport, ...device });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.complaints.push(`${name}: uncaught: ${error.message}`));
  return page;
}

/** Fails when any page has complained. */
export function noComplaints(...pages) {
  const all = pages.flatMap((page) => page.complaints);
  if (all.length > 0) throw new Error(`the pages complained:\n${all.join("\n")}`);
}
