"""One WebSocket: a reader that turns messages into commands, and a sink for the raffle's feed.

Messages of one socket are served one after the other, so a client's commands keep their order and a
client that floods only fills its own TCP window. What goes out goes through the `Outbox`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream
from wsproto.utilities import LocalProtocolError

from sorteos_actors.actors.audience import Subscriber
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.mailbox import Reply
from sorteos_actors.protocol import encode, messages
from sorteos_actors.protocol.close_codes import (
    BAD_MESSAGE,
    BUSY,
    TOO_MANY,
    CloseCode,
)
from sorteos_actors.protocol.decode import MAX_MESSAGE_BYTES, BadMessage, decode
from sorteos_actors.protocol.websocket_frames import text_frame
from sorteos_actors.raffle import Command, Rejection, RejectionCode, commands
from sorteos_actors.web.auth import Identity, InvalidToken
from sorteos_actors.web.commands import to_command
from sorteos_actors.web.limits import Bucket
from sorteos_actors.web.outbox import Outbox, SocketLike
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.upgrade import SUBPROTOCOL, Upgrade

logger = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
CLOSE_SECONDS = 5.0
_RECEIVE_BYTES = 4096


async def serve_socket(
    stream: SocketLike, upgrade: Upgrade, services: Services, sockets: Sockets
) -> None:
    """Complete the handshake and serve the socket until either side ends it."""
    try:
        async with trio.open_nursery() as nursery:
            outbox = Outbox(stream, nursery)
            try:
                await _serve_on(outbox, nursery, upgrade, services, sockets)
            finally:
                with trio.CancelScope(shield=True):
                    await outbox.aclose()
                nursery.cancel_scope.cancel()
    except* (
        # The peer left, or was too slow to shake hands.
        trio.TooSlowError,
        trio.BrokenResourceError,
        ConnectionClosed,
        # A ping crossed our close: the library would answer it although it may not any more.
        LocalProtocolError,
    ):
        logger.debug("a socket ended early")


async def _serve_on(
    outbox: Outbox,
    nursery: trio.Nursery,
    upgrade: Upgrade,
    services: Services,
    sockets: Sockets,
) -> None:
    with trio.fail_after(HANDSHAKE_SECONDS):
        request = await wrap_server_stream(
            nursery,
            outbox,
            max_message_size=MAX_MESSAGE_BYTES,
            receive_buffer_size=_RECEIVE_BYTES,
        )
        websocket = await request.accept(subprotocol=None if upgrade.is_legacy else SUBPROTOCOL)
    # Asked for again: the raffle may have gone to sleep while the peer took its time.
    feed = await services.registry.feed(upgrade.raffle_id)
    if isinstance(feed, Rejection):
        with trio.move_on_after(CLOSE_SECONDS):
            await websocket.aclose(BUSY.code, BUSY.reason)
        return
    session = Session(websocket, outbox, upgrade, feed, services, nursery)
    sockets.add(session)
    try:
        await session.run()
    finally:
        sockets.remove(session)


class Session:
    """One accepted socket. Also the `Sink` of its feed and a `LiveSocket` of the node's sweep."""

    def __init__(
        self,
        websocket: WebSocketConnection,
        outbox: Outbox,
        upgrade: Upgrade,
        feed: Feed,
        services: Services,
        nursery: trio.Nursery,
    ) -> None:
        self._websocket = websocket
        self._outbox = outbox
        self._feed = feed
        self._raffle_id = upgrade.raffle_id
        self._services = services
        self._nursery = nursery
        self._identity: Identity | None = upgrade.identity
        self._is_legacy = upgrade.is_legacy
        self._is_closing = False
        rate = services.settings.limits.socket_commands
        self._budget = None if rate is None else Bucket(rate, trio.current_time())
        self._strikes = 0
        self._held: list[bytes] | None = None
        self._subscriber = Subscriber(
            self,
            is_legacy=upgrade.is_legacy,
            deflate=upgrade.deflate,
            user_id=None if upgrade.identity is None else upgrade.identity.user_id,
        )
        outbox.on_drained = lambda: feed.drained(self._subscriber)
        outbox.on_overflow = self.abandon

    # -- the sink and the sweep's side -------------------------------------------------------

    @property
    def blocked_since(self) -> float | None:
        """Since when the socket owes bytes."""
        return self._outbox.blocked_since

    @property
    def last_heard(self) -> float:
        """When the peer last sent a byte."""
        return self._outbox.last_heard

    def offer(self, frames: Sequence[bytes]) -> bool:
        """See `Outbox.offer`."""
        return self._outbox.offer(frames)

    def push(self, frame: bytes) -> None:
        """See `Outbox.push`. While a command waits for its answer, both go out in one write."""
        if self._held is None:
            self._outbox.push(frame)
        else:
            self._held.append(frame)

    def close(self, code: CloseCode, reason: str = "") -> None:
        """Begin the closing handshake; the connection is dropped when it takes too long."""
        if not self._is_closing:
            self._is_closing = True
            self._nursery.start_soon(self._close, code, reason or code.reason)

    def abandon(self) -> None:
        """Drop the connection without a word."""
        self._nursery.cancel_scope.cancel()

    async def _close(self, code: CloseCode, reason: str) -> None:
        with trio.move_on_after(CLOSE_SECONDS):
            await self._websocket.aclose(code.code, reason)
        self._nursery.cancel_scope.cancel()

    # -- the reader --------------------------------------------------------------------------

    async def run(self) -> None:
        """Join the feed and read until the socket ends."""
        self._feed.join(self._subscriber)
        try:
            while True:
                data = await self._websocket.get_message()
                if self._is_legacy:
                    continue  # The seed's client never speaks; what it says is not for us.
                if not await self._on_message(data):
                    await trio.sleep_forever()  # Closing: `_close` ends the nursery.
        except ConnectionClosed:
            return
        finally:
            self._feed.leave(self._subscriber)

    async def _on_message(self, data: str | bytes) -> bool:
        """Serve one message. False when the socket is closing and nothing more is read."""
        wait = 0.0 if self._budget is None else self._budget.take(trio.current_time())
        self._strikes = self._strikes + 1 if wait else 0
        if self._strikes > self._services.settings.limits.strikes:
            self.close(TOO_MANY)
            return False
        try:
            if isinstance(data, bytes):
                raise BadMessage("binary messages are for the server to send", None)
            message = decode(data)
        except BadMessage as error:
            if error.ref is None:
                self.close(BAD_MESSAGE)
                return False
            self._refuse(error.ref, Rejection(RejectionCode.BAD_REQUEST, {"reason": error.reason}))
            return True
        if wait:
            hint = {"retry_after_ms": int(wait * 1000) + 1}
            self._refuse(message.ref, Rejection(RejectionCode.RATE_LIMITED, dict(hint)))
        else:
            await self._serve(message)
        return True

    async def _serve(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.Ping():
                now = self._services.clock.now()
                self._outbox.push(text_frame(encode.pong(message.ref, message.t0, now)))
            case messages.Resume():
                self._accept(message.ref)
                self._feed.resume(self._subscriber, message.epoch, message.seq)
            case messages.Auth():
                await self._authenticate(message)
            case _:
                await self._command(message)

    async def _authenticate(self, message: messages.Auth) -> None:
        try:
            identity = self._services.tokens.check(message.token)
        except InvalidToken:
            self._refuse(message.ref, Rejection(RejectionCode.UNAUTHENTICATED))
            return
        # First listen, then look: a change in between is pushed, never missed.
        self._identity = identity
        self._feed.identify(self._subscriber, identity.user_id)
        await self._call(message.ref, commands.FindReservation(identity.user_id), identity)

    async def _command(self, message: messages.CommandMessage) -> None:
        identity = self._identity
        if identity is None or self._services.clock.now() > (identity.expires_at + 30) * 1000:
            self._refuse(message.ref, Rejection(RejectionCode.UNAUTHENTICATED))
            return
        command = to_command(
            message, self._feed.summary.terms, identity.user_id, self._services.ids
        )
        if isinstance(command, Rejection):
            self._refuse(message.ref, command)
            return
        await self._call(message.ref, command, identity)

    async def _call(self, ref: messages.Ref, command: Command, identity: Identity) -> None:
        self._held = held = []
        try:
            answer = await self._services.registry.call(self._raffle_id, command, identity.user_id)
            if isinstance(answer, Reply):
                now = self._services.clock.now()
                text = encode.reply_ok(ref, answer.seq, answer.terms, answer.reservation, now)
            else:
                text = encode.reply_error(ref, answer)
            held.append(text_frame(text))
        finally:
            self._held = None
            self._outbox.push(b"".join(held))

    def _accept(self, ref: messages.Ref | None) -> None:
        summary = self._feed.summary
        text = encode.reply_ok(ref, summary.seq, summary.terms, None, self._services.clock.now())
        self._outbox.push(text_frame(text))

    def _refuse(self, ref: messages.Ref | None, rejection: Rejection) -> None:
        self._outbox.push(text_frame(encode.reply_error(ref, rejection)))
