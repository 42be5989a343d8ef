"""The client of the wire, against scripted servers: what it promises when answers come, and when not."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError

from sorteos_actors.terminal.client import KEPT_PUSHES, Change, open_client, socket_url
from tests.unit.terminal.fake_server import RAFFLE_ID, Peer, start


async def test_a_client_has_its_raffle_and_its_whole_board_when_it_opens(
    nursery: trio.Nursery,
) -> None:
    async def script(peer: Peer) -> None:
        assert peer.authorization == b"Bearer a.b.c"
        assert peer.path == f"/api/v1/raffles/{RAFFLE_ID}/ws?snapshot=deflate"
        await peer.welcome(200_000, n199999=2)
        await peer.hear()

    server = await start(nursery, script)
    async with open_client(server.url, RAFFLE_ID, "a.b.c", deflate=True) as client:
        assert client.raffle["number_count"] == 200_000
        assert client.board.state(199_999) == 2
        assert (client.board.epoch, client.board.seq) == (7, 5)


async def test_each_reply_finds_the_request_that_asked_for_it_in_whatever_order(
    nursery: trio.Nursery,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        heard = [await peer.hear() for _ in range(3)]
        for message in reversed(heard):
            await peer.say(type="reply", ref=message["ref"], ok=True, echo=message["numbers"])
        await peer.hear()

    server = await start(nursery, script)
    echoes: dict[str, Any] = {}
    async with open_client(server.url, RAFFLE_ID) as client:

        async def ask(number: str) -> None:
            echoes[number] = (await client.request("reserve", numbers=number))["echo"]

        async with trio.open_nursery() as asking:
            for number in ("01", "02", "03"):
                asking.start_soon(ask, number)
    assert echoes == {"01": "01", "02": "02", "03": "03"}


async def test_a_request_without_an_answer_ends_with_the_connection(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.hear()
        await peer.websocket.aclose(1012, '{"retry_after_ms":5}')

    server = await start(nursery, script)
    with pytest.raises(ConnectionClosed) as closed:
        async with open_client(server.url, RAFFLE_ID) as client:
            await client.request("reserve", numbers=["01"])
    assert closed.value.reason is not None
    assert closed.value.reason.code == 1012


async def test_whoever_waits_for_a_change_hears_of_the_end(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.aclose(1001)

    server = await start(nursery, script)
    async with open_client(server.url, RAFFLE_ID) as client:
        with pytest.raises(ConnectionClosed):
            while True:
                await client.next_change()
        with pytest.raises(ConnectionClosed):
            await client.next_change()


async def test_a_gap_is_healed_by_one_resume_from_where_the_board_stands(
    nursery: trio.Nursery,
) -> None:
    heard: list[dict[str, Any]] = []

    async def script(peer: Peer) -> None:
        await peer.welcome(seq=5)
        await peer.delta(8, 9, {3: 1})  # 5 to 8 is missing.
        await peer.delta(9, 10, {4: 1})
        heard.append(await peer.hear())
        await peer.delta(5, 10, {2: 1, 3: 1, 4: 1})
        await peer.answer_pings()

    server = await start(nursery, script)
    async with open_client(server.url, RAFFLE_ID) as client:
        while client.board.seq < 10:
            await client.next_change()
        assert bytes(client.board.cells[:6]) == b"\0\0\1\1\1\0"
        await client.ping()  # A second resume would be heard in place of it.
    assert [(m["type"], m["epoch"], m["seq"]) for m in heard] == [("resume", 7, 5)]


async def test_every_change_is_told_once_and_in_order(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome(seq=5)
        await peer.delta(5, 6, {1: 1})
        await peer.delta(5, 6, {1: 1})  # Known already.
        await peer.delta(6, 7, {1: 2})
        await peer.answer_pings()

    server = await start(nursery, script)
    told: list[Change] = []
    async with open_client(
        server.url, RAFFLE_ID, on_change=lambda _, change: told.append(change)
    ) as client:
        await client.ping()
    assert [change.kind for change in told] == ["raffle", "snapshot", "delta", "delta"]
    assert [dict(change.numbers) for change in told[2:]] == [{1: 1}, {1: 2}]


async def test_private_pushes_wait_in_a_channel_and_the_oldest_make_room(
    nursery: trio.Nursery,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        for index in range(KEPT_PUSHES + 2):
            await peer.say(type="reservation", reservation={}, reason=str(index))
        await peer.answer_pings()

    server = await start(nursery, script)
    async with open_client(server.url, RAFFLE_ID) as client:
        await client.ping()
        assert (await client.pushes.receive())["reason"] == "2"
        assert client.pushes.statistics().current_buffer_used == KEPT_PUSHES - 1


async def test_what_the_block_raises_comes_out_as_it_is(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.hear()

    server = await start(nursery, script)
    with pytest.raises(LookupError, match="ours"):
        async with open_client(server.url, RAFFLE_ID):
            raise LookupError("ours")


async def test_nonsense_from_a_server_is_an_error_and_not_a_wrong_board(
    nursery: trio.Nursery,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.send_message(b"\x01nonsense")
        await peer.hear()

    server = await start(nursery, script)
    with pytest.raises(ConnectionClosed, match="does not speak"):
        async with open_client(server.url, RAFFLE_ID) as client:
            while True:
                await client.next_change()


async def test_a_refused_handshake_brings_its_status(nursery: trio.Nursery) -> None:
    server = await start(nursery, 404)
    with pytest.raises(ConnectionRejected) as rejected:
        async with open_client(server.url, RAFFLE_ID):
            pass
    assert rejected.value.status_code == 404


async def test_a_server_that_is_away_is_a_handshake_error() -> None:
    with pytest.raises(HandshakeError):
        async with open_client("http://127.0.0.1:9", RAFFLE_ID):
            pass


def test_a_secure_server_is_spoken_to_securely() -> None:
    assert socket_url("https://rifas.example/", "x") == "wss://rifas.example/api/v1/raffles/x/ws"
