"""A real Redis Cluster on this machine: three Valkey masters that share 16384 slots, without replicas.

    with open_valkey_cluster(directory) as cluster:
        link = RedisLink(cluster.url)
        cluster.move_slot(slot, to=2)

Synchronous, as the embedded servers are: each call has been done when it returns. A master that is
killed leaves its slots without a server; the others go on.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from sorteos_actors.embedded.data_dir import free_port, secret_file, write_secret
from sorteos_actors.embedded.valkey import Valkey

NODES: Final = 3
_NODE_TIMEOUT_MS: Final = 1000
_FORM_SECONDS: Final = 20
_MIGRATE_MS: Final = 2000
_BORDERS: Final = [REDIS_CLUSTER_HASH_SLOTS * n // NODES for n in range(NODES + 1)]


class ValkeyCluster:
    """Made by `open_valkey_cluster`. Nodes are counted from 0."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        password = secret_file(directory / "password")
        self._servers = [_server(directory / f"node-{n}", password) for n in range(NODES)]

    @property
    def url(self) -> str:
        """Of the first node: whoever comes there learns of the others."""
        return self.url_of(0)

    def url_of(self, node: int) -> str:
        """Of one node, with its password."""
        return self._servers[node].url

    def start(self, node: int) -> None:
        """Start it, also after `kill` or `stop`: it knows its slots, and has lost its keys."""
        self._servers[node].start()

    def stop(self, node: int) -> None:
        """End it in peace; it says goodbye to its connections."""
        self._servers[node].stop()

    def kill(self, node: int) -> None:
        """End it with SIGKILL."""
        self._signal(node, signal.SIGKILL)
        self._servers[node].stop()

    def freeze(self, node: int) -> None:
        """It keeps its connections and says nothing, until `thaw`."""
        self._signal(node, signal.SIGSTOP)

    def thaw(self, node: int) -> None:
        """It goes on where it was."""
        self._signal(node, signal.SIGCONT)

    def owner_of(self, slot: int) -> int:
        """The node that has a slot, as that node itself says."""
        for node in self._running:
            for first, last, *master in self.command(node, "CLUSTER", "SLOTS"):
                if first <= slot <= last and master[0][2].decode() == self._id(node):
                    return node
        raise LookupError(f"nobody has slot {slot}")

    def move_slot(self, slot: int, to: int) -> None:
        """Move a slot and its keys to another node, live, as ``valkey-cli --cluster reshard`` does."""
        source = self.owner_of(slot)
        if source == to:
            return
        self.command(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", self._id(source))
        self.command(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", self._id(to))
        with _client(self.url_of(to)) as client:
            place = client.get_connection_kwargs()
        while keys := self.command(source, "CLUSTER", "GETKEYSINSLOT", slot, 100):
            where = (place["host"], place["port"], "", 0, _MIGRATE_MS)
            self.command(source, "MIGRATE", *where, "AUTH", place["password"], "KEYS", *keys)
        for node in (to, source, *(n for n in self._running if n not in (to, source))):
            self.command(node, "CLUSTER", "SETSLOT", slot, "NODE", self._id(to))

    def command(self, node: int, *words: str | bytes | int) -> Any:
        """Have a node do something, and its raw answer."""
        with _client(self.url_of(node)) as client:
            connection = client.connection_pool.get_connection()
            try:
                connection.send_command(*words)  # type: ignore[no-untyped-call]
                return connection.read_response()
            finally:
                client.connection_pool.release(connection)

    def form(self) -> None:
        """Start all nodes and make them a cluster. Raises `TimeoutError`."""
        for server in self._servers:
            server.start()
        for node, (first, end) in enumerate(pairwise(_BORDERS)):
            self.command(node, "CLUSTER", "ADDSLOTSRANGE", first, end - 1)
            self.command(node, "CLUSTER", "SET-CONFIG-EPOCH", node + 1)
        for node in range(1, NODES):
            with _client(self.url_of(node)) as client:
                place = client.get_connection_kwargs()
            bus = self._servers[node].cluster_port
            self.command(0, "CLUSTER", "MEET", place["host"], place["port"], bus)
        _until(self._is_formed, _FORM_SECONDS)

    def end(self) -> None:
        """Stop whatever runs; nothing is left."""
        for node, server in enumerate(self._servers):
            if server.pid is not None:
                self.thaw(node)
            server.stop()

    @property
    def _running(self) -> list[int]:
        return [node for node, server in enumerate(self._servers) if server.pid is not None]

    def _is_formed(self) -> bool:
        for node in range(NODES):
            info = self.command(node, "CLUSTER", "INFO").decode()
            ranges = self.command(node, "CLUSTER", "SLOTS")
            if "cluster_state:ok" not in info or len(ranges) != NODES:
                return False
        return True

    def _id(self, node: int) -> str:
        identity: bytes = self.command(node, "CLUSTER", "MYID")
        return identity.decode()

    def _signal(self, node: int, what: signal.Signals) -> None:
        pid = self._servers[node].pid
        if pid is None:
            raise ProcessLookupError(f"node {node} does not run")
        os.kill(pid, what)


class _Server(Valkey):
    """A Valkey server that may be one of a cluster."""

    def __init__(self, data: Path, cluster_port: int) -> None:
        self.cluster_port = cluster_port
        super().__init__(
            data,
            settings=(
                "cluster-enabled yes",
                f"cluster-port {cluster_port}",
                f"cluster-node-timeout {_NODE_TIMEOUT_MS}",
                "cluster-require-full-coverage no",
                "cluster-announce-ip 127.0.0.1",
            ),
        )


def _server(data: Path, password: str) -> _Server:
    data.mkdir(mode=0o700, exist_ok=True)
    write_secret(data / "password", password)
    return _Server(data, free_port(data / "cluster-port"))


def slot_of(key: str) -> int:
    """The slot of a key or a sharded channel."""
    return key_slot(key.encode())


def node_of(key: str) -> int:
    """The node that has a key while no slot has moved."""
    return next(n for n in range(NODES) if slot_of(key) < _BORDERS[n + 1])


@contextmanager
def open_valkey_cluster(directory: Path) -> Iterator[ValkeyCluster]:
    """A cluster in a directory, until the block ends."""
    cluster = ValkeyCluster(directory)
    try:
        cluster.form()
        yield cluster
    finally:
        cluster.end()


@contextmanager
def _client(url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(url, socket_timeout=5, protocol=2)
    try:
        yield client
    finally:
        client.close()


def _until(holds: Callable[[], bool], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            raise TimeoutError("the nodes did not become a cluster")
        time.sleep(0.02)
