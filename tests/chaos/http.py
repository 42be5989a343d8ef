"""An HTTP client for servers that die in the middle of a request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx


class _Body(httpx.AsyncByteStream):
    """A body in one piece. httpx's own is a generator, left unfinished when the server dies."""

    def __init__(self, content: bytes) -> None:
        self._left = [content] if content else []

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class _Transport(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.stream = _Body(request.content)
        return await super().handle_async_request(request)


def open_http(seconds: float, connections: int) -> httpx.AsyncClient:
    """A client whose requests may take so long, on as many connections."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(timeout=seconds, transport=_Transport(trust_env=False, limits=limits))
