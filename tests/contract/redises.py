"""Every Redis there is, seen through links: simulated, one server, and a cluster of three."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import redis
import trio

from sorteos_actors.cluster.link import Link, RedisLink
from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis
from sorteos_actors.testing.simulation.node_link import NodeLink
from tests.waiting import PATIENCE_SECONDS


class LivingLink(Link, Protocol):
    """A link with a life of its own."""

    async def run(self) -> None:
        """Live until cancelled."""


class AnyRedis(ABC):
    """One kind of Redis."""

    @asynccontextmanager
    async def open_link(self, node: str) -> AsyncIterator[LivingLink]:
        """The link of one node, connected."""
        link = self._link(node)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(link.run)
            await self._connected(link)
            yield link
            nursery.cancel_scope.cancel()

    @abstractmethod
    def flush(self) -> None:
        """Forget all keys."""

    @abstractmethod
    async def disturb(self, link: Link) -> None:
        """Break the connections of a link, for a moment."""

    @abstractmethod
    def _link(self, node: str) -> LivingLink: ...

    @abstractmethod
    async def _connected(self, link: LivingLink) -> None: ...


class Simulated(AnyRedis):
    """The one in memory, that whole simulated clusters stand on."""

    def __init__(self) -> None:
        self._redis = SimulatedRedis()

    def flush(self) -> None:
        self._redis.flush()

    async def disturb(self, link: Link) -> None:
        assert isinstance(link, NodeLink)
        link.is_cut_off = True
        await trio.sleep(0.01)
        link.is_cut_off = False

    def _link(self, node: str) -> LivingLink:
        return NodeLink(self._redis, node, random.Random(7), trio.lowlevel.checkpoint)

    async def _connected(self, link: LivingLink) -> None:
        await trio.testing.wait_all_tasks_blocked()


class Real(AnyRedis):
    """Real servers. `urls`: of each of them."""

    def __init__(self, *urls: str) -> None:
        self._urls = urls

    def flush(self) -> None:
        self._tell("FLUSHALL")

    async def disturb(self, link: Link) -> None:
        self._tell("CLIENT", "KILL", "SKIPME", "yes")

    def _tell(self, *words: str) -> None:
        for url in self._urls:
            with redis.Redis.from_url(url, protocol=2) as client:
                client.execute_command(*words)

    def _link(self, node: str) -> LivingLink:
        return RedisLink(self._urls[0])

    async def _connected(self, link: LivingLink) -> None:
        assert isinstance(link, RedisLink)
        with trio.fail_after(PATIENCE_SECONDS):
            await link.wait_connected()
