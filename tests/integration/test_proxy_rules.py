"""What the proxy's configuration decides, seen from nodes that do as they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio

from tests.integration.proxy_process import ProxyProcess
from tests.integration.server_process import free_port
from tests.integration.stub_node import StubNode, open_stub_nodes
from tests.waiting import PATIENCE_SECONDS, until

RAFFLE = "7d9f0f0e-9f0c-4d40-8b51-0d4a8a3c5e10"
HANDSHAKE = (
    f"GET /api/v1/raffles/{RAFFLE}/ws HTTP/1.1\r\nHost: rifas.example\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)


class House:
    """A proxy, its nodes, and a client of it that gives up on nothing by itself."""

    def __init__(self, proxy: ProxyProcess, nodes: list[StubNode], http: httpx.AsyncClient) -> None:
        self.proxy = proxy
        self.nodes = nodes
        self.http = http

    @property
    def heads(self) -> list[str]:
        """Every request that reached a node."""
        return [head for node in self.nodes for head in node.heads]

    async def shake_hands(self) -> tuple[trio.SocketStream, str]:
        """A tunnel, or a refusal: the stream and the head of the answer."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.proxy.port)
        await stream.send_all(HANDSHAKE.encode())
        answer = b""
        with trio.fail_after(PATIENCE_SECONDS):
            while b"\r\n\r\n" not in answer:
                more = await stream.receive_some()
                assert more, answer
                answer += more
        return stream, answer.decode()


@asynccontextmanager
async def a_house(directory: Path, *names: str) -> AsyncIterator[House]:
    """A proxy in front of stub nodes of these names."""
    async with open_stub_nodes(*names) as nodes:
        proxy = ProxyProcess([node.port for node in nodes], directory)
        proxy.start()
        try:
            async with httpx.AsyncClient(base_url=proxy.url, timeout=60) as http:
                yield House(proxy, nodes, http)
        finally:
            proxy.stop()


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/metrics?x=1",
        "//metrics",
        "/%6detrics",
        "/%2Fmetrics",
        "/Metrics",
        "/version",
        "/internal",
        "/internal/command",
        "/internal%2fcommand",
    ],
)
async def test_what_is_for_operators_is_not_found_outside(tmp_path: Path, path: str) -> None:
    async with a_house(tmp_path, "a") as house:
        stream = await trio.open_tcp_stream("127.0.0.1", house.proxy.port)
        async with stream:  # By hand: a client would put the path in order first.
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            await stream.send_all(head.encode())
            answer = b"".join([bytes(data) async for data in stream])
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b'"code":"not_found"' in answer
        assert house.heads == []


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api/v1/raffles", "/livez", "/versions", "/a/metrics"),
        *(
            "/r/7d9f",
            "/checkout/7d9f",
            "/mis-numeros",
            "/organizar",
            "/sw.js",
            "/assets/index-1a.js",
        ),
    ],
)
async def test_everything_else_reaches_a_node(tmp_path: Path, path: str) -> None:
    async with a_house(tmp_path, "a") as house:
        assert (await house.http.get(path)).text == "a"


async def test_a_node_sees_the_host_that_was_asked_for_and_only_the_address_that_the_proxy_saw(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, "a") as house:
        forged = {"Host": "rifas.example", "X-Forwarded-For": "203.0.113.9"}
        await house.http.get("/api/v1/raffles", headers=forged)
        stream, _ = await house.shake_hands()
        await stream.aclose()
        for head in house.heads:
            assert "\r\nhost: rifas.example\r\n" in head
            assert head.count("x-forwarded-for:") == 1
            assert "\r\nx-forwarded-for: 127.0.0.1\r\n" in head
        assert len(house.heads) == 2


@pytest.mark.parametrize("path", ["/api/v1/raffles", f"/api/v1/raffles/{RAFFLE}/ws"])
async def test_a_handshake_after_other_requests_gets_a_connection_of_its_own(
    tmp_path: Path, path: str
) -> None:
    async with a_house(tmp_path, "a") as house:
        stream = await trio.open_tcp_stream("127.0.0.1", house.proxy.port)
        async with stream:
            for _ in range(2):
                await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert (await stream.receive_some()).startswith(b"HTTP/1.1 200 ")
            await stream.send_all(HANDSHAKE.encode())
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 101 ")


