"""The link on one real server that is killed, frozen, deaf, full, or not a Redis at all."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import redis
import trio

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.connection import MAX_UNSENT_BYTES, connect
from sorteos_actors.cluster.link import RedisLink
from sorteos_actors.cluster.shard import ANSWER_SECONDS
from sorteos_actors.cluster.topology import address_in
from sorteos_actors.embedded.valkey import Valkey
from sorteos_actors.errors import RedisUnavailable
from sorteos_actors.testing.fault_proxy import open_fault_proxy
from tests.integration.links import (
    acquire,
    counting,
    hand_over,
    open_link,
    release,
    run,
    until_heard,
    until_state,
)
from tests.places import a_place_for_servers
from tests.valkeys import a_valkey
from tests.waiting import until


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
    """For what a link cannot say."""
    with redis.Redis.from_url(server.url) as client:
        yield client


def tell(client: redis.Redis, *words: str) -> None:
    client.execute_command(*words)  # type: ignore[no-untyped-call]


def connections(client: redis.Redis) -> set[str]:
    """All that there are to the server, this client's own included."""
    return {one["id"] for one in client.client_list()}


def send(server: Valkey, what: signal.Signals) -> None:
    assert server.pid is not None
    os.kill(server.pid, what)


def channels(count: int) -> list[str]:
    return [f"sorteos:raffle:{{{uuid4()}}}" for _ in range(count)]


async def refused(link: RedisLink) -> float:
    """The seconds of a refusal."""
    began = trio.current_time()
    answer = await run(link, acquire("raffle:actor:{1}"))
    assert isinstance(answer, RedisUnavailable)
    return trio.current_time() - began


async def refused_at_once(link: RedisLink) -> None:
    """Refusals that do not wait for Redis; now and then one does, to see whether it is back."""
    assert min([await refused(link) for _ in range(20)]) < ANSWER_SECONDS


# -- gone ------------------------------------------------------------------------------------------


async def test_after_a_kill_and_a_restart_everything_is_heard_again(server: Valkey) -> None:
    async with open_link(server.url) as ana, open_link(server.url) as beto:
        names = channels(300)
        heard = counting(ana, names)
        await until_heard(beto, names, heard)
        send(server, signal.SIGKILL)
        await until_state(ana, State.OPEN)
        server.start()
        await until_state(ana, State.CLOSED)
        await until_state(beto, State.CLOSED)
        heard.clear()
        await until_heard(beto, names, heard)
        assert await run(ana, acquire(names[0])) is None


async def test_a_link_waits_for_a_redis_that_is_not_there_yet(server: Valkey) -> None:
    server.stop()
    async with open_link(server.url, connected=False) as link:
        names = channels(3)
        heard = counting(link, names)
        await until_state(link, State.OPEN)
        await refused_at_once(link)
        server.start()
        await until_state(link, State.CLOSED)
        await until_heard(link, names, heard)


