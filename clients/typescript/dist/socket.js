/** The parts of the browser that the client needs, as arguments: a fake of each drives the tests. */
/** The page's own clock: `performance.now`. */
export const systemClock = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
};
/** `WebSocket.OPEN`; a constant of ours, since a socket class that is passed in need not have it. */
const OPEN = 1;
/**
 * Sends a message, as `ByteWriter.finish` made it: the bytes are all of their buffer.
 *
 * Between the server's close frame and the close event nobody hears any more: the message is dropped, because
 * browsers write an error to the console for each one.
 */
export function sendMessage(socket, message) {
    if (socket.readyState !== OPEN)
        return;
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