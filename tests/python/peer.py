"""The Python package `websockets` as a peer: peer.py ECHO_URL ROOM_URL HELLO_HEX"""
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

LIMITS = dict(open_timeout=20, close_timeout=20, max_size=1 << 21)
SIZES = [0, 1, 125, 126, 65_535, 65_536, 1_048_576]


def echo(url):
    """Text and binary messages of the sizes where the frame's length changes form come back as sent."""
    messages = ["", "hello", "grüße ✓ 🚀", "x" * 70_000]
    messages += [bytes((i * 31 + size) & 255 for i in range(size)) for size in SIZES]
    # With compression offered, so that a server which does not speak it has to decline.
    with connect(url, **LIMITS) as socket:
        for message in messages:
            socket.send(message)
            assert socket.recv(timeout=20) == message, f"{len(message)} came back changed"
        # In three fragments.
        socket.send(iter([b"one", b"", b"three"]))
        assert socket.recv(timeout=20) == b"onethree"
        assert socket.ping().wait(timeout=20), "no pong"
        socket.close(1000, "done")
        assert socket.close_code == 1000, socket.close_code
    return len(messages) + 1


def join(url, hello):
    """Hello brings Welcome, then an Update; Bye is answered with a close of 1000."""
    types = []
    with connect(url, **LIMITS) as socket:
        socket.send(hello)
        try:
            while True:
                message = socket.recv(timeout=20)
                assert isinstance(message, bytes), "a text message"
                types.append(message[0])
                assert types[0] == 0x41, f"the first message is not Welcome: {types}"
                if message[0] == 0x43:
                    socket.send(b"\x09\x00")
        except ConnectionClosed:
            pass
        assert socket.close_code == 1000 and 0x43 in types, (socket.close_code, types)
    return len(types)


echo_url, room_url, hello_hex = sys.argv[1:]
print(f"echoed {echo(echo_url)} messages")
print(f"joined, {join(room_url, bytes.fromhex(hello_hex))} messages")
