"""A client of ``sorteos.v2`` on trio: the board, requests with their replies, private pushes.

One reader task per connection takes what the server says: binary frames go to the `BoardClient`,
replies to whoever waits for their `ref`, pushes to a channel. A gap in the positions is healed here,
by `resume`. Coming back after a lost connection is `follow`'s business.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import trio
from trio_websocket import (
    CloseReason,
    ConnectionClosed,
    ConnectionTimeout,
    WebSocketConnection,
)

from sorteos_actors.protocol.board import SNAPSHOT_KIND, BoardClient, read_snapshot
from sorteos_actors.terminal.connection import CLOSE_SECONDS, CONNECT_SECONDS, open_websocket

SUBPROTOCOL: Final = "sorteos.v2"
KEPT_PUSHES: Final = 1024


class Change(msgspec.Struct, frozen=True):
    """Something that the server told: numbers with their new states, a new board, or the raffle."""

    kind: Literal["delta", "snapshot", "raffle"]
    numbers: Mapping[int, int] = {}


class RaffleClient:
    """One open connection. Made by `open_client`."""

    def __init__(
        self,
        websocket: WebSocketConnection,
        board: BoardClient,
        on_change: Callable[[RaffleClient, Change], None] | None,
    ) -> None:
        self.board = board
        """The board as of the last frame; its `epoch` and `seq` are the position."""
        self.raffle: dict[str, Any] = {}
        """RAFFLE of the contract, as last told. Its counts are old: count the board instead."""
        self._websocket = websocket
        self._on_change = on_change
        self._refs = itertools.count(1)
        self._waiting: dict[int, _Waiter] = {}
        self._changed = trio.Event()
        self._ready = trio.Event()
        self._ended: CloseReason | None = None
        self._has_ended = False
        self._cells_due = 0
        self._resume_seq: tuple[int, int] | None = None
        self._send_push, self.pushes = trio.open_memory_channel[dict[str, Any]](KEPT_PUSHES)

    async def request(self, type_: str, /, **fields: object) -> dict[str, Any]:
        """Send one message and wait for its answer. Many may be under way at once.

        Returns the reply as it came, also a refusal. Raises `ConnectionClosed` when the connection
        ends first: whether the command had its effect is then unknown, and repeating it is safe.
        When cancelled, the command may still have its effect.
        """
        ref = next(self._refs)
        waiter = self._waiting[ref] = _Waiter()
        try:
            await self._websocket.send_message(json.dumps({"type": type_, "ref": ref, **fields}))
            await waiter.answered.wait()
        finally:
            del self._waiting[ref]
        if waiter.reply is None:
            raise ConnectionClosed(self._ended)
        return waiter.reply

    async def ping(self) -> float:
        """Seconds until the server's answer to a ping. Raises `ConnectionClosed`."""
        sent = trio.current_time()
        await self.request("ping", t0=sent)
        return trio.current_time() - sent

    async def next_change(self) -> None:
        """Wait until the board or the raffle changes. Raises `ConnectionClosed`."""
        if not self._has_ended:
            await self._changed.wait()
        if self._has_ended:
            raise ConnectionClosed(self._ended)

    async def _wait_ready(self) -> None:
        """Until the first hello and the whole board are here. Raises `ConnectionClosed`."""
        await self._ready.wait()
        if self._has_ended:
            raise ConnectionClosed(self._ended)

    async def _read(self) -> None:
        """Take messages until the connection ends; then tell everybody who waits."""
        try:
            while True:
                message = await self._websocket.get_message()
                if isinstance(message, bytes):
                    await self._take_frame(message)
                else:
                    self._take_text(json.loads(message))
        except ConnectionClosed as closed:
            self._ended = closed.reason
        except (ValueError, KeyError, TypeError) as error:
            self._ended = CloseReason(1002, f"it does not speak {SUBPROTOCOL}: {error}")
        finally:
            self._has_ended = True
            for waiter in self._waiting.values():
                waiter.answered.set()
            self._ready.set()
            self._changed.set()
            self._send_push.close()

    async def _take_frame(self, data: bytes) -> None:
        if self._is_older(data):
            return
        moved = self.board.receive(data)
        if self._cells_due and len(self.board.cells) >= self._cells_due:
            self._ready.set()
        if self.board.needs_resume:
            position = (self.board.epoch, self.board.seq)
            if position != self._resume_seq:  # Once a gap: what was sent meanwhile adds nothing.
                self._resume_seq = position
                await self._websocket.send_message(
                    json.dumps(
                        {"type": "resume", "ref": 0, "epoch": position[0], "seq": position[1]}
                    )
                )
        elif moved:
            self._resume_seq = None
            is_snapshot = data[0] == SNAPSHOT_KIND
            self._tell(Change("snapshot" if is_snapshot else "delta", self.board.changed))

    def _is_older(self, data: bytes) -> bool:
        """A snapshot from before a position that we know already, after coming back: not needed."""
        if data[:1] != bytes([SNAPSHOT_KIND]) or not self._is_whole or self.board.needs_resume:
            return False
        snapshot = read_snapshot(data)
        return snapshot.epoch == self.board.epoch and snapshot.seq < self.board.seq

    @property
    def _is_whole(self) -> bool:
        return 0 < self._cells_due <= len(self.board.cells)

    def _take_text(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "reply" | "pong":
                waiter = self._waiting.get(message.get("ref", 0))
                if waiter is not None:
                    waiter.reply = message
                    waiter.answered.set()
            case "hello" | "raffle":
                self.raffle = message["raffle"]
                self._cells_due = self.raffle["number_count"]
                if self._is_whole:
                    self._ready.set()
                self._tell(Change("raffle"))
            case "reservation":
                self._keep_push(message)

    def _keep_push(self, message: dict[str, Any]) -> None:
        """Into the channel; when nobody reads them, the oldest makes room."""
        try:
            self._send_push.send_nowait(message)
        except trio.WouldBlock:
            self.pushes.receive_nowait()
            self._send_push.send_nowait(message)

    def _tell(self, change: Change) -> None:
        self._changed.set()
        self._changed = trio.Event()
        if self._on_change is not None:
            self._on_change(self, change)


class _Waiter:
    __slots__ = ("answered", "reply")

    def __init__(self) -> None:
        self.answered = trio.Event()
        self.reply: dict[str, Any] | None = None


def socket_url(url: str, raffle_id: UUID | str, *, deflate: bool = False) -> str:
    """The WebSocket address of a raffle on the server at `url` (``http://…`` or ``https://…``)."""
    query = "?snapshot=deflate" if deflate else ""
    return f"ws{url.removeprefix('http').rstrip('/')}/api/v1/raffles/{raffle_id}/ws{query}"


@asynccontextmanager
async def open_client(
    url: str,
    raffle_id: UUID | str,
    token: str | None = None,
    deflate: bool = False,
    *,
    board: BoardClient | None = None,
    on_change: Callable[[RaffleClient, Change], None] | None = None,
) -> AsyncIterator[RaffleClient]:
    """A connection that has its hello and its whole board; closed with the block.

    `board` continues a board from an earlier connection; `on_change` is called with every change, in
    order, and must not block. Raises `HandshakeError` (the server is away, or says no: then it is a
    `ConnectionRejected` with the HTTP status) or `ConnectionClosed`. What the block raises comes out
    as it is, not in a group.
    """
    failure: Exception | None = None
    address = socket_url(url, raffle_id, deflate=deflate)
    async with (
        open_websocket(address, subprotocols=[SUBPROTOCOL], token=token) as websocket,
        trio.open_nursery() as nursery,
    ):
        try:
            client = RaffleClient(websocket, board or BoardClient(), on_change)
            nursery.start_soon(client._read)
            with trio.move_on_after(CONNECT_SECONDS):
                await client._wait_ready()
            if not client._ready.is_set():
                raise ConnectionTimeout
            yield client
        except Exception as error:
            failure = error
        finally:
            with trio.move_on_after(CLOSE_SECONDS):
                await websocket.aclose()
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
