"""What a client asks for, read from the bytes that pass through a fault proxy.

A fault that hits one kind of request ("swallow the answer to the commit") must know where that request
is. These readers see every byte that one client sends, from its first one on, and never change any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

_LENGTH: Final = 4
_PROTOCOL_3: Final = 3


class RequestReader(Protocol):
    """Reads what one client sends. A connection has a reader of its own."""

    def feed(self, data: bytes) -> Sequence[bytes]:
        """The text of every request that `data` completes; data may begin and end anywhere."""


class RawRequests:
    """Knows no protocol: what arrives in one piece is one request.

    Good for small requests (Redis, HTTP): they arrive whole on loopback.
    """

    def feed(self, data: bytes) -> Sequence[bytes]:
        """See `RequestReader`."""
        return (data,)


class PostgresRequests:
    """PostgreSQL's protocol 3 without TLS: a request is one execution of a statement.

    A driver sends the text of a statement once (Parse) and later only its name (Bind). The text is
    remembered, so every execution is reported with it. Preparing a statement is not a request: its
    answer may be lost, but nothing was executed.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._has_started = False
        self._statements: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> Sequence[bytes]:
        """See `RequestReader`."""
        self._pending += data
        executed = []
        while (message := self._next_message()) is not None:
            text = self._executed(*message)
            if text is not None:
                executed.append(text)
        return executed

    def _next_message(self) -> tuple[bytes, bytes] | None:
        """Take one whole message: its kind (none before the session has started), and its body."""
        kind_size = 1 if self._has_started else 0
        start = kind_size + _LENGTH
        if len(self._pending) < start:
            return None
        end = kind_size + int.from_bytes(self._pending[kind_size:start], "big")
        if len(self._pending) < end:
            return None
        kind, body = bytes(self._pending[:kind_size]), bytes(self._pending[start:end])
        del self._pending[: max(end, start)]
        return kind, body

    def _executed(self, kind: bytes, body: bytes) -> bytes | None:
        match kind:
            case b"":  # Asking for TLS, or the start of the session; only that is version 3.
                self._has_started = int.from_bytes(body[:2], "big") == _PROTOCOL_3
            case b"P":  # Parse: name, text, types
                name, text, _ = body.split(b"\0", 2)
                self._statements[name] = text
            case b"B":  # Bind: portal, name, arguments
                _, name, _ = body.split(b"\0", 2)
                return self._statements.get(name, b"")
            case b"Q":  # Query: text
                return body.rstrip(b"\0")
        return None
