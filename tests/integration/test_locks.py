"""The lock service on a real server: taken, waited for, extended, given back; never another's."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
import redis
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.cluster.locks import Locks, open_locks
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.errors import LockLost, LockTaken, RedisUnavailable
from sorteos_actors.testing.fault_proxy import open_fault_proxy
from tests.waiting import until

LONG = 60.0
SECONDS = 60


@pytest.fixture
def url(servers: EmbeddedServers) -> str:
    assert servers.redis_url is not None
    return servers.redis_url


@pytest.fixture
async def locks(url: str) -> AsyncIterator[Locks]:
    async with asyncio_bridge.open_loop(), open_locks(url) as locks:
        yield locks


@pytest.fixture
def name() -> str:
    return f"raffle:number:{secrets.token_hex(8)}"


@pytest.fixture
def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


async def test_a_lock_that_is_held_is_refused_to_others(locks: Locks, name: str) -> None:
    lock = await locks.acquire(name, LONG)
    with pytest.raises(LockTaken):
        await locks.acquire(name, LONG)
    assert await lock.is_held()
    await lock.release()
    await (await locks.acquire(name, LONG)).release()


async def test_locks_of_two_names_do_not_know_each_other(locks: Locks, name: str) -> None:
    async with locks.hold(name, LONG), locks.hold(f"{name}:2", LONG):
        pass


async def test_who_waits_gets_it_when_it_is_given_back(locks: Locks, name: str) -> None:
    order: list[str] = []

    async def wait() -> None:
        async with locks.hold(name, LONG, wait=SECONDS):
            order.append("the second has it")

    async with trio.open_nursery() as nursery:
        first = await locks.acquire(name, LONG)
        nursery.start_soon(wait)
        await trio.sleep(0.2)
        order.append("the first gives it back")
        await first.release()
    assert order == ["the first gives it back", "the second has it"]


async def test_who_waits_too_long_is_told_so(locks: Locks, name: str) -> None:
    async with locks.hold(name, LONG):
        began = trio.current_time()
        with pytest.raises(LockTaken):
            await locks.acquire(name, LONG, wait=0.3)
        assert trio.current_time() - began >= 0.3


async def test_a_lock_ends_by_itself(locks: Locks, name: str) -> None:
    lock = await locks.acquire(name, 0.1)
    second = await locks.acquire(name, LONG, wait=SECONDS)
    assert not await lock.is_held()
    assert await second.is_held()
    await second.release()


async def test_an_extended_lock_lives_longer(locks: Locks, name: str, client: redis.Redis) -> None:
    lock = await locks.acquire(name, LONG / 2)
    await lock.extend(LONG)
    assert LONG * 500 < client.pttl(name) <= LONG * 1000
    assert await lock.is_held()
    await lock.release()
    assert client.exists(name) == 0


async def test_a_lock_that_has_ended_is_lost_and_never_anothers(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    late = await locks.acquire(name, 0.05)
    second = await locks.acquire(name, LONG, wait=SECONDS)
    token = client.get(name)
    with pytest.raises(LockLost):
        await late.release()
    with pytest.raises(LockLost):
        await late.extend(LONG)
    assert client.get(name) == token
    assert await second.is_held()
    await second.release()


async def test_a_lock_is_released_once(locks: Locks, name: str) -> None:
    lock = await locks.acquire(name, LONG)
    await lock.release()
    with pytest.raises(LockLost):
        await lock.release()


async def test_a_lock_that_redis_has_forgotten_is_lost(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    lock = await locks.acquire(name, LONG)
    client.delete(name)
    with pytest.raises(LockLost):
        await lock.extend(LONG)
    assert not await lock.is_held()


async def test_fifty_on_one_lock_never_overlap(locks: Locks, name: str) -> None:
    inside = most = turns = 0

    async def take_a_turn() -> None:
        nonlocal inside, most, turns
        async with locks.hold(name, LONG, wait=60):
            inside += 1
            most = max(most, inside)
            await trio.sleep(0.002)
            inside -= 1
            turns += 1

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(take_a_turn)
    assert (turns, most) == (50, 1)


async def test_who_is_cancelled_while_waiting_leaves_nothing(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    lock = await locks.acquire(name, LONG)
    for tenths in range(10):
        with trio.move_on_after(0.005 + tenths / 97) as patience:
            await locks.acquire(name, LONG, wait=LONG)
        assert patience.cancelled_caught
    assert await lock.is_held()
    await lock.release()
    assert client.exists(name) == 0
    await (await locks.acquire(name, LONG)).release()


async def test_who_is_cancelled_while_taking_it_leaves_nothing(
    url: str, name: str, client: redis.Redis
) -> None:
    parts = client.get_connection_kwargs()
    async with (
        asyncio_bridge.open_loop(),
        open_fault_proxy(parts["host"], parts["port"]) as proxy,
        open_locks(proxy.through(url)) as locks,
    ):
        await (await locks.acquire(name, LONG)).release()
        proxy.swallow_answers(b"SET", times=1, afterwards="silence")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(locks.acquire, name, LONG)
            await until(lambda: proxy.counters.swallowed_answers == 1)
            assert client.exists(name) == 1
            nursery.cancel_scope.cancel()
        assert client.exists(name) == 0


async def test_a_lock_whose_answer_was_lost_is_not_kept(
    url: str, name: str, client: redis.Redis
) -> None:
    parts = client.get_connection_kwargs()
    async with (
        asyncio_bridge.open_loop(),
        open_fault_proxy(parts["host"], parts["port"]) as proxy,
        open_locks(proxy.through(url)) as locks,
    ):
        proxy.swallow_answers(b"SET", times=1)
        with pytest.raises(RedisUnavailable):
            await locks.acquire(name, LONG)
        assert proxy.counters.swallowed_answers == 1
        assert client.exists(name) == 0
        await (await locks.acquire(name, LONG)).release()


async def test_a_block_that_fails_gives_its_lock_back_and_tells_its_own_failure(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with locks.hold(name, LONG):
            raise ZeroDivisionError
    assert client.exists(name) == 0
    with pytest.raises(ZeroDivisionError):
        async with locks.hold(name, LONG):
            client.delete(name)
            raise ZeroDivisionError


async def test_a_block_that_is_cancelled_gives_its_lock_back(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    with trio.move_on_after(0.1) as patience:
        async with locks.hold(name, LONG):
            await trio.sleep_forever()
    assert patience.cancelled_caught
    assert client.exists(name) == 0


async def test_a_block_whose_lock_was_lost_meanwhile_is_told_so(
    locks: Locks, name: str, client: redis.Redis
) -> None:
    with pytest.raises(LockLost):
        async with locks.hold(name, LONG):
            client.set(name, "another's")
    assert client.get(name) == b"another's"
    client.delete(name)


async def test_without_redis_there_are_no_locks_and_nobody_waits_for_one(
    url: str, name: str, client: redis.Redis
) -> None:
    parts = client.get_connection_kwargs()
    async with (
        asyncio_bridge.open_loop(),
        open_fault_proxy(parts["host"], parts["port"]) as proxy,
        open_locks(proxy.through(url)) as locks,
    ):
        lock = await locks.acquire(name, LONG)
        proxy.refuse()
        with trio.fail_after(LONG / 2):
            with pytest.raises(RedisUnavailable):
                await locks.acquire(f"{name}:2", LONG, wait=LONG)
            with pytest.raises(RedisUnavailable):
                await lock.extend(LONG)
            proxy.heal()
            proxy.blackhole()
            with pytest.raises(RedisUnavailable):
                await locks.acquire(f"{name}:2", LONG, wait=LONG)
        proxy.heal()
        await lock.release()
    assert client.exists(name) == 0
