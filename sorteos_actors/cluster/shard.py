"""One Redis server, as a node uses it: a connection that comes back, a breaker, and a probe.

**Delivery is proved, not assumed.** A subscriber can look healthy and receive nothing, after a
failover for example. So the shard publishes to a channel of its own every second, as everybody else
publishes, and must hear it; when it does not, the connection is thrown away and made anew.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

import hiredis
import trio

from sorteos_actors import metrics
from sorteos_actors.cluster import scripts
from sorteos_actors.cluster.breaker import Breaker, State
from sorteos_actors.cluster.connection import (
    Address,
    Command,
    Connection,
    Pending,
    Reply,
    connect,
)
from sorteos_actors.errors import RedisUnavailable

logger = logging.getLogger(__name__)

ANSWER_SECONDS: Final = 0.5
"""Every use of Redis has this deadline."""
PROBE_SECONDS: Final = 1.0
RECONNECT_SECONDS: Final = 0.1
_SCRIPTS: Final = (
    scripts.ACQUIRE,
    scripts.SEIZE,
    scripts.RENEW,
    scripts.RELEASE,
    scripts.HAND_OVER,
)


class Shard:
    """One server of a Redis. `probe_tag` is a hash tag whose slot this server owns."""

    def __init__(
        self, address: Address, probe_tag: str, on_message: Callable[[bytes, bytes], None]
    ) -> None:
        self.address = address
        self.breaker = Breaker()
        self.channels: set[bytes] = set()
        """What this connection is to be subscribed to, now and whenever it comes back."""
        self.on_lost_channel: Callable[[bytes], None] = lambda _: None
        """Called when the server took a subscription away: its slot has moved."""
        self._on_message = on_message
        self._probe = f"sorteos:probe:{{{probe_tag}}}:{secrets.token_hex(6)}".encode()
        self._heard = trio.Event()
        self._connection: Connection | None = None
        self.is_cluster = False
        self.connected = trio.Event()

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
        if self.breaker.state is not State.CLOSED or connection is None:
            raise RedisUnavailable(f"{self.address!r} is left alone: the breaker is open")
        with trio.move_on_after(ANSWER_SECONDS):
            try:
                replies = await connection.send(commands).wait()
            except RedisUnavailable:
                self._failed()
                raise
            self.breaker.succeeded()
            return replies
        self._failed()
        raise RedisUnavailable(f"{self.address!r} did not answer in time")

    def send(self, command: Command, on_reply: Callable[[Reply], None] | None) -> None:
        """Send one command and go on. `on_reply` gets None when no answer will come."""
        connection = self._connection
        if self.breaker.state is not State.CLOSED or connection is None:
            if on_reply is not None:
                on_reply(None)
            return
        connection.send([command], on_reply)

    def subscribe(self, channel: bytes) -> None:
        """Hear a channel from now on, over all connections."""
        if channel not in self.channels:
            self.channels.add(channel)
            self._send_subscription(b"SSUBSCRIBE", channel)

    def unsubscribe(self, channel: bytes) -> None:
        """Hear it no more."""
        if channel in self.channels:
            self.channels.discard(channel)
            self._send_subscription(b"SUNSUBSCRIBE", channel)

    def _send_subscription(self, verb: bytes, channel: bytes) -> Pending | None:
        connection = self._connection
        if connection is None:
            return None

        def refused(reply: Reply) -> None:
            if isinstance(reply, hiredis.ReplyError):
                self.on_lost_channel(channel)

        return connection.send([(verb, channel)], refused, channel=channel)

    # -- life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, probe, and connect again, until cancelled."""
        while True:
            try:
                connection = await connect(self.address, self._take_push)
            except RedisUnavailable as error:
                logger.debug("no connection: %s", error)
                self._failed()
            else:
                await self._live(connection)
            await trio.sleep(RECONNECT_SECONDS)

    async def _live(self, connection: Connection) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_with, connection, nursery.cancel_scope)
            self._connection = connection
            self.is_cluster = connection.is_cluster
            try:
                connection.send([("SCRIPT", "LOAD", script.text) for script in _SCRIPTS])
                for channel in (self._probe, *self.channels):
                    self._send_subscription(b"SSUBSCRIBE", channel)
                await self._keep_probing(connection)
            finally:
                self._connection = None
            nursery.cancel_scope.cancel()

    async def _end_with(self, connection: Connection, scope: trio.CancelScope) -> None:
        await connection.run()
        scope.cancel()

    async def _keep_probing(self, connection: Connection) -> None:
        """Until the probe is not heard."""
        while True:
            if self.breaker.state is State.CLOSED or self.breaker.admits(trio.current_time()):
                self._heard = trio.Event()
                connection.send([("SPUBLISH", self._probe, b"?")])
                with trio.move_on_after(ANSWER_SECONDS) as patience:
                    await self._heard.wait()
                if patience.cancelled_caught:
                    metrics.BUS_PROBES_LOST.inc()
                    self._failed()
                    return
                self._note_success()
                self.connected.set()
            await trio.sleep(PROBE_SECONDS if self.breaker.state is State.CLOSED else 0.1)

    def _note_success(self) -> None:
        if self.breaker.state is not State.CLOSED or not self.connected.is_set():
            logger.info("Redis at %r answers", self.address)
        self.breaker.succeeded()

    def _failed(self) -> None:
        before = self.breaker.state
        self.breaker.failed(trio.current_time())
        if before is State.CLOSED and self.breaker.state is State.OPEN:
            logger.warning("Redis at %r does not answer; working without it", self.address)

    def _take_push(self, push: list[Any]) -> None:
        if push[0] == b"smessage":
            if push[1] == self._probe:
                self._heard.set()
            else:
                self._on_message(push[1], push[2])
        elif push[0] == b"sunsubscribe" and push[1] in self.channels:
            self.on_lost_channel(push[1])
