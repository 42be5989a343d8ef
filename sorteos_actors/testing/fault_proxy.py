"""A TCP proxy that breaks connections on demand: what a bad network does, exactly when a test wants it.

    async with open_fault_proxy("127.0.0.1", 5432, requests=PostgresRequests) as proxy:
        url = proxy.through(database_url)
        proxy.swallow_answers(b"commit_batch", times=1)

Every fault is a plain function that takes effect at once, for connections that exist and for new ones.
Faults add up until `heal`. Code that does not run on trio uses `FaultProxyThread`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import trio
from msgspec.structs import replace

from sorteos_actors.testing.fault_link import (
    Afterwards,
    Counters,
    Direction,
    Faults,
    Link,
    Target,
)
from sorteos_actors.testing.proxied_requests import RawRequests, RequestReader

__all__ = ["Afterwards", "Counters", "Direction", "FaultProxy", "open_fault_proxy"]

BOTH: Final[frozenset[Direction]] = frozenset({"to_server", "to_client"})


class FaultProxy:
    """Listens on a free port of 127.0.0.1 while `run` runs, and passes on to one server.

    `requests` makes a reader for each connection; it decides what `marker` is compared with.
    """

    def __init__(
        self,
        target_host: str,
        target_port: int,
        *,
        requests: Callable[[], RequestReader] = RawRequests,
    ) -> None:
        self.port = 0
        """Where to connect; known once `run` has started."""
        self._target = (target_host, target_port)
        self._requests = requests
        self._faults = Faults()
        self._links: set[Link] = set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; then every connection is reset."""
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self._serve, [listener])
            task_status.started()

    def through(self, url: str) -> str:
        """The same URL, with this proxy as its host and port."""
        parts = urlsplit(url)
        who, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{who}{at}127.0.0.1:{self.port}").geturl()

    # -- what has happened -------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        """What was done so far. A copy."""
        return replace(self._faults.counters)

    @property
    def open_connections(self) -> int:
        """Connections that are neither closed nor reset."""
        return sum(link.is_open for link in self._links)

    async def until(self, reached: Callable[[Counters], bool]) -> None:
        """Wait until the counters say so."""
        while not reached(self._faults.counters):
            await self._faults.changed.park()

    # -- faults ------------------------------------------------------------------------------

    def delay(self, seconds: float) -> None:
        """Everything arrives `seconds` later, each way; 0 ends it. The order stays."""
        if not seconds >= 0:
            raise ValueError(f"a delay of {seconds} seconds")
        self._faults.delay = seconds
        self._faults.changed.unpark_all()

    def refuse(self) -> None:
        """As if nobody listened: connections are reset, new ones closed at once."""
        self._faults.refuses = True
        self.drop()

    def drop(self) -> None:
        """Reset every connection, now. New ones work."""
        for link in tuple(self._links):
            link.reset()

    def blackhole(self, *directions: Direction) -> None:
        """A partition: what is sent is lost, also the end of a connection. Without names, both ways.

        New connections are accepted and lead nowhere, whatever the direction: a handshake needs
        both. Healing resets the connections that lost something; the others go on.
        """
        self._faults.blackholes = frozenset(directions) or BOTH

    def swallow_answers(
        self,
        marker: bytes | None = None,
        *,
        times: int | None = None,
        afterwards: Afterwards = "reset",
    ) -> None:
        """Pass requests on, and swallow what the server says to them: done, and nobody knows.

        Hits requests whose text contains `marker` (None: all), `times` of them (None: until
        healed). Such a connection is over: it is reset once the server has answered, or silent
        until it is healed, and then reset.
        """
        self._faults.swallow = Target(marker, times)
        self._faults.afterwards = afterwards

    def lose_requests(self, marker: bytes | None = None, *, times: int | None = None) -> None:
        """Reset the connection instead of passing such a request on: not done, and nobody knows."""
        self._faults.lose = Target(marker, times)

    def heal(self) -> None:
        """No fault any more. What was delayed arrives; connections that lost something are reset."""
        self._faults.clear()
        for link in tuple(self._links):
            link.heal()
        self._faults.changed.unpark_all()

    async def _serve(self, client: trio.SocketStream) -> None:
        self._faults.counters.connections += 1
        link = Link(self._faults, client, self._requests())
        if self._faults.refuses:
            self._faults.counters.refused += 1
            link.reset()
            return
        self._links.add(link)
        try:
            await link.run(self._connect)
        finally:
            self._links.discard(link)
            self._faults.changed.unpark_all()

    async def _connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream(*self._target)


@asynccontextmanager
async def open_fault_proxy(
    target_host: str, target_port: int, *, requests: Callable[[], RequestReader] = RawRequests
) -> AsyncIterator[FaultProxy]:
    """A proxy that serves while the block runs."""
    proxy = FaultProxy(target_host, target_port, requests=requests)
    async with trio.open_nursery() as nursery:
        await nursery.start(proxy.run)
        yield proxy
        nursery.cancel_scope.cancel()
