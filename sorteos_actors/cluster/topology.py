"""Which server of a Redis Cluster has which slots, and where the first one is."""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
import trio
from redis.asyncio.connection import parse_url
from redis.crc import key_slot

from sorteos_actors.cluster.connection import Address
from sorteos_actors.cluster.shard import ANSWER_SECONDS, Connect
from sorteos_actors.errors import RedisUnavailable


def address_in(url: str) -> Address:
    """The server that a ``redis://``, ``rediss://`` or ``unix://`` URL names. Raises `ValueError`."""
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


async def cluster_slots(address: Address, connect: Connect) -> list[Any]:
    """What a server says about who has which slots. Raises `RedisUnavailable`."""
    connection = await connect(address, lambda _: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        pending = connection.send([("CLUSTER", "SLOTS")])
        with trio.move_on_after(ANSWER_SECONDS):
            await pending.settled()
        nursery.cancel_scope.cancel()
    if not pending.replies or not isinstance(pending.replies[0], list):
        raise RedisUnavailable(f"{address!r} does not tell its slots")
    ranges: list[Any] = pending.replies[0]
    return ranges


def owners_of(ranges: list[Any], asked: Address) -> dict[Address, list[tuple[int, int]]]:
    """The master of each range of slots. A server without a name of its own is the one we asked."""
    owners: dict[Address, list[tuple[int, int]]] = {}
    for first, last, master, *_ in ranges:
        host = master[0].decode() if master[0] else asked.host
        address = msgspec.structs.replace(asked, host=host, port=master[1], path=None)
        owners.setdefault(address, []).append((first, last))
    return owners


def tag_in(slots: tuple[int, int]) -> str:
    """A hash tag whose slot lies in the range."""
    return next(str(n) for n in count() if slots[0] <= key_slot(f"{{{n}}}".encode()) <= slots[1])
