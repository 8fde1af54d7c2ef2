// Chromium's own WebSocket as a peer: node peer-chromium.mjs CHROMIUM ECHO_URL ROOM_URL PAGE_URL HELLO_HEX
import { newPage, noComplaints, withBrowser } from "./chromium.mjs";
import { echo, join } from "./exchange.mjs";

const [executable, echoUrl, roomUrl, pageUrl, hello] = process.argv.slice(2);
const inPage = ([body, url, bytes]) => (0, eval)(`(${body})`)(WebSocket, url, bytes);
await withBrowser(executable, async (browser) => {
  const page = await newPage(browser, "peer");
  // A room takes sockets of its own origin only, so something of that origin is opened. It has no icon.
  await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  await page.goto(pageUrl);
  console.log(`echoed ${await page.evaluate(inPage, [echo.toString(), echoUrl])} messages`);
  const bytes = [...Buffer.from(hello, "hex")];
  console.log(`joined, ${await page.evaluate(inPage, [join.toString(), roomUrl, bytes])} messages`);
  noComplaints(page);
});
