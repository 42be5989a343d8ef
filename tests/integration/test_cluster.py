"""Three real nodes and healthy servers: it does not matter which node one comes to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis
import trio

from benchmarks import rows
from sorteos_actors.cluster.courier import MOST_SKEW_MS, PATH, SIGNATURE, internal_key, sign
from sorteos_actors.cluster.envelopes import Ask, pack, read_told
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.ports import Reply
from sorteos_actors.protocol.board import read_delta
from sorteos_actors.raffle import commands
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
    until_joined,
)
from tests.integration.http_api import Api, problem, reservation
from tests.integration.http_people import created, hold
from tests.integration.server_process import ServerProcess
from tests.integration.test_live_raffle import board_of
from tests.places import a_place_for_servers
from tests.waiting import eventually


@pytest.fixture(scope="module")
def database(servers: EmbeddedServers) -> str:
    return fresh_database(servers)


@pytest.fixture(scope="module")
def cluster(servers: EmbeddedServers, database: str) -> Iterator[Cluster]:
    with (
        a_place_for_servers() as place,
        open_cluster(
            [database] * 3,
            servers.redis_url or "",
            place,
            PAYMENTS_SANDBOX="1",
            SINPE_PHONE="8888-7777",
        ) as running,
    ):
        yield running


@pytest.fixture
def api() -> Iterator[Callable[..., Api]]:
    """People at any node, who leave with the test."""
    with ExitStack() as stack:

        def come(node: ServerProcess, role: Role, user_id: UUID) -> Api:
            found = Api.of(node, role, user_id)
            stack.callback(found.close)
            return found

        yield come


def events_of(database: str, raffle_id: UUID, kind: str) -> int:
    """How often something happened in a raffle, by its journal."""
    sql = "SELECT count(*) FROM raffle_events WHERE raffle_id = $1 AND kind = $2"
    return int(ask(database, sql, raffle_id, kind))


async def reserve_at(
    cluster: Cluster, index: int, raffle_id: UUID, token: str, reservation_id: str, *labels: str
) -> dict[str, Any]:
    """The reply of one node to one reservation."""
    server = cluster.nodes[index]
    async with open_client(server.url, raffle_id, token=token) as client:
        return await client.request("reserve", reservation_id=reservation_id, numbers=labels)


# -- what pages hear that changes no board ---------------------------------------------------------


@pytest.mark.parametrize("everywhere", [False, True], ids=["a raffle's", "the installation's"])
async def test_a_method_that_is_switched_at_any_node_is_told_to_the_pages_of_all(
    cluster: Cluster, api: Callable[..., Api], everywhere: bool
) -> None:
    raffle_id, other_id = (cluster.nodes[0].create_raffle(100) for _ in range(2))
    admin = api(cluster.nodes[1], Role.ADMIN, uuid4())
    path = "/payment-methods/sinpe" if everywhere else f"/raffles/{raffle_id}/payment-methods/sinpe"
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(open_watcher(n, raffle_id)) for n in cluster.nodes]
        elsewhere = [
            await stack.enter_async_context(open_watcher(n, other_id)) for n in cluster.nodes
        ]
        older = [
            await stack.enter_async_context(open_watcher(n, raffle_id, is_legacy=True))
            for n in cluster.nodes
        ]
        await until_joined(cluster.nodes[0], raffle_id, len(pages) + len(older))
        switch = partial(admin.put, path, {"enabled": True})
        assert (await trio.to_thread.run_sync(switch)).status_code == 200
        for page in (*pages, *elsewhere) if everywhere else pages:
            await page.until(lambda w: w.of_type("payment_methods"))
            assert page.of_type("payment_methods") == [{"type": "payment_methods"}]
        # What was said before a change of the board has been heard before it, if at all.
        token = cluster.nodes[2].token()
        for id_ in (raffle_id, other_id):
            assert (await reserve_at(cluster, 2, id_, token, str(uuid4()), "07"))["ok"]
        for page in (*pages, *elsewhere):
            await page.until(lambda w: w.board.counts()[1] == 1)
        for page in older:
            await page.until(lambda w: w.of_type("number_update"))
        assert [page.of_type("payment_methods") for page in older] == [[]] * 3
        if not everywhere:
            assert [page.of_type("payment_methods") for page in elsewhere] == [[]] * 3


async def test_a_payment_that_goes_back_is_told_to_its_buyers_pages_at_every_node(
    cluster: Cluster, api: Callable[..., Api]
) -> None:
    raffle_id, buyer = cluster.nodes[0].create_raffle(100), uuid4()
    mine = api(cluster.nodes[0], Role.USER, buyer)
    admin = api(cluster.nodes[2], Role.ADMIN, uuid4())

    def pay_and_give_back() -> str:
        held = reservation(hold(mine, str(raffle_id), "07"), 201)["id"]
        mine.post(f"/reservations/{held}/move-to-checkout")
        paid = mine.post(f"/reservations/{held}/payments", {"provider": "sandbox"}).json()
        payment_id: str = paid["payment"]["id"]
        back = admin.post(f"/payments/{payment_id}/refund", {"reason": "pedido"})
        assert back.status_code == 200, back.text
        return payment_id

    async with AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(open_watcher(n, raffle_id, token=n.token(buyer)))
            for n in cluster.nodes
        ]
        others = [
            await stack.enter_async_context(open_watcher(n, raffle_id, token=n.token()))
            for n in cluster.nodes
        ]
        payment_id = await trio.to_thread.run_sync(pay_and_give_back)
        refunded = {"type": "payment", "payment_id": payment_id, "status": "refunded"}
        # Not as the last word: two nodes may work on it, and each tells what it has seen.
        for page in pages:
            await page.until(lambda w: refunded in w.of_type("payment"))
        truth = board_of(cluster.nodes[0], raffle_id)
        for page in others:
            await page.until(lambda w: w.board.seq >= truth.seq)
        assert [page.of_type("payment") for page in others] == [[]] * 3


# -- commands --------------------------------------------------------------------------------------


async def test_a_command_at_any_node_has_its_effect_once_and_always_the_same_answer(
    cluster: Cluster, database: str
) -> None:
    owner, other, third = cluster.nodes
    raffle_id = owner.create_raffle(100)
    assert cluster.owner(raffle_id) is owner
    before = metric(other, 'sorteos_commands_forwarded_total{way="bus"}')
    token, reservation_id = owner.token(), str(uuid4())
    replies = [
        await reserve_at(cluster, index, raffle_id, token, reservation_id, "07", "21")
        for index in (1, 2, 0, 1)
    ]
    assert all(reply["ok"] for reply in replies), replies
    told = [{**r["reservation"], "expires_in_ms": 0, "server_time": 0} for r in replies]
    assert told == [told[0]] * 4
    assert (
        await trio.to_thread.run_sync(lambda: events_of(database, raffle_id, "numbers_reserved"))
        == 1
    )
    assert board_of(third, raffle_id).counts()[1] == 2
    assert metric(other, 'sorteos_commands_forwarded_total{way="bus"}') > before
    assert cluster.owner(raffle_id) is owner  # Being asked elsewhere moves nothing.


def test_by_http_too_a_repeated_request_at_another_node_makes_no_second_reservation(
    cluster: Cluster, database: str, api: Callable[..., Api]
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    user_id, key = uuid4(), str(uuid4())
    people = [api(node, Role.USER, user_id) for node in cluster.nodes]
    held = [reservation(hold(p, str(raffle_id), "01", "02", key=key), 201) for p in people]
    assert {r["id"] for r in held} == {held[0]["id"]}
    assert {r["expires_at"] for r in held} == {held[0]["expires_at"]}
    # Each next step at another node than the one before.
    path = f"/reservations/{held[0]['id']}"
    reservation(people[1].post(f"{path}/add-number", {"number_id": "03"}))
    reservation(people[2].delete(f"{path}/numbers/01"))
    assert reservation(people[0].post(f"{path}/move-to-checkout"))["number_ids"] == ["02", "03"]
    assert reservation(people[1].get(path))["phase"] == "checkout"
    assert reservation(people[2].post(f"{path}/cancel"))["phase"] == "cancelled"
    sql = "SELECT count(*) FROM reservations WHERE raffle_id = $1"
    assert ask(database, sql, raffle_id) == 1


async def test_a_refusal_names_the_same_numbers_at_every_node(
    cluster: Cluster, api: Callable[..., Api]
) -> None:
    raffle_id = cluster.nodes[1].create_raffle(100)
    winner = cluster.nodes[0].token()
    assert (await reserve_at(cluster, 0, raffle_id, winner, str(uuid4()), "05", "06"))["ok"]
    loser = cluster.nodes[0].token()
    replies = [
        await reserve_at(cluster, index, raffle_id, loser, str(uuid4()), "04", "05", "06", "07")
        for index in range(3)
    ]
    assert [r["error"]["code"] for r in replies] == ["numbers_taken"] * 3
    assert [r["error"]["params"]["numbers"] for r in replies] == [["05", "06"]] * 3
    by_http = [
        hold(api(node, Role.USER, uuid4()), str(raffle_id), "04", "05", "06", "07")
        for node in cluster.nodes
    ]
    named = [problem(answer, 409, "numbers_taken")["numbers"] for answer in by_http]
    assert named == [["05", "06"]] * 3


def test_steering_through_any_node_shows_the_new_status_at_every_node_at_once(
    cluster: Cluster, api: Callable[..., Api]
) -> None:
    organizer = uuid4()
    owners = [api(node, Role.ORGANIZER, organizer) for node in cluster.nodes]
    raffle_id = created(owners[0])
    for owner in owners:  # Every node has the draft before its eyes.
        assert owner.get(f"/raffles/{raffle_id}/board").status_code == 200
    steps = [
        *((1, "publish", "active"), (2, "pause", "paused"), (0, "resume", "active")),
        *((2, "pause", "paused"), (1, "resume", "active"), (2, "close", "closed")),
    ]
    for index, verb, status in steps:
        answer = owners[index].post(f"/raffles/{raffle_id}/{verb}")
        assert answer.json()["raffle"]["status"] == status
        for owner in owners:
            assert owner.get(f"/raffles/{raffle_id}").json()["raffle"]["status"] == status
        for node in cluster.nodes:
            buyer = api(node, Role.USER, uuid4())
            held = hold(buyer, raffle_id, f"{steps.index((index, verb, status)):02}")
            if status == "active":
                reservation(held, 201)
                reservation(buyer.post(f"/reservations/{held.json()['reservation']['id']}/cancel"))
            else:
                assert problem(held, 409, "raffle_not_active")["status"] == status


def states_of(watcher: Watcher) -> dict[str, str]:
    """Each number's last state, in the seed's words."""
    return {
        update["data"]["number_id"]: update["data"]["status"]
        for update in watcher.of_type("number_update")
    }


# -- viewers ---------------------------------------------------------------------------------------


async def test_viewers_at_every_node_see_every_change_and_no_identity(
    cluster: Cluster, database: str, api: Callable[..., Api]
) -> None:
    server = cluster.nodes[0]
    raffle_id = UUID(created(api(server, Role.ADMIN, uuid4()), selection_seconds=5))
    rows_of = partial(rows.fill, database, raffle_id, 1, 2, phase="selection")
    await trio.to_thread.run_sync(lambda: rows_of(until=time.time() + 600))
    patient, hasty = uuid_of(database, raffle_id, "user_id"), uuid4()
    async with AsyncExitStack() as stack:
        modern = [
            await stack.enter_async_context(open_watcher(node, raffle_id)) for node in cluster.nodes
        ]
        legacy = [
            await stack.enter_async_context(open_watcher(node, raffle_id, is_legacy=True))
            for node in cluster.nodes
        ]
        await until_joined(server, raffle_id, len(modern) + len(legacy))
        assert cluster.owner(raffle_id) is not None
        # This hold ends while they watch: five seconds are the shortest that a raffle may give.
        reply = await reserve_at(
            cluster, 1, raffle_id, server.token(hasty), str(uuid4()), "10", "11"
        )
        assert reply["ok"], reply
        token = server.token(patient)
        async with open_client(cluster.nodes[2].url, raffle_id, token=token) as client:
            same = {"reservation_id": str(uuid_of(database, raffle_id, "id"))}
            assert (await client.request("remove", **same, numbers=["00"]))["ok"]
            assert (await client.request("add", **same, numbers=["12"]))["ok"]
        at_last = {**dict.fromkeys(("00", "10", "11"), "available"), "12": "reserved"}
        for watcher in legacy:
            await watcher.until(lambda w: states_of(w) == at_last)
        truth = board_of(server, raffle_id)
        assert truth.counts()[1] == 2
        for watcher in modern:
            await watcher.until(lambda w: w.board.seq >= truth.seq)
            assert watcher.board.cells == truth.cells
    for watcher in legacy:
        (expired,) = watcher.of_type("reservation_expired")
        assert expired["data"]["number_ids"] == ["10", "11"]
        assert watcher.texts == legacy[0].texts
    people = [form for who in (patient, hasty) for form in (str(who).encode(), who.bytes)]
    secrets = (*people, *(who.hex.encode() for who in (patient, hasty)), b"user_id")
    for watcher in (*modern, *legacy):
        assert not [secret for secret in secrets if secret in watcher.everything]


def uuid_of(database: str, raffle_id: UUID, column: str) -> UUID:
    """The hold of the patient one, who was here first."""
    sql = f"SELECT {column} FROM reservations WHERE raffle_id = $1 ORDER BY created_at LIMIT 1"
    return UUID(str(ask(database, sql, raffle_id)))


async def test_news_of_a_reservation_reach_all_tabs_of_its_owner_and_nobody_else(
    cluster: Cluster,
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    user_id, reservation_id = uuid4(), str(uuid4())
    mine, foreign = cluster.nodes[0].token(user_id), cluster.nodes[0].token()
    async with AsyncExitStack() as stack:

        async def watch(index: int, token: str | None, is_legacy: bool = False) -> Watcher:
            node = cluster.nodes[index]
            watcher = open_watcher(node, raffle_id, token=token, is_legacy=is_legacy)
            return await stack.enter_async_context(watcher)

        tabs = [await watch(index, mine) for index in range(3)]
        old_tab = await watch(2, mine, is_legacy=True)
        others = [await watch(index, foreign) for index in range(3)]
        others += [await watch(index, None, is_legacy=True) for index in range(3)]
        assert (await reserve_at(cluster, 1, raffle_id, mine, reservation_id, "44"))["ok"]
        for tab in tabs:
            await tab.until(lambda w: w.of_type("reservation"))
            (push,) = tab.of_type("reservation")
            assert (push["reason"], push["reservation"]["id"]) == ("created", reservation_id)
        await old_tab.until(lambda w: w.of_type("reservation_created"))
        for watcher in others:  # What is for all comes behind what is for one.
            await watcher.until(lambda w: w.of_type("number_update") or w.board.counts()[1] == 1)
    for watcher in others:
        assert not watcher.of_type("reservation", "reservation_created")
        assert str(user_id).encode() not in watcher.everything
        assert reservation_id.encode() not in watcher.everything


async def test_who_comes_back_at_another_node_gets_exactly_what_was_missed(
    cluster: Cluster,
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    token = cluster.nodes[0].token()
    async with open_watcher(cluster.nodes[2], raffle_id) as neighbour:
        async with open_watcher(cluster.nodes[1], raffle_id) as before:
            assert (await reserve_at(cluster, 1, raffle_id, token, str(uuid4()), "50"))["ok"]
            await before.until(lambda w: w.board.counts()[1] == 1)
            board = before.board
            await neighbour.until(lambda w: w.board.seq == board.seq)
        for label in ("51", "52", "53"):
            reply = await reserve_at(
                cluster, 1, raffle_id, cluster.nodes[0].token(), str(uuid4()), label
            )
            assert reply["ok"]
        await neighbour.until(lambda w: w.board.counts()[1] == 4)
        async with open_watcher(cluster.nodes[2], raffle_id) as back:
            await back.until(lambda w: w.board.seq == neighbour.board.seq)
            joined = len(back.messages)
            await back.say("resume", epoch=board.epoch, seq=board.seq)
            head = neighbour.board.seq
            await back.until(lambda w: any(ends_at(m, head) for m in w.messages[joined:]))
            missed = [m for m in back.messages[joined:] if isinstance(m, bytes)]
    assert missed[0][0] == 2  # A delta, no snapshot.
    first = read_delta(missed[0])
    assert (first.epoch, first.seq_from) == (board.epoch, board.seq)
    for frame in missed:
        board.receive(frame)
    assert not board.needs_resume
    assert board.cells == board_of(cluster.nodes[0], raffle_id).cells


def ends_at(message: object, seq: int) -> bool:
    """Whether it is a delta that leads to a position."""
    is_delta = isinstance(message, bytes) and message[0] == 2
    return is_delta and read_delta(message).seq_to == seq  # type: ignore[arg-type]


def has_snapshot_after(position: int, watcher: Watcher) -> bool:
    """Whether a part of the board came after so many messages."""
    return any(message[0] == 1 for message in watcher.messages[position:])


async def test_who_comes_back_from_an_unknown_position_gets_the_board(cluster: Cluster) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    async with open_watcher(cluster.nodes[1], raffle_id) as back:
        for epoch, seq in ((1, 1), (back.board.epoch, back.board.seq + 50), (2**31, 0)):
            joined = len(back.messages)
            await back.say("resume", epoch=epoch, seq=seq)
            await back.until(partial(has_snapshot_after, joined))
        assert back.board.cells == board_of(cluster.nodes[0], raffle_id).cells


async def test_the_statistics_count_the_sockets_of_all_nodes(cluster: Cluster) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    admin = {"Authorization": f"Bearer {cluster.nodes[0].admin_token}"}
    async with AsyncExitStack() as stack:
        for index in (0, 1, 1, 2):
            await stack.enter_async_context(open_watcher(cluster.nodes[index], raffle_id))
        for node in cluster.nodes:
            await until_joined(node, raffle_id, 4)
            url = f"{node.url}/api/v1/raffles/{raffle_id}/ws/stats"
            stats = httpx.get(url, headers=admin, timeout=60).json()
            assert stats["nodes"] == 3


# -- the internal door -----------------------------------------------------------------------------


def test_the_internal_door_opens_for_fresh_messages_of_our_own_nodes_only(
    cluster: Cluster,
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    lease = cluster.lease(raffle_id)
    assert lease is not None
    url = lease["url"] + PATH
    now = int(time.time() * 1000)
    body = pack(Ask(1, "me", raffle_id, commands.FindReservation(uuid4()), None, now + 60_000))
    key = internal_key(cluster.nodes[0].secret)

    def knock(content: bytes, signature: str | None) -> httpx.Response:
        headers = {} if signature is None else {SIGNATURE.encode(): signature.encode()}
        return httpx.post(url, content=content, headers=headers, timeout=10)

    welcome = knock(body, sign(key, body, now))
    assert welcome.status_code == 200
    assert isinstance(read_told(welcome.content).answer, Reply)
    forged = [
        None,
        "",
        f"{now}.",
        f"{now}.{'0' * 64}",
        f"{now}.\u00e9",
        sign(key, b"another body", now),
        sign(internal_key("another secret" * 4), body, now),
        sign(cluster.nodes[0].secret.encode(), body, now),
        sign(key, body, now - MOST_SKEW_MS - 5000),
        sign(key, body, now + MOST_SKEW_MS + 5000),
        sign(key, body, now).replace(str(now), str(now + 1)),
    ]
    assert [knock(body, signature).status_code for signature in forged] == [403] * len(forged)
    assert knock(b"\xc1", sign(key, b"\xc1", now)).status_code == 400
    huge = bytes(1 << 20)
    assert knock(huge, sign(key, huge, now)).status_code == 413
    assert httpx.get(url, timeout=10).status_code == 405
    for path in ("/", "/api/v1/raffles", "/api/v1/auth/guest"):
        assert httpx.get(lease["url"] + path, timeout=10).status_code == 404


# -- other installations ---------------------------------------------------------------------------


def until_spoken(redis_url: str, nodes: Sequence[ServerProcess]) -> None:
    """Wait until each has said that it is here so often that the others know, if they could hear it."""
    said: Counter[int] = Counter()
    with redis.Redis.from_url(redis_url) as client, client.pubsub() as listening:
        listening.ssubscribe(*client.pubsub_shardchannels("sorteos:nodes:*"))

        def all_have_spoken() -> bool:
            message = listening.get_message(ignore_subscribe_messages=True, timeout=1) or {}
            said.update(n.port for n in nodes if f":{n.port}-".encode() in message.get("data", b""))
            return all(said[node.port] > 2 for node in nodes)

        eventually(all_have_spoken)


def test_two_installations_on_one_redis_do_not_meet(servers: EmbeddedServers) -> None:
    with ExitStack() as stack:
        alone = []
        for _ in range(2):
            place = stack.enter_context(a_place_for_servers())
            database = fresh_database(servers)
            alone.append(
                stack.enter_context(open_cluster([database], servers.redis_url or "", place))
            )
        until_spoken(servers.redis_url or "", [cluster.nodes[0] for cluster in alone])
        for cluster in alone:
            [node] = cluster.nodes
            raffle_id = node.create_raffle(100)
            admin = {"Authorization": f"Bearer {node.admin_token}"}
            url = f"{node.url}/api/v1/raffles/{raffle_id}/ws/stats"
            assert httpx.get(url, headers=admin, timeout=60).json()["nodes"] == 1
            assert metric(node, "sorteos_peers") == 0
