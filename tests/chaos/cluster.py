"""A whole cluster in real processes, with a network between its parts that can be broken."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import trio

from sorteos_actors.embedded import EmbeddedServers, open_embedded
from sorteos_actors.testing.fault_proxy import FaultProxy
from sorteos_actors.testing.proxied_requests import PostgresRequests, RawRequests, RequestReader
from tests.integration.proxy_process import ProxyProcess
from tests.integration.server_process import ServerProcess

NODES: Final = 3
READY_SECONDS: Final = 45.0
KEEPER_SECONDS: Final = 0.2
CANNOT_START: Final = 1
"""The exit status of a server that says why it cannot start."""


class NotReady(Exception):
    """A node did not become ready, although nothing is in its way."""


class Node(ServerProcess):
    """One node, and the ways by which it reaches its servers. `wanted` says whether it should live."""

    def __init__(
        self,
        name: str,
        folder: Path,
        ways: tuple[FaultProxy, FaultProxy],
        database_url: str,
        redis_url: str,
    ) -> None:
        folder.mkdir()
        to_postgres, to_redis = ways
        super().__init__(
            to_postgres.through(database_url),
            to_redis.through(redis_url),
            folder,
            PYTHONFAULTHANDLER="1",
            PAYMENTS_SANDBOX="1",
        )
        self.name = name
        self.to_postgres = to_postgres
        self.to_redis = to_redis
        self.wanted = False
        self.is_frozen = False
        self.starts = 0
        self.refused_starts = 0
        """Starts that ended at once because PostgreSQL could not be reached, as they should."""
        self.surprises: list[str] = []
        """Ends of the process that nobody had asked for."""
        self._allowed: set[int] = set()
        """With what the process may end, because it was asked to."""
        self._log_begin = 0
        self._log_read = 0

    def launch(self) -> None:
        """Start it and wait for nothing."""
        self._note_end()
        self.starts += 1
        self._allowed = set()
        with self._log.open("ab") as log:
            self._log_begin = log.tell()
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "sorteos_actors", "serve"),
                    *("--port", str(self.port), "--data-dir", str(self._data_dir)),
                ],
                env=self._environment,
                cwd=self._data_dir,
                stdout=log,
                stderr=log,
            )

    def _note_end(self) -> None:
        """Whether the last process ended as it may."""
        if self._process is None:
            return
        status = self._process.wait()
        if status in self._allowed:
            return
        last_words = self._log.read_bytes()[self._log_begin :].decode(errors="replace")
        if status == CANNOT_START and "PostgreSQL" in last_words:
            self.refused_starts += 1
        else:
            self.surprises.append(f"{self.name} ended with {status}: {last_words[-2000:]}")

    def new_log(self) -> str:
        """What it said since this was asked last."""
        said = self._log.read_bytes()[self._log_read :]
        self._log_read += len(said)
        return said.decode(errors="replace")

    def kill(self) -> None:
        """kill -9, frozen or not."""
        self._allowed.add(-signal.SIGKILL)
        super().kill()
        self.is_frozen = False

    def show_where_it_is(self) -> None:
        """End a process that hangs; its log says what each thread was doing."""
        if self.is_running:
            self._allowed.add(-signal.SIGABRT)
            self.send_signal(signal.SIGABRT)
            time.sleep(0.5)

    def terminate(self) -> None:
        """SIGTERM, and wait for nothing."""
        if self.is_running:
            # Before it listens for signals, the system ends it.
            self._allowed |= {0, -signal.SIGTERM}
            self.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: every thread stops where it is."""
        self.send_signal(signal.SIGSTOP)
        self.is_frozen = True

    def thaw(self) -> None:
        """SIGCONT."""
        if self.is_running:
            self.send_signal(signal.SIGCONT)
        self.is_frozen = False


