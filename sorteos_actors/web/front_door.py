"""One port for HTTP and WebSocket.

The browser builds the socket's URL from the API's, so both must answer at one address. The door reads
the head of the first request of a connection, whole, within ten seconds and 16 KiB; then it hands the
connection, with what was read put back in front, to whom it belongs:

    GET /api/v1/raffles/{id}/ws with `Upgrade: websocket`  ─▶  serve_socket
    everything else that looks like HTTP/1.1               ─▶  Hypercorn

A second request on a kept-alive connection never passes here again; when it asks for an upgrade the
HTTP application answers 421 and the client opens a new connection.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import h11
import msgspec
import trio

from sorteos_actors import metrics
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.raffle import Rejection
from sorteos_actors.web import upgrade as upgrades
from sorteos_actors.web.limits import Bucket, Budgets
from sorteos_actors.web.outbox import tune
from sorteos_actors.web.services import Services
from sorteos_actors.web.socket import serve_socket
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.upgrade import Refusal, Upgrade
from sorteos_actors.web.visibility import may_see_now

logger = logging.getLogger(__name__)

HEAD_SECONDS: Final = 10.0
HEAD_BYTES: Final = 16_384
_END_OF_HEAD: Final = b"\r\n\r\n"
_REQUEST_LINE: Final = re.compile(rb"[A-Z]{1,16} [!-~]{1,8000} HTTP/1\.[01]\r\n")
_START_OF_LINE: Final = re.compile(rb"[A-Z]{1,16}(?: [!-~]{0,8000}(?: [HTP/1.0]{0,8}\r?\n?)?)?\Z")


class ReplayedStream(trio.abc.HalfCloseableStream):
    """A TCP stream whose first bytes were read already, and are read again first."""

    def __init__(self, stream: trio.SocketStream, head: bytes) -> None:
        self._stream = stream
        self._head = head
        self.socket = stream.socket

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """The replayed bytes, then the stream's."""
        if not self._head:
            return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        size = len(self._head) if max_bytes is None else max_bytes
        data, self._head = self._head[:size], self._head[size:]
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """As the stream's."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream's."""
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """As the stream's."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """As the stream's."""
        await self._stream.aclose()


HttpHandler = Callable[[ReplayedStream], Awaitable[None]]


