"""One WebSocket connection of a client, that leaves nothing behind.

The library's own `open_websocket_url` does not close its TCP socket when the server was the first to
say goodbye, and fails when a ping of the server crosses the client's close. So the stream is ours.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import trio
from trio_websocket import (
    ConnectionTimeout,
    HandshakeError,
    WebSocketConnection,
    wrap_client_stream,
)
from wsproto.utilities import LocalProtocolError

CONNECT_SECONDS: Final = 20.0
CLOSE_SECONDS: Final = 2.0
_MAX_FRAME_BYTES: Final = 8 << 20


@asynccontextmanager
async def open_websocket(
    url: str, *, subprotocols: Sequence[str] = (), token: str | None = None
) -> AsyncIterator[WebSocketConnection]:
    """A connection to a ``ws://`` or ``wss://`` address, closed with the block.

    Raises `HandshakeError`: nobody is there, or the answer was no (`ConnectionRejected`). What the
    block raises comes out as it is, not in a group.
    """
    failure: Exception | None = None
    stream = await _connect(url)
    parts = urlsplit(url)
    try:
        async with trio.open_nursery() as nursery:
            try:
                with trio.move_on_after(CONNECT_SECONDS) as handshake:
                    ending = _Ending(stream, handshake.cancel)
                    websocket = await wrap_client_stream(
                        nursery,
                        ending,  # type: ignore[arg-type] # Any stream will do.
                        parts.netloc,
                        parts.path + (f"?{parts.query}" if parts.query else ""),
                        subprotocols=list(subprotocols) or None,
                        extra_headers=[]
                        if token is None
                        else [(b"authorization", b"Bearer " + token.encode("ascii"))],
                        message_queue_size=64,
                        max_message_size=_MAX_FRAME_BYTES,
                        receive_buffer_size=1 << 16,
                    )
                if handshake.cancelled_caught and ending.has_ended:
                    raise HandshakeError("the connection ended before it was answered")
                if handshake.cancelled_caught:
                    raise ConnectionTimeout
                try:
                    yield websocket
                finally:
                    with trio.move_on_after(CLOSE_SECONDS):
                        await websocket.aclose()
            except Exception as error:
                failure = error
            nursery.cancel_scope.cancel()
    except* HandshakeError as refused:
        failure = _first(refused)  # The library's reader raises it, beside us.
    except* LocalProtocolError:
        pass  # Its pong came too late to be sent: the connection was closing anyway.
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_SECONDS):
            await trio.aclose_forcefully(stream)
    if failure is not None:
        raise failure


class _Ending(trio.abc.Stream):
    """A stream that tells of its end: the library would wait on for the answer to its handshake."""

    def __init__(self, stream: trio.abc.Stream, on_end: Callable[[], None]) -> None:
        self.has_ended = False
        self._stream = stream
        self._on_end = on_end

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """As the stream's."""
        data: bytes | bytearray = b""
        try:
            data = await self._stream.receive_some(max_bytes)
        finally:
            if not data:
                self.has_ended = True
                self._on_end()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """As the stream's."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream's."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """As the stream's."""
        await self._stream.aclose()


def _first(group: ExceptionGroup[HandshakeError]) -> HandshakeError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, ExceptionGroup) else found


async def _connect(url: str) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
    parts = urlsplit(url)
    host, is_tls = parts.hostname or "", parts.scheme == "wss"
    port = parts.port or (443 if is_tls else 80)
    try:
        with trio.fail_after(CONNECT_SECONDS):
            if is_tls:
                context = ssl.create_default_context()
                return await trio.open_ssl_over_tcp_stream(host, port, ssl_context=context)
            return await trio.open_tcp_stream(host, port)
    except trio.TooSlowError:
        raise ConnectionTimeout from None
    except OSError as error:
        raise HandshakeError(str(error)) from error
