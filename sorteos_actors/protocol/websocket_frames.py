"""WebSocket frames of a server (RFC 6455): one unmasked, unfragmented frame for each message."""

from __future__ import annotations

_FIN = 0x80
_TEXT = 0x1
_BINARY = 0x2
_CLOSE = 0x8


def text_frame(payload: bytes) -> bytes:
    """A text message of UTF-8 bytes."""
    return _header(_TEXT, len(payload)) + payload


def binary_frame(payload: bytes) -> bytes:
    """A binary message."""
    return _header(_BINARY, len(payload)) + payload


def is_close_frame(data: bytes | bytearray | memoryview) -> bool:
    """Whether the bytes begin with a close frame."""
    return len(data) > 0 and data[0] == _FIN | _CLOSE


def _header(opcode: int, size: int) -> bytes:
    first = _FIN | opcode
    if size < 126:
        return bytes((first, size))
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")