async def test_a_node_that_is_not_ready_gets_nobody_new_and_keeps_its_sockets(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, "a", "b") as house:
        tunnels = [await house.shake_hands() for _ in range(6)]
        by_node = {
            node: [s for s, head in tunnels if f"x-node: {node.name}" in head.lower()]
            for node in house.nodes
        }
        # All of one raffle: one node is its own, and the other takes what would be too much for it.
        assert {len(streams) for streams in by_node.values()} <= {2, 3, 4}
        leaving, staying = house.nodes
        leaving.is_ready = False
        await until(lambda: "http/node1 is DOWN" in house.proxy.log())
        before = len(leaving.heads)
        for _ in range(20):
            assert (await house.http.get("/api/v1/raffles")).text == staying.name
        for _ in range(4):
            stream, head = await house.shake_hands()
            tunnels.append((stream, head))
            assert f"x-node: {staying.name}" in head.lower()
        assert len(leaving.heads) == before
        for stream in by_node[leaving]:
            await stream.send_all(b"still here")
            with trio.fail_after(PATIENCE_SECONDS):
                assert await stream.receive_some() == b"still here"
        for stream, _ in tunnels:
            await stream.aclose()


async def test_when_no_node_is_ready_they_are_asked_all_the_same(tmp_path: Path) -> None:
    async with a_house(tmp_path, "a", "b") as house:
        for node in house.nodes:
            node.is_ready = False
        await until(lambda: "backend http has no server available" in house.proxy.log())
        assert {(await house.http.get("/api/v1/raffles")).text for _ in range(10)} == {"a", "b"}
        stream, head = await house.shake_hands()
        assert " 101 " in head
        await stream.aclose()


async def test_a_handshake_that_a_node_cannot_take_is_offered_to_another(tmp_path: Path) -> None:
    async with a_house(tmp_path, "a", "b") as house:
        house.nodes[0].is_full = True
        for _ in range(6):
            stream, head = await house.shake_hands()
            assert "x-node: b" in head.lower()
            await stream.aclose()
        house.nodes[1].is_full = True
        stream, head = await house.shake_hands()
        assert " 503 " in head
        await stream.aclose()


async def test_a_file_of_the_client_comes_from_whichever_node_has_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, "a", "b") as house:
        house.nodes[0].has_files = False
        answers = [await house.http.get("/assets/index-1a2b.js") for _ in range(6)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, "b")}
        house.nodes[1].has_files = False
        assert (await house.http.get("/assets/index-1a2b.js")).status_code == 404


async def test_a_read_whose_answer_was_lost_is_repeated_and_a_command_is_not(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, "a", "b") as house:
        house.nodes[0].breaks_off = True
        answers = [await house.http.get("/api/v1/raffles") for _ in range(6)]
        assert [answer.text for answer in answers] == ["b"] * 6
        for node in house.nodes:
            node.breaks_off = True
            node.heads.clear()
        command = {"number_ids": ["07"]}
        # On a connection that was used before, the proxy closes it instead of answering.
        with pytest.raises(httpx.RemoteProtocolError):
            await house.http.post("/api/v1/reservations", json=command)
        async with httpx.AsyncClient(base_url=house.proxy.url, timeout=60) as http:
            lost = await http.post("/api/v1/reservations", json=command)
        assert lost.status_code == 502
        assert lost.json()["code"] == "unavailable"
        assert lost.headers["Retry-After"] == "1"
        assert len(house.heads) == 2


async def test_a_command_that_reached_no_node_is_tried_at_another(tmp_path: Path) -> None:
    async with open_stub_nodes("b") as (node,):
        proxy = ProxyProcess([free_port(), node.port], tmp_path)
        proxy.start()
        try:
            async with httpx.AsyncClient(base_url=proxy.url, timeout=60) as http:
                for _ in range(6):  # At once: before the proxy has noticed that nobody is there.
                    assert (await http.post("/api/v1/reservations", json={})).text == "b"
        finally:
            proxy.stop()
        assert len(node.heads) == 6


async def test_without_any_node_the_answer_is_503_in_the_words_of_the_interface(
    tmp_path: Path,
) -> None:
    proxy = ProxyProcess([free_port(), free_port()], tmp_path)
    proxy.start()
    try:
        async with httpx.AsyncClient(base_url=proxy.url, timeout=60) as http:
            answer = await http.get("/api/v1/raffles")
    finally:
        proxy.stop()
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "unavailable"
    assert answer.json()["params"] == {"retry_after_ms": 1000}
