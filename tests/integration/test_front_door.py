"""One port: what comes in by it, well-behaved or not. Against a real server process."""

from __future__ import annotations

import base64
import os
from uuid import UUID, uuid4

import pytest
import trio

from tests.integration.server_process import ServerProcess


def upgrade(
    raffle_id: object, *headers: str, path: str | None = None, key: str | None = None
) -> bytes:
    """The head of a WebSocket handshake."""
    key = key or base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path or f'/api/v1/raffles/{raffle_id}/ws'} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def connect(server: ServerProcess) -> trio.SocketStream:
    return await trio.open_tcp_stream("127.0.0.1", server.port)


async def ask(server: ServerProcess, *pieces: bytes) -> bytes:
    """Send the pieces one by one; everything the server says until it closes or says enough."""
    async with await connect(server) as stream:
        for piece in pieces:
            await stream.send_all(piece)
            await trio.sleep(0)
        return await read_head(stream)


async def read_head(stream: trio.SocketStream) -> bytes:
    data = b""
    with trio.fail_after(60):
        while b"\r\n\r\n" not in data:
            more = await stream.receive_some()
            if not more:
                break
            data += more
    return data


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(scope="module")
def raffle_id(server: ServerProcess) -> UUID:
    return server.create_raffle(100)


async def test_http_and_websocket_share_one_port(server: ServerProcess, raffle_id: UUID) -> None:
    assert status(await ask(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) == 200
    assert status(await ask(server, upgrade(raffle_id))) == 101


async def test_a_request_line_that_comes_byte_by_byte_is_served(
    server: ServerProcess, raffle_id: UUID
) -> None:
    head = upgrade(raffle_id)
    assert status(await ask(server, *(head[i : i + 1] for i in range(len(head))))) == 101
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    assert status(await ask(server, *(head[i : i + 1] for i in range(len(head))))) == 200


async def test_pipelined_requests_are_all_answered(server: ServerProcess) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with await connect(server) as stream:
        await stream.send_all(request * 4 + last)
        data = b""
        with trio.fail_after(60):
            async for more in stream:
                data += more
    assert data.count(b"HTTP/1.1 200") == 5


async def test_an_upgrade_on_a_kept_alive_connection_gets_421_and_close(
    server: ServerProcess, raffle_id: UUID
) -> None:
    async with await connect(server) as stream:
        await stream.send_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        first = await read_head(stream)
        assert status(first) == 200
        while b'{"status":"ok"}' not in first:
            first += await stream.receive_some()
        await stream.send_all(upgrade(raffle_id))
        answer = await read_head(stream)
        assert status(answer) == 421
        assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,  # a TLS client
        b"\x00\x00\x00\x00",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"\r\n" * 20_000,
    ],
)
async def test_garbage_is_refused_and_the_door_stays_open(
    server: ServerProcess, garbage: bytes
) -> None:
    async with await connect(server) as stream:
        with trio.fail_after(60):
            try:
                await stream.send_all(garbage)
                answer = await read_head(stream)
            except trio.BrokenResourceError:
                answer = b""
    assert answer == b"" or status(answer) in (400, 431)
    assert status(await ask(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) == 200


async def test_a_head_that_never_ends_is_cut(server: ServerProcess, raffle_id: UUID) -> None:
    async with await connect(server) as stream:
        with trio.fail_after(60):
            try:
                await stream.send_all(upgrade(raffle_id)[:-2] + b"X: " + b"y" * 40_000)
                answer = await read_head(stream)
            except trio.BrokenResourceError:
                answer = b""
    assert answer == b"" or status(answer) == 431


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("Origin: http://127.0.0.1",), 101),
        (("Origin: https://allowed.example",), 101),
        ((), 101),
        (("User-Agent: Mozilla/5.0",), 403),
        (("Origin: https://evil.example",), 403),
        (("Origin: null",), 403),
        (("Origin: https://allowed.example.evil.com",), 403),
        (("Content-Length: 5",), 400),
        (("Transfer-Encoding: chunked",), 400),
        (("Sec-WebSocket-Protocol: sorteos.v2",), 101),
        (("Sec-WebSocket-Protocol: soap, sorteos.v2",), 101),
        (("Sec-WebSocket-Protocol: soap",), 400),
        (("Authorization: Bearer nonsense",), 401),
    ],
)
async def test_an_upgrade_is_judged_before_the_101(
    server: ServerProcess, raffle_id: UUID, headers: tuple[str, ...], expected: int
) -> None:
    assert status(await ask(server, upgrade(raffle_id, *headers))) == expected


@pytest.mark.parametrize("raffle", [uuid4(), "nonsense", "../etc", "%00"])
async def test_a_socket_of_an_unknown_raffle_is_not_found(
    server: ServerProcess, raffle: object
) -> None:
    assert status(await ask(server, upgrade(raffle))) == 404


async def test_an_upgrade_anywhere_else_is_not_found(server: ServerProcess) -> None:
    assert status(await ask(server, upgrade(None, path="/api/v1/other"))) == 404


async def test_a_plain_request_to_a_sockets_address_is_told_to_upgrade(
    server: ServerProcess, raffle_id: UUID
) -> None:
    request = f"GET /api/v1/raffles/{raffle_id}/ws HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    assert status(await ask(server, request)) == 426


async def test_slow_and_silent_connections_do_not_stop_others(
    server: ServerProcess, raffle_id: UUID
) -> None:
    async with trio.open_nursery() as nursery:
        silent = [await connect(server) for _ in range(200)]
        for index, stream in enumerate(silent):
            if index % 2:
                nursery.start_soon(stream.send_all, b"GET /api/v1/raf")
        assert status(await ask(server, upgrade(raffle_id))) == 101
        assert status(await ask(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")) == 200
        for stream in silent:
            await stream.aclose()