class FrontDoor:
    """Accepts connections and sends each to whom it belongs."""

    def __init__(self, services: Services, sockets: Sockets, http: HttpHandler) -> None:
        self._services = services
        self._sockets = sockets
        self._http = http
        limits = services.settings.limits
        self._limits = limits
        self._handshakes = Budgets(limits.address_handshakes)
        rate = limits.node_handshakes
        self._node_handshakes = None if rate is None else Bucket(rate, trio.current_time())
        self._arriving = 0
        self._none_arriving = trio.Event()

    async def wait_none_arriving(self) -> None:
        """Until no connection is left that has not said yet what it is for."""
        while self._arriving:
            self._none_arriving = trio.Event()
            await self._none_arriving.wait()

    async def serve(self, stream: trio.SocketStream) -> None:
        """Serve one connection from its first byte to its last. Raises nothing of the peer's making."""
        try:
            async with stream:
                tune(stream.socket)
                await self._route(stream)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            logger.debug("a connection broke")
        except Exception:
            logger.exception("a connection's handler failed")

    async def _route(self, stream: trio.SocketStream) -> None:
        self._arriving += 1
        try:
            head = await self._read_head(stream)
        finally:
            # No checkpoint lies between this and what counts it next.
            self._arriving -= 1
            if not self._arriving:
                self._none_arriving.set()
        if isinstance(head, Refusal):
            await _refuse(stream, head)
            return
        if head is None:
            return
        replayed = ReplayedStream(stream, head)
        target = head.split(b" ", 2)[1].decode("ascii")
        if upgrades.SOCKET_PATH.match(target) is None:
            await self._http(replayed)
            return
        headers = _headers(head)
        if headers is None:
            await _refuse(stream, Refusal(400, "bad_request"))
        elif head.startswith(b"GET ") and headers.get("upgrade", "").lower() == "websocket":
            await self._open_socket(replayed, target, headers)
        else:
            await self._http(replayed)

    async def _read_head(self, stream: trio.SocketStream) -> bytes | Refusal | None:
        """The first bytes up to the end of a request's head; None when the peer left before."""
        head = b""
        with trio.move_on_after(HEAD_SECONDS):
            while _END_OF_HEAD not in head:
                if len(head) > HEAD_BYTES:
                    return Refusal(431, "payload_too_large")
                data = await stream.receive_some(HEAD_BYTES)
                if not data:
                    return None
                head += data
                if not (_REQUEST_LINE.match(head) or _START_OF_LINE.match(head)):
                    return Refusal(400, "bad_request")
            if not _REQUEST_LINE.match(head):
                return Refusal(400, "bad_request")
            if head.index(_END_OF_HEAD) > HEAD_BYTES:
                return Refusal(431, "payload_too_large")
            return head
        return Refusal(408, "bad_request") if head else None

    async def _open_socket(
        self, stream: ReplayedStream, target: str, headers: dict[str, str]
    ) -> None:
        found = self._admit(stream, target, headers)
        if not isinstance(found, Refusal):
            # Taken before anything is waited for: who comes meanwhile counts it.
            with self._sockets.place(found.address_key):
                refusal = await self._see_raffle(found)
                if refusal is None:
                    await serve_socket(stream, found, self._services, self._sockets)
                    return
            found = refusal
        metrics.SOCKETS_REFUSED.labels(str(found.status)).inc()
        await _refuse(stream, found)

    def _admit(
        self, stream: ReplayedStream, target: str, headers: dict[str, str]
    ) -> Upgrade | Refusal:
        """Whether there is room for it."""
        services = self._services
        if services.is_draining():
            return Refusal(503, "unavailable", retry_after=1)
        peer = stream.socket.getpeername()[0]
        upgrade = upgrades.check(target, headers, peer, services)
        if isinstance(upgrade, Refusal):
            return upgrade
        now = trio.current_time()
        wait = self._handshakes.take(upgrade.address_key, now)
        most = self._limits.sockets_per_address
        if wait or (most is not None and self._sockets.places_of(upgrade.address_key) >= most):
            return Refusal(429, "rate_limited", retry_after=int(wait) + 1)
        everybody = self._limits.sockets_per_node
        if (self._node_handshakes is not None and self._node_handshakes.take(now)) or (
            everybody is not None and self._sockets.places_taken >= everybody
        ):
            return Refusal(503, "unavailable", retry_after=2)
        return upgrade

    async def _see_raffle(self, upgrade: Upgrade) -> Refusal | None:
        """Whether its raffle is there, and for them to see."""
        services = self._services
        feed = await services.registry.feed(upgrade.raffle_id)
        if isinstance(feed, Rejection):
            status = 404 if feed.code.value == "not_found" else 503
            return Refusal(status, feed.code.value, retry_after=None if status == 404 else 1)
        try:
            if not await may_see_now(services, upgrade.identity, feed):
                return Refusal(404, "not_found")
        except StoreUnavailable:
            return Refusal(503, "unavailable", retry_after=1)
        return None


def _headers(head: bytes) -> dict[str, str] | None:
    """The headers of a request head, strictly parsed; None when they are not HTTP."""
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
    parser.receive_data(head)
    try:
        request = parser.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(request, h11.Request):
        return None
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _refuse(stream: trio.abc.SendStream, refusal: Refusal) -> None:
    """Answer without a framework: the connection closes after it."""
    phrase = HTTPStatus(refusal.status).phrase
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": phrase,
            "status": refusal.status,
            "code": refusal.code,
            "message": phrase,
            "params": {},
        }
    )
    retry = "" if refusal.retry_after is None else f"Retry-After: {refusal.retry_after}\r\n"
    head = (
        f"HTTP/1.1 {refusal.status} {phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\n{retry}Connection: close\r\n\r\n"
    )
    with trio.move_on_after(5):
        await stream.send_all(head.encode("ascii") + body)
