"""Leases on real servers, in real time: what the virtual clock cannot show."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
import redis
import trio

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.leases import LEASE_MS, RedisLeases, lease_key
from sorteos_actors.embedded.valkey import Valkey
from sorteos_actors.ports import Owner
from sorteos_actors.testing.valkey_cluster import NODES, node_of, open_valkey_cluster
from tests.integration.links import open_link, until_state
from tests.places import a_place_for_servers
from tests.valkeys import a_valkey
from tests.waiting import PATIENCE_SECONDS, until

LEASE_SECONDS = LEASE_MS / 1000


class NodeUnderTest:
    """The leases of one node, and what became of them."""

    def __init__(self, leases: RedisLeases) -> None:
        self.leases = leases
        self.lost: list[UUID] = []
        leases.on_lost = self.lost.append


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with a_place_for_servers() as place:
        yield place


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Valkey]:
    with a_valkey(place / "valkey") as server:
        yield server


@pytest.fixture
def client(server: Valkey) -> Iterator[redis.Redis]:
    """An operator's `redis-cli`."""
    with redis.Redis.from_url(server.url) as client:
        yield client


@asynccontextmanager
async def a_node(url: str, name: str, *, may_renew: bool = True) -> AsyncIterator[NodeUnderTest]:
    async with open_link(url) as link, trio.open_nursery() as nursery:
        leases = RedisLeases(link, Owner(name, f"http://{name}"), lambda: may_renew)
        nursery.start_soon(leases.run)
        yield NodeUnderTest(leases)
        nursery.cancel_scope.cancel()


async def own(node: NodeUnderTest, raffle: UUID, epoch: int = 7) -> None:
    assert await node.leases.acquire(raffle) is None
    node.leases.confirm(raffle, epoch)


def has_all(client: redis.Redis, raffles: Sequence[UUID]) -> bool:
    """Whether each has its lease; False while nobody can be asked."""
    try:
        return client.exists(*map(lease_key, raffles)) == len(raffles)
    except redis.ConnectionError:
        return False


async def a_renewal(node: NodeUnderTest, client: redis.Redis) -> None:
    """Wait until a node has renewed what it has: a lease that was forgotten is there again."""
    canary = uuid4()
    await own(node, canary)
    client.delete(lease_key(canary))
    await until(lambda: client.exists(lease_key(canary)))
    await node.leases.release(canary)


async def test_an_operator_sees_who_has_a_raffle_and_for_how_long(
    server: Valkey, client: redis.Redis
) -> None:
    raffle = uuid4()
    async with a_node(server.url, "ana") as ana:
        await own(ana, raffle)
        for _ in range(int(LEASE_SECONDS) + 2):  # Longer than it lives without renewal.
            await trio.sleep(1)
            assert 0 < client.pttl(f"raffle:actor:{{{raffle}}}") <= LEASE_MS
        value = client.get(lease_key(raffle))
        assert msgspec.json.decode(value) == {"node": "ana", "url": "http://ana", "epoch": 7}  # type: ignore[arg-type]
        await ana.leases.release(raffle)
        assert client.exists(lease_key(raffle)) == 0
        assert ana.lost == []


async def test_the_lease_of_a_node_that_dies_is_free_after_its_life_and_not_before(
    server: Valkey,
) -> None:
    raffle = uuid4()
    async with a_node(server.url, "beto") as beto:
        began = trio.current_time()
        async with a_node(server.url, "ana") as ana:
            await own(ana, raffle)
            assert await beto.leases.acquire(raffle) == ana.leases._me
        with trio.fail_after(PATIENCE_SECONDS):
            while await beto.leases.acquire(raffle) is not None:
                await trio.sleep(0.05)
        assert trio.current_time() - began > LEASE_SECONDS - 0.1


async def test_a_lease_that_another_has_taken_is_lost_once(
    server: Valkey, client: redis.Redis
) -> None:
    raffle = uuid4()
    async with a_node(server.url, "ana") as ana:
        await own(ana, raffle)
        theirs = msgspec.json.encode(Owner("beto", "http://beto", 8))
        client.set(lease_key(raffle), theirs, px=60_000)
        await until(lambda: ana.lost == [raffle])
        assert not ana.leases.is_held(raffle)
        await a_renewal(ana, client)
        await a_renewal(ana, client)
        await ana.leases.release(raffle)
        assert ana.lost == [raffle]
        assert client.get(lease_key(raffle)) == theirs


