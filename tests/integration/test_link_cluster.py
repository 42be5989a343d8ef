"""The link on a real Redis Cluster: three masters that move slots, die, freeze and come back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.link import RedisLink
from sorteos_actors.errors import RedisUnavailable
from sorteos_actors.testing.valkey_cluster import (
    NODES,
    ValkeyCluster,
    node_of,
    open_valkey_cluster,
    slot_of,
)
from tests.integration.links import (
    acquire,
    counting,
    open_link,
    release,
    run,
    until_heard,
    until_state,
)
from tests.places import a_place_for_servers
from tests.waiting import PATIENCE_SECONDS, until


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    with a_place_for_servers() as place, open_valkey_cluster(place / "cluster") as cluster:
        yield cluster


@pytest.fixture
async def link(cluster: ValkeyCluster) -> AsyncIterator[RedisLink]:
    async with open_link(cluster.url) as link:
        yield link


def names_on(node: int, count: int, prefix: str) -> list[str]:
    """Keys or channels whose slot a node had in the beginning."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        if node_of(name := f"{prefix}:{{{prefix}-{number}}}") == node:
            found.append(name)
    return found


def names_on_all(count: int, prefix: str) -> list[str]:
    return [name for node in range(NODES) for name in names_on(node, count, prefix)]


@asynccontextmanager
async def without(cluster: ValkeyCluster, node: int) -> AsyncIterator[None]:
    """A master is killed for the block, and comes back without its keys."""
    await trio.to_thread.run_sync(cluster.kill, node)
    try:
        yield
    finally:
        await trio.to_thread.run_sync(cluster.start, node)


async def test_keys_and_channels_of_all_servers_are_reached_at_once(link: RedisLink) -> None:
    keys, channels = names_on_all(10, "all"), names_on_all(10, "all-channels")
    assert await link.run_scripts([acquire(key) for key in keys]) == [None] * 30
    assert await link.run_scripts([release(key) for key in keys[::-1]]) == [1] * 30
    await until_heard(link, channels, counting(link, channels))
    assert link.state is State.CLOSED


@pytest.mark.parametrize("node", range(NODES))
async def test_any_node_is_a_good_one_to_begin_with(cluster: ValkeyCluster, node: int) -> None:
    async with open_link(cluster.url_of(node)) as link:
        assert await link.run_scripts([acquire(k) for k in names_on_all(3, "any")]) == [None] * 9
        await trio.sleep(1.5)  # Until the second probe.
        assert link.state is State.CLOSED


async def test_what_is_asked_before_the_servers_are_known_is_not_lost_for_ever(
    cluster: ValkeyCluster,
) -> None:
    channels = names_on_all(5, "early")
    async with open_link(cluster.url, connected=False) as link:
        heard = counting(link, channels)
        await until_heard(link, channels, heard)


async def test_a_slot_that_moves_is_followed(cluster: ValkeyCluster, link: RedisLink) -> None:
    key, channel = "lease:{moving}", "events:{moving}"
    heard = counting(link, [channel])
    await until_heard(link, [channel], heard)
    assert await run(link, acquire(key)) is None
    for _ in range(NODES):
        to = (cluster.owner_of(slot_of(key)) + 1) % NODES
        await trio.to_thread.run_sync(cluster.move_slot, slot_of(key), to)
        heard.clear()
        await until_heard(link, [channel], heard)
        assert await link.get(key) is not None, "the key moved with its slot"
        assert await run(link, acquire(key)) is None
        assert link.state is State.CLOSED


async def test_a_slot_that_moves_takes_nothing_from_other_slots(
    cluster: ValkeyCluster, link: RedisLink
) -> None:
    others = [name for name in names_on_all(5, "still") if slot_of(name) != slot_of("{gone}")]
    is_over = trio.Event()

    async def use_others() -> None:
        while not is_over.is_set():
            answers = await link.run_scripts([acquire(key) for key in others])
            assert answers == [None] * len(others)
            await trio.sleep(0.02)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use_others)
        for _ in range(NODES):
            to = (cluster.owner_of(slot_of("{gone}")) + 1) % NODES
            await trio.to_thread.run_sync(cluster.move_slot, slot_of("{gone}"), to)
            await link.run_scripts([acquire("{gone}")])
            await trio.sleep(0.2)
        is_over.set()


