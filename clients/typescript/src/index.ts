/** Browser client of Tickwire: join a room, send inputs, draw what the server replicates. */

export { CloseCode, type CloseDetails, describeClose } from "./close.ts";
export { connect, type ConnectOptions, SDK_VERSION } from "./connect.ts";
export { ConnectError } from "./error.ts";
export type { Entity } from "./interpolation.ts";
export { type AnyFields, type EventMeta, type Fields, type Moved, Room, type Stats } from "./room.ts";
export type { Axis, Field, FieldKind, RecordSchema, Schema } from "./schema.ts";
export { PROTOCOL_VERSION } from "./session.ts";
export type { Clock, SocketClass, SocketLike } from "./socket.ts";
