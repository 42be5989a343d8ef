"""Nodes that die or leave, and Redis that goes: buyers try once more, viewers notice nothing."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import trio
from trio_websocket import ConnectionClosed, HandshakeError

from sorteos_actors.embedded import EmbeddedServers, open_embedded
from sorteos_actors.terminal.client import open_client
from sorteos_actors.web.auth import Role
from tests.databases import fresh_database
from tests.integration.cluster import (
    Cluster,
    Watcher,
    ask,
    metric,
    open_cluster,
    open_watcher,
)
from tests.integration.http_api import Api
from tests.integration.http_people import created
from tests.integration.server_process import ServerProcess
from tests.integration.test_live_raffle import board_of
from tests.places import a_place_for_servers
from tests.waiting import PATIENCE_SECONDS, eventually, until


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """A Valkey that may be hurt."""
    with (
        a_place_for_servers() as place,
        open_embedded(place, postgres=False, valkey=True) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def database(servers: EmbeddedServers) -> str:
    return fresh_database(servers)


@pytest.fixture(scope="module")
def three_nodes(valkey: EmbeddedServers, database: str) -> Iterator[Cluster]:
    with (
        a_place_for_servers() as place,
        open_cluster([database] * 3, valkey.redis_url or "", place) as running,
    ):
        yield running


@pytest.fixture
def cluster(three_nodes: Cluster) -> Cluster:
    """All three nodes, whatever the test before has done to them."""
    three_nodes.start()
    return three_nodes


async def command(
    server: ServerProcess, raffle_id: UUID, token: str, type_: str, **fields: object
) -> dict[str, Any]:
    """One reply, on a socket of its own."""
    async with open_client(server.url, raffle_id, token=token) as client:
        return await client.request(type_, **fields)


async def sees(watcher: Watcher, number: int) -> None:
    """Wait until a viewer sees that a number is taken."""
    await watcher.until(lambda w: w.board.state(number) == 1)


# -- nodes that go ---------------------------------------------------------------------------------


async def test_kill_9_of_the_owner_costs_its_own_viewers_a_reconnect_and_nobody_else_anything(
    cluster: Cluster,
) -> None:
    owner, *others = cluster.nodes
    raffle_id = owner.create_raffle(100)
    token = owner.token()
    async with AsyncExitStack() as stack:
        watchers = [
            await stack.enter_async_context(open_watcher(node, raffle_id))
            for node in (*others, *others)
        ]
        held = {"reservation_id": str(uuid4())}
        assert (await command(owner, raffle_id, token, "reserve", **held, numbers=["01"]))["ok"]
        owner.kill()
        with trio.fail_after(PATIENCE_SECONDS):
            while True:
                reply = await command(others[0], raffle_id, token, "add", **held, numbers=["02"])
                if reply["ok"]:
                    break
                assert reply["error"]["code"] == "unavailable"
        assert reply["reservation"]["number_ids"] == ["01", "02"]
        for watcher in watchers:
            await sees(watcher, 2)
            assert watcher.closed is None
            assert watcher.board.cells == board_of(others[1], raffle_id).cells
    assert cluster.owner(raffle_id) in others
    causes = [metric(n, 'sorteos_takeovers_total{cause="dead owner"}') for n in others]
    assert sum(causes) >= 1


class Sales(msgspec.Struct):
    """What buyers have met."""

    held: int = 0
    healed: Counter[str] = msgspec.field(default_factory=Counter)
    """Commands that failed, and did not when they were repeated once."""
    failed: list[tuple[str, str]] = []


async def sell(nodes: list[ServerProcess], raffle_id: UUID, sales: Sales, stop: trio.Event) -> None:
    """Buyers one after the other; as long as the connection lives they come through the same one."""
    chance = random.Random()
    places = nodes.copy()
    while not stop.is_set():
        try:
            async with open_client(places[0].url, raffle_id, token=places[0].token()) as client:
                while not stop.is_set():
                    await buy(client.request, sales, chance)
                    await trio.sleep(0.02)
        except (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError) as error:
            # The balancer knows another node, and what was lost is said there again.
            places = places[1:] + places[:1]
            sales.healed[type(error).__name__] += 1
            sales.failed += await repeat(places[0], raffle_id)


async def buy(request: Any, sales: Sales, chance: random.Random) -> None:
    """Reserve and cancel. Raises what the connection raises; a refusal may come once."""
    reservation_id = str(uuid4())
    numbers = [f"{n:04}" for n in chance.sample(range(10_000), 2)]
    for verb, fields in (("reserve", {"numbers": numbers}), ("cancel", {})):
        reply = await request(verb, reservation_id=reservation_id, **fields)
        if not reply["ok"] and reply["error"]["code"] == "unavailable":
            await trio.sleep(reply["error"]["params"]["retry_after_ms"] / 1000)
            first, reply = reply, await request(verb, reservation_id=reservation_id, **fields)
            if reply["ok"]:
                sales.healed["unavailable"] += 1
            else:
                sales.failed.append((first["error"]["code"], reply["error"]["code"]))
        sales.held += verb == "reserve" and reply["ok"]


async def repeat(server: ServerProcess, raffle_id: UUID) -> list[tuple[str, str]]:
    """One command at another node, after the connection broke: it must succeed at once."""
    token = server.token()
    try:
        async with open_client(server.url, raffle_id, token=token) as client:
            reply = await client.request("quick_pick", reservation_id=str(uuid4()), count=1)
    except (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError) as error:
        return [("connection", repr(error))]
    return [] if reply["ok"] else [("connection", reply["error"]["code"])]


async def test_sigterm_hands_the_raffles_over_and_no_command_fails_twice(
    cluster: Cluster,
) -> None:
    leaving, *staying = cluster.nodes
    raffles = [leaving.create_raffle(10_000) for _ in range(6)]
    sales, stop = Sales(), trio.Event()
    async with trio.open_nursery() as nursery, AsyncExitStack() as stack:
        here = [
            await stack.enter_async_context(open_watcher(leaving, raffles[0])) for _ in range(5)
        ]
        there = [
            await stack.enter_async_context(open_watcher(node, raffle_id))
            for node in staying
            for raffle_id in raffles
        ]
        for index, raffle_id in enumerate(raffles):
            for start in range(3):
                nodes = cluster.nodes[start:] + cluster.nodes[:start]
                if index % 2 or start:
                    nursery.start_soon(sell, nodes, raffle_id, sales, stop)
        await until(lambda: sales.held >= 200)
        status = await trio.to_thread.run_sync(leaving.stop)
        sold = sales.held
        await until(lambda: sales.held >= sold + 100)
        reasons = [await watcher.until_closed() for watcher in here]
        stop.set()
        assert all(watcher.closed is None for watcher in there)
    assert status == 0
    assert sales.failed == []
    assert [reason.code for reason in reasons] == [1012] * 5
    hints = [json.loads(reason.reason or "")["retry_after_ms"] for reason in reasons]
    assert all(0 <= hint <= 2000 for hint in hints)
    # Spread, not all to one.
    eventually(lambda: {cluster.owner(raffle_id) for raffle_id in raffles} == set(staying))
    taken = 'sorteos_takeovers_total{cause="free"}'
    eventually(lambda: sum(metric(node, taken) for node in staying) >= len(raffles))
    assert "Traceback" not in leaving.log()


# -- Redis that goes -------------------------------------------------------------------------------


def post(server: ServerProcess, raffle_id: UUID, label: str) -> int:
    """The status of holding a number by HTTP."""
    answer = httpx.post(
        f"{server.url}/api/v1/reservations",
        json={"raffle_id": str(raffle_id), "number_ids": [label]},
        headers={"Authorization": f"Bearer {server.token()}"},
        timeout=60,
    )
    return answer.status_code


async def test_without_redis_everything_goes_on_and_when_it_is_back_all_is_as_before(
    cluster: Cluster, valkey: EmbeddedServers, database: str
) -> None:
    owner, other, third = cluster.nodes
    raffle_id = owner.create_raffle(100)
    organizer = Api.of(third, Role.ADMIN)
    orphan = UUID(created(organizer))
    organizer.close()
    early = UUID(await trio.to_thread.run_sync(draft_before_all_eyes, cluster))
    first_epoch = epoch_of(database, raffle_id)
    async with open_watcher(other, raffle_id) as watcher:
        valkey.stop_valkey()
        try:
            # The owner sells on, and others find it without Redis.
            for server, label in ((owner, "10"), (other, "11"), (third, "12"), (other, "13")):
                assert await trio.to_thread.run_sync(post, server, raffle_id, label) == 201
            await sees(watcher, 13)
            assert metric(other, 'sorteos_commands_forwarded_total{way="http"}') >= 2
            assert epoch_of(database, raffle_id) == first_epoch  # It never moved.
            for node in cluster.nodes:
                eventually(partial(has_breaker_open, node))
                ready = httpx.get(f"{node.url}/readyz", timeout=60)
                assert (ready.status_code, ready.json()["redis"]) in (
                    (200, "down"),
                    (200, "half_open"),
                )
            # Now that all know: viewers elsewhere follow the journal.
            for number in range(14, 18):
                assert await trio.to_thread.run_sync(post, owner, raffle_id, f"{number}") == 201
                await sees(watcher, number)
            # A raffle that nobody has is taken by whoever is asked, and then it stays there.
            headers = {"Authorization": f"Bearer {third.admin_token}"}
            published = httpx.post(
                f"{third.url}/api/v1/raffles/{orphan}/publish", headers=headers, timeout=60
            )
            assert published.json()["raffle"]["status"] == "active"
            epoch = epoch_of(database, orphan)
            for server, label in ((owner, "01"), (other, "02"), (third, "03"), (owner, "04")):
                assert await trio.to_thread.run_sync(post, server, orphan, label) == 201
            assert epoch_of(database, orphan) == epoch
            # Their feeds hear of it within a second; the first buyer need not wait for that.
            for verb, status in (("publish", 201), ("pause", 409)):
                url = f"{third.url}/api/v1/raffles/{early}/{verb}"
                assert httpx.post(url, headers=headers, timeout=60).status_code == 200
                for server, label in ((other, "01"), (owner, "02")):
                    assert await trio.to_thread.run_sync(post, server, early, label) == status
        finally:
            valkey.start_valkey()  # Empty: it keeps nothing.
        for raffle, node in ((raffle_id, owner), (orphan, third)):
            eventually(partial(owns, cluster, node, raffle))
            eventually(partial(has_lease_of_its_epoch, cluster, database, raffle))
            assert 0 < valkey_lease(cluster, raffle)["pttl"] <= 4000
            assert valkey_lease(cluster, raffle)["url"].startswith("http://127.0.0.1:")
        for node in cluster.nodes:
            eventually(partial(has_breaker_closed, node))
        assert httpx.get(f"{other.url}/readyz", timeout=60).json()["redis"] == "up"
        by_bus = metric(other, 'sorteos_commands_forwarded_total{way="bus"}')
        assert await trio.to_thread.run_sync(post, other, raffle_id, "20") == 201
        assert metric(other, 'sorteos_commands_forwarded_total{way="bus"}') == by_bus + 1
        await sees(watcher, 20)
        assert watcher.closed is None
    assert valkey_lease(cluster, raffle_id)["epoch"] == first_epoch


def draft_before_all_eyes(cluster: Cluster) -> str:
    """A raffle that is not published yet, whose organizer looks at it through every node."""
    organizer = uuid4()
    people = [Api.of(node, Role.ORGANIZER, organizer) for node in cluster.nodes]
    raffle_id = created(people[-1])
    for api in people:
        assert api.get(f"/raffles/{raffle_id}/board").status_code == 200
        api.close()
    return raffle_id


def valkey_lease(cluster: Cluster, raffle_id: UUID) -> dict[str, Any]:
    lease = cluster.lease(raffle_id)
    assert lease is not None
    return lease


def epoch_of(database: str, raffle_id: UUID) -> int:
    return int(ask(database, "SELECT epoch FROM raffles WHERE id = $1", raffle_id))


def has_lease_of_its_epoch(cluster: Cluster, database: str, raffle_id: UUID) -> bool:
    """Whether the lease says what PostgreSQL says."""
    return bool(valkey_lease(cluster, raffle_id)["epoch"] == epoch_of(database, raffle_id))


def owns(cluster: Cluster, node: ServerProcess, raffle_id: UUID) -> bool:
    """Whether this node has the lease."""
    return cluster.owner(raffle_id) is node


def has_breaker_open(node: ServerProcess) -> bool:
    """Whether this node works without Redis."""
    return metric(node, "sorteos_redis_breaker") > 0


def has_breaker_closed(node: ServerProcess) -> bool:
    """Whether this node uses Redis."""
    return metric(node, "sorteos_redis_breaker") == 0
