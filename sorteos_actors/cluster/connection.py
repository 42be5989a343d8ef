"""One connection to one Redis server, on a trio stream with hiredis' parser (RESP3).

Commands of one turn of the loop leave in one write, answers come back in order, and messages of
channels come in between as pushes. One task reads and does nothing else: Redis drops subscribers
that do not read. A connection never heals: when it breaks, it ends, and everybody who waits hears it.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, Protocol

import hiredis
import msgspec
import trio

from sorteos_actors.errors import RedisUnavailable

CONNECT_SECONDS: Final = 0.5
MAX_UNSENT_BYTES: Final = 8 << 20
"""More than that unsent: the server takes nothing, and what waits is old."""
_READ_BYTES: Final = 1 << 16
_INCOMPLETE: Final = object()
_ECHO: Final = ("ECHO", "")

Command = tuple[bytes | str | int | float, ...]
Reply = Any
"""What hiredis makes of an answer; a refusal of the server is a `hiredis.ReplyError`."""
OnReply = Callable[[Reply], None]
OnPush = Callable[[list[Any]], None]


class Address(msgspec.Struct, frozen=True):
    """Where a Redis server listens, and how to come in. `path` is that of a Unix socket."""

    host: str = "localhost"
    port: int = 6379
    path: str | None = None
    username: str | None = None
    password: str | None = None
    db: int = 0
    tls: bool = False

    def __repr__(self) -> str:
        """Without the password: safe for a log."""
        return self.path or f"{self.host}:{self.port}"


class Pending:
    """Answers that are awaited. Resolved by the reader; `fail` when the connection ends first."""

    __slots__ = ("_done", "_on_reply", "_wanted", "error", "replies")

    def __init__(self, wanted: int, on_reply: OnReply | None = None) -> None:
        self.replies: list[Reply] = []
        self.error: str | None = None
        self._wanted = wanted
        self._on_reply = on_reply
        self._done = trio.Event()

    def add(self, reply: Reply) -> bool:
        """Take one answer; True when it was the last one."""
        self.replies.append(reply)
        if len(self.replies) < self._wanted:
            return False
        self._resolve(reply)
        return True

    def fail(self, reason: str) -> None:
        """No answer will come."""
        self.error = reason
        self._resolve(None)

    async def wait(self) -> list[Reply]:
        """All answers. Raises `RedisUnavailable` when the connection ended first."""
        await self.settled()
        if self.error is not None:
            raise RedisUnavailable(self.error)
        return self.replies

    async def settled(self) -> None:
        """Until all answers are there, or none will come."""
        await self._done.wait()

    def _resolve(self, reply: Reply) -> None:
        if self._on_reply is not None:
            self._on_reply(reply)
        self._done.set()


class PendingSubscription(Pending):
    """The answer to a subscription is a push, and looks like one that comes by itself when a slot moves.

    Only a refusal is an answer in its place. So an echo follows each subscription, and its answer
    tells that this was all.
    """

    __slots__ = ()

    def add(self, reply: Reply) -> bool:
        """Take the refusal, or the echo."""
        self.replies.append(reply)
        if isinstance(reply, hiredis.ReplyError) and len(self.replies) < self._wanted:
            return False
        self._resolve(self.replies[0])
        return True


class AnyConnection(Protocol):
    """What a shard needs of a connection."""

    @property
    def is_cluster(self) -> bool:
        """Whether the server is one of a Redis Cluster."""

    def send(self, commands: Sequence[Command], on_reply: OnReply | None = None) -> Pending:
        """Send commands in one pipeline. Never blocks; `on_reply` gets the last answer, or None."""

    def send_subscription(self, verb: bytes, channel: bytes, on_reply: OnReply) -> None:
        """Subscribe to a channel, or leave it. `on_reply` gets a refusal, or something else."""

    async def run(self) -> None:
        """Live until the connection ends or is cancelled; then nobody waits any more."""


class Connection:
    """Made by `connect`; `run` is its life."""

    def __init__(self, stream: trio.abc.Stream, on_push: OnPush) -> None:
        self.is_open = True
        self.is_cluster = False
        self._stream = stream
        self._on_push = on_push
        self._parser = hiredis.Reader(notEnoughData=_INCOMPLETE)
        self._awaited: deque[Pending] = deque()
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._wake = trio.Event()

    def send(self, commands: Sequence[Command], on_reply: OnReply | None = None) -> Pending:
        """See `AnyConnection`."""
        pending = Pending(len(commands), on_reply)
        packed = [_pack(command) for command in commands]
        if self._unsent_bytes + sum(map(len, packed)) > MAX_UNSENT_BYTES:
            pending.fail("Redis takes nothing")
        else:
            self._send(packed, pending)
        return pending

    def send_subscription(self, verb: bytes, channel: bytes, on_reply: OnReply) -> None:
        """See `AnyConnection`. However much is unsent: nobody would repeat it."""
        self._send([_pack((verb, channel)), _pack(_ECHO)], PendingSubscription(2, on_reply))

    def _send(self, packed: list[bytes], pending: Pending) -> None:
        if not self.is_open:
            pending.fail("the connection has ended")
            return
        self._unsent += packed
        self._unsent_bytes += sum(map(len, packed))
        self._awaited.append(pending)
        self._wake.set()

    async def run(self) -> None:
        """Read and write until the connection ends or is cancelled; then nobody waits any more."""
        reason = "the connection was closed"
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write)
                await self._read()
                nursery.cancel_scope.cancel()
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as errors:
            reason = f"the connection broke: {errors.exceptions[0]}"
        except* hiredis.ProtocolError as errors:
            reason = f"it does not speak RESP: {errors.exceptions[0]}"
        finally:
            self.is_open = False
            self._unsent.clear()
            while self._awaited:
                self._awaited.popleft().fail(reason)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self._stream)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            # What comes in this turn of the loop leaves in one write.
            await trio.lowlevel.checkpoint()
            while self._unsent:
                data = b"".join(self._unsent)
                self._unsent.clear()
                await self._stream.send_all(data)
                self._unsent_bytes -= len(data)

    async def _read(self) -> None:
        parser = self._parser
        while True:
            data = await self._stream.receive_some(_READ_BYTES)
            if not data:
                return
            parser.feed(bytes(data))
            while (reply := parser.gets()) is not _INCOMPLETE:
                if isinstance(reply, hiredis.PushNotification):
                    self._on_push(reply)
                elif self._awaited and self._awaited[0].add(reply):
                    self._awaited.popleft()


def _pack(command: Command) -> bytes:
    packed: bytes = hiredis.pack_command(command)  # type: ignore[arg-type]
    return packed


async def connect(address: Address, on_push: OnPush) -> Connection:
    """A connection that has said hello. Raises `RedisUnavailable`."""
    try:
        with trio.fail_after(CONNECT_SECONDS):
            stream = await _open(address)
            try:
                return await _hello(stream, address, on_push)
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
    except (OSError, trio.TooSlowError, trio.BrokenResourceError, hiredis.HiredisError) as error:
        raise RedisUnavailable(f"{address!r}: {error or type(error).__name__}") from error


async def _open(address: Address) -> trio.abc.Stream:
    if address.path is not None:
        return await trio.open_unix_socket(address.path)
    if address.tls:
        return await trio.open_ssl_over_tcp_stream(
            address.host, address.port, ssl_context=_tls_context()
        )
    return await trio.open_tcp_stream(address.host, address.port)


@cache
def _tls_context() -> ssl.SSLContext:
    """Made once: reading the system's certificates takes longer than a connection."""
    return ssl.create_default_context()


async def _hello(stream: trio.abc.Stream, address: Address, on_push: OnPush) -> Connection:
    connection = Connection(stream, on_push)
    hello: Command = ("HELLO", "3")
    if address.password is not None:
        hello += ("AUTH", address.username or "default", address.password)
    commands = [hello] + ([("SELECT", str(address.db))] if address.db else [])
    await stream.send_all(b"".join(map(_pack, commands)))
    answers: list[Reply] = []
    while len(answers) < len(commands):
        data = await stream.receive_some(_READ_BYTES)
        if not data:
            raise trio.BrokenResourceError("it closed the connection")
        connection._parser.feed(bytes(data))
        while (reply := connection._parser.gets()) is not _INCOMPLETE:
            answers.append(reply)
    for answer in answers:
        if isinstance(answer, hiredis.ReplyError):
            raise RedisUnavailable(f"{address!r}: {answer}")
    if not isinstance(answers[0], dict):
        raise RedisUnavailable(f"{address!r}: it does not say hello as Redis does")
    connection.is_cluster = answers[0].get(b"mode") == b"cluster"
    return connection