async def test_connections_that_are_killed_again_and_again_come_back(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        names = channels(50)
        heard = counting(link, names)
        for _ in range(20):
            tell(client, "CLIENT", "KILL", "SKIPME", "yes")
            await trio.sleep(0.03)
        await until_state(link, State.CLOSED)
        heard.clear()
        await until_heard(link, names, heard)


async def test_one_broken_connection_does_not_open_the_breaker(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        states: set[State] = set()

        async def watch() -> None:
            while True:
                states.add(link.state)
                await trio.sleep(0.001)

        names = channels(5)
        heard = counting(link, names)
        await until_heard(link, names, heard)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            tell(client, "CLIENT", "KILL", "SKIPME", "yes")
            heard.clear()
            await until_heard(link, names, heard)
            nursery.cancel_scope.cancel()
        assert states == {State.CLOSED}
        assert await run(link, acquire(channels(1)[0])) is None


# -- frozen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_used", [True, False], ids=["used", "idle"])
async def test_a_frozen_redis_opens_the_breaker_and_heals_by_itself(
    server: Valkey, is_used: bool
) -> None:
    async with open_link(server.url) as link:
        names = channels(20)
        heard = counting(link, names)
        await until_heard(link, names, heard)
        send(server, signal.SIGSTOP)
        try:
            while is_used and link.state is State.CLOSED:
                await refused(link)
            await until_state(link, State.OPEN)
            await refused_at_once(link)
            for _ in range(20):
                with pytest.raises(RedisUnavailable):
                    await link.get(names[0])
            counts: list[int | None] = []
            link.publish(names[0], b"?", counts.append)
            assert counts == [None]
        finally:
            send(server, signal.SIGCONT)
        await until_state(link, State.CLOSED)
        heard.clear()
        await until_heard(link, names, heard)


async def test_what_a_frozen_redis_is_sent_is_bounded(server: Valkey) -> None:
    async with open_link(server.url) as link:
        counts: list[int | None] = []
        name, megabyte = channels(1)[0], bytes(1 << 20)
        send(server, signal.SIGSTOP)
        try:
            for _ in range(100):
                link.publish(name, megabyte, counts.append)
                await trio.sleep(0)
            assert len(counts) >= 100 - 2 * (MAX_UNSENT_BYTES >> 20) - 10
            assert set(counts) == {None}
            heard = counting(link, channels(1))
            await until_state(link, State.OPEN)
        finally:
            send(server, signal.SIGCONT)
        await until_state(link, State.CLOSED)
        await until(lambda: len(counts) == 100)
        [listened] = link._listeners
        await until_heard(link, [listened.decode()], heard)


async def test_who_gives_up_waiting_does_not_mix_up_the_answers_of_others(server: Valkey) -> None:
    address = address_in(server.url)
    async with (
        open_fault_proxy(address.host, address.port) as proxy,
        open_link(proxy.through(server.url)) as link,
    ):
        keys = [f"{{{uuid4()}}}" for _ in range(20)]
        proxy.delay(0.05)
        for key in keys:
            with trio.move_on_after(0.01):
                await run(link, acquire(key))
            assert await link.get(key) is not None
            assert await run(link, release(key)) == 1


# -- it answers, and is no use ---------------------------------------------------------------------


@asynccontextmanager
async def renewing(link: RedisLink) -> AsyncIterator[None]:
    """Somebody uses keys all the time."""

    async def use() -> None:
        while True:
            await run(link, release("raffle:actor:{1}"))
            await trio.sleep(0.05)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use)
        yield
        nursery.cancel_scope.cancel()


async def test_a_redis_that_answers_and_delivers_nothing_is_no_use(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link, renewing(link):
        names = channels(5)
        heard = counting(link, names)
        await until_heard(link, names, heard)
        tell(client, "ACL", "SETUSER", "default", "resetchannels")
        try:
            await until_state(link, State.OPEN)
            await trio.sleep(1)
            assert link.state is not State.CLOSED
        finally:
            tell(client, "ACL", "SETUSER", "default", "allchannels")
        await until_state(link, State.CLOSED)
        heard.clear()
        await until_heard(link, names, heard)


async def test_a_redis_that_is_full_is_no_use(server: Valkey, client: redis.Redis) -> None:
    async with open_link(server.url) as link:
        client.config_set("maxmemory", "1")
        try:
            await until_state(link, State.OPEN)
        finally:
            client.config_set("maxmemory", "0")
        await until_state(link, State.CLOSED)


async def test_a_redis_that_is_a_replica_by_now_is_no_use(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        tell(client, "REPLICAOF", "127.0.0.1", "1")
        try:
            await until_state(link, State.OPEN)
        finally:
            tell(client, "REPLICAOF", "NO", "ONE")
        await until_state(link, State.CLOSED)


async def test_a_connection_that_only_delivers_one_way_is_replaced(server: Valkey) -> None:
    address = address_in(server.url)
    async with (
        open_fault_proxy(address.host, address.port) as proxy,
        open_link(proxy.through(server.url)) as link,
    ):
        heard = counting(link, names := channels(5))
        await until_heard(link, names, heard)
        proxy.blackhole("to_client")
        await until_state(link, State.OPEN)
        proxy.heal()
        await until_state(link, State.CLOSED)
        heard.clear()
        await until_heard(link, names, heard)


# -- scripts ---------------------------------------------------------------------------------------


async def test_scripts_that_were_flushed_are_sent_again(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        keys = channels(10)
        client.script_flush()
        assert await link.run_scripts([acquire(key) for key in keys]) == [None] * 10
        assert await link.run_scripts([release(key) for key in keys]) == [1] * 10
        assert link.state is State.CLOSED


async def test_scripts_that_were_done_before_a_flush_are_not_done_twice(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        mine, theirs = channels(2)
        await link.run_scripts([acquire(mine), acquire(theirs)])
        client.script_flush()
        client.script_load(hand_over(mine).script.text)
        assert await link.run_scripts([hand_over(mine), release(theirs)]) == [1, 1]


async def test_a_key_that_is_no_lease_is_no_answer_and_harms_no_other(
    server: Valkey, client: redis.Redis
) -> None:
    async with open_link(server.url) as link:
        text, things, good = channels(3)
        client.set(text, "not JSON")
        client.lpush(things, "not a string")
        answers = await link.run_scripts([acquire(text), acquire(good), acquire(things)])
        assert isinstance(answers[0], RedisUnavailable)
        assert answers[1] is None
        assert isinstance(answers[2], RedisUnavailable)
        with pytest.raises(RedisUnavailable):
            await link.get(things)
        assert link.state is State.CLOSED


# -- the wrong door --------------------------------------------------------------------------------


async def test_a_wrong_password_is_told_in_words_and_not_shown(
    server: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.url.replace("://:", "://:wrong")
    with pytest.raises(RedisUnavailable, match="WRONGPASS"):
        await connect(address_in(url), lambda _: None)
    with caplog.at_level(logging.WARNING):
        async with open_link(url, connected=False) as link:
            await until_state(link, State.OPEN)
            await refused_at_once(link)
    assert "WRONGPASS" in caplog.text
    assert "wrong" not in caplog.text.replace("WRONGPASS", "")


async def test_a_missing_password_is_told_in_words(server: Valkey) -> None:
    address = address_in(server.url)
    with pytest.raises(RedisUnavailable, match=r"NOAUTH|authenticat"):
        await connect(address_in(f"redis://127.0.0.1:{address.port}"), lambda _: None)


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"+OK\r\n",
        b"-ERR unknown command 'HELLO'\r\n",
        b"%1\r\n+mode\r\n+stand",
        b"*-1\r\n",
        None,
    ],
)
async def test_what_is_no_redis_is_unavailable(greeting: bytes | None) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        if greeting is None:
            await trio.sleep_forever()
        await stream.send_all(greeting or b"")

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        url = f"redis://127.0.0.1:{listener.socket.getsockname()[1]}"
        with pytest.raises(RedisUnavailable):
            await connect(address_in(url), lambda _: None)
        async with open_link(url, connected=False) as link:
            await until_state(link, State.OPEN)
        nursery.cancel_scope.cancel()


async def test_a_server_that_stops_making_sense_is_left(server: Valkey) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"%1\r\n+mode\r\n+standalone\r\n")
        await stream.receive_some()
        await stream.send_all(b"\x00\x01garbage\r\n")

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        url = f"redis://127.0.0.1:{listener.socket.getsockname()[1]}"
        async with open_link(url, connected=False) as link:
            await until_state(link, State.OPEN)
        nursery.cancel_scope.cancel()


async def test_a_link_comes_by_a_unix_socket_and_to_another_database(
    place: Path,
) -> None:
    path = place / "valkey.sock"
    server = Valkey(place / "by-path", settings=(f"unixsocket {path}",))
    try:
        server.start()
        password = address_in(server.url).password
        async with open_link(f"unix://:{password}@{path}?db=3") as link:
            assert await run(link, acquire("{a}")) is None
        with redis.Redis.from_url(server.url.replace("/0", "/3")) as client:
            assert client.exists("{a}") == 1
    finally:
        server.stop()


async def test_nothing_is_left_of_a_link_that_was_cancelled(
    server: Valkey, client: redis.Redis
) -> None:
    before = connections(client)
    for _ in range(5):
        async with open_link(server.url) as link:
            counting(link, channels(5))
    await until(lambda: connections(client) <= before)
