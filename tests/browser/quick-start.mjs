// The README's page: node quick-start.mjs CHROMIUM PAGE_URL SHOTS_DIRECTORY
// Looks at the canvas only, as a person would: something moves by itself, and the arrow keys move something else.
import { newPage, noComplaints, withBrowser } from "./chromium.mjs";

const [executable, url, shots] = process.argv.slice(2);

/** Centre of the pixels of one colour on the canvas, or null when there are none. Waits until `accept` likes it. */
async function centre(page, colour, accept, what) {
  const handle = await page.waitForFunction(
    ([wanted, source]) => {
      const canvas = document.querySelector("canvas");
      const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0, x = 0, y = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] !== wanted[0] || data[i + 1] !== wanted[1] || data[i + 2] !== wanted[2]) continue;
        if (data[i + 3] !== 255) continue;
        count += 1;
        x += (i / 4) % width;
        y += Math.floor(i / 4 / width);
      }
      const found = count === 0 ? null : { x: x / count, y: y / count, count };
      return found !== null && (0, eval)(`(${source})`)(found) ? found : false;
    },
    [colour, accept],
    { timeout: 20_000 },
  ).catch((error) => {
    throw new Error(`${what}: ${error.message}`);
  });
  return await handle.jsonValue();
}

const WILD = [0x40, 0x40, 0x40];
const TAME = [0xd0, 0x80, 0x00];

await withBrowser(executable, async (browser) => {
  const page = await newPage(browser, "garden", { width: 520, height: 520 });
  await page.goto(url);
  const wild = await centre(page, WILD, "() => true", "no wild bee is drawn");
  await centre(page, WILD, `({ x, y }) => Math.hypot(x - ${wild.x}, y - ${wild.y}) > 40`, "the wild bee does not move");
  const tame = await centre(page, TAME, "() => true", "no tame bee is drawn");
  await page.keyboard.down("ArrowRight");
  await centre(page, TAME, `({ x }) => x > ${tame.x} + 60`, "the arrow key does not move the tame bee");
  await page.keyboard.up("ArrowRight");
  await page.screenshot({ path: `${shots}/garden.png` });
  noComplaints(page);
});
console.log("a bee flies");
