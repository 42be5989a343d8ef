"""Just enough WebSocket for a load generator: frames by hand, no library, no copies. Pure.

A client that costs as much as the server would measure itself. This one is no model for a client
that must survive a hostile server: it raises at the first thing that it did not expect.
"""

from __future__ import annotations

from typing import Final

TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
END_OF_HEAD: Final = b"\r\n\r\n"
_MASK: Final = b"\x5a\x17\xc3\x88"


class UnexpectedFrame(Exception):
    """The server sent something that a benchmark does not expect."""


def upgrade_request(host: str, path: str) -> bytes:
    """The head that asks for a `sorteos.v2` socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: sorteos.v2\r\n\r\n"
    ).encode("ascii")


def masked_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole frame as a client sends it. The mask never changes: nobody is to be protected."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        raise ValueError("a buyer does not say so much at once")
    key = int.from_bytes((_MASK * (size // 4 + 1))[:size], "big")
    masked = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
    return head + _MASK + masked


class FrameReader:
    """Cuts the bytes of one connection into frames."""

    __slots__ = ("_rest",)

    def __init__(self, rest: bytes = b"") -> None:
        self._rest = rest

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Every frame that is whole by now, as (opcode, payload).

        Raises `UnexpectedFrame` for a masked frame or one that is only a part of a message.
        """
        if self._rest:
            data = self._rest + data
        frames: list[tuple[int, bytes]] = []
        position, end = 0, len(data)
        while end - position >= 2:
            first, size = data[position], data[position + 1]
            if size > 127 or not first & 0x80:
                raise UnexpectedFrame("a masked frame, or a fragment")
            start = position + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                size = int.from_bytes(data[start : start + width], "big")
                start += width
                if start > end:
                    break
            if start + size > end:
                break
            frames.append((first & 0x0F, data[start : start + size]))
            position = start + size
        self._rest = data[position:]
        return frames
