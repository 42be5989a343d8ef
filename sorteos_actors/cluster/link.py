"""Redis for a node: scripts on keys, and channels. One server or a Redis Cluster, found out by itself.

Keys and channels carry a raffle's id as their hash tag (``raffle:actor:{<id>}``), and channels are
*sharded* (Redis 7, Valkey): in a cluster each server carries its own raffles, and more servers carry
more. redis-py is not used here for two reasons: its cluster pipeline refuses scripts, and a message
through it and the bridge to asyncio costs six times the CPU.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import hiredis
import msgspec
import trio
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.connection import Address, Reply, connect
from sorteos_actors.cluster.scripts import Script
from sorteos_actors.cluster.shard import Connect, Shard
from sorteos_actors.cluster.topology import address_in, cluster_slots, owners_of, tag_in
from sorteos_actors.errors import RedisUnavailable

logger = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 5.0
_WORST_FIRST: Final = (State.OPEN, State.HALF_OPEN, State.CLOSED)

OnReceivers = Callable[[int | None], None]


class ScriptCall(msgspec.Struct, frozen=True):
    """One script on one key."""

    script: Script
    key: str
    args: tuple[str | int, ...]


class Link(Protocol):
    """What leases and the bus need of Redis."""

    @property
    def state(self) -> State:
        """Of the breaker; of several servers, the worst."""

    def state_of(self, key: str) -> State:
        """Of the breaker of the server that has this key."""

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        """Run each, in one pipeline a server. Never raises.

        The answers, in order; a `RedisUnavailable` among them is for a call of which nothing is
        known. One server that is away takes nothing from the calls for the others.
        """

    async def get(self, key: str) -> bytes | None:
        """A key's value. Raises `RedisUnavailable`."""

    def publish(
        self,
        channel: str,
        payload: bytes,
        on_receivers: OnReceivers | None = None,
    ) -> None:
        """Send to all who hear the channel. Never blocks; may lose.

        `on_receivers` gets how many there were, or None when that will never be known.
        """

    def subscribe(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        """Hear a channel, over all reconnects, until `unsubscribe`. One listener a channel."""

    def unsubscribe(self, channel: str) -> None:
        """Hear it no more; harmless when it was not heard."""


class RedisLink:
    """The `Link` on real servers. `run` is its life."""

    def __init__(self, url: str, connect: Connect = connect) -> None:
        self._seed = address_in(url)
        self._connect = connect
        self._listeners: dict[bytes, Callable[[bytes], None]] = {}
        self._nursery: trio.Nursery | None = None
        self._scopes: dict[Address, trio.CancelScope] = {}
        self._lost: dict[bytes, None] = {}
        self._refresh = trio.Event()
        self._adopted = trio.Event()
        # One server for all slots, until it says that it is a cluster's.
        seed = self._new_shard(self._seed)
        self._shards = {self._seed: seed}
        self._slots = [seed] * REDIS_CLUSTER_HASH_SLOTS

    @property
    def state(self) -> State:
        """Closed when every server answers."""
        states = {shard.state for shard in self._shards.values()}
        return next(state for state in _WORST_FIRST if state in states)

    def state_of(self, key: str) -> State:
        """See `Link`."""
        return self._shard(key.encode()).state

    async def wait_connected(self) -> None:
        """Until every server has answered once."""
        seed = self._shards.get(self._seed)
        if seed is not None:
            await seed.connected.wait()
            if seed.is_cluster:
                await self._adopted.wait()
        for shard in list(self._shards.values()):
            await shard.connected.wait()

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        """See `Link`."""
        by_shard: dict[Shard, list[int]] = {}
        for index, call in enumerate(calls):
            by_shard.setdefault(self._shard(call.key.encode()), []).append(index)
        replies: list[Reply] = [None] * len(calls)

        async def run_some(shard: Shard, indexes: Sequence[int]) -> None:
            answers = await self._run_on(shard, [calls[index] for index in indexes])
            for index, answer in zip(indexes, answers, strict=True):
                replies[index] = answer

        if len(by_shard) == 1:
            [(shard, indexes)] = by_shard.items()
            await run_some(shard, indexes)
        else:
            async with trio.open_nursery() as nursery:
                for shard, indexes in by_shard.items():
                    nursery.start_soon(run_some, shard, indexes)
        return replies

    async def _run_on(self, shard: Shard, calls: Sequence[ScriptCall]) -> list[Reply]:
        try:
            replies = await shard.call(
                [("EVALSHA", c.script.sha, "1", c.key, *c.args) for c in calls]
            )
        except RedisUnavailable as error:
            return [error] * len(calls)
        # Somebody has flushed the scripts, maybe amid ours. What was done must not be done twice.
        missing = [i for i, reply in enumerate(replies) if _is_unknown(reply)]
        if missing:
            unknown = [calls[i] for i in missing]
            try:
                again = await shard.call(
                    [("EVAL", c.script.text, "1", c.key, *c.args) for c in unknown]
                )
            except RedisUnavailable as error:
                again = [error] * len(missing)
            for index, reply in zip(missing, again, strict=True):
                replies[index] = reply
        return [self._checked(shard, reply) for reply in replies]

    def _checked(self, shard: Shard, reply: Reply) -> Reply:
        """A refusal means that nothing is known; it may come of slots that have moved."""
        if not isinstance(reply, hiredis.ReplyError):
            return reply
        self._refresh.set()
        return RedisUnavailable(f"{shard.address!r}: {reply}")

    async def get(self, key: str) -> bytes | None:
        """See `Link`."""
        shard = self._shard(key.encode())
        reply = self._checked(shard, (await shard.call([("GET", key)]))[0])
        if isinstance(reply, RedisUnavailable):
            raise reply
        value: bytes | None = reply
        return value

    def publish(
        self,
        channel: str,
        payload: bytes,
        on_receivers: OnReceivers | None = None,
    ) -> None:
        """See `Link`."""
        name = channel.encode()

        def note(reply: Reply) -> None:
            if isinstance(reply, hiredis.ReplyError):
                self._refresh.set()
                reply = None
            if on_receivers is not None:
                on_receivers(reply)

        self._shard(name).send(("SPUBLISH", name, payload), note)

    def subscribe(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        """See `Link`."""
        name = channel.encode()
        self._listeners[name] = on_message
        self._shard(name).subscribe(name)

    def unsubscribe(self, channel: str) -> None:
        """See `Link`."""
        name = channel.encode()
        if self._listeners.pop(name, None) is not None:
            self._shard(name).unsubscribe(name)

    # -- life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep connected, and know who has which slot, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for shard in list(self._shards.values()):
                self._start(shard)
            while True:
                with trio.move_on_after(REFRESH_SECONDS):
                    await self._refresh.wait()
                self._refresh = trio.Event()
                await self._learn_topology()
                await trio.sleep(0.1)  # However many refusals came: ask not too often.

    def _start(self, shard: Shard) -> Shard:
        assert self._nursery is not None
        scope = trio.CancelScope()
        self._shards[shard.address] = shard
        self._scopes[shard.address] = scope

        async def live() -> None:
            with scope:
                await shard.run()

        self._nursery.start_soon(live)
        return shard

    def _new_shard(self, address: Address) -> Shard:
        shard = Shard(address, self._take_message, self._connect)
        shard.on_lost_channel = self._note_lost
        shard.on_cluster = self._note_cluster
        return shard

    def _note_cluster(self) -> None:
        if not self._adopted.is_set():
            self._refresh.set()

    def _note_lost(self, channel: bytes) -> None:
        self._lost[channel] = None
        self._refresh.set()

    async def _learn_topology(self) -> None:
        """Ask the first server that answers; when none of a cluster does, whoever is at the URL now."""
        shards = [shard for shard in self._shards.values() if shard.is_cluster]
        shards.sort(key=lambda shard: shard.state is not State.CLOSED)
        for address in [*(shard.address for shard in shards), self._seed] if shards else []:
            if await self._ask(address):
                return

    async def _ask(self, address: Address) -> bool:
        """Over a connection of its own: that of a shard may be in doubt just because slots moved."""
        try:
            ranges = await cluster_slots(address, self._connect)
        except RedisUnavailable as error:
            logger.debug("where the slots are is not known: %s", error)
            return False
        if ranges:
            self._adopt(owners_of(ranges, address))
        return bool(ranges)

    def _adopt(self, owners: Mapping[Address, Sequence[tuple[int, int]]]) -> None:
        """Make the shards those of the cluster, and move each subscription to its server."""
        for address, ranges in owners.items():
            shard = self._shards.get(address) or self._start(self._new_shard(address))
            if not any(first <= key_slot(shard.probe) <= last for first, last in ranges):
                shard.probe_with(tag_in(ranges[0]))
            for first, last in ranges:
                self._slots[first : last + 1] = [shard] * (last + 1 - first)
        for address in [a for a in self._shards if a not in owners]:
            self._shards.pop(address).connected.set()
            self._scopes.pop(address).cancel()
        for name in self._listeners:
            home = self._shard(name)
            for shard in self._shards.values():
                if shard is not home:
                    shard.unsubscribe(name)
            if name in self._lost:
                home.channels.pop(name, None)  # Ask again: a server has taken it away.
            home.subscribe(name)
        self._lost.clear()
        self._adopted.set()

    def _shard(self, key: bytes) -> Shard:
        return self._slots[key_slot(key)] if len(self._shards) > 1 else self._slots[0]

    def _take_message(self, channel: bytes, payload: bytes) -> None:
        listener = self._listeners.get(channel)
        if listener is not None:
            listener(payload)


def _is_unknown(reply: Reply) -> bool:
    return isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT")
