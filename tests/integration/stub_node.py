"""A node that does as it is told, so that what the proxy does can be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


class StubNode:
    """Answers every request with its name. Switches make it unready, full, or break off."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.is_ready = True
        self.is_full = False
        """Refuse handshakes with 503."""
        self.breaks_off = False
        """Close the connection when the request is here, without a word."""
        self.has_files = True
        """Know the files of the browser client; else they are not found."""
        self.heads: list[str] = []
        """The heads of all requests but the health checks', with small header names, in order."""

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection: requests, one after the other, or a tunnel that echoes."""
        async with stream:
            try:
                is_first = True
                while await self._answer(stream, await _read_head(stream), is_first=is_first):
                    is_first = False
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return  # The proxy has left.

    async def _answer(self, stream: trio.SocketStream, head: str, *, is_first: bool) -> bool:
        """Whether the connection may have another request."""
        if head.startswith("GET /readyz "):
            await _say(stream, 200 if self.is_ready else 503, "")
            return True
        self.heads.append(head)
        if self.breaks_off:
            return False
        if head.startswith("GET /assets/") and not self.has_files:
            await _say(stream, 404, "")
        elif "\r\nupgrade: websocket\r\n" not in head:
            await _say(stream, 200, self.name)
        elif not is_first:
            await _say(stream, 421, "")  # As the real one, whose door sees first requests only.
        elif self.is_full:
            await _say(stream, 503, "")
        else:
            await self._tunnel(stream)
            return False
        return "\r\nconnection: close\r\n" not in head

    async def _tunnel(self, stream: trio.SocketStream) -> None:
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        await stream.send_all(
            f"{head}Sec-WebSocket-Accept: x\r\nX-Node: {self.name}\r\n\r\n".encode()
        )
        async for data in stream:
            await stream.send_all(data)


@asynccontextmanager
async def open_stub_nodes(*names: str) -> AsyncIterator[list[StubNode]]:
    """Nodes that listen until the block ends."""
    async with trio.open_nursery() as nursery:
        nodes = []
        for name in names:
            (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
            node = StubNode(name, listener.socket.getsockname()[1])
            nursery.start_soon(trio.serve_listeners, node.serve, [listener])
            nodes.append(node)
        yield nodes
        nursery.cancel_scope.cancel()


async def _read_head(stream: trio.SocketStream) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        more = await stream.receive_some()
        if not more:
            raise trio.BrokenResourceError
        data += more
    request_line, _, rest = data.partition(b"\r\n\r\n")[0].decode("latin-1").partition("\r\n")
    lines = [line.partition(":") for line in rest.split("\r\n")]
    headers = "".join(f"{name.lower()}{colon}{value}\r\n" for name, colon, value in lines)
    return f"{request_line}\r\n{headers}"


async def _say(stream: trio.SocketStream, status: int, body: str) -> None:
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n"
    await stream.send_all((head + body).encode())
