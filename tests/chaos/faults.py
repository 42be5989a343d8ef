"""Everything that can be done to a cluster. Each fault lasts for a while and then heals what it broke."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import redis
import trio

from sorteos_actors.testing.fault_proxy import Afterwards, FaultProxy
from tests.chaos.cluster import Cluster, Node

COMMIT: Final = b"commit_batch"
ACTIVATE: Final = b"owner_since = clock_timestamp()"
_AFTERWARDS: Final[tuple[Afterwards, ...]] = ("reset", "silence")
_STOP_SECONDS: Final = 60.0


class Hurt:
    """A cluster, a node of it, and the time that a fault lasts."""

    def __init__(self, cluster: Cluster, node: Node, seconds: float, chance: random.Random) -> None:
        self.cluster = cluster
        self.node = node
        self.seconds = seconds
        self.chance = chance

    async def last(self) -> None:
        """Stay as it is until the time is over."""
        await trio.sleep(self.seconds)


Fault = Callable[[Hurt], Awaitable[None]]


# -- nodes -----------------------------------------------------------------------------------------


async def kill_node(hurt: Hurt) -> None:
    """kill -9, and a start after a while."""
    hurt.node.wanted = False
    await trio.to_thread.run_sync(hurt.node.kill)
    await hurt.last()
    hurt.node.wanted = True


async def freeze_node(hurt: Hurt) -> None:
    """SIGSTOP at any instant, also inside a commit, for longer than the lease; then SIGCONT."""
    if hurt.node.is_running:
        hurt.node.freeze()
        try:
            await hurt.last()
        finally:
            hurt.node.thaw()


async def freeze_in_commit(hurt: Hurt) -> None:
    """SIGSTOP while a commit is under way: its request is late, so it arrives while we are stopped."""
    hurt.node.to_postgres.delay(0.05)
    await trio.sleep(0.2)
    if hurt.node.is_running:
        hurt.node.freeze()
        try:
            hurt.node.to_postgres.delay(0)
            await hurt.last()
        finally:
            hurt.node.thaw()


async def stop_node(hurt: Hurt) -> None:
    """SIGTERM, as a deployment does, and a start."""
    hurt.node.wanted = False
    hurt.node.terminate()
    await _ended(hurt.node)
    hurt.node.wanted = True


async def roll_all_nodes(hurt: Hurt) -> None:
    """A rolling restart: one after the other, each ready before the next is stopped."""
    for node in hurt.cluster.nodes:
        node.wanted = False
        node.terminate()
        await _ended(node)
        node.wanted = True
        await hurt.cluster.until_ready()
        await trio.sleep(1.5)  # The load balancer looks once a second.


async def _ended(node: Node) -> None:
    with trio.move_on_after(_STOP_SECONDS):
        while node.is_running:
            await trio.sleep(0.05)
        return
    node.surprises.append(f"{node.name} did not end within {_STOP_SECONDS} s of SIGTERM")
    await trio.to_thread.run_sync(node.kill)


# -- Redis -----------------------------------------------------------------------------------------


async def kill_redis(hurt: Hurt) -> None:
    """Killed, and started again empty."""
    servers = hurt.cluster.servers
    if servers.valkey_pid is not None:
        os.kill(servers.valkey_pid, signal.SIGKILL)
    try:
        await hurt.last()
    finally:
        await _shielded(servers.start_valkey)


async def freeze_redis(hurt: Hurt) -> None:
    """SIGSTOP: connections stay, nothing is answered."""
    pid = hurt.cluster.servers.valkey_pid
    if pid is not None:
        os.kill(pid, signal.SIGSTOP)
        try:
            await hurt.last()
        finally:
            os.kill(pid, signal.SIGCONT)


async def flush_redis(hurt: Hurt) -> None:
    """FLUSHALL: every lease is gone."""

    def flush() -> None:
        with redis.Redis.from_url(hurt.cluster.redis_url, socket_timeout=5) as client:
            client.flushall()

    await trio.to_thread.run_sync(flush)
    await hurt.last()


async def cut_from_redis(hurt: Hurt) -> None:
    """One node alone cannot reach Redis: what it sends is lost."""
    hurt.node.to_redis.blackhole()
    await _then_heal(hurt, hurt.node.to_redis)


async def deaf_to_redis(hurt: Hurt) -> None:
    """One way only: what a node says arrives, what Redis says does not, or the other way round."""
    hurt.node.to_redis.blackhole(hurt.chance.choice(("to_client", "to_server")))
    await _then_heal(hurt, hurt.node.to_redis)


async def refused_by_redis(hurt: Hurt) -> None:
    """One node's connections to Redis are refused."""
    hurt.node.to_redis.refuse()
    await _then_heal(hurt, hurt.node.to_redis)


