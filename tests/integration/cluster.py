"""Several real nodes on one database and one Redis, and ways to look at what they do."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import redis
import trio
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection

from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.terminal.client import socket_url
from sorteos_actors.terminal.connection import open_websocket
from tests.integration.server_process import ServerProcess
from tests.waiting import PATIENCE_SECONDS, eventually


class Cluster:
    """Nodes that share a database, or ways to it, and a Redis. Made by `open_cluster`."""

    def __init__(self, nodes: Sequence[ServerProcess], redis_url: str) -> None:
        self.nodes = list(nodes)
        self._redis_url = redis_url

    def start(self) -> None:
        """Start those that do not run, all at once, until each is ready and knows all others."""
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(ServerProcess.start, [n for n in self.nodes if not n.is_running]))
        peers = len(self.nodes) - 1
        for node in self.nodes:
            eventually(lambda n=node: metric(n, "sorteos_peers") == peers)  # type: ignore[misc]

    def stop(self) -> None:
        """End all, without ceremony."""
        for node in self.nodes:
            if node.is_running:
                node.kill()

    def others(self, node: ServerProcess) -> list[ServerProcess]:
        """Every node but this one."""
        return [other for other in self.nodes if other is not node]

    def lease(self, raffle_id: UUID) -> dict[str, Any] | None:
        """Who has a raffle and for how long (`pttl`), as an operator sees it in Redis."""
        key = f"raffle:actor:{{{raffle_id}}}"
        with redis.Redis.from_url(self._redis_url) as client:
            value, pttl = client.get(key), client.pttl(key)
        return None if value is None else {**json.loads(value), "pttl": pttl}

    def owner(self, raffle_id: UUID) -> ServerProcess | None:
        """The node that has the lease, if it is one of ours."""
        lease = self.lease(raffle_id)
        ports = {f":{node.port}-": node for node in self.nodes}
        return next((n for port, n in ports.items() if lease and port in lease["node"]), None)


@contextmanager
def open_cluster(
    database_urls: Sequence[str], redis_url: str, folder: Path, **environment: str
) -> Iterator[Cluster]:
    """One node for each URL, ready; killed at the end."""
    nodes = []
    for index, url in enumerate(database_urls):
        (folder / f"node-{index}").mkdir()
        nodes.append(ServerProcess(url, redis_url, folder / f"node-{index}", **environment))
    cluster = Cluster(nodes, redis_url)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


class Watcher:
    """One socket, and everything that it was told, as it came."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.board = BoardClient()
        self.messages: list[str | bytes] = []
        self.closed: CloseReason | None = None
        self._socket = socket
        self._heard = trio.Event()

    @property
    def texts(self) -> list[dict[str, Any]]:
        """What came as JSON."""
        return [json.loads(message) for message in self.messages if isinstance(message, str)]

    def of_type(self, *types: str) -> list[dict[str, Any]]:
        """JSON messages of some types."""
        return [text for text in self.texts if text["type"] in types]

    @property
    def everything(self) -> bytes:
        """All bytes of all messages."""
        return b"\n".join(m.encode() if isinstance(m, str) else m for m in self.messages)

    async def say(self, type_: str, **fields: object) -> None:
        """Send a message, wait for nothing."""
        await self._socket.send_message(json.dumps({"type": type_, "ref": 1, **fields}))

    async def until(self, is_so: Callable[[Watcher], object]) -> None:
        """Wait until what was heard is so."""
        with trio.fail_after(PATIENCE_SECONDS):
            while not is_so(self):
                assert self.closed is None, f"closed: {self.closed}"
                self._heard = trio.Event()
                await self._heard.wait()

    async def until_closed(self) -> CloseReason:
        """Wait until the server has closed the socket."""
        with trio.fail_after(PATIENCE_SECONDS):
            while self.closed is None:
                self._heard = trio.Event()
                await self._heard.wait()
        return self.closed

    async def _listen(self) -> None:
        try:
            while True:
                message = await self._socket.get_message()
                self.messages.append(message)
                if isinstance(message, bytes):
                    self.board.receive(message)
                self._heard.set()
        except ConnectionClosed as closed:
            self.closed = closed.reason or CloseReason(1006, None)
            self._heard.set()


@asynccontextmanager
async def open_watcher(
    server: ServerProcess, raffle_id: UUID, *, token: str | None = None, is_legacy: bool = False
) -> AsyncIterator[Watcher]:
    """A socket at one node, joined; in the seed's words when `is_legacy`."""
    async with (
        open_websocket(
            socket_url(server.url, raffle_id),
            subprotocols=() if is_legacy else ("sorteos.v2",),
            token=token,
        ) as socket,
        trio.open_nursery() as nursery,
    ):
        watcher = Watcher(socket)
        nursery.start_soon(watcher._listen)
        if not is_legacy:
            await watcher.until(lambda w: w.board.cells)
        yield watcher
        nursery.cancel_scope.cancel()


def metric(server: ServerProcess, name: str) -> float:
    """One figure of a node, by its name with labels; 0 when it was never counted."""
    text = httpx.get(f"{server.url}/metrics", timeout=60).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def sockets(server: ServerProcess, raffle_id: UUID) -> int:
    """How many sockets watch a raffle at all nodes, as an admin is told by one of them."""
    url = f"{server.url}/api/v1/raffles/{raffle_id}/ws/stats"
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    stats = httpx.get(url, headers=headers, timeout=60).json()
    return int(stats["connections_by_raffle"].get(str(raffle_id), 0))


async def until_joined(server: ServerProcess, raffle_id: UUID, count: int) -> None:
    """Wait until so many sockets hear what happens: one in the seed's words is told nothing before."""
    await trio.to_thread.run_sync(eventually, lambda: sockets(server, raffle_id) == count)


def ask(database_url: str, sql: str, *args: object) -> Any:
    """The first column of the first row."""

    async def main() -> Any:
        connection = await asyncpg.connect(database_url)
        try:
            return await connection.fetchval(sql, *args)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:  # Of its own: the caller's may run a loop.
        return thread.submit(asyncio.run, main()).result()
