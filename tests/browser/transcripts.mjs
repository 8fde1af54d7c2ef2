// Reads transcripts (netcode/tests/deltas/transcript.rs) with the TypeScript session: each message has to lead to the same
// report and the same rows. Usage: node transcripts.mjs FILE
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { ClientSession } from "../../clients/typescript/dist/session.js";
import { Snapshot } from "../../clients/typescript/dist/world.js";

const JOIN = { sdk: "transcripts", kind: "", room: "", name: "", token: new Uint8Array(0) };
const snapshot = new Snapshot();

function rowsOf({ world, layout }) {
  world.merge(snapshot);
  return Array.from({ length: snapshot.count }, (_, row) => {
    const start = snapshot.starts[row];
    const words = snapshot.words.subarray(start, start + layout.classes[snapshot.classes[row]].words);
    return [snapshot.ids[row], snapshot.classes[row], snapshot.own[row] === 1, [...words]];
  });
}

function reportOf(session) {
  for (let found = null; ; ) {
    const event = session.pollEvent();
    if (event === undefined) return found;
    assert.equal(found, null, `${event.type} after ${found?.type}`);
    found = event;
  }
}

let [line, clients, session, now] = [0, 0, undefined, 0];
for await (const text of createInterface({ input: createReadStream(process.argv[2]) })) {
  line += 1;
  const { hex, report, tick, rows } = JSON.parse(text);
  if (report === "welcomed") {
    clients += 1;
    now = 1000;
    session = new ClientSession(JOIN, now);
  }
  now += 500;
  session.handleMessage(Buffer.from(hex, "hex"), now);
  const event = reportOf(session);
  assert.equal(event?.type ?? null, report, `line ${line}`);
  if (report === "updated") assert.equal(event.tick, tick, `line ${line}`);
  assert.deepEqual(rowsOf(session), rows, `line ${line}`);
  while (session.pollTransmit(now) !== undefined);
}
console.log(`${clients} clients, ${line} messages agree`);
