"""One Redis server, as a node uses it: a connection that comes back, a breaker, and a probe.

**Delivery is proved, not assumed.** A subscriber can look healthy and receive nothing, after a
failover for example; and a server may answer and take no writes, because it is full, or a replica by
now. So the shard writes a key and publishes to a channel of its own every second, as everybody else
does, and must hear it; when it does not, the connection is thrown away and made anew.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import hiredis
import trio

from sorteos_actors import metrics
from sorteos_actors.cluster import scripts
from sorteos_actors.cluster.breaker import Breaker, State
from sorteos_actors.cluster.connection import (
    Address,
    AnyConnection,
    Command,
    OnPush,
    OnReply,
    Reply,
)
from sorteos_actors.errors import RedisUnavailable

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 0.5
"""Every use of Redis has this deadline."""
PROBE_SECONDS: Final = 1.0
_PROBE_LIFE_MS: Final = 2000
RECONNECT_SECONDS: Final = 0.1
_SCRIPTS: Final = (
    scripts.ACQUIRE,
    scripts.SEIZE,
    scripts.RENEW,
    scripts.RELEASE,
    scripts.HAND_OVER,
)

Connect = Callable[[Address, OnPush], Awaitable[AnyConnection]]


class Shard:
    """One server of a Redis."""

    def __init__(
        self, address: Address, on_message: Callable[[bytes, bytes], None], connect: Connect
    ) -> None:
        self.address = address
        self.breaker = Breaker()
        self.channels: dict[bytes, None] = {}
        """What this connection is to be subscribed to, now and whenever it comes back."""
        self.on_lost_channel: Callable[[bytes], None] = lambda _: None
        """Called when the server took a subscription away, or refused it: its slot has moved."""
        self.on_cluster: Callable[[], None] = lambda: None
        """Called when the server turns out to be one of a Redis Cluster."""
        self.is_cluster = False
        self.connected = trio.Event()
        """Set once the server has answered, or is not used any more."""
        self._on_message = on_message
        self._connect = connect
        self._connection: AnyConnection | None = None
        self.probe = _probe_name("")
        """The channel that the shard itself publishes to, and hears."""
        self._heard = trio.Event()
        self._hears = False
        """Whether the last probe was heard, on this connection. Else an answer proves too little."""

    @property
    def state(self) -> State:
        """What the breaker lets through."""
        return self.breaker.state

    # -- commands ----------------------------------------------------------------------------

    async def call(self, commands: Sequence[Command]) -> list[Reply]:
        """Run commands in one pipeline, within the deadline. Raises `RedisUnavailable`.

        A refusal by the server is an answer like another: a `hiredis.ReplyError` in the list. When
        cancelled, the commands may still have their effect.
        """
        connection = self._connection
        if self.breaker.state is not State.CLOSED:
            raise RedisUnavailable(f"{self.address!r} is left alone: the breaker is open")
        if connection is None:
            raise RedisUnavailable(f"{self.address!r}: not connected")
        with trio.move_on_after(ANSWER_SECONDS):
            try:
                replies = await connection.send(commands).wait()
            except RedisUnavailable as error:
                self._failed(error)
                raise
            if self._hears:
                self.breaker.succeeded()
            return replies
        late = RedisUnavailable(f"{self.address!r} did not answer in time")
        self._failed(late)
        raise late

    def send(self, command: Command, on_reply: OnReply) -> None:
        """Send one command and go on. `on_reply` gets None when no answer will come."""
        connection = self._connection
        if self.breaker.state is not State.CLOSED or connection is None:
            on_reply(None)
        else:
            connection.send([command], on_reply)

    def subscribe(self, channel: bytes) -> None:
        """Hear a channel from now on, over all connections."""
        if channel not in self.channels:
            self.channels[channel] = None
            self._send_subscription(b"SSUBSCRIBE", channel)

    def unsubscribe(self, channel: bytes) -> None:
        """Hear it no more."""
        if channel in self.channels:
            del self.channels[channel]
            self._send_subscription(b"SUNSUBSCRIBE", channel)

    def probe_with(self, tag: str) -> None:
        """Probe with another hash tag from now on: one whose slot this server owns."""
        self._send_subscription(b"SUNSUBSCRIBE", self.probe)
        self.probe = _probe_name(f"{{{tag}}}:")
        self._send_subscription(b"SSUBSCRIBE", self.probe)
        self._heard.set()  # The probe that is under way may never be heard. It counts for nothing.

    def _send_subscription(self, verb: bytes, channel: bytes) -> None:
        def note(reply: Reply) -> None:
            if isinstance(reply, hiredis.ReplyError):
                self._note_lost(channel)

        if self._connection is not None:
            self._connection.send_subscription(verb, channel, note)

    # -- life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, probe, and connect again, until cancelled."""
        while True:
            next_at = trio.current_time() + RECONNECT_SECONDS
            try:
                connection = await self._connect(self.address, self._take_push)
            except RedisUnavailable as error:
                self._failed(error)
            else:
                await self._live(connection)
            await trio.sleep_until(next_at)

    async def _live(self, connection: AnyConnection) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_with, connection, nursery.cancel_scope)
            self._connection = connection
            try:
                connection.send([("SCRIPT", "LOAD", script.text) for script in _SCRIPTS])
                for channel in (self.probe, *self.channels):
                    self._send_subscription(b"SSUBSCRIBE", channel)
                if connection.is_cluster:
                    self.is_cluster = True
                    self.on_cluster()
                await self._keep_probing(connection)
            finally:
                self._connection = None
                self._hears = False
                self.breaker.abandoned(trio.current_time())
            nursery.cancel_scope.cancel()

    async def _end_with(self, connection: AnyConnection, scope: trio.CancelScope) -> None:
        await connection.run()
        scope.cancel()

    async def _keep_probing(self, connection: AnyConnection) -> None:
        """Until the probe is not heard."""
        while True:
            is_closed = self.breaker.state is State.CLOSED
            if is_closed or self.breaker.admits(trio.current_time()):
                probe = self.probe
                error = await self._prove(connection, probe)
                if probe is not self.probe:
                    self.breaker.abandoned(trio.current_time())
                    continue
                if error is not None:
                    metrics.BUS_PROBES_LOST.inc()
                    self._hears = False
                    self._failed(error)
                    return
                self._note_success()
            await trio.sleep(PROBE_SECONDS if self.breaker.state is State.CLOSED else 0.1)

    async def _prove(self, connection: AnyConnection, probe: bytes) -> Exception | None:
        """Write, publish and hear; what went wrong, if something did."""
        self._heard = trio.Event()
        write: Command = ("SET", probe, "", "PX", _PROBE_LIFE_MS)
        with trio.move_on_after(ANSWER_SECONDS):
            try:
                replies = await connection.send([write, ("SPUBLISH", probe, b"?")]).wait()
            except RedisUnavailable as error:
                return error
            for reply in replies:
                if isinstance(reply, hiredis.ReplyError):
                    return reply
            await self._heard.wait()
            return None
        return RedisUnavailable("it did not answer in time, or nothing is delivered")

    def _note_success(self) -> None:
        if self.breaker.state is not State.CLOSED or not self.connected.is_set():
            logger.info("Redis at %r answers", self.address)
        self.breaker.succeeded()
        self._hears = True
        self.connected.set()

    def _failed(self, error: Exception) -> None:
        before = self.breaker.state
        self.breaker.failed(trio.current_time())
        if before is State.CLOSED and self.breaker.state is State.OPEN:
            logger.warning("working without Redis at %r: %s", self.address, error)

    def _take_push(self, push: list[Any]) -> None:
        if push[0] == b"smessage":
            if push[1] == self.probe:
                self._heard.set()
            else:
                self._on_message(push[1], push[2])
        elif push[0] == b"sunsubscribe":
            self._note_lost(push[1])

    def _note_lost(self, channel: bytes) -> None:
        if channel in self.channels or channel == self.probe:  # Else we have left it ourselves.
            self.on_lost_channel(channel)


def _probe_name(tag: str) -> bytes:
    return f"sorteos:probe:{tag}{secrets.token_hex(6)}".encode()
