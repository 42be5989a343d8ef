"""One node's way to a simulated Redis: slow, lossy, out of order, cut off; with the real breaker."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

import trio

from sorteos_actors.cluster.breaker import Breaker, State
from sorteos_actors.cluster.connection import Reply
from sorteos_actors.cluster.link import ScriptCall
from sorteos_actors.cluster.shard import ANSWER_SECONDS, PROBE_SECONDS
from sorteos_actors.errors import RedisUnavailable
from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis


class NodeLink:
    """The `Link` of one life of one node. `gate` waits while the node is frozen."""

    def __init__(
        self,
        redis: SimulatedRedis,
        node: str,
        chance: random.Random,
        gate: Callable[[], Awaitable[None]],
    ) -> None:
        self.is_cut_off = False
        self.loss = 0.0
        """How likely a message of a channel is lost, on its way out or in."""
        self.doubling = 0.0
        self.disorder_seconds = 0.0
        """How much longer a message may take, so that a later one overtakes it."""
        self._redis = redis
        self._node = node
        self._chance = chance
        self._gate = gate
        self._breaker = Breaker()
        self._is_dead = False
        self._listeners: dict[str, Callable[[bytes], None]] = {}
        self._nursery: trio.Nursery | None = None

    @property
    def state(self) -> State:
        """See `Link`."""
        return self._breaker.state

    def state_of(self, key: str) -> State:  # noqa: ARG002 - there is one server
        """See `Link`."""
        return self._breaker.state

    def kill(self) -> None:
        """Nothing comes out of this life any more, and nothing in."""
        self._is_dead = True
        self._redis.forget(self._node)

    # -- commands ----------------------------------------------------------------------------------

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        """See `Link`."""
        try:
            replies: list[Reply] = await self._call(lambda: [self._redis.run(c) for c in calls])
        except RedisUnavailable as error:
            return [error] * len(calls)
        return replies

    async def get(self, key: str) -> bytes | None:
        """See `Link`."""
        value: bytes | None = await self._call(lambda: self._redis.get(key))
        return value

    async def _call(self, function: Callable[[], Reply]) -> Reply:
        if self._is_dead or self._breaker.state is not State.CLOSED:
            raise RedisUnavailable("the breaker is open")
        with trio.move_on_after(ANSWER_SECONDS):
            reply = await self._reach(function)
            self._breaker.succeeded()
            return reply
        if not self._is_dead:
            self._breaker.failed(trio.current_time())
        raise RedisUnavailable("no answer in time")

    async def _reach(self, function: Callable[[], Reply]) -> Reply:
        await self._gate()
        await trio.sleep(self._chance.uniform(0.0001, 0.001))
        await self._lose_when_unreachable()
        reply = function()
        await trio.sleep(self._chance.uniform(0.0001, 0.001))
        await self._gate()
        await self._lose_when_unreachable()
        return reply

    async def _lose_when_unreachable(self) -> None:
        if self._is_unreachable:
            await trio.sleep_forever()

    @property
    def _is_unreachable(self) -> bool:
        return self._is_dead or self.is_cut_off or self._redis.is_away

    # -- channels ----------------------------------------------------------------------------------

    def publish(
        self,
        channel: str,
        payload: bytes,
        on_receivers: Callable[[int | None], None] | None = None,
    ) -> None:
        """See `Link`."""
        if self._is_dead:
            return
        if self._nursery is None or self._breaker.state is not State.CLOSED:
            if on_receivers is not None:
                on_receivers(None)
            return
        self._nursery.start_soon(self._publish, channel, payload, on_receivers)

    async def _publish(
        self, channel: str, payload: bytes, on_receivers: Callable[[int | None], None] | None
    ) -> None:
        chance = self._chance
        await self._gate()
        await trio.sleep(0.0003 + chance.random() * self.disorder_seconds)
        if self._is_unreachable or chance.random() < self.loss:
            return  # As on a broken connection: nobody ever says what became of it.
        for _ in range(2 if chance.random() < self.doubling else 1):
            count = self._redis.publish(channel, payload)
        if on_receivers is not None:
            on_receivers(count)

    def subscribe(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        """See `Link`."""

        def take(payload: bytes) -> None:
            if self._nursery is not None and not self._is_dead:
                self._nursery.start_soon(self._deliver, channel, payload)

        self._listeners[channel] = on_message
        self._redis.subscribe(self._node, channel, take)

    async def _deliver(self, channel: str, payload: bytes) -> None:
        await trio.sleep(0.0003 + self._chance.random() * self.disorder_seconds)
        if not self._is_unreachable and self._chance.random() >= self.loss:
            await self._gate()
            listener = self._listeners.get(channel)
            if listener is not None:
                listener(payload)

    def unsubscribe(self, channel: str) -> None:
        """See `Link`."""
        self._listeners.pop(channel, None)
        self._redis.unsubscribe(self._node, channel)

    # -- life --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Carry messages and probe, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            while True:
                now = trio.current_time()
                if self._breaker.state is State.CLOSED or self._breaker.admits(now):
                    await self._probe()
                await trio.sleep(PROBE_SECONDS if self._breaker.state is State.CLOSED else 0.1)

    async def _probe(self) -> None:
        with trio.move_on_after(ANSWER_SECONDS):
            await self._reach(lambda: None)
            self._breaker.succeeded()
            return
        self._breaker.failed(trio.current_time())
