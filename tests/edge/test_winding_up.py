"""The last connections of a server: who has one is answered, and nobody waits for who says nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from trio.testing import wait_all_tasks_blocked

from sorteos_actors.node import Http, run_http
from sorteos_actors.web.app import Traffic
from sorteos_actors.web.http_connection import ConnectionContext
from tests.edge.house import open_house
from tests.waiting import PATIENCE_SECONDS

IDLE = 0.05
"""Nobody has anything to do for so long: what was sent has arrived."""
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """ASGI: an empty answer to everything."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def a_server(traffic: Traffic) -> AsyncIterator[tuple[Http, trio.SocketStream]]:
    """A server, and a connection to it that has said nothing yet."""
    async with trio.open_nursery() as nursery:
        http: Http = await nursery.start(run_http, application, traffic)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, http.handle, listeners)
        port = listeners[0].socket.getsockname()[1]
        async with await trio.open_tcp_stream("127.0.0.1", port) as client:
            yield http, client
        nursery.cancel_scope.cancel()


async def begun(nursery: trio.Nursery, wait: Callable[[], Awaitable[None]]) -> trio.Event:
    """Begin to wait for something, as far as that goes; set when it has come."""
    has_come = trio.Event()

    async def run() -> None:
        await wait()
        has_come.set()

    nursery.start_soon(run)
    await wait_all_tasks_blocked(IDLE)
    return has_come


async def everything(client: trio.SocketStream) -> bytes:
    """What comes until the end."""
    with trio.fail_after(PATIENCE_SECONDS):
        return b"".join([bytes(data) async for data in client])


async def test_a_connection_that_came_just_before_the_end_is_answered_and_ends() -> None:
    async with a_server(Traffic()) as (http, client):
        http.wind_up()
        await wait_all_tasks_blocked(IDLE)  # The server has had every opportunity to hang up.
        await client.send_all(REQUEST)
        assert (await everything(client)).startswith(b"HTTP/1.1 200")


async def test_a_connection_is_traffic_from_its_hand_over_to_its_first_answer() -> None:
    traffic = Traffic()
    async with a_server(traffic) as (_, client):
        await wait_all_tasks_blocked(IDLE)
        async with trio.open_nursery() as nursery:
            is_none = await begun(nursery, traffic.wait_none)
            assert not is_none.is_set()
            await client.send_all(REQUEST)
            with trio.fail_after(PATIENCE_SECONDS):
                assert await client.receive_some()
                await is_none.wait()


async def test_a_connection_that_idles_after_an_answer_ends_with_the_server() -> None:
    async with a_server(Traffic()) as (http, client):
        await client.send_all(REQUEST)
        assert await client.receive_some()
        http.wind_up()
        await everything(client)


def test_the_first_answer_is_told_once() -> None:
    told: list[int] = []
    context = ConnectionContext(trio.Event(), lambda: told.append(1))
    assert not context.terminated.is_set()
    context.terminated.is_set()
    context.end_first_request()
    assert told == [1]


async def test_the_door_knows_of_connections_that_have_not_said_what_for() -> None:
    async with open_house() as house:
        with trio.fail_after(PATIENCE_SECONDS):
            await house.door.wait_none_arriving()
        async with await house.connect() as client:
            await wait_all_tasks_blocked(IDLE)
            async with trio.open_nursery() as nursery:
                is_none = await begun(nursery, house.door.wait_none_arriving)
                assert not is_none.is_set()
                await client.send_all(REQUEST)
                with trio.fail_after(PATIENCE_SECONDS):
                    await is_none.wait()
