// The npm package `ws` as a peer: node peer-ws.mjs ECHO_URL ROOM_URL HELLO_HEX
import { WebSocket } from "ws";

import { echo, join } from "./exchange.mjs";

const [echoUrl, roomUrl, hello] = process.argv.slice(2);
console.log(`echoed ${await echo(WebSocket, echoUrl)} messages`);
console.log(`joined, ${await join(WebSocket, roomUrl, [...Buffer.from(hello, "hex")])} messages`);
