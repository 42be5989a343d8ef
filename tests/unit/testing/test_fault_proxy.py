"""The proxy passes everything on unchanged until it is told otherwise; then it hurts exactly that."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from sorteos_actors.testing.fault_proxy import Direction, FaultProxy, open_fault_proxy
from sorteos_actors.testing.fault_proxy_thread import FaultProxyThread
from sorteos_actors.testing.proxied_requests import (
    PostgresRequests,
    RawRequests,
    RequestReader,
)


class Echo:
    """A server that says what it hears, and keeps it."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = b""
        self.resets = 0
        self.ends = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            try:
                async for data in stream:
                    self.heard += bytes(data)
                    await stream.send_all(data)
                self.ends += 1
            except trio.BrokenResourceError:
                self.resets += 1


@asynccontextmanager
async def an_echo() -> AsyncIterator[Echo]:
    async with trio.open_nursery() as nursery:
        echo = Echo()
        [listener] = await nursery.start(
            lambda task_status: trio.serve_tcp(
                echo.serve, 0, host="127.0.0.1", task_status=task_status
            )
        )
        echo.port = listener.socket.getsockname()[1]
        yield echo
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def a_proxied_echo(
    requests: Callable[[], RequestReader] = RawRequests,
) -> AsyncIterator[tuple[FaultProxy, Echo]]:
    with trio.fail_after(20):
        async with (
            an_echo() as echo,
            open_fault_proxy("127.0.0.1", echo.port, requests=requests) as proxy,
        ):
            yield proxy, echo


async def a_client(proxy: FaultProxy) -> trio.SocketStream:
    return await trio.open_tcp_stream("127.0.0.1", proxy.port)


async def heard(stream: trio.SocketStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await stream.receive_some(size - len(data))
        assert more, f"ended after {data!r}"
        data += bytes(more)
    return data


async def ask(stream: trio.SocketStream, data: bytes) -> bytes:
    await stream.send_all(data)
    return await heard(stream, len(data))


async def assert_reset(stream: trio.SocketStream) -> None:
    with pytest.raises(trio.BrokenResourceError):
        await stream.receive_some()
    await stream.aclose()


async def test_everything_passes_unchanged_in_order_and_both_ways() -> None:
    async with a_proxied_echo() as (proxy, echo), await a_client(proxy) as client:
        sent = random.Random(1).randbytes(3_000_000)
        answered = b""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.send_all, sent)
            answered = await heard(client, len(sent))
        assert answered == echo.heard == sent
        counters = proxy.counters
        assert (counters.bytes_to_server, counters.bytes_to_client) == (len(sent), len(sent))
        assert (counters.connections, counters.resets, counters.bytes_lost) == (1, 0, 0)


async def test_an_end_is_passed_on_and_the_other_direction_lives_on() -> None:
    async with a_proxied_echo() as (proxy, echo), await a_client(proxy) as client:
        await client.send_all(b"last words")
        await client.send_eof()
        assert await heard(client, 10) == b"last words"
        assert await client.receive_some() == b""
        assert (echo.ends, echo.resets) == (1, 0)
        await proxy.until(lambda _: proxy.open_connections == 0)
        assert proxy.counters.resets == 0


async def test_a_delay_costs_time_each_way_and_not_throughput() -> None:
    async with a_proxied_echo() as (proxy, _), await a_client(proxy) as client:
        proxy.delay(0.05)
        began = trio.current_time()
        pieces = 40
        for number in range(pieces):
            await client.send_all(bytes([number]))
        assert await heard(client, pieces) == bytes(range(pieces))
        assert 0.1 <= trio.current_time() - began < 0.05 * pieces


async def test_what_is_delayed_arrives_at_once_when_healed() -> None:
    async with a_proxied_echo() as (proxy, _), await a_client(proxy) as client:
        proxy.delay(3600)
        await client.send_all(b"now")
        await trio.testing.wait_all_tasks_blocked(0.05)
        proxy.heal()
        assert await heard(client, 3) == b"now"


def test_a_delay_is_a_number_of_seconds() -> None:
    for nonsense in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="delay"):
            FaultProxy("127.0.0.1", 1).delay(nonsense)


async def test_refusing_resets_what_is_open_and_closes_what_comes() -> None:
    async with a_proxied_echo() as (proxy, echo):
        client = await a_client(proxy)
        assert await ask(client, b"hello") == b"hello"
        proxy.refuse()
        await assert_reset(client)
        await assert_reset(await a_client(proxy))
        assert (proxy.counters.connections, proxy.counters.refused) == (2, 1)
        proxy.heal()
        async with await a_client(proxy) as client:
            assert await ask(client, b"again") == b"again"
        assert echo.resets == 1


async def test_dropping_resets_both_ends_and_new_connections_work() -> None:
    async with a_proxied_echo() as (proxy, echo):
        clients = [await a_client(proxy) for _ in range(3)]
        for client in clients:
            await ask(client, b"x")
        proxy.drop()
        for client in clients:
            await assert_reset(client)
        async with await a_client(proxy) as client:
            assert await ask(client, b"again") == b"again"
        assert echo.resets == 3
        assert proxy.counters.resets == 3


