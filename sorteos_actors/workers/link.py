"""What parent and worker tell each other: one JSON object a line, over a pair of sockets.

    parent ── Order ───▶ worker    at once: where it serves, and what it leans on
    parent ◀── Ready ─── worker    it serves
    parent ── Farewell ▶ worker    leave, and how
    the link ends                  the other one is dead

Secrets travel here and are seen neither in the command line nor in the environment. That the link ends
with the parent, however it died, is how workers never outlive it.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import trio

from sorteos_actors.main import Foundations
from sorteos_actors.ports import Owner

T = TypeVar("T")


class Order(msgspec.Struct, frozen=True):
    """How a worker is to serve."""

    listener: int
    """The descriptor of the socket for everybody's connections, bound; it may listen already."""
    host: str
    node_url: str | None
    foundations: Foundations


class Ready(msgspec.Struct, frozen=True):
    """A worker serves."""

    node: Owner


class Link:
    """One end. A context: leaving it closes the end."""

    def __init__(self, end: socket.socket) -> None:
        self._stream = trio.SocketStream(trio.socket.from_stdlib_socket(end))
        self._read = b""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stream.aclose()

    async def send(self, message: Order | Ready | msgspec.Struct) -> bool:
        """Tell the other one. False: it is gone."""
        try:
            await self._stream.send_all(msgspec.json.encode(message) + b"\n")
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return False
        return True

    async def receive(self, kind: type[T]) -> T | None:
        """What the other one says next; None when it is gone. Cancelling loses nothing."""
        while b"\n" not in self._read:
            try:
                data = await self._stream.receive_some()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return None
            if not data:
                return None
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return msgspec.json.decode(line, type=kind)