async def slow_redis(hurt: Hurt) -> None:
    """Everything through Redis takes longer, for one node, around its deadline."""
    hurt.node.to_redis.delay(hurt.chance.choice((0.02, 0.1, 0.3)))
    await _then_heal(hurt, hurt.node.to_redis)


# -- PostgreSQL ------------------------------------------------------------------------------------


async def kill_postgres(hurt: Hurt) -> None:
    """As if the plug were pulled, and a start that recovers from the log."""
    servers = hurt.cluster.servers
    await trio.to_thread.run_sync(servers.stop_postgres, "immediate")
    try:
        await hurt.last()
    finally:
        await _shielded(servers.start_postgres)


async def cut_from_postgres(hurt: Hurt) -> None:
    """One node alone cannot reach PostgreSQL: what it sends is lost."""
    hurt.node.to_postgres.blackhole()
    await _then_heal(hurt, hurt.node.to_postgres)


async def deaf_to_postgres(hurt: Hurt) -> None:
    """One way only: commits arrive and nobody hears of it, or do not arrive."""
    hurt.node.to_postgres.blackhole(hurt.chance.choice(("to_client", "to_server")))
    await _then_heal(hurt, hurt.node.to_postgres)


async def refused_by_postgres(hurt: Hurt) -> None:
    """One node's connections to PostgreSQL are refused."""
    hurt.node.to_postgres.refuse()
    await _then_heal(hurt, hurt.node.to_postgres)


async def swallow_commits(hurt: Hurt) -> None:
    """COMMIT is done, and its answer is lost; again and again, at one node or at all."""
    nodes = [hurt.node] if hurt.chance.random() < 0.5 else hurt.cluster.nodes
    afterwards = hurt.chance.choice(_AFTERWARDS)
    async with _healed(*(node.to_postgres for node in nodes)):
        give_up = trio.current_time() + hurt.seconds
        while trio.current_time() < give_up:
            for node in nodes:
                marker = hurt.chance.choice((COMMIT, COMMIT, COMMIT, ACTIVATE))
                node.to_postgres.swallow_answers(marker, times=1, afterwards=afterwards)
            await trio.sleep(hurt.chance.uniform(0.3, 1.5))


async def lose_commits(hurt: Hurt) -> None:
    """COMMIT is never done, and nobody knows."""
    async with _healed(hurt.node.to_postgres):
        give_up = trio.current_time() + hurt.seconds
        while trio.current_time() < give_up:
            hurt.node.to_postgres.lose_requests(COMMIT, times=1)
            await trio.sleep(hurt.chance.uniform(0.3, 1.5))


async def slow_postgres(hurt: Hurt) -> None:
    """Every answer of PostgreSQL takes longer, at all nodes."""
    delay = hurt.chance.choice((0.01, 0.1, 0.6))
    async with _healed(*(node.to_postgres for node in hurt.cluster.nodes)):
        for node in hurt.cluster.nodes:
            node.to_postgres.delay(delay)
        await hurt.last()


async def drop_connections(hurt: Hurt) -> None:
    """All of a node's connections are reset at once, and new ones work."""
    hurt.node.to_postgres.drop()
    hurt.node.to_redis.drop()
    await hurt.last()


# -- helpers ---------------------------------------------------------------------------------------


async def _then_heal(hurt: Hurt, proxy: FaultProxy) -> None:
    async with _healed(proxy):
        await hurt.last()


@asynccontextmanager
async def _healed(*proxies: FaultProxy) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for proxy in proxies:
            proxy.heal()


async def _shielded(function: Callable[[], None]) -> None:
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(function)


FAULTS: Final[dict[str, Fault]] = {
    function.__name__: function
    for function in (
        kill_node,
        freeze_node,
        freeze_in_commit,
        stop_node,
        roll_all_nodes,
        kill_redis,
        freeze_redis,
        flush_redis,
        cut_from_redis,
        deaf_to_redis,
        refused_by_redis,
        slow_redis,
        kill_postgres,
        cut_from_postgres,
        deaf_to_postgres,
        refused_by_postgres,
        swallow_commits,
        lose_commits,
        slow_postgres,
        drop_connections,
    )
}
