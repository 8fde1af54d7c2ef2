// The command line that all servers of this directory share.

import { parseArgs } from "node:util";

/** `{ host, port, hz, bytes, visible }` of `--listen HOST:PORT --hz N --bytes N --visible N`, and the words before them. */
export function read() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      listen: { type: "string", default: "127.0.0.1:9001" },
      hz: { type: "string", default: "60" },
      bytes: { type: "string", default: "200" },
      visible: { type: "string", default: "0" },
    },
  });
  const at = values.listen.lastIndexOf(":");
  return {
    words: positionals,
    host: values.listen.slice(0, at),
    port: whole(values.listen.slice(at + 1)),
    hz: whole(values.hz),
    bytes: whole(values.bytes),
    visible: whole(values.visible),
  };
}

function whole(text) {
  if (!/^\d+$/.test(text)) throw new Error(`not a number: ${text}`);
  return Number(text);
}
