"""One connection through a fault proxy: two pumps, and everything that can be done to them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec
import trio
from trio.lowlevel import ParkingLot

from sorteos_actors.testing.proxied_requests import RequestReader

Direction = Literal["to_server", "to_client"]
Afterwards = Literal["reset", "silence"]
"""What becomes of a connection that lost an answer: reset at once, or silent until healed."""

_PIECE: Final = 65_536
_PIECES: Final = 256
"""How much one direction keeps while it is delayed: up to 16 MiB."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Counters(msgspec.Struct):
    """What a proxy has done so far."""

    connections: int = 0
    """Clients that came, also those that were refused or held."""
    refused: int = 0
    held: int = 0
    """Came during a blackhole: connected to nothing."""
    resets: int = 0
    """Also those that were refused."""
    bytes_to_server: int = 0
    bytes_to_client: int = 0
    bytes_lost: int = 0
    swallowed_answers: int = 0
    """The server has said something after such a request, and the client never saw it."""
    lost_requests: int = 0


class Target(msgspec.Struct):
    """Requests that a fault is for. `left` counts down; None: until healed."""

    marker: bytes | None
    left: int | None

    def takes(self, text: bytes) -> bool:
        """Whether the fault hits this request; then it counts."""
        if self.left == 0 or (self.marker is not None and self.marker not in text):
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """What is wrong now, what was done; shared by the connections of a proxy."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.changed = ParkingLot()
        """Everybody here is woken whenever anything changes."""
        self.delay = 0.0
        self.refuses = False
        self.blackholes: frozenset[Direction] = frozenset()
        self.swallow: Target | None = None
        self.afterwards: Afterwards = "reset"
        self.lose: Target | None = None

    def clear(self) -> None:
        """Nothing is wrong any more."""
        self.delay = 0.0
        self.refuses = False
        self.blackholes = frozenset()
        self.swallow = self.lose = None


class Link:
    """A client's connection, and the server's. Whatever passes, passes in order and unchanged.

    A direction that has once lost a byte never passes another one: nobody reads a torn stream.
    """

    def __init__(self, faults: Faults, client: trio.SocketStream, requests: RequestReader) -> None:
        self._faults = faults
        self._streams = [client]
        self._requests = requests
        self._scope = trio.CancelScope()
        self._torn: set[Direction] = set()
        self._swallows = False

    async def run(self, connect: Callable[[], Awaitable[trio.SocketStream]]) -> None:
        """Pump until both sides have ended, or one breaks, or `reset`. Cancelled: reset."""
        has_ended = False
        with self._scope:
            try:
                await self._run(connect)
                has_ended = True
            finally:
                self._close(with_reset=not has_ended)

    @property
    def is_open(self) -> bool:
        """Not reset; a link that has ended is out of `run`."""
        return not self._scope.cancel_called

    def reset(self) -> None:
        """Both sides hear "connection reset", now."""
        if not self._scope.cancel_called:
            self._faults.counters.resets += 1
            self._close(with_reset=True)
            self._scope.cancel()

    def heal(self) -> None:
        """Go on when nothing was lost; reset when something was."""
        if self._torn:
            self.reset()
        self._swallows = False

    async def _run(self, connect: Callable[[], Awaitable[trio.SocketStream]]) -> None:
        if self._faults.blackholes:
            self._faults.counters.held += 1
            self._faults.changed.unpark_all()
            self._torn = {"to_server", "to_client"}
            await trio.sleep_forever()
        try:
            self._streams.append(await connect())
        except OSError:  # The server is away.
            self.reset()
            return
        client, server = self._streams
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._pump, "to_server", client, server)
            nursery.start_soon(self._pump, "to_client", server, client)

    def _close(self, *, with_reset: bool) -> None:
        for stream in self._streams:
            if with_reset and stream.socket.fileno() >= 0:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            stream.socket.close()
        self._faults.changed.unpark_all()

    async def _pump(
        self, direction: Direction, source: trio.SocketStream, sink: trio.SocketStream
    ) -> None:
        """Read ahead in one task, deliver in this one, so that a delay costs no throughput."""
        send, receive = trio.open_memory_channel[tuple[float, bytes | None]](_PIECES)

        async def read() -> None:
            async with send:
                data: bytes | None = b"-"
                while data:
                    try:
                        data = bytes(await source.receive_some(_PIECE))
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        data = None
                    await send.send((trio.current_time(), data))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            async for read_at, data in receive:
                await self._wait_for_delay(read_at)
                if self._is_lost(direction, data):
                    continue
                if data is None:
                    self.reset()
                    return
                try:
                    await self._deliver(direction, data, sink)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    if not self._faults.blackholes:  # Else nobody hears of it before it is healed.
                        self.reset()
                    self._torn.add(direction)
            if direction in self._torn:
                await trio.sleep_forever()

    async def _wait_for_delay(self, read_at: float) -> None:
        while (left := read_at + self._faults.delay - trio.current_time()) > 0:
            with trio.move_on_after(left):
                await self._faults.changed.park()

    def _is_lost(self, direction: Direction, data: bytes | None) -> bool:
        """Whether a blackhole, or an answer that is to be swallowed, takes this. An end counts too."""
        faults, counters = self._faults, self._faults.counters
        if direction == "to_client" and self._swallows and direction not in self._torn:
            counters.swallowed_answers += 1
            if faults.afterwards == "reset":
                self.reset()
        elif direction not in faults.blackholes and direction not in self._torn:
            return False
        self._torn.add(direction)
        counters.bytes_lost += len(data or b"")
        faults.changed.unpark_all()
        return True

    async def _deliver(self, direction: Direction, data: bytes, sink: trio.SocketStream) -> None:
        faults, counters = self._faults, self._faults.counters
        if direction == "to_client":
            counters.bytes_to_client += len(data)
        else:
            for text in self._requests.feed(data):
                if faults.lose is not None and faults.lose.takes(text):
                    counters.lost_requests += 1
                    counters.bytes_lost += len(data)
                    self.reset()
                    return
                if faults.swallow is not None and faults.swallow.takes(text):
                    self._swallows = True
            counters.bytes_to_server += len(data)
        faults.changed.unpark_all()
        if data:
            await sink.send_all(data)
        else:
            await sink.send_eof()
