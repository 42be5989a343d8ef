"""Slow, silent and vanished clients, on a virtual clock: nobody waits ten seconds for these tests."""

from __future__ import annotations

import trio
import trio.testing

from sorteos_actors.terminal.connection import open_websocket
from sorteos_actors.web.front_door import HEAD_SECONDS
from sorteos_actors.web.sockets import SILENT_SECONDS
from tests.edge.house import House, open_house


async def everything(stream: trio.SocketStream) -> bytes:
    return b"".join([bytes(data) async for data in stream])


def socket_url(house: House) -> str:
    return f"ws{house.url[4:]}/api/v1/raffles/{house.raffle_id}/ws"


async def test_a_head_that_does_not_come_in_ten_seconds_is_refused(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with open_house() as house, await house.connect() as stream:
        await stream.send_all(b"GET /livez HT")
        await trio.testing.wait_all_tasks_blocked(0.05)
        mock_clock.jump(HEAD_SECONDS - 1)
        await trio.testing.wait_all_tasks_blocked(0.05)
        await stream.send_all(b"TP/1.1\r\n")
        await trio.testing.wait_all_tasks_blocked(0.05)
        mock_clock.jump(2)
        assert (await everything(stream)).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_that_says_nothing_is_closed_without_a_word(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with open_house() as house, await house.connect() as stream:
        await trio.testing.wait_all_tasks_blocked(0.05)
        mock_clock.jump(HEAD_SECONDS + 1)
        assert await everything(stream) == b""


async def test_a_socket_whose_other_side_is_gone_is_abandoned_after_a_minute(
    mock_clock: trio.testing.MockClock,
) -> None:
    async with open_house() as house, await house.connect() as phone:
        # It shakes hands, and then its network is gone: TCP is there, but no ping is answered.
        await phone.send_all(
            f"GET /api/v1/raffles/{house.raffle_id}/ws HTTP/1.1\r\nHost: x\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert (await phone.receive_some()).startswith(b"HTTP/1.1 101 ")
        await trio.testing.wait_all_tasks_blocked(0.05)
        counts = []
        for _ in range(int(SILENT_SECONDS) + 30):
            counts.append(len(house.sockets))
            mock_clock.jump(1)
            await trio.testing.wait_all_tasks_blocked(0.002)
        assert counts[: int(SILENT_SECONDS)] == [1] * int(SILENT_SECONDS)
        assert len(house.sockets) == 0


async def test_a_live_socket_is_pinged_and_kept(mock_clock: trio.testing.MockClock) -> None:
    async with open_house() as house:
        async with open_websocket(socket_url(house), subprotocols=["sorteos.v2"]) as socket:
            await socket.get_message()
            for _ in range(200):
                mock_clock.jump(1)
                await trio.testing.wait_all_tasks_blocked(0.003)
            assert len(house.sockets) == 1
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(house.sockets) == 0