async def test_a_server_that_is_away_is_a_reset_and_the_proxy_lives_on() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with open_fault_proxy("127.0.0.1", nobody.getsockname()[1]) as proxy:
            await assert_reset(await a_client(proxy))
            await assert_reset(await a_client(proxy))


async def test_a_blackhole_loses_what_is_sent_and_healing_resets_who_lost_something() -> None:
    async with a_proxied_echo() as (proxy, echo), await a_client(proxy) as idle:
        await ask(idle, b"a")
        client = await a_client(proxy)
        await ask(client, b"b")
        proxy.blackhole()
        await client.send_all(b"lost")
        await proxy.until(lambda counters: counters.bytes_lost == 4)
        assert echo.heard == b"ab"
        proxy.heal()
        await assert_reset(client)
        assert await ask(idle, b"c") == b"c"


async def test_nobody_hears_of_an_end_through_a_blackhole() -> None:
    async with a_proxied_echo() as (proxy, echo):
        client = await a_client(proxy)
        await ask(client, b"x")
        proxy.blackhole()
        await client.aclose()
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert (echo.ends, echo.resets) == (0, 0)
        assert proxy.open_connections == 1
        proxy.heal()
        await proxy.until(lambda _: proxy.open_connections == 0)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert (echo.ends, echo.resets) == (0, 1)


async def test_a_blackhole_to_the_client_still_lets_requests_through() -> None:
    async with a_proxied_echo() as (proxy, echo):
        client = await a_client(proxy)
        proxy.blackhole("to_client")
        await client.send_all(b"done")
        await proxy.until(lambda counters: counters.bytes_lost == 4)
        assert echo.heard == b"done"
        proxy.heal()
        await assert_reset(client)


