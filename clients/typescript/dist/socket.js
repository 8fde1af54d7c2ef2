/** The parts of the browser that the client needs, as arguments: a fake of each drives the tests. */
/** The page's own clock: `performance.now`. */
export const systemClock = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
};
/** Sends a message, as `ByteWriter.finish` made it: the bytes are all of their buffer. */
export function sendMessage(socket, message) {
    socket.send(message.buffer);
}
/** Closes with a code and words that the WebSocket API takes: 1000 or 3000 to 4999, and 123 bytes. */
export function closeSocket(socket, code, reason) {
    let text = reason.slice(0, 123);
    while (new TextEncoder().encode(text).length > 123)
        text = text.slice(0, -1);
    socket.close(code, text);
}
//# sourceMappingURL=socket.js.map