async def test_the_slot_of_a_probe_may_move_as_well(
    cluster: ValkeyCluster, link: RedisLink
) -> None:
    [shard] = [s for s in link._shards.values() if s.address.port == port_of(cluster, 1)]
    slot = slot_of(shard.probe.decode())
    await trio.to_thread.run_sync(cluster.move_slot, slot, 2)
    before = shard.probe
    await until(lambda: shard.probe != before)
    await until_state(link, State.CLOSED)
    await trio.sleep(1.5)
    assert link.state is State.CLOSED
    assert await run(link, acquire(names_on(1, 1, "probe")[0])) is None


async def test_a_killed_master_takes_only_its_own_slots_along(
    cluster: ValkeyCluster, link: RedisLink
) -> None:
    by_node = [names_on(node, 3, "killed") for node in range(NODES)]
    keys = [key for keys in zip(*by_node, strict=True) for key in keys]
    channels = names_on_all(5, "killed-channels")
    heard = counting(link, channels)
    await until_heard(link, channels, heard)
    async with without(cluster, 1):
        answers = await link.run_scripts([acquire(key) for key in keys])
        assert [isinstance(a, RedisUnavailable) for a in answers] == [False, True, False] * 3
        assert [a for a in answers if not isinstance(a, RedisUnavailable)] == [None] * 6
        await until(lambda: link.state_of(by_node[1][0]) is State.OPEN)
        assert link.state is State.OPEN
        for node in (0, 2):
            assert link.state_of(by_node[node][0]) is State.CLOSED
            alive = names_on(node, 5, "killed-channels")
            heard.clear()
            await until_heard(link, alive, heard)
        with pytest.raises(RedisUnavailable):
            await link.get(by_node[1][0])
        assert await link.get(by_node[2][0]) is not None
        await trio.sleep(1)
        assert link.state_of(by_node[0][0]) is State.CLOSED
    await until_state(link, State.CLOSED)
    heard.clear()
    await until_heard(link, channels, heard)
    assert await link.run_scripts([acquire(key) for key in keys]) == [None] * 9


async def test_the_node_that_the_url_names_may_die(cluster: ValkeyCluster) -> None:
    async with open_link(cluster.url_of(0)) as link:
        slot = slot_of("{first}")
        await trio.to_thread.run_sync(cluster.move_slot, slot, 1)
        await until_acquired(link, "{first}")
        async with without(cluster, 0):
            await trio.to_thread.run_sync(cluster.move_slot, slot, 2)
            await until_acquired(link, "{first}")
            assert link.state_of("{first}") is State.CLOSED
        await until_state(link, State.CLOSED)


async def test_a_frozen_master_costs_the_others_nothing(
    cluster: ValkeyCluster, link: RedisLink
) -> None:
    keys = [names_on(node, 1, "frozen")[0] for node in range(NODES)]
    cluster.freeze(0)
    try:
        answers = await link.run_scripts([acquire(key) for key in keys])
        assert isinstance(answers[0], RedisUnavailable)
        assert answers[1:] == [None, None]
    finally:
        cluster.thaw(0)
    await until_state(link, State.CLOSED)


async def test_the_whole_cluster_may_restart(cluster: ValkeyCluster, link: RedisLink) -> None:
    channels = names_on_all(5, "restart")
    heard = counting(link, channels)
    await until_heard(link, channels, heard)

    def restart() -> None:
        for node in range(NODES):
            cluster.kill(node)
        for node in range(NODES):
            cluster.start(node)

    await trio.to_thread.run_sync(restart)
    await until_state(link, State.CLOSED)
    heard.clear()
    await until_heard(link, channels, heard)
    for key in names_on_all(3, "restart-keys"):
        await until_acquired(link, key)


def port_of(cluster: ValkeyCluster, node: int) -> int:
    return int(cluster.url_of(node).rsplit(":", 1)[1].split("/")[0])


async def until_acquired(link: RedisLink, key: str) -> None:
    with trio.fail_after(PATIENCE_SECONDS):
        while await run(link, acquire(key)) is not None:
            await trio.sleep(0.05)