class Scripted:
    """A server for one connection that says and does what the test tells it."""

    def __init__(self) -> None:
        self.came = trio.Event()
        self.stream: trio.SocketStream | None = None
        self.over = trio.Event()

    async def serve(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.came.set()
        await self.over.wait()
        await trio.aclose_forcefully(stream)


@asynccontextmanager
async def a_proxied_script() -> AsyncIterator[
    tuple[FaultProxy, trio.SocketStream, trio.SocketStream]
]:
    """The proxy, and both ends of one connection through it."""
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            script = Scripted()
            [listener] = await nursery.start(
                lambda task_status: trio.serve_tcp(
                    script.serve, 0, host="127.0.0.1", task_status=task_status
                )
            )
            port = listener.socket.getsockname()[1]
            async with (
                open_fault_proxy("127.0.0.1", port) as proxy,
                await a_client(proxy) as client,
            ):
                await script.came.wait()
                assert script.stream is not None
                await client.send_all(b"hello")  # The connection is through.
                await heard(script.stream, 5)
                yield proxy, client, script.stream
                script.over.set()
            nursery.cancel_scope.cancel()


async def test_a_blackhole_to_the_server_still_lets_answers_through() -> None:
    async with a_proxied_script() as (proxy, client, server):
        proxy.blackhole("to_server")
        await client.send_all(b"lost")
        await proxy.until(lambda counters: counters.bytes_lost == 4)
        await server.send_all(b"news")
        assert await heard(client, 4) == b"news"


async def test_an_end_that_was_lost_is_never_made_up_for_by_the_other_end() -> None:
    async with a_proxied_script() as (proxy, client, server):
        proxy.blackhole("to_server")
        await client.send_eof()
        await server.send_eof()
        assert await client.receive_some() == b""
        with trio.move_on_after(0.05):
            await server.receive_some()
            pytest.fail("the server heard of the client's end")
        proxy.heal()
        await assert_reset(server)


async def test_a_server_that_breaks_behind_a_blackhole_is_not_heard_of() -> None:
    async with a_proxied_script() as (proxy, client, server):
        proxy.blackhole("to_client")
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await trio.aclose_forcefully(server)
        await trio.testing.wait_all_tasks_blocked(0.01)
        for _ in range(3):
            await client.send_all(b"anybody?")
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert proxy.open_connections == 1
        proxy.heal()
        await assert_reset(client)


@pytest.mark.parametrize("directions", [(), ("to_server",), ("to_client",)])
async def test_who_comes_into_a_blackhole_is_held_and_reset_when_healed(
    directions: tuple[Direction, ...],
) -> None:
    async with a_proxied_echo() as (proxy, echo):
        proxy.blackhole(*directions)
        client = await a_client(proxy)
        await client.send_all(b"anybody?")
        await proxy.until(lambda counters: counters.held == 1)
        assert echo.heard == b""
        proxy.heal()
        await assert_reset(client)
        assert echo.heard == b""


async def test_a_swallowed_answer_was_given_and_the_client_is_reset_after_it() -> None:
    async with a_proxied_echo() as (proxy, echo), await a_client(proxy) as other:
        client = await a_client(proxy)
        assert await ask(client, b"SELECT 1") == b"SELECT 1"
        proxy.swallow_answers(b"COMMIT", times=1)
        assert await ask(client, b"SELECT 2") == b"SELECT 2"
        await client.send_all(b"COMMIT")
        await assert_reset(client)
        assert echo.heard.endswith(b"COMMIT")
        assert proxy.counters.swallowed_answers == 1
        assert await ask(other, b"COMMIT") == b"COMMIT"
        assert proxy.counters.swallowed_answers == 1


async def test_a_connection_that_lost_an_answer_may_be_silent_until_healed() -> None:
    async with a_proxied_echo() as (proxy, echo):
        client = await a_client(proxy)
        proxy.swallow_answers(afterwards="silence")
        await client.send_all(b"one")
        await proxy.until(lambda counters: counters.swallowed_answers == 1)
        await client.send_all(b"two")
        await proxy.until(lambda counters: counters.bytes_lost == 6)
        assert echo.heard == b"onetwo"
        assert proxy.counters.swallowed_answers == 1
        proxy.heal()
        await assert_reset(client)
        async with await a_client(proxy) as client:
            assert await ask(client, b"three") == b"three"


async def test_a_lost_request_never_reaches_the_server() -> None:
    async with a_proxied_echo() as (proxy, echo):
        client = await a_client(proxy)
        proxy.lose_requests(b"COMMIT", times=1)
        assert await ask(client, b"SELECT") == b"SELECT"
        await client.send_all(b"COMMIT")
        await assert_reset(client)
        assert echo.heard == b"SELECT"
        assert proxy.counters.lost_requests == 1
        async with await a_client(proxy) as client:
            assert await ask(client, b"COMMIT") == b"COMMIT"


async def test_an_address_leads_through_the_proxy() -> None:
    async with open_fault_proxy("127.0.0.1", 5432) as proxy:
        url = proxy.through("postgresql://me:secret@localhost:5432/raffles?sslmode=disable")
        assert url == f"postgresql://me:secret@127.0.0.1:{proxy.port}/raffles?sslmode=disable"
        assert proxy.through("redis://localhost/0") == f"redis://127.0.0.1:{proxy.port}/0"


# -- what is a request ---------------------------------------------------------------------------


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


SESSION = (
    message(b"", (80_877_103).to_bytes(4, "big"))  # May we speak TLS?
    + message(b"", (3 << 16).to_bytes(4, "big") + b"user\0me\0\0")
    + message(b"p", b"secret\0")
    + message(b"P", b"stmt_1\0SELECT * FROM commit_batch($1)\0\0\0")
    + message(b"S", b"")
    + message(b"B", b"\0stmt_1\0\0\0\0\0\0\0")
    + message(b"E", b"\0\0\0\0\0")
    + message(b"S", b"")
    + message(b"Q", b"SELECT 1\0")
    + message(b"B", b"\0stmt_1\0\0\0\0\0\0\0")
)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_executions_of_a_prepared_statement_are_seen_with_its_text(size: int) -> None:
    reader = PostgresRequests()
    seen = [
        text for at in range(0, len(SESSION), size) for text in reader.feed(SESSION[at:][:size])
    ]
    commit = b"SELECT * FROM commit_batch($1)"
    assert seen == [commit, b"SELECT 1", commit]


def test_preparing_a_statement_is_not_executing_it() -> None:
    reader = PostgresRequests()
    prepared = SESSION[: SESSION.index(message(b"B", b"\0stmt_1\0\0\0\0\0\0\0"))]
    assert list(reader.feed(prepared)) == []


# -- from other threads --------------------------------------------------------------------------


def test_a_thread_of_its_own_serves_code_without_trio() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        with FaultProxyThread("127.0.0.1", server.getsockname()[1]) as proxy:
            with (
                socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client,
                server.accept()[0] as accepted,
            ):
                client.sendall(b"hello")
                assert accepted.recv(5) == b"hello"
                proxy.swallow_answers(times=1)
                client.sendall(b"hello")
                assert accepted.recv(5) == b"hello"
                accepted.sendall(b"you never hear this")
                with pytest.raises(ConnectionResetError):
                    client.recv(1)
            proxy.until(lambda counters: counters.swallowed_answers == 1, seconds=10)
            assert proxy.open_connections == 0
            proxy.refuse()
            with (
                pytest.raises(ConnectionResetError),
                socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client,
            ):
                client.recv(1)
            assert proxy.counters.refused == 1
            proxy.heal()
        with pytest.raises(trio.RunFinishedError):
            proxy.heal()


def test_waiting_for_what_never_happens_ends() -> None:
    with FaultProxyThread("127.0.0.1", 1) as proxy:
        began = time.monotonic()
        with pytest.raises(trio.TooSlowError):
            proxy.until(lambda counters: counters.held > 0, seconds=0.05)
        assert time.monotonic() - began >= 0.05
