"""A shard and its breaker through rare moments, on a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import trio
from trio.testing import MockClock

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.connection import Address
from sorteos_actors.cluster.link import RedisLink
from sorteos_actors.cluster.shard import Shard
from sorteos_actors.errors import RedisUnavailable
from tests.unit.cluster.fake_servers import FakeServers

PORT = 7000


@pytest.fixture
def servers() -> FakeServers:
    servers = FakeServers()
    servers.slots[PORT] = [(0, 16383)]
    return servers


@asynccontextmanager
async def living(shard: Shard) -> AsyncIterator[Shard]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shard.run)
        yield shard
        nursery.cancel_scope.cancel()


@pytest.fixture
async def shard(servers: FakeServers, autojump_clock: MockClock) -> AsyncIterator[Shard]:
    shard = Shard(Address(port=PORT), lambda channel, payload: None, servers.connect)
    async with living(shard):
        await shard.connected.wait()
        yield shard


async def until(shard: Shard, state: State, seconds: float) -> None:
    with trio.fail_after(seconds):
        while shard.state is not state:
            await trio.sleep(0.01)


@pytest.mark.parametrize("trouble", ["is_mute", "is_deaf"])
async def test_a_connection_that_breaks_in_the_middle_of_a_trial_does_not_stop_the_trials(
    shard: Shard, servers: FakeServers, trouble: str, autojump_clock: MockClock
) -> None:
    setattr(servers, trouble, True)
    await until(shard, State.OPEN, 3)
    await until(shard, State.HALF_OPEN, 3)
    servers.break_all()
    setattr(servers, trouble, False)
    await until(shard, State.CLOSED, 10)


async def test_answers_of_a_deaf_connection_do_not_keep_the_breaker_closed(
    shard: Shard, servers: FakeServers, autojump_clock: MockClock
) -> None:
    servers.is_deaf = True
    with trio.fail_after(3):
        while shard.state is State.CLOSED:
            with suppress(RedisUnavailable):
                await shard.call([("GET", "key")])
            await trio.sleep(0.02)
    assert shard.state is State.OPEN
    servers.is_deaf = False
    await until(shard, State.CLOSED, 10)


async def test_a_deaf_connection_is_replaced_by_one_that_hears(
    shard: Shard, servers: FakeServers, autojump_clock: MockClock
) -> None:
    [connection] = servers.connections
    connection.is_deaf = True
    await trio.sleep(10)
    assert shard.state is State.CLOSED
    assert len(servers.connections) == 2


async def test_a_server_that_is_gone_is_called_ten_times_a_second_and_not_more(
    shard: Shard, servers: FakeServers, autojump_clock: MockClock
) -> None:
    calls = 0
    connect = servers.connect

    async def counting(address: Address, on_push: object) -> object:
        nonlocal calls
        calls += 1
        return await connect(address, on_push)  # type: ignore[arg-type]

    shard._connect = counting  # type: ignore[assignment]
    del servers.slots[PORT]
    servers.break_all()
    await trio.sleep(10)
    assert 90 <= calls <= 101
    assert shard.state is State.OPEN


async def test_a_connection_that_ends_at_once_is_not_made_in_a_tight_loop(
    servers: FakeServers, autojump_clock: MockClock
) -> None:
    async def connect(address: Address, on_push: object) -> object:
        connection = await servers.connect(address, on_push)  # type: ignore[arg-type]
        connection.ended.set()
        return connection

    shard = Shard(Address(port=PORT), lambda channel, payload: None, connect)  # type: ignore[arg-type]
    async with living(shard):
        await trio.sleep(10)
    assert len(servers.connections) <= 101


async def test_a_cluster_that_has_moved_to_other_addresses_is_found_by_its_url(
    servers: FakeServers, autojump_clock: MockClock
) -> None:
    url_port, old, new = 6379, [(7001, 0), (7002, 8192)], [(7003, 0), (7004, 8192)]
    servers.is_cluster = True

    def stand(ports: list[tuple[int, int]]) -> None:
        servers.slots.clear()
        servers.slots.update({port: [(first, first + 8191)] for port, first in ports})
        servers.slots[url_port] = []  # A service's address, in front of them all.

    stand(old)
    link = RedisLink(f"redis://fake:{url_port}", servers.connect)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await link.wait_connected()
        assert {shard.address.port for shard in link._shards.values()} == {7001, 7002}
        link.subscribe("a channel", lambda _: None)
        stand(new)
        servers.break_all()
        await trio.sleep(10)
        assert {shard.address.port for shard in link._shards.values()} == {7003, 7004}
        assert link.state is State.CLOSED
        assert await link.get("key") == b"value"
        subscribed = [
            c.port for c in servers.connections if (b"SSUBSCRIBE", b"a channel") in c.sent
        ]
        assert subscribed[-1] in (7003, 7004)
        nursery.cancel_scope.cancel()
