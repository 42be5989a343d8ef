"""A real raffle: real server, real PostgreSQL, real sockets. What happens to buyers and viewers."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID, uuid4

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed

from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.terminal.client import RaffleClient, open_client
from sorteos_actors.terminal.connection import open_websocket
from tests.integration.server_process import ServerProcess
from tests.waiting import PATIENCE_SECONDS


def board_of(server: ServerProcess, raffle_id: UUID) -> BoardClient:
    """The truth, by HTTP."""
    answer = httpx.get(f"{server.url}/api/v1/raffles/{raffle_id}/board", timeout=60)
    assert answer.status_code == 200
    board = BoardClient()
    data = answer.content
    while data:
        size = 24 + -(-int.from_bytes(data[20:24], "little") // 4)
        board.receive(data[:size])
        data = data[size:]
    return board


async def settled(client: RaffleClient, truth: BoardClient) -> None:
    """Wait until a client's board is the truth."""
    with trio.fail_after(PATIENCE_SECONDS):
        while client.board.cells != truth.cells:
            await client.next_change()


async def test_a_number_goes_through_its_whole_life_over_the_socket(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(100)
    async with open_client(server.url, raffle_id, token=server.token()) as client:
        reservation_id = str(uuid4())
        reply = await client.request("reserve", reservation_id=reservation_id, numbers=["07", "08"])
        assert reply["ok"], reply
        assert reply["reservation"]["phase"] == "selection"
        assert reply["reservation"]["number_ids"] == ["07", "08"]
        assert reply["reservation"]["total_amount"] == 200_000
        again = await client.request("reserve", reservation_id=reservation_id, numbers=["07", "08"])
        assert again["reservation"]["expires_at"] == reply["reservation"]["expires_at"]
        same = {"reservation_id": reservation_id}
        assert (await client.request("add", **same, numbers=["09"]))["ok"]
        swapped = await client.request("swap", **same, give=["07"], take=["10"])
        assert swapped["reservation"]["number_ids"] == ["08", "09", "10"]
        picked = await client.request("quick_pick", **same, count=5, filter={"starts_with": "4"})
        assert len(picked["reservation"]["number_ids"]) == 5
        extended = await client.request(
            "extend", **same, expires_at=picked["reservation"]["expires_at"]
        )
        assert extended["reservation"]["extensions_left"] == 0
        checkout = await client.request("checkout", **same)
        assert checkout["reservation"]["phase"] == "checkout"
        assert 290_000 < checkout["reservation"]["expires_in_ms"] <= 300_000
        refused = await client.request("add", **same, numbers=["50"])
        assert refused["error"]["code"] == "wrong_phase"
        cancelled = await client.request("cancel", **same)
        assert cancelled["reservation"]["phase"] == "cancelled"
        late = await client.request("reserve", **same, numbers=["11"])
        assert late["error"]["code"] == "wrong_phase"


async def test_the_loser_learns_every_number_in_one_round_trip(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(100)
    async with (
        open_client(server.url, raffle_id, token=server.token()) as winner,
        open_client(server.url, raffle_id, token=server.token()) as loser,
    ):
        assert (await winner.request("reserve", reservation_id=str(uuid4()), numbers=["01", "02"]))[
            "ok"
        ]
        reply = await loser.request(
            "reserve", reservation_id=str(uuid4()), numbers=["01", "02", "03"]
        )
        assert reply["error"]["code"] == "numbers_taken"
        assert reply["error"]["params"]["numbers"] == ["01", "02"]


async def test_http_and_websocket_act_on_the_same_reservation(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(100)
    token = server.token()
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as http,
        open_client(server.url, raffle_id, token=token) as client,
    ):
        body = {"raffle_id": str(raffle_id), "number_ids": ["21"]}
        created = await http.post("/reservations", json=body)
        assert created.status_code == 201, created.text
        reservation = created.json()["reservation"]
        with trio.fail_after(PATIENCE_SECONDS):
            push = await client.pushes.receive()
        assert push["reason"] == "created"
        assert push["reservation"]["id"] == reservation["id"]
        reply = await client.request("checkout", reservation_id=reservation["id"])
        assert reply["ok"]
        shown = await http.get(f"/reservations/{reservation['id']}")
        assert shown.json()["reservation"]["phase"] == "checkout"


async def test_a_hundred_viewers_all_end_equal_to_the_database(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(1000)
    chance = random.Random(1)
    async with trio.open_nursery() as nursery:
        viewers: list[RaffleClient] = []
        all_done = trio.Event()

        async def view(*, task_status: trio.TaskStatus[RaffleClient]) -> None:
            async with open_client(server.url, raffle_id) as client:
                task_status.started(client)
                await all_done.wait()

        viewers += [await nursery.start(view) for _ in range(100)]

        async def buy() -> None:
            async with open_client(server.url, raffle_id, token=server.token()) as client:
                reservation_id = str(uuid4())
                numbers = [f"{n:03}" for n in chance.sample(range(1000), 5)]
                await client.request("reserve", reservation_id=reservation_id, numbers=numbers)
                if chance.random() < 0.3:
                    await client.request("cancel", reservation_id=reservation_id)

        async with trio.open_nursery() as buyers:
            for _ in range(60):
                buyers.start_soon(buy)
        truth = await trio.to_thread.run_sync(board_of, server, raffle_id)
        for viewer in viewers:
            await settled(viewer, truth)
        all_done.set()
    assert truth.counts()[1] > 0


async def test_a_thousand_buyers_on_a_hundred_numbers_sell_none_twice(
    server: ServerProcess,
) -> None:
    raffle_id = server.create_raffle(100)
    outcomes: Counter[str] = Counter()
    won: list[str] = []
    at_once = trio.CapacityLimiter(250)

    async def buy(index: int) -> None:
        async with at_once, open_client(server.url, raffle_id, token=server.token()) as client:
            number = f"{index % 100:02}"
            reply = await client.request("reserve", reservation_id=str(uuid4()), numbers=[number])
            outcomes["ok" if reply["ok"] else reply["error"]["code"]] += 1
            if reply["ok"]:
                won.extend(reply["reservation"]["number_ids"])

    async with trio.open_nursery() as nursery:
        for index in range(1000):
            nursery.start_soon(buy, index)
    assert outcomes == {"ok": 100, "numbers_taken": 900}
    assert sorted(won) == [f"{n:02}" for n in range(100)]


async def test_a_viewer_who_loses_the_network_again_and_again_ends_with_the_truth(
    server: ServerProcess,
) -> None:
    raffle_id = server.create_raffle(100)
    stop = trio.Event()
    board = BoardClient()
    url = f"ws{server.url[4:]}/api/v1/raffles/{raffle_id}/ws"

    async def trade() -> None:
        async with open_client(server.url, raffle_id, token=server.token()) as client:
            chance = random.Random(3)
            while not stop.is_set():
                reservation_id = str(uuid4())
                numbers = [f"{chance.randrange(100):02}"]
                await client.request("reserve", reservation_id=reservation_id, numbers=numbers)
                await client.request("cancel", reservation_id=reservation_id)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trade)
        for _ in range(60):
            async with open_websocket(url, subprotocols=["sorteos.v2"]) as socket:
                with trio.move_on_after(0.15):
                    while True:
                        message = await socket.get_message()
                        if isinstance(message, bytes):
                            board.receive(message)
                            assert not board.needs_resume
        stop.set()
    truth = await trio.to_thread.run_sync(board_of, server, raffle_id)
    async with open_websocket(url, subprotocols=["sorteos.v2"]) as socket:
        with trio.fail_after(PATIENCE_SECONDS):
            while board.cells != truth.cells or board.seq < truth.seq:
                message = await socket.get_message()
                if isinstance(message, bytes):
                    board.receive(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "{",
        '{"type":"reserve"}',
        '{"type":"ping","type":"ping"}',
        '{"type":"ping","t0":NaN}',
        '{"type":"ping","t0":1e999}',
        "[" * 5000,
        '{"a":' * 2000,
        '{"type":"ping","t0":"\\ud800"}',
        '{"type":"ping","t0":"\\u0000"}',
        '{"type":"ping","t0":' + "9" * 5000 + "}",
        b"\x00\x01\x02",
        b"",
    ],
)
async def test_a_malformed_message_closes_with_4400(
    server: ServerProcess, message: str | bytes
) -> None:
    raffle_id = server.create_raffle(100)
    url = f"ws{server.url[4:]}/api/v1/raffles/{raffle_id}/ws"
    async with open_websocket(url, subprotocols=["sorteos.v2"]) as socket:
        await socket.send_message(message)
        with trio.fail_after(PATIENCE_SECONDS), pytest.raises(ConnectionClosed) as closed:
            while True:
                await socket.get_message()
    assert closed.value.reason is not None
    assert closed.value.reason.code == 4400
    assert "Traceback" not in server.log()


@pytest.mark.parametrize(
    "fields",
    [
        {"numbers": ["1"]},
        {"numbers": [1]},
        {"numbers": []},
        {"numbers": "01"},
        {"numbers": ["٠١"]},
        {"numbers": ["01"], "reservation_id": "x"},
        {"numbers": ["01"], "reservation_id": 5},
        {"numbers": [f"{n:02}" for n in range(100)] * 5},
        {},
    ],
)
async def test_a_wrong_field_is_refused_with_its_ref(
    server: ServerProcess, fields: dict[str, object]
) -> None:
    raffle_id = server.create_raffle(100)
    async with open_client(server.url, raffle_id, token=server.token()) as client:
        reply = await client.request("reserve", **({"reservation_id": str(uuid4())} | fields))
        assert reply["error"]["code"] in ("bad_request", "unknown_number")
        assert (await client.request("ping", t0=1))["type"] == "pong"


async def test_an_oversized_message_ends_the_socket_and_not_the_server(
    server: ServerProcess,
) -> None:
    raffle_id = server.create_raffle(100)
    url = f"ws{server.url[4:]}/api/v1/raffles/{raffle_id}/ws"
    async with open_websocket(url, subprotocols=["sorteos.v2"]) as socket:
        with trio.fail_after(PATIENCE_SECONDS), pytest.raises(ConnectionClosed) as closed:
            await socket.send_message("x" * 200_000)
            while True:
                await socket.get_message()
    assert closed.value.reason is not None
    assert closed.value.reason.code in (1009, 1006)
    assert httpx.get(f"{server.url}/livez", timeout=60).status_code == 200


async def test_without_a_token_one_may_watch_and_not_buy(server: ServerProcess) -> None:
    raffle_id = server.create_raffle(100)
    async with open_client(server.url, raffle_id) as client:
        reply = await client.request("reserve", reservation_id=str(uuid4()), numbers=["01"])
        assert reply["error"]["code"] == "unauthenticated"
        reply = await client.request("auth", token="nonsense")
        assert reply["error"]["code"] == "unauthenticated"


async def test_a_person_who_comes_back_gets_his_reservation_with_the_token(
    server: ServerProcess,
) -> None:
    raffle_id = server.create_raffle(100)
    token = server.token()
    async with open_client(server.url, raffle_id, token=token) as client:
        await client.request("reserve", reservation_id=str(uuid4()), numbers=["33"])
    async with open_client(server.url, raffle_id) as client:
        reply = await client.request("auth", token=token)
        assert reply["reservation"]["number_ids"] == ["33"]


async def test_the_board_of_a_million_comes_as_snapshots_also_deflated(
    server: ServerProcess,
) -> None:
    raffle_id = server.create_raffle(1_000_000)
    async with open_client(server.url, raffle_id, token=server.token(), deflate=True) as client:
        await client.request("reserve", reservation_id=str(uuid4()), numbers=["123456"])
        with trio.fail_after(PATIENCE_SECONDS):
            while client.board.state(123_456) != 1:
                await client.next_change()
    assert board_of(server, raffle_id).cells == client.board.cells
