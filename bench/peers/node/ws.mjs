// Echo and fan-out on npm ws, as its documentation has them: no compression, one `send` per client.

import { WebSocketServer } from "ws";
import { read } from "./arguments.mjs";

const { words, host, port, hz, bytes } = read();
const server = new WebSocketServer({ host, port, backlog: 4096, perMessageDeflate: false });
server.on("listening", () => console.log(`listening on http://${host}:${server.address().port}`));

if (words[0] === "echo") {
  server.on("connection", (client) => {
    client.on("error", () => {});
    client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
  });
} else if (words[0] === "fanout") {
  server.on("connection", (client) => {
    client.on("error", () => {});
    client.on("message", () => {});
  });
  const payload = Buffer.alloc(bytes, 0x5a);
  const base = performance.now();
  let number = 0;
  const tick = () => {
    const passed = Math.floor(((performance.now() - base) * hz) / 1000);
    if (passed > number) {
      number = passed;
      payload.writeBigUInt64LE(process.hrtime.bigint());
      for (const client of server.clients) client.send(payload);
    }
    // Timers are of whole milliseconds and may ring early; the next one is set from the grid, so that the rate is kept.
    setTimeout(tick, Math.max(1, Math.ceil(base + ((number + 1) * 1000) / hz - performance.now())));
  };
  tick();
} else {
  console.error("usage: node ws.mjs echo|fanout --listen HOST:PORT [--hz N] [--bytes N]");
  process.exit(2);
}
