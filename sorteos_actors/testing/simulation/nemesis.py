"""What goes wrong, and when: drawn from the seed, one trouble after the other and some at once."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from functools import partial

import trio

from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis
from sorteos_actors.testing.simulation.nodes import SimNode, Town
from sorteos_actors.testing.simulation.truth import Truth


class Nemesis:
    """Hurts a town until told to heal it."""

    def __init__(
        self,
        town: Town,
        truth: Truth,
        redis: SimulatedRedis,
        chance: random.Random,
        nursery: trio.Nursery,
    ) -> None:
        self._town = town
        self._truth = truth
        self._redis = redis
        self._chance = chance
        self._nursery = nursery
        self._faults: tuple[Callable[[], Awaitable[None]], ...] = (
            self._kill,
            self._kill,
            self._freeze,
            self._freeze,
            self._leave,
            self._flush,
            self._redis_away,
            self._redis_jumps,
            self._cut_from_redis,
            self._cut_from_store,
            self._cut_from_peers,
            self._lose_answers,
            self._lose_answers,
            self._slow_commits,
            self._store_away,
            self._bad_bus,
            self._mute_banks,
            self._mute_banks,
        )

    async def run(self, seconds: float) -> None:
        """Hurt for so long."""
        with trio.move_on_after(seconds):
            while True:
                await trio.sleep(self._chance.expovariate(0.6))
                fault = self._chance.choice(self._faults)
                self._truth.seen[fault.__name__.strip("_").replace("_", " ")] += 1
                self._nursery.start_soon(fault)

    def heal(self) -> None:
        """Everything works again."""
        self._truth.note("healed")
        self._truth.up()
        self._redis.is_away = False
        for bank in self._town.banks.values():
            bank.is_ill = bank.is_mute = False
        for node in self._town.nodes:
            node.wake()
            node.is_cut_from_peers = False
            if node.life is not None:
                store, link = node.life.store, node.life.link
                store.is_cut_off = link.is_cut_off = False
                store.lose_answers = store.slow_seconds = 0.0
                link.loss = link.doubling = link.disorder_seconds = 0.0

    def _any(self) -> SimNode:
        return self._chance.choice(self._town.nodes)

    async def _come_back(self, node: SimNode) -> None:
        await trio.sleep(self._chance.uniform(0.2, 6))
        if node.life is None:
            await node.start(self._nursery)

    async def _kill(self) -> None:
        node = self._any()
        if node.life is not None:
            node.crash()
            await self._come_back(node)

    async def _leave(self) -> None:
        node = self._any()
        await node.leave()
        await self._come_back(node)

    async def _freeze(self) -> None:
        # Shorter than the lease at times, and far beyond it at others.
        await self._any().freeze(self._chance.choice((0.4, 2.0, 5.0, 9.0)))

    async def _flush(self) -> None:
        self._redis.flush()

    async def _redis_jumps(self) -> None:
        self._redis.jump(self._chance.uniform(1, 10))

    async def _redis_away(self) -> None:
        self._redis.is_away = True
        await trio.sleep(self._chance.uniform(0.3, 8))
        if self._chance.random() < 0.5:
            self._redis.flush()
        self._redis.is_away = False

    async def _store_away(self) -> None:
        self._truth.down()
        await trio.sleep(self._chance.uniform(0.1, 4))
        self._truth.up()

    async def _for_a_while(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        begin()
        await trio.sleep(self._chance.uniform(0.5, 8))
        end()

    async def _set(self, target: object, **faults: float | bool) -> None:
        before = {name: type(value)() for name, value in faults.items()}

        def assign(values: dict[str, float | bool]) -> None:
            for name, value in values.items():
                setattr(target, name, value)

        await self._for_a_while(partial(assign, dict(faults)), partial(assign, before))

    async def _cut_from_redis(self) -> None:
        life = self._any().life
        if life is not None:
            await self._set(life.link, is_cut_off=True)

    async def _cut_from_store(self) -> None:
        life = self._any().life
        if life is not None:
            await self._set(life.store, is_cut_off=True)

    async def _cut_from_peers(self) -> None:
        await self._set(self._any(), is_cut_from_peers=True)

    async def _lose_answers(self) -> None:
        life = self._any().life
        if life is not None:
            await self._set(life.store, lose_answers=0.5)

    async def _slow_commits(self) -> None:
        life = self._any().life
        if life is not None:
            await self._set(life.store, slow_seconds=self._chance.choice((0.2, 3.0)))

    async def _bad_bus(self) -> None:
        life = self._any().life
        if life is not None:
            await self._set(life.link, loss=0.2, doubling=0.2, disorder_seconds=0.05)

    async def _mute_banks(self) -> None:
        """The way back from them is cut."""
        async with trio.open_nursery() as nursery:
            for bank in self._town.banks.values():
                nursery.start_soon(partial(self._set, bank, is_mute=True))
