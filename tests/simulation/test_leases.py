"""Leases on a virtual clock: kept, lost, in doubt, and asserted again, over whatever Redis does."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import msgspec
import pytest
import trio
from trio.testing import MockClock

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.leases import (
    DOUBT_SECONDS,
    LEASE_MS,
    RENEW_SECONDS,
    RedisLeases,
    lease_key,
)
from sorteos_actors.errors import RedisUnavailable
from sorteos_actors.ports import Owner
from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis
from sorteos_actors.testing.simulation.node_link import NodeLink

SLACK = 0.1
"""For the way to Redis and back."""


class NodeUnderTest:
    """A node's leases, with what they lean on."""

    def __init__(self, redis: SimulatedRedis, name: str) -> None:
        self.me = Owner(name, f"http://{name}")
        self.may_renew = True
        self.lost: list[tuple[float, UUID]] = []
        self.link = NodeLink(redis, name, random.Random(3), self.wait_while_frozen)
        self.leases = RedisLeases(self.link, self.me, lambda: self.may_renew)
        self.leases.on_lost = lambda raffle_id: self.lost.append((trio.current_time(), raffle_id))
        self._thawed = trio.Event()
        self._thawed.set()

    async def wait_while_frozen(self) -> None:
        await self._thawed.wait()

    def freeze(self) -> None:
        self._thawed = trio.Event()

    def thaw(self) -> None:
        self._thawed.set()


@asynccontextmanager
async def a_node(redis: SimulatedRedis, name: str) -> AsyncIterator[NodeUnderTest]:
    node = NodeUnderTest(redis, name)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(node.link.run)
        nursery.start_soon(node.leases.run)
        await trio.testing.wait_all_tasks_blocked()
        yield node
        nursery.cancel_scope.cancel()


@pytest.fixture
def redis() -> SimulatedRedis:
    return SimulatedRedis()


@pytest.fixture
def raffle() -> UUID:
    return uuid4()


@pytest.fixture
async def ana(redis: SimulatedRedis) -> AsyncIterator[NodeUnderTest]:
    async with a_node(redis, "ana") as node:
        yield node


@pytest.fixture
async def beto(redis: SimulatedRedis) -> AsyncIterator[NodeUnderTest]:
    async with a_node(redis, "beto") as node:
        yield node


async def own(node: NodeUnderTest, raffle: UUID, epoch: int = 7) -> None:
    """Take a free raffle and activate it."""
    assert await node.leases.acquire(raffle) is None
    node.leases.confirm(raffle, epoch)


async def until_redis_answers(node: NodeUnderTest) -> None:
    while node.link.state is not State.CLOSED:
        await trio.sleep(0.01)


def write(redis: SimulatedRedis, raffle: UUID, owner: Owner) -> None:
    redis.set(lease_key(raffle), msgspec.json.encode(owner).decode(), LEASE_MS)


# -- healthy ---------------------------------------------------------------------------------------


