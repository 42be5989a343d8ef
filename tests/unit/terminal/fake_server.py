"""A server of ``sorteos.v2`` in a few lines: real sockets and real frames, scripted by the test."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

from sorteos_actors.protocol import board as codec
from sorteos_actors.protocol import encode
from sorteos_actors.raffle import RaffleStatus, RaffleSummary
from tests.builders import NOW, some_terms

RAFFLE_ID = UUID(int=0xE000)
Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The server's side of one connection."""

    def __init__(self, websocket: WebSocketConnection, request: WebSocketRequest) -> None:
        self.websocket = websocket
        self.path = request.path
        self.authorization = dict(request.headers).get(b"authorization")

    async def welcome(
        self, number_count: int = 100, *, epoch: int = 7, seq: int = 5, **changes: int
    ) -> None:
        """Hello and the board; keywords such as ``n3=1`` are numbers in another state."""
        await self.hello(number_count, epoch=epoch, seq=seq)
        board = bytearray(number_count)
        for name, state in changes.items():
            board[int(name[1:])] = state
        for block in codec.snapshots(codec.pack(board), number_count, epoch, seq):
            await self.websocket.send_message(block)

    async def hello(self, number_count: int = 100, *, epoch: int = 7, seq: int = 5) -> None:
        """Hello alone."""
        summary = RaffleSummary(
            terms=some_terms(number_count=number_count),
            status=RaffleStatus.ACTIVE,
            epoch=epoch,
            seq=seq,
            reserved_count=0,
            sold_count=0,
        )
        await self.websocket.send_message(encode.hello(summary, NOW).decode())

    async def delta(
        self, seq_from: int, seq_to: int, changes: dict[int, int], epoch: int = 7
    ) -> None:
        """A change of numbers."""
        await self.websocket.send_message(codec.delta(epoch, seq_from, seq_to, changes))

    async def say(self, **message: Any) -> None:
        """Any JSON message."""
        await self.websocket.send_message(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The client's next message."""
        heard: dict[str, Any] = json.loads(await self.websocket.get_message())
        return heard

    async def answer_pings(self) -> None:
        """Answer pings until the client leaves."""
        while True:
            message = await self.hear()
            assert message["type"] == "ping"
            await self.say(type="pong", ref=message["ref"], t0=message["t0"])


class FakeServer:
    """Plays one script a connection; the last one for all that follow."""

    def __init__(self, *scripts: Script | int) -> None:
        """A number in place of a script: refuse the upgrade with this HTTP status."""
        self.url = ""
        self.connections = 0
        self._scripts = scripts

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Serve until cancelled; to be started in a nursery."""
        async with trio.open_nursery() as nursery:
            server = await nursery.start(serve_websocket, self._serve, "127.0.0.1", 0, None)
            self.url = f"http://127.0.0.1:{server.port}"
            task_status.started()

    async def _serve(self, request: WebSocketRequest) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        if isinstance(script, int):
            await request.reject(script, extra_headers=[(b"retry-after", b"0")])
            return
        websocket = await request.accept(subprotocol="sorteos.v2")
        try:
            await script(Peer(websocket, request))
        except ConnectionClosed:
            return


async def start(nursery: trio.Nursery, *scripts: Script | int) -> FakeServer:
    """A fake server that runs as long as the nursery."""
    server = FakeServer(*scripts)
    await nursery.start(server.run)
    return server