class Cluster:
    """Made by `open_cluster`. Methods that block are for threads; the proxies live in the trio loop."""

    def __init__(
        self,
        servers: EmbeddedServers,
        database_url: str,
        nodes: Sequence[Node],
        proxy: ProxyProcess,
    ) -> None:
        self.servers = servers
        self.database_url = database_url
        self.nodes = list(nodes)
        self.proxy = proxy

    @property
    def urls(self) -> list[str]:
        """Where clients come in: the proxy, and each node."""
        return [self.proxy.url, *(node.url for node in self.nodes)]

    @property
    def redis_url(self) -> str:
        """Around the fault proxies."""
        return self.servers.redis_url or ""

    async def keep(self) -> None:
        """Start nodes again that ended although they should live, as any supervisor does."""
        while True:
            for node in self.nodes:
                if node.wanted and not node.is_running:
                    node.launch()
            await trio.sleep(KEEPER_SECONDS)

    async def heal(self) -> None:
        """Undo everything that a fault may have left, and wait until each node is ready."""
        for node in self.nodes:
            node.to_postgres.heal()
            node.to_redis.heal()
            if node.is_frozen:
                node.thaw()
            node.wanted = True
        await trio.to_thread.run_sync(self._start_servers)
        await self.until_ready()

    def _start_servers(self) -> None:
        if self.servers.postgres_pid is None:
            self.servers.start_postgres()
        if self.servers.valkey_pid is None:
            self.servers.start_valkey()

    async def until_ready(self, *nodes: Node, seconds: float = READY_SECONDS) -> None:
        """Wait until these nodes, or all, say that they are ready. Raises `NotReady`."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            for node in nodes or self.nodes:
                why = ""
                with trio.move_on_after(seconds):
                    while (why := await _why_not_ready(http, node)) != "":
                        await trio.sleep(0.05)
                if why:
                    node.show_where_it_is()
                    raise NotReady(f"{node.name}, for {seconds} s: {why}\n{node.log()[-9000:]}")


async def _why_not_ready(http: httpx.AsyncClient, node: Node) -> str:
    try:
        answer = await http.get(f"{node.url}/readyz")
    except httpx.TransportError as error:
        return f"no answer ({type(error).__name__} {error})"
    return "" if answer.status_code == 200 else answer.text


@contextmanager
def open_servers(place: Path) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey that may be killed. For synchronous code, around `trio.run`."""
    with open_embedded(place / "servers", postgres=True, valkey=True) as servers:
        yield servers


@asynccontextmanager
async def open_cluster(
    servers: EmbeddedServers, database_url: str, place: Path
) -> AsyncIterator[Cluster]:
    """Three ready nodes behind HAProxy; everything is ended with the block.

    What the block raises comes out as it is, not in a group.
    """
    assert servers.redis_url is not None
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        nodes = []
        for number in range(1, NODES + 1):
            to_postgres = _way_to(database_url, requests=PostgresRequests)
            to_redis = _way_to(servers.redis_url, requests=RawRequests)
            await nursery.start(to_postgres.run)
            await nursery.start(to_redis.run)
            folder = place / f"node{number}"
            ways = (to_postgres, to_redis)
            nodes.append(Node(f"node {number}", folder, ways, database_url, servers.redis_url))
        proxy = ProxyProcess([node.port for node in nodes], place)
        cluster = Cluster(servers, database_url, nodes, proxy)
        try:
            for node in nodes:
                node.wanted = True
            nursery.start_soon(cluster.keep)
            await cluster.until_ready()
            await trio.to_thread.run_sync(proxy.start)
            yield cluster
        except Exception as error:
            failure = error
        finally:
            nursery.cancel_scope.cancel()
            proxy.stop()
            for node in nodes:
                if node.is_running:
                    node.kill()
    if failure is not None:
        raise failure


def _way_to(url: str, *, requests: Callable[[], RequestReader]) -> FaultProxy:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return FaultProxy(parts.hostname, parts.port, requests=requests)
