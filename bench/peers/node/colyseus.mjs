// A Colyseus room of bodies that all change at each tick, one per client: the work of Tickwire's example `swarm`.
//
// A client says message "i" with [turn, thrust], which moves its own body. Everybody sees everybody, unless `--visible N` gives
// each client a StateView of its own body and those of the N - 1 who came right before it (the cheapest rule: nothing is
// looked for and nothing changes while nobody joins or leaves).

import { createServer } from "node:http";
import { Room, Server } from "@colyseus/core";
import { Encoder, StateView, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { read } from "./arguments.mjs";

const SIZE = 1024;
// The library warns when a state outgrows its buffer, and grows it in the middle of a tick.
Encoder.BUFFER_SIZE = 256 * 1024;
const { host, port, hz, visible } = read();

const Body = schema(
  { x: t.float32(), y: t.float32(), vx: t.float32(), vy: t.float32(), angle: t.float32(), hp: t.uint8() },
  "Body",
);
const bodies = visible > 0 ? t.map(Body).view() : t.map(Body);
const Field = schema({ bodies }, "Field");

class Swarm extends Room {
  state = new Field();
  patchRate = 1000 / hz;
  autoDispose = false;
  arrived = [];
  inputs_ = new Map();

  onCreate() {
    this.onMessage("i", (client, [turn, thrust]) => {
      const input = this.inputs_.get(client.sessionId);
      if (input !== undefined) [input.turn, input.thrust] = [turn, thrust];
    });
    this.setSimulationInterval(() => this.advance(), 1000 / hz);
  }

  onJoin(client) {
    const number = this.arrived.length;
    const body = new Body();
    body.x = (number * 37) % SIZE;
    body.y = (number * 61) % SIZE;
    body.angle = number % 6;
    body.hp = number % 100;
    this.state.bodies.set(client.sessionId, body);
    this.inputs_.set(client.sessionId, { body, turn: 0, thrust: false });
    this.arrived.push(body);
    if (visible > 0) {
      client.view = new StateView();
      for (const near of this.arrived.slice(-visible)) client.view.add(near);
    }
  }

  onLeave(client) {
    this.state.bodies.delete(client.sessionId);
    this.inputs_.delete(client.sessionId);
  }

  advance() {
    for (const { body, turn, thrust } of this.inputs_.values()) {
      const speed = thrust ? 180 : 60;
      body.angle = (body.angle + 0.03 + turn * 0.02) % (2 * Math.PI);
      body.vx = Math.cos(body.angle) * speed;
      body.vy = Math.sin(body.angle) * speed;
      body.x = (body.x + body.vx / hz + SIZE) % SIZE;
      body.y = (body.y + body.vy / hz + SIZE) % SIZE;
      body.hp = (body.hp + 1) % 100;
    }
  }
}

const http = createServer();
const transport = new WebSocketTransport({ server: http, perMessageDeflate: false });
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define("swarm", Swarm);
await server.listen(port, host, 4096);
console.log(`listening on http://${host}:${http.address().port}`);
