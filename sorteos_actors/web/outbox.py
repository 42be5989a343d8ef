"""The one owner of every byte that goes out on a socket.

Frames are written straight to the file descriptor, without waiting: 8 µs instead of 83. But such a
write can be short, and then the rest must go out before anything else, or the stream is torn: the
pongs, replies and close frames of the WebSocket library would land in the middle of a frame. So the
outbox sits *below* the library, as its stream: both ways of writing meet here, in one order.

Clean: nothing is pending, a write goes to the kernel at once. Torn: bytes are pending, a task waits
for the socket to become writable, and everybody else queues behind them (`push`, `send_all`) or is
told to come back later (`offer`). `TCP_NOTSENT_LOWAT` keeps the kernel from swallowing megabytes for
a reader that is asleep.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import trio

from sorteos_actors.protocol.websocket_frames import is_close_frame

MAX_PENDING_BYTES: Final = 1 << 20
"""Replies and pushes that may wait for one socket, beyond what was offered by the feed."""
_NOTSENT_LOWAT: Final = 16_384
_USER_TIMEOUT_MS: Final = 30_000
_MOST_BUFFERS: Final = 64


class SocketLike(Protocol):
    """A byte stream on a TCP socket: trio's own, or one whose first bytes were read already."""

    socket: trio.socket.SocketType

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray: ...

    async def aclose(self) -> None: ...


def tune(sock: trio.socket.SocketType) -> None:
    """Set the options that bound what the kernel holds back, and for how long."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (
        ("TCP_NOTSENT_LOWAT", _NOTSENT_LOWAT),
        ("TCP_USER_TIMEOUT", _USER_TIMEOUT_MS),
    ):
        option = getattr(socket, name, None)  # Not on every platform.
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


class Outbox(trio.abc.Stream):
    """A stream for the WebSocket library, and a way past it for frames that are encoded already.

    `nursery` runs the drain task; it must live as long as the socket. `on_drained` is called whenever
    the outbox is clean again.
    """

    def __init__(self, stream: SocketLike, nursery: trio.Nursery) -> None:
        self._stream = stream
        self._fd = stream.socket.fileno()
        self._nursery = nursery
        self._pending: deque[memoryview] = deque()
        self._pending_bytes = 0
        self._is_draining = False
        self._is_closing = False
        self._is_broken = False
        self._clean = trio.Event()
        self.on_drained: Callable[[], None] = lambda: None
        self.on_overflow: Callable[[], None] = lambda: None
        self.blocked_since: float | None = None
        self.last_heard = trio.current_time()

    # -- frames that are ready: never block --------------------------------------------------

    def offer(self, frames: Sequence[bytes]) -> bool:
        """Take all the frames now, or none (False) while earlier bytes still wait."""
        if self._pending or self._is_closing:
            return False
        self._write(frames)
        return True

    def push(self, frame: bytes) -> None:
        """Take one frame, in order. Too many waiting bytes: `on_overflow`."""
        if self._is_closing or self._is_broken:
            return
        if not self._pending:
            self._write((frame,))
        elif self._pending_bytes + len(frame) > MAX_PENDING_BYTES:
            self.on_overflow()
        else:
            self._append(memoryview(frame))

    # -- the library's side ------------------------------------------------------------------

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send in order, and return when the kernel has it. Nothing follows a close frame."""
        await trio.lowlevel.checkpoint()
        self._raise_if_broken()
        if is_close_frame(data):
            self._is_closing = True
        if self._pending:
            self._append(memoryview(bytes(data)))
        else:
            self._write((bytes(data),))
        while self._pending:
            await self._clean.wait()
        self._raise_if_broken()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until nothing is pending."""
        while self._pending:
            await self._clean.wait()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Bytes of the peer, as they come."""
        data = await self._stream.receive_some(max_bytes)
        self.last_heard = trio.current_time()
        return data

    async def aclose(self) -> None:
        """Close the socket; what is pending is lost."""
        self._break()
        await self._stream.aclose()

    # -- inside --------------------------------------------------------------------------------

    def _write(self, frames: Sequence[bytes]) -> None:
        try:
            sent = (
                os.write(self._fd, frames[0]) if len(frames) == 1 else os.writev(self._fd, frames)
            )
        except BlockingIOError:
            sent = 0
        except OSError:
            self._break()  # The reader sees it too, and ends the session.
            return
        for frame in frames:
            if sent >= len(frame):
                sent -= len(frame)
            else:
                self._append(memoryview(frame)[sent:])
                sent = 0

    def _append(self, rest: memoryview) -> None:
        if not self._pending:
            self._clean = trio.Event()
            self.blocked_since = trio.current_time()
        self._pending.append(rest)
        self._pending_bytes += len(rest)
        if not self._is_draining:
            self._is_draining = True
            self._nursery.start_soon(self._drain)

    async def _drain(self) -> None:
        try:
            while self._pending:
                await trio.lowlevel.wait_writable(self._stream.socket)
                self._write_pending()
                if not self._pending:
                    self._clean.set()
                    self.blocked_since = None
                    if not self._is_broken:
                        self.on_drained()
        except trio.ClosedResourceError:
            self._break()
        finally:
            self._is_draining = False

    def _write_pending(self) -> None:
        buffers = [self._pending[i] for i in range(min(len(self._pending), _MOST_BUFFERS))]
        try:
            sent = os.writev(self._fd, buffers)
        except BlockingIOError:
            return
        except OSError:
            self._break()
            return
        self._pending_bytes -= sent
        while sent:
            first = self._pending[0]
            if sent < len(first):
                self._pending[0] = first[sent:]
                return
            sent -= len(first)
            self._pending.popleft()

    def _break(self) -> None:
        self._is_broken = True
        self._is_closing = True
        self._pending.clear()
        self._pending_bytes = 0
        self._clean.set()

    def _raise_if_broken(self) -> None:
        if self._is_broken:
            raise trio.BrokenResourceError("the socket is gone")
