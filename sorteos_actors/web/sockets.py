"""All WebSockets of a node together: who is there, who went silent, and how to send them home.

One sweep pings every socket, a slice of them each second, so that no socket needs a timer of its own.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import trio

from sorteos_actors.protocol.close_codes import RESTARTING, CloseCode

logger = logging.getLogger(__name__)

PING_SECONDS: Final = 25
SILENT_SECONDS: Final = 60.0
"""Longer than two pings without a byte: the other side is gone."""
DRAIN_PER_SECOND: Final = 1000
_PING_FRAME: Final = b"\x89\x00"


class LiveSocket(Protocol):
    """What the sweep needs of a socket."""

    @property
    def last_heard(self) -> float:
        """Trio's clock when the last byte came in."""

    def push(self, frame: bytes) -> None:
        """Send one frame."""

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Begin to close with a code."""

    def abandon(self) -> None:
        """Drop the connection: nobody listens."""


class Sockets:
    """The sockets of this node."""

    def __init__(self) -> None:
        self._sockets: dict[LiveSocket, None] = {}
        self._places: Counter[str] = Counter()
        self.places_taken = 0
        """How many sockets are open, or on their way to be. Counted: every handshake asks."""
        self._spread_ms: int | None = None
        """Over how long those who are sent away come back; None while nobody is."""
        self._gone = trio.Event()

    def __len__(self) -> int:
        return len(self._sockets)

    def places_of(self, address_key: str) -> int:
        """How many of them are of one address."""
        return self._places[address_key]

    @contextmanager
    def place(self, address_key: str) -> Iterator[None]:
        """One for a socket of this address, from before its handshake to its end."""
        self._places[address_key] += 1
        self.places_taken += 1
        try:
            yield
        finally:
            self.places_taken -= 1
            self._places[address_key] -= 1
            if not self._places[address_key]:
                del self._places[address_key]

    def add(self, socket: LiveSocket) -> None:
        """A socket was accepted. While we drain it is sent away like the others."""
        self._sockets[socket] = None
        if self._spread_ms is not None:
            self._send_away(socket, self._spread_ms)

    def remove(self, socket: LiveSocket) -> None:
        """A socket is gone."""
        if self._sockets.pop(socket, False) is None and not self._sockets:
            self._gone.set()

    async def run(self) -> None:
        """Ping everybody every `PING_SECONDS` and abandon the silent, until cancelled."""
        turn = 0
        while True:
            await trio.sleep(1)
            turn = (turn + 1) % PING_SECONDS
            now = trio.current_time()
            for index, socket in enumerate(list(self._sockets)):
                if index % PING_SECONDS != turn:
                    continue
                if now - socket.last_heard > SILENT_SECONDS:
                    socket.abandon()
                else:
                    socket.push(_PING_FRAME)

    async def drain(self) -> None:
        """Send everybody away with 1012 and a hint when to come back, spread so that none crowd."""
        self._spread_ms = max(1000, len(self._sockets) * 1000 // 500)
        for index, socket in enumerate(list(self._sockets)):
            self._send_away(socket, self._spread_ms)
            if index % 50 == 49:
                await trio.sleep(50 / DRAIN_PER_SECOND)
        self._gone = trio.Event()
        if self._sockets:
            await self._gone.wait()

    def _send_away(self, socket: LiveSocket, spread_ms: int) -> None:
        hint = random.randint(0, spread_ms)  # noqa: S311 - spread, not secrecy
        socket.close(RESTARTING, f'{{"retry_after_ms":{hint}}}')