async def test_who_may_not_renew_stops_while_its_lease_still_lives(
    server: Valkey, client: redis.Redis
) -> None:
    raffle = uuid4()
    async with a_node(server.url, "ana", may_renew=False) as ana:
        await own(ana, raffle)
        lives = True
        while lives:
            lives = client.exists(lease_key(raffle)) == 1
            assert lives or not ana.leases.is_held(raffle)
            await trio.sleep(0.01)
        await until(lambda: ana.lost == [raffle])


async def test_a_frozen_redis_takes_no_raffle_from_its_owner(
    server: Valkey, client: redis.Redis
) -> None:
    raffles = [uuid4() for _ in range(20)]
    assert server.pid is not None
    async with a_node(server.url, "ana") as ana:
        for raffle in raffles:
            await own(ana, raffle)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            give_up = trio.current_time() + LEASE_SECONDS + 3
            while trio.current_time() < give_up:
                assert all(map(ana.leases.is_held, raffles))
                await trio.sleep(0.02)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        async with a_node(server.url, "beto") as beto:
            with trio.fail_after(PATIENCE_SECONDS):
                while not has_all(client, raffles):
                    assert all(map(ana.leases.is_held, raffles))
                    await trio.sleep(0.01)
            for raffle in raffles:
                assert await beto.leases.acquire(raffle) == Owner("ana", "http://ana", 7)
        assert ana.lost == []


async def test_leases_are_there_again_after_a_flush_and_after_a_restart(
    server: Valkey, client: redis.Redis
) -> None:
    raffles = [uuid4() for _ in range(300)]
    async with a_node(server.url, "ana") as ana:
        for raffle in raffles:
            await own(ana, raffle)
        client.flushall()
        await until(lambda: has_all(client, raffles))
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.start()
        await until(lambda: has_all(client, raffles))
        assert all(map(ana.leases.is_held, raffles))
        assert ana.lost == []


async def test_a_lease_is_handed_over(server: Valkey, client: redis.Redis) -> None:
    raffle = uuid4()
    async with a_node(server.url, "ana") as ana, a_node(server.url, "beto") as beto:
        await own(ana, raffle)
        assert await ana.leases.hand_over(raffle, Owner("beto", "http://beto"))
        assert not await ana.leases.hand_over(raffle, Owner("caro", "http://caro"))
        assert not ana.leases.is_held(raffle)
        await own(beto, raffle, epoch=8)
        await a_renewal(ana, client)
        await a_renewal(beto, client)
        assert await ana.leases.acquire(raffle) == Owner("beto", "http://beto", 8)
        assert (ana.lost, beto.lost) == ([], [])


async def test_a_dead_server_of_a_cluster_takes_no_lease_that_lives_on_another(
    place: Path,
) -> None:
    raffles = [uuid4() for _ in range(60)]
    with open_valkey_cluster(place / "cluster") as cluster:
        async with open_link(cluster.url) as link, a_node(cluster.url, "ana") as ana:
            for raffle in raffles:
                await own(ana, raffle)
            await trio.to_thread.run_sync(cluster.kill, 0)
            living = [raffle for raffle in raffles if node_of(lease_key(raffle)) != 0]
            assert 0 < len(living) < len(raffles)
            give_up = trio.current_time() + LEASE_SECONDS + 2
            while trio.current_time() < give_up:
                assert all(map(ana.leases.is_held, raffles))
                await trio.sleep(0.02)
            for raffle in living:
                assert await link.get(lease_key(raffle)) is not None
            await trio.to_thread.run_sync(cluster.start, 0)
            await until_state(link, State.CLOSED)
            with trio.fail_after(PATIENCE_SECONDS):
                while not all([await link.get(lease_key(raffle)) for raffle in raffles]):
                    await trio.sleep(0.05)
            assert ana.lost == []
            assert {node_of(lease_key(raffle)) for raffle in raffles} == set(range(NODES))