async def test_a_lease_is_kept_far_beyond_its_life(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    for _ in range(60):
        await trio.sleep(1)
        assert ana.leases.is_held(raffle)
        holder = await beto.leases.acquire(raffle)
        assert holder is not None
        assert holder.node == "ana"
    assert not beto.leases.is_held(raffle)
    assert ana.lost == []


async def test_a_lease_carries_its_epoch_once_there_is_one(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    assert await ana.leases.acquire(raffle) is None
    assert await beto.leases.holder(raffle) == ana.me
    ana.leases.confirm(raffle, 7)
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert await beto.leases.holder(raffle) == Owner("ana", "http://ana", 7)


async def test_a_released_lease_is_free_at_once_and_stays_so(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    await ana.leases.release(raffle)
    assert not ana.leases.is_held(raffle)
    assert await beto.leases.holder(raffle) is None
    await trio.sleep(10)
    assert await beto.leases.holder(raffle) is None
    assert ana.lost == []


async def test_a_lease_that_is_released_while_it_is_renewed_is_free_all_the_same(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    for _ in range(40):  # The way to Redis takes its time: either may come first.
        await own(ana, raffle)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ana.leases._renew)
            nursery.start_soon(ana.leases.release, raffle)
        assert await beto.leases.holder(raffle) is None


async def test_what_is_not_held_is_released_without_harm(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    await beto.leases.release(raffle)
    assert not await beto.leases.hand_over(raffle, beto.me)
    await trio.sleep(SLACK)
    assert await beto.leases.acquire(raffle) is not None
    assert ana.leases.is_held(raffle)


async def test_a_lease_is_handed_over_without_a_gap(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    assert await ana.leases.hand_over(raffle, beto.me)
    assert not ana.leases.is_held(raffle)
    assert await ana.leases.holder(raffle) == beto.me
    assert await beto.leases.acquire(raffle) is None
    beto.leases.confirm(raffle, 8)
    await trio.sleep(20)
    assert beto.leases.is_held(raffle)
    assert await ana.leases.acquire(raffle) == Owner("beto", "http://beto", 8)
    assert ana.lost == beto.lost == []


async def test_a_lease_that_the_heir_does_not_take_up_ends_by_itself(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    assert await ana.leases.hand_over(raffle, beto.me)
    await trio.sleep(LEASE_MS / 1000 + SLACK)
    assert await ana.leases.acquire(raffle) is None


async def test_a_dead_nodes_lease_can_be_seized_and_a_living_ones_not(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    await trio.sleep(RENEW_SECONDS + SLACK)
    caro = Owner("caro", "http://caro")
    assert await beto.leases.seize(raffle, caro) == Owner("ana", "http://ana", 7)
    assert await beto.leases.seize(raffle, ana.me) is None
    assert beto.leases.is_held(raffle)


async def test_ten_thousand_leases_are_kept(
    redis: SimulatedRedis, ana: NodeUnderTest, autojump_clock: MockClock
) -> None:
    raffles = [UUID(int=number) for number in range(10_000)]
    for raffle in raffles:
        ana.leases.confirm(raffle, 7)
    await trio.sleep(LEASE_MS / 1000 + 1)
    assert all(redis.get(lease_key(raffle)) is not None for raffle in raffles)
    assert all(map(ana.leases.is_held, raffles))
    assert ana.lost == []


# -- lost ------------------------------------------------------------------------------------------


async def test_a_lease_that_another_has_is_lost_once(
    redis: SimulatedRedis, ana: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    other = uuid4()
    await own(ana, other)
    write(redis, raffle, Owner("beto", "http://beto", 8))
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert [raffle_id for _, raffle_id in ana.lost] == [raffle]
    assert not ana.leases.is_held(raffle)
    assert ana.leases.is_held(other)
    await trio.sleep(20)
    assert len(ana.lost) == 1
    await ana.leases.release(raffle)
    assert redis.get(lease_key(raffle)) is None, "it has ended, nobody renewed it"


async def test_a_lease_is_lost_to_a_node_that_is_about_to_get_an_epoch(
    redis: SimulatedRedis, ana: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    write(redis, raffle, Owner("beto", "http://beto", 0))
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert len(ana.lost) == 1


async def test_a_lease_is_taken_back_from_one_that_was_deposed(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(beto, raffle, epoch=6)
    redis.flush()
    await own(ana, raffle, epoch=7)
    await trio.sleep(2 * RENEW_SECONDS + SLACK)
    assert await beto.leases.holder(raffle) == Owner("ana", "http://ana", 7)
    assert [raffle_id for _, raffle_id in beto.lost] == [raffle]
    assert ana.lost == []


async def test_who_may_not_renew_stops_before_anybody_else_can_begin(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    await trio.sleep(10.5)
    ana.may_renew = False
    stopped_at = None
    began = trio.current_time()
    with trio.fail_after(2 * LEASE_MS / 1000):
        while await beto.leases.acquire(raffle) is not None:
            if stopped_at is None and not ana.leases.is_held(raffle):
                stopped_at = trio.current_time()
            await trio.sleep(0.01)
    assert stopped_at is not None
    assert DOUBT_SECONDS - RENEW_SECONDS < stopped_at - began <= DOUBT_SECONDS + SLACK
    assert trio.current_time() - stopped_at > LEASE_MS / 1000 - DOUBT_SECONDS - SLACK
    [(lost_at, lost)] = ana.lost
    assert lost == raffle
    assert lost_at - stopped_at <= RENEW_SECONDS + SLACK


async def test_who_may_renew_again_soon_has_lost_nothing(
    ana: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    for _ in range(10):
        ana.may_renew = False
        await trio.sleep(1.5)
        ana.may_renew = True
        await trio.sleep(1.5)
        assert ana.leases.is_held(raffle)
    assert ana.lost == []


async def test_an_owner_that_was_frozen_beyond_its_lease_does_not_think_it_owns(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    await trio.sleep(0.5)
    ana.freeze()
    ana.may_renew = False  # Nothing of it runs; the clock does.
    await trio.sleep(LEASE_MS / 1000 + SLACK)
    await own(beto, raffle, epoch=8)
    assert not ana.leases.is_held(raffle)
    ana.thaw()
    ana.may_renew = True
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert beto.leases.is_held(raffle)
    assert [raffle_id for _, raffle_id in ana.lost] == [raffle]
    await trio.sleep(20)
    assert beto.lost == []


# -- without Redis ---------------------------------------------------------------------------------


async def test_owners_go_on_while_redis_is_away_and_have_their_leases_after(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    await trio.sleep(0.7)
    redis.is_away = True
    for _ in range(600):
        await trio.sleep(0.1)
        assert ana.leases.is_held(raffle)
    assert ana.link.state is not State.CLOSED
    with pytest.raises(RedisUnavailable):
        await beto.leases.acquire(raffle)
    with pytest.raises(RedisUnavailable):
        await beto.leases.holder(raffle)
    redis.flush()
    redis.is_away = False
    await until_redis_answers(ana)
    for _ in range(600):
        await trio.sleep(0.01)
        assert ana.leases.is_held(raffle)
    assert ana.lost == []
    assert await beto.leases.acquire(raffle) == Owner("ana", "http://ana", 7)


async def test_an_owner_may_go_on_from_the_moment_that_redis_is_away(
    redis: SimulatedRedis, ana: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    leases = RedisLeases(ana.link, ana.me, lambda: True)  # Nobody runs its loop.
    leases.confirm(raffle, 7)
    await trio.sleep(DOUBT_SECONDS + SLACK)
    assert not leases.is_held(raffle)
    redis.is_away = True
    await trio.sleep(3)
    assert leases.is_held(raffle)


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.1, 1.7, 2.3, 2.9, 3.5, 4.5, 7.0])
async def test_an_outage_of_any_length_loses_no_lease(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    raffle: UUID,
    seconds: float,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    for phase in range(12):
        await trio.sleep(5 + phase / 12)
        redis.is_away = True
        await trio.sleep(seconds)
        redis.is_away = False
        while ana.link.state is not State.CLOSED:
            await trio.sleep(0.05)
            assert ana.leases.is_held(raffle)
    await trio.sleep(5)
    assert ana.lost == []
    assert ana.leases.is_held(raffle)


async def test_a_flush_loses_no_lease(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    for _ in range(10):
        await trio.sleep(0.77)
        redis.flush()
        assert ana.leases.is_held(raffle)
        await trio.sleep(RENEW_SECONDS + SLACK)
        assert await beto.leases.holder(raffle) == Owner("ana", "http://ana", 7)
    assert ana.lost == []


async def test_a_clock_of_redis_that_jumps_loses_no_lease(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    redis.jump(3600)
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert await beto.leases.acquire(raffle) == Owner("ana", "http://ana", 7)


async def test_without_redis_an_epoch_is_enough_and_a_lease_is_asked_for_later(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    redis.is_away = True
    while ana.link.state is State.CLOSED:
        await trio.sleep(0.1)
    with pytest.raises(RedisUnavailable):
        await ana.leases.acquire(raffle)
    ana.leases.confirm(raffle, 7)
    assert ana.leases.is_held(raffle)
    await trio.sleep(30)
    assert ana.leases.is_held(raffle)
    redis.is_away = False
    await trio.sleep(10)
    assert ana.leases.is_held(raffle)
    assert await beto.leases.acquire(raffle) == Owner("ana", "http://ana", 7)


async def test_of_two_owners_after_an_outage_the_one_with_the_newer_epoch_stays(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle, epoch=7)
    redis.is_away = True
    await trio.sleep(5)
    beto.leases.confirm(raffle, 8)  # PostgreSQL has given it the raffle.
    redis.is_away = False
    await trio.sleep(10)
    assert beto.leases.is_held(raffle)
    assert [raffle_id for _, raffle_id in ana.lost] == [raffle]
    assert beto.lost == []
    assert await ana.leases.holder(raffle) == Owner("beto", "http://beto", 8)


async def test_a_release_without_redis_ends_by_itself_and_never_fails(
    redis: SimulatedRedis,
    ana: NodeUnderTest,
    beto: NodeUnderTest,
    raffle: UUID,
    autojump_clock: MockClock,
) -> None:
    await own(ana, raffle)
    ana.link.is_cut_off = True
    await ana.leases.release(raffle)
    assert not await ana.leases.hand_over(raffle, beto.me)
    assert not ana.leases.is_held(raffle)
    await trio.sleep(LEASE_MS / 1000)
    assert await beto.leases.acquire(raffle) is None


async def test_a_node_cut_off_from_redis_goes_on_until_it_hears_of_another(
    ana: NodeUnderTest, beto: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    await own(ana, raffle)
    ana.link.is_cut_off = True
    await trio.sleep(LEASE_MS / 1000 + SLACK)
    await own(beto, raffle, epoch=8)
    await trio.sleep(5)
    ana.link.is_cut_off = False
    await until_redis_answers(ana)
    await trio.sleep(RENEW_SECONDS + SLACK)
    assert [raffle_id for _, raffle_id in ana.lost] == [raffle]
    assert beto.leases.is_held(raffle)
    assert beto.lost == []


async def test_a_key_that_is_no_lease_is_a_redis_that_does_not_know(
    redis: SimulatedRedis, ana: NodeUnderTest, raffle: UUID, autojump_clock: MockClock
) -> None:
    redis.set(lease_key(raffle), '{"hello": "world"}', LEASE_MS)
    with pytest.raises(RedisUnavailable):
        await ana.leases.holder(raffle)
