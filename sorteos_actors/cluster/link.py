"""Redis for a node: scripts on keys, and channels. One server or a Redis Cluster, found out by itself.

Keys and channels carry a raffle's id as their hash tag (``raffle:actor:{<id>}``), and channels are
*sharded* (Redis 7, Valkey): in a cluster each server carries its own raffles, and more servers carry
more. redis-py is not used here for two reasons: its cluster pipeline refuses scripts, and a message
through it and the bridge to asyncio costs six times the CPU.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final, Protocol

import hiredis
import msgspec
import trio
from redis.asyncio.connection import parse_url
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.connection import Address, Command, Reply
from sorteos_actors.cluster.scripts import Script
from sorteos_actors.cluster.shard import Shard
from sorteos_actors.errors import RedisUnavailable

logger = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 5.0
_WORST_FIRST: Final = (State.OPEN, State.HALF_OPEN, State.CLOSED)


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

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        """Run each, in one pipeline a server. Raises `RedisUnavailable`: nothing is known then."""

    async def get(self, key: str) -> bytes | None:
        """A key's value. Raises `RedisUnavailable`."""

    def publish(
        self,
        channel: str,
        payload: bytes,
        on_receivers: Callable[[int | None], None] | None = None,
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

    def __init__(self, url: str) -> None:
        self._seed = _address(url)
        self._listeners: dict[bytes, Callable[[bytes], None]] = {}
        self._shards: dict[Address, Shard] = {}
        self._slots: list[Shard] = []
        self._nursery: trio.Nursery | None = None
        self._scopes: dict[Address, trio.CancelScope] = {}
        self._lost: set[bytes] = set()
        self._refresh = trio.Event()
        self._stand_alone()

    @property
    def state(self) -> State:
        """Closed when every server answers."""
        states = {shard.state for shard in self._shards.values()}
        return next(state for state in _WORST_FIRST if state in states)

    async def wait_connected(self) -> None:
        """Until every server has answered once."""
        for shard in list(self._shards.values()):
            await shard.connected.wait()

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        """See `Link`. Raises `RedisUnavailable` also when a server refuses a script."""
        by_shard: dict[Address, list[int]] = {}
        for index, call in enumerate(calls):
            by_shard.setdefault(self._shard(call.key.encode()).address, []).append(index)
        replies: list[Reply] = [None] * len(calls)
        for address, indexes in by_shard.items():
            some = [calls[index] for index in indexes]
            for index, reply in zip(
                indexes, await self._run_on(self._shards[address], some), strict=True
            ):
                replies[index] = reply
        return replies

    async def _run_on(self, shard: Shard, calls: Sequence[ScriptCall]) -> list[Reply]:
        replies = await shard.call([_by_digest(call) for call in calls])
        if any(_refuses(reply, "NOSCRIPT") for reply in replies):  # Somebody flushed them.
            replies = await shard.call([_by_text(call) for call in calls])
        for reply in replies:
            if isinstance(reply, hiredis.ReplyError):
                self._refresh.set()
                raise RedisUnavailable(f"{shard.address!r}: {reply}")
        return replies

    async def get(self, key: str) -> bytes | None:
        """See `Link`."""
        shard = self._shard(key.encode())
        [reply] = await shard.call([("GET", key)])
        if isinstance(reply, hiredis.ReplyError):
            self._refresh.set()
            raise RedisUnavailable(f"{shard.address!r}: {reply}")
        value: bytes | None = reply
        return value

    def publish(
        self,
        channel: str,
        payload: bytes,
        on_receivers: Callable[[int | None], None] | None = None,
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
            for shard in self._shards.values():
                self._start(shard)
            while True:
                with trio.move_on_after(REFRESH_SECONDS):
                    await self._refresh.wait()
                self._refresh = trio.Event()
                await self._learn_topology()
                await trio.sleep(0.1)  # However many refusals came: ask not too often.

    def _start(self, shard: Shard) -> None:
        assert self._nursery is not None
        scope = trio.CancelScope()
        self._scopes[shard.address] = scope

        async def live() -> None:
            with scope:
                await shard.run()

        self._nursery.start_soon(live)

    def _stand_alone(self) -> None:
        """One server for all slots, until it says that it is a cluster's."""
        seed = self._new_shard(self._seed, "seed")
        self._shards = {self._seed: seed}
        self._slots = [seed] * REDIS_CLUSTER_HASH_SLOTS

    def _new_shard(self, address: Address, probe_tag: str) -> Shard:
        shard = Shard(address, probe_tag, self._take_message)
        shard.on_lost_channel = self._note_lost
        return shard

    def _note_lost(self, channel: bytes) -> None:
        self._lost.add(channel)
        self._refresh.set()

    async def _learn_topology(self) -> None:
        for shard in list(self._shards.values()):
            if not shard.is_cluster or shard.state is not State.CLOSED:
                continue
            try:
                [ranges] = await shard.call([("CLUSTER", "SLOTS")])
            except RedisUnavailable:
                continue
            if isinstance(ranges, list) and ranges:
                self._adopt(_owners(ranges, self._seed))
                return

    def _adopt(self, owners: Mapping[Address, Sequence[tuple[int, int]]]) -> None:
        """Make the shards those of the cluster, and move each subscription to its server."""
        for address, ranges in owners.items():
            if address not in self._shards:
                shard = self._new_shard(address, _tag_in(ranges[0]))
                self._shards[address] = shard
                self._start(shard)
            for first, last in ranges:
                self._slots[first : last + 1] = [self._shards[address]] * (last + 1 - first)
        for address in [a for a in self._shards if a not in owners]:
            del self._shards[address]
            self._scopes.pop(address).cancel()
        for name in self._listeners:
            home = self._shard(name)
            for shard in self._shards.values():
                if shard is not home:
                    shard.unsubscribe(name)
            if name in self._lost:
                home.channels.discard(name)  # Ask again: a server has taken it away.
            home.subscribe(name)
        self._lost.clear()

    def _shard(self, key: bytes) -> Shard:
        return self._slots[key_slot(key)] if len(self._shards) > 1 else self._slots[0]

    def _take_message(self, channel: bytes, payload: bytes) -> None:
        listener = self._listeners.get(channel)
        if listener is not None:
            listener(payload)


def _address(url: str) -> Address:
    parts = parse_url(url)
    return Address(
        host=parts.get("host", "localhost"),
        port=parts.get("port", 6379),
        path=parts.get("path"),
        username=parts.get("username"),
        password=parts.get("password"),
        db=parts.get("db", 0),
        tls=url.startswith("rediss:"),
    )


def _owners(ranges: list[Any], seed: Address) -> dict[Address, list[tuple[int, int]]]:
    """The master of each range of slots. A server without a name of its own is the one we asked."""
    owners: dict[Address, list[tuple[int, int]]] = {}
    for first, last, master, *_ in ranges:
        host = master[0].decode() if master[0] else seed.host
        address = msgspec.structs.replace(seed, host=host, port=master[1], path=None)
        owners.setdefault(address, []).append((first, last))
    return owners


def _tag_in(slots: tuple[int, int]) -> str:
    """A hash tag whose slot lies in the range."""
    return next(str(n) for n in count() if slots[0] <= key_slot(f"{{{n}}}".encode()) <= slots[1])


def _by_digest(call: ScriptCall) -> Command:
    return ("EVALSHA", call.script.sha, "1", call.key, *call.args)


def _by_text(call: ScriptCall) -> Command:
    return ("EVAL", call.script.text, "1", call.key, *call.args)


def _refuses(reply: Reply, code: str) -> bool:
    return isinstance(reply, hiredis.ReplyError) and str(reply).startswith(code)
