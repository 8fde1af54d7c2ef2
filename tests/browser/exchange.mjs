// What a peer says to the two servers, in terms of the WebSocket interface that browsers and the package `ws` share.
// It is also run inside a page, so it must not use anything from outside its functions.

/** Echo: text and binary messages of the sizes where the frame's length changes form come back as sent. */
export async function echo(WebSocket, url) {
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 1_048_576];
  const messages = ["", "hello", "grüße ✓ 🚀", "x".repeat(70_000)];
  for (const size of sizes) messages.push(Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 255));
  return await new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let next = 0;
    const fail = (why) => reject(new Error(`${url}: ${why} (message ${next} of ${messages.length})`));
    const same = (got, sent) => {
      if (typeof sent === "string") return got === sent;
      if (!(got instanceof ArrayBuffer) || got.byteLength !== sent.length) return false;
      return new Uint8Array(got).every((byte, i) => byte === sent[i]);
    };
    socket.onopen = () => socket.send(messages[0]);
    socket.onerror = () => fail("error event");
    socket.onmessage = ({ data }) => {
      if (!same(data, messages[next])) return fail("came back changed");
      next += 1;
      if (next < messages.length) socket.send(messages[next]);
      else socket.close(1000, "done");
    };
    socket.onclose = ({ code, wasClean }) => {
      if (next < messages.length || code !== 1000 || wasClean === false) return fail(`closed with ${code}`);
      resolve(next);
    };
  });
}

/** Join: Hello brings Welcome, then an Update; Bye is answered with a close of 1000. */
export async function join(WebSocket, url, hello) {
  return await new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const types = [];
    const fail = (why) => reject(new Error(`${url}: ${why} (message types ${types})`));
    socket.onopen = () => socket.send(Uint8Array.from(hello));
    socket.onerror = () => fail("error event");
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return fail("a text message");
      const type = new Uint8Array(data)[0];
      types.push(type);
      if (types[0] !== 0x41) return fail("the first message is not Welcome");
      if (type === 0x43) socket.send(Uint8Array.of(0x09, 0));
    };
    socket.onclose = ({ code }) => {
      if (code !== 1000 || !types.includes(0x43)) return fail(`closed with ${code}`);
      resolve(types.length);
    };
  });
}
