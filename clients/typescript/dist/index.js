/** Browser client of Tickwire: join a room, send inputs, draw what the server replicates. */
export { CloseCode, describeClose } from "./close.js";
export { connect, SDK_VERSION } from "./connect.js";
export { ConnectError } from "./error.js";
export { Room } from "./room.js";
export { PROTOCOL_VERSION } from "./session.js";
//# sourceMappingURL=index.js.map