"""Redis servers that are no more than their answers: for what real ones do too seldom."""

from __future__ import annotations

from collections.abc import Sequence

import hiredis
import trio

from sorteos_actors.cluster.connection import (
    Address,
    Command,
    OnPush,
    OnReply,
    Pending,
    PendingSubscription,
    Reply,
)
from sorteos_actors.errors import RedisUnavailable


class FakeServers:
    """Whoever listens at which port. `connect` is for a link."""

    def __init__(self) -> None:
        self.slots: dict[int, list[tuple[int, int]]] = {}
        """The ranges of each port; a port without an entry has no server."""
        self.is_cluster = False
        self.is_deaf = False
        """Answers, and delivers no message."""
        self.is_mute = False
        """Takes connections, and answers nothing."""
        self.connections: list[FakeConnection] = []

    async def connect(self, address: Address, on_push: OnPush) -> FakeConnection:
        """A connection, if somebody is there."""
        await trio.lowlevel.checkpoint()
        if address.port not in self.slots:
            raise RedisUnavailable(f"nobody at {address!r}")
        connection = FakeConnection(self, address.port, on_push)
        self.connections.append(connection)
        return connection

    def break_all(self) -> None:
        """End every connection."""
        for connection in self.connections:
            connection.ended.set()

    def answer(self, command: Command) -> Reply:
        """What a server says."""
        if command[:2] == ("CLUSTER", "SLOTS"):
            return [
                [first, last, [b"fake", port, b"id", []]]
                for port, ranges in self.slots.items()
                for first, last in ranges
            ]
        if command[0] == "GET":
            return b"value"
        return hiredis.ReplyError("NOSCRIPT") if command[0] == "EVALSHA" else None


class FakeConnection:
    """See `AnyConnection`."""

    def __init__(self, servers: FakeServers, port: int, on_push: OnPush) -> None:
        self.port = port
        self.is_deaf = False
        """This one alone."""
        self.ended = trio.Event()
        self.sent: list[Command] = []
        self._servers = servers
        self._on_push = on_push
        self._waiting: list[Pending] = []

    @property
    def is_cluster(self) -> bool:
        """As all of them."""
        return self._servers.is_cluster

    def send(self, commands: Sequence[Command], on_reply: OnReply | None = None) -> Pending:
        """Answered at once, unless the servers are mute."""
        pending = Pending(len(commands), on_reply)
        self.sent += commands
        self._waiting.append(pending)
        if not self._servers.is_mute:
            for command in commands:
                is_deaf = self.is_deaf or self._servers.is_deaf
                if command[0] == "SPUBLISH" and not is_deaf:
                    self._on_push([b"smessage", *command[1:]])
                pending.add(self._servers.answer(command))
        return pending

    def send_subscription(self, verb: bytes, channel: bytes, on_reply: OnReply) -> None:
        """Always granted."""
        self.sent.append((verb, channel))
        PendingSubscription(2, on_reply).add(b"")

    async def run(self) -> None:
        """Until it is broken."""
        await self.ended.wait()
        for pending in self._waiting:
            pending.fail("broken")
