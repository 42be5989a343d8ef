"""An HTTP server whose every answer is a plain function: over a socket, or without one.

async with serve(fake) as url: ...                  # for another process, a browser, a real client
httpx.AsyncClient(transport=transport(fake))        # for a unit test, without a socket
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import h11
import httpx
import msgspec
import trio

_MAX_BODY: Final = 1 << 20


class Request(msgspec.Struct, frozen=True):
    """What was asked. Header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object."""
        return json.loads(self.body or b"{}")


class Response(msgspec.Struct, frozen=True):
    """An answer: bytes as they are, anything else as JSON."""

    status: int
    body: object = None
    headers: Mapping[str, str] = {}

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Handler = Callable[[Request], Response | None]
"""None: the connection breaks, and nobody hears what became of the request."""


def transport(handler: Handler) -> httpx.AsyncBaseTransport:
    """For an `httpx.AsyncClient`: the same answers, without a socket."""

    async def handle(request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        target = request.url.raw_path.decode()
        answer = handler(_request(request.method, target, request.headers.multi_items(), body))
        if answer is None:
            raise httpx.ReadError("the connection broke", request=request)
        return httpx.Response(
            answer.status, content=answer.content, headers=dict(answer.headers), request=request
        )

    return httpx.MockTransport(handle)


@asynccontextmanager
async def serve(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """Listen on 127.0.0.1 until the block ends; gives the base URL. Port 0: any that is free."""
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(port, host="127.0.0.1")

        async def connection(stream: trio.SocketStream) -> None:
            async with stream:
                try:
                    await _converse(stream, handler)
                except (trio.BrokenResourceError, h11.RemoteProtocolError):
                    return  # The client has left, or does not speak HTTP.

        nursery.start_soon(trio.serve_listeners, connection, [listener])
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def _converse(stream: trio.SocketStream, handler: Handler) -> None:
    """Requests, one after the other, until somebody has enough."""
    connection = h11.Connection(h11.SERVER)
    while True:
        head = await _event(stream, connection)
        if not isinstance(head, h11.Request):
            return
        body = b""
        while isinstance(event := await _event(stream, connection), h11.Data):
            body += event.data
            if len(body) > _MAX_BODY:
                return
        headers = [(name.decode(), value.decode()) for name, value in head.headers]
        answer = handler(_request(head.method.decode(), head.target.decode(), headers, body))
        if answer is None:
            return
        content = answer.content
        told = {**answer.headers, "content-length": str(len(content))}
        told.setdefault("content-type", "application/json")
        reply = h11.Response(
            status_code=answer.status,
            headers=[(name.encode(), value.encode()) for name, value in told.items()],
        )
        parts = (reply, h11.Data(data=content), h11.EndOfMessage())
        await stream.send_all(b"".join(connection.send(part) or b"" for part in parts))
        if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
            return
        connection.start_next_cycle()


async def _event(stream: trio.SocketStream, connection: h11.Connection) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await stream.receive_some(65_536))
    return event


def _request(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Request:
    parts = urlsplit(target)
    return Request(
        method,
        parts.path,
        dict(parse_qsl(parts.query)),
        {name.lower(): value for name, value in headers},
        body,
    )
