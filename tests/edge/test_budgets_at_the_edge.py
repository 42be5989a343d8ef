"""How much one socket and one address may do, and what the one who overdoes it hears."""

from __future__ import annotations

import json
import socket as sockets
from pathlib import Path

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection

from sorteos_actors.terminal.connection import open_websocket
from sorteos_actors.web.limits import Limits, Rate
from sorteos_actors.web.outbox import tune
from tests.edge.house import House, open_house
from tests.waiting import until


def socket_url(house: House) -> str:
    return f"ws{house.url[4:]}/api/v1/raffles/{house.raffle_id}/ws"


async def pings(socket: WebSocketConnection, count: int) -> list[dict[str, object]]:
    answers: list[dict[str, object]] = []
    for ref in range(count):
        await socket.send_message(json.dumps({"type": "ping", "ref": ref, "t0": 1}))
    while len(answers) < count:
        message = await socket.get_message()
        if isinstance(message, str) and '"hello"' not in message:
            answers.append(json.loads(message))
    return answers


async def test_a_socket_over_its_budget_is_told_when_to_repeat() -> None:
    async with (
        open_house(Limits(socket_commands=Rate(0.001, 5))) as house,
        open_websocket(socket_url(house), subprotocols=["sorteos.v2"]) as socket,
    ):
        answers = await pings(socket, 8)
        assert [a["type"] for a in answers[:5]] == ["pong"] * 5
        for refused in answers[5:]:
            error = refused["error"]
            assert isinstance(error, dict)
            assert error["code"] == "rate_limited"
            assert error["params"]["retry_after_ms"] > 0


async def test_a_socket_that_does_not_listen_to_refusals_is_closed_with_4429() -> None:
    async with (
        open_house(Limits(socket_commands=Rate(0.001, 1), strikes=5)) as house,
        open_websocket(socket_url(house), subprotocols=["sorteos.v2"]) as socket,
    ):
        with pytest.raises(ConnectionClosed) as closed:
            await pings(socket, 50)
        assert closed.value.reason is not None
        assert closed.value.reason.code == 4429


async def test_an_address_may_open_so_many_sockets_and_no_more() -> None:
    async with open_house(Limits(sockets_per_address=2)) as house:
        address = socket_url(house)
        async with open_websocket(address), open_websocket(address):
            await until(lambda: len(house.sockets) == 2)
            with pytest.raises(ConnectionRejected) as refused:
                async with open_websocket(address):
                    pass
            assert refused.value.status_code == 429
            assert b"retry-after" in dict(refused.value.headers or ())
        await until(lambda: len(house.sockets) == 0)
        async with open_websocket(address):
            pass


async def test_handshakes_of_an_address_are_limited_and_the_socket_that_is_there_stays() -> None:
    async with open_house(Limits(address_handshakes=Rate(0.001, 3))) as house:
        address = socket_url(house)
        async with open_websocket(address, subprotocols=["sorteos.v2"]) as victim:
            codes = []
            for _ in range(4):
                try:
                    async with open_websocket(address):
                        codes.append(101)
                except ConnectionRejected as refused:
                    codes.append(refused.status_code)
            assert codes == [101, 101, 429, 429]
            assert (await pings(victim, 1))[0]["type"] == "pong"


async def test_a_crowded_node_sends_newcomers_away_with_503() -> None:
    async with open_house(Limits(sockets_per_node=1)) as house, open_websocket(socket_url(house)):
        await until(lambda: len(house.sockets) == 1)
        with pytest.raises(ConnectionRejected) as refused:
            async with open_websocket(socket_url(house)):
                pass
        assert refused.value.status_code == 503


async def test_requests_of_an_address_are_limited_with_a_hint() -> None:
    async with (
        open_house(Limits(address_requests=Rate(0.001, 3))) as house,
        httpx.AsyncClient(base_url=house.url, timeout=60) as http,
    ):
        statuses = [(await http.get("/api/v1/raffles")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await http.get("/api/v1/raffles")
        assert refused.json()["code"] == "rate_limited"
        assert int(refused.headers["Retry-After"]) >= 1
        assert (await http.get("/livez")).status_code == 200


async def test_guests_of_an_address_are_limited() -> None:
    async with (
        open_house(Limits(address_guests=Rate(0.001, 2))) as house,
        httpx.AsyncClient(base_url=house.url, timeout=60) as http,
    ):
        made = [(await http.post("/api/v1/auth/guest", json={})).status_code for _ in range(3)]
        assert made == [201, 201, 429]


async def test_the_kernel_may_hold_back_little_for_a_sleeping_reader() -> None:
    sock = trio.socket.socket()
    try:
        tune(sock)
        assert sock.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY)
        assert sock.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_NOTSENT_LOWAT) == 16_384
        assert sock.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT) == 30_000
    finally:
        sock.close()


async def test_a_contact_costs_a_request_of_the_address_and_a_page_costs_none(
    tmp_path: Path,
) -> None:
    (tmp_path / "index.html").write_text("a page")
    contact = {"name": "Ana", "phone": "8888-7777"}
    async with (
        open_house(Limits(address_requests=Rate(0.001, 2)), client=tmp_path) as house,
        httpx.AsyncClient(base_url=house.url, timeout=60) as http,
    ):
        headers = {"Authorization": f"Bearer {house.token()}"}
        statuses = [
            (await http.put("/api/v1/me/contact", json=contact, headers=headers)).status_code
            for _ in range(3)
        ]
        assert statuses == [200, 200, 429]
        assert (await http.get("/r/7d9f")).text == "a page"


async def test_of_those_who_come_at_once_no_more_are_let_in_than_there_are_places() -> None:
    async with open_house(Limits(sockets_per_address=2)) as house, trio.open_nursery() as nursery:
        told: list[int] = []

        async def come() -> None:
            try:
                async with open_websocket(socket_url(house), subprotocols=["sorteos.v2"]):
                    told.append(101)
                    await trio.sleep_forever()
            except ConnectionRejected as refused:
                told.append(refused.status_code)

        for _ in range(6):
            nursery.start_soon(come)
        await until(lambda: len(told) == 6)
        nursery.cancel_scope.cancel()
    assert sorted(told) == [101, 101, 429, 429, 429, 429]
