"""Real nodes on one database behind the real proxy: what a client, a browser and an operator meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.terminal.client import open_client, socket_url
from sorteos_actors.terminal.connection import open_websocket
from tests.databases import fresh_database
from tests.integration.cluster import metric
from tests.integration.proxy_process import ProxyProcess, haproxy
from tests.integration.server_process import ServerProcess
from tests.waiting import PATIENCE_SECONDS, until


class Cluster:
    """Nodes, and the proxy before them."""

    def __init__(self, nodes: list[ServerProcess], directory: Path) -> None:
        self.nodes = nodes
        self.proxy = ProxyProcess([node.port for node in nodes], directory)
        self.url = self.proxy.url

    def start(self) -> None:
        """Everything, until it is ready."""
        for node in self.nodes:
            node.start()
        self.proxy.start()

    def stop(self) -> None:
        """Everything, at once, the proxy first."""
        self.proxy.stop()
        for node in self.nodes:
            if node.is_running:
                node.kill()


def a_cluster(
    servers: EmbeddedServers, database_url: str, directory: Path, count: int, **environment: str
) -> Cluster:
    """Nodes that are not started yet."""
    nodes = []
    for index in range(count):
        place = directory / f"node{index + 1}"
        place.mkdir()
        redis_url = servers.redis_url or ""
        nodes.append(ServerProcess(database_url, redis_url, place, **environment))
    return Cluster(nodes, directory)


@pytest.fixture(scope="module")
def cluster(
    servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two nodes for the module. Leave them running."""
    haproxy()
    place = tmp_path_factory.mktemp("cluster")
    made = a_cluster(
        servers, fresh_database(servers), place, 2, CORS_ORIGINS="https://allowed.example"
    )
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def own_cluster(servers: EmbeddedServers, database_url: str, tmp_path: Path) -> Iterator[Cluster]:
    """Three nodes of one test, that it may hurt."""
    haproxy()
    made = a_cluster(servers, database_url, tmp_path, 3)
    try:
        made.start()
        yield made
    finally:
        made.stop()


async def handshake(cluster: Cluster, raffle_id: UUID, **headers: str) -> int:
    """The status that a handshake with these headers gets."""
    lines = [
        f"GET /api/v1/raffles/{raffle_id}/ws HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    async with await trio.open_tcp_stream("127.0.0.1", cluster.proxy.port) as stream:
        await stream.send_all("\r\n".join([*lines, "", ""]).encode())
        with trio.fail_after(PATIENCE_SECONDS):
            return int((await stream.receive_some()).split(b" ", 2)[1])


async def test_http_goes_through_to_every_node(cluster: Cluster) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    async with httpx.AsyncClient(base_url=f"{cluster.url}/api/v1", timeout=60) as http:
        for _ in range(4):
            shown = await http.get(f"/raffles/{raffle_id}")
            assert shown.json()["raffle"]["id"] == str(raffle_id)
        for _ in range(4):
            guest = await http.post("/auth/guest", json={})
            assert guest.status_code == 201, guest.text
    for node in cluster.nodes:
        assert metric(node, 'sorteos_http_requests_total{method="POST",status="201"}') > 0


async def test_a_socket_goes_through_with_its_board_its_commands_and_its_updates(
    cluster: Cluster,
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    token = cluster.nodes[0].token()
    async with open_client(cluster.url, raffle_id, token=token) as client:
        assert len(client.board.cells) == 100
        await client.ping()
        reply = await client.request("reserve", reservation_id=str(uuid4()), numbers=["07"])
        assert reply["ok"], reply
        with trio.fail_after(PATIENCE_SECONDS):
            while client.board.cells[7] == 0:
                await client.next_change()


async def test_a_large_board_goes_through_whole(cluster: Cluster) -> None:
    raffle_id = cluster.nodes[0].create_raffle(1_000_000)
    async with open_client(cluster.url, raffle_id) as client:
        assert len(client.board.cells) == 1_000_000
    board = httpx.get(f"{cluster.url}/api/v1/raffles/{raffle_id}/board", timeout=60)
    assert len(board.content) >= 250_000


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://rifas.example", 101),
        ("https://rifas.example", 101),
        ("https://allowed.example", 101),
        ("https://evil.example", 403),
        ("https://rifas.example.evil.example", 403),
        ("null", 403),
    ],
)
async def test_a_page_may_open_a_socket_to_its_own_host_and_no_strange_page_may(
    cluster: Cluster, origin: str, status: int
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    agent = "Mozilla/5.0"
    found = await handshake(
        cluster, raffle_id, Host="rifas.example", Origin=origin, User_Agent=agent
    )
    assert found == status


@pytest.mark.parametrize("path", ["/metrics", "/version", "/%6detrics", "/internal/anything"])
def test_what_a_node_tells_operators_stays_inside(cluster: Cluster, path: str) -> None:
    assert httpx.get(f"{cluster.url}{path}", timeout=60).status_code == 404
    assert httpx.get(f"{cluster.nodes[0].url}/metrics", timeout=60).status_code == 200
    assert httpx.get(f"{cluster.url}/readyz", timeout=60).status_code == 200


def test_everybody_behind_the_proxy_has_a_budget_of_their_own(
    servers: EmbeddedServers, database_url: str, tmp_path: Path
) -> None:
    haproxy()
    cluster = a_cluster(
        servers, database_url, tmp_path, 1, RATE_LIMITS="default", TRUSTED_PROXIES="127.0.0.1"
    )

    def of(address: str) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=f"{cluster.url}/api/v1", transport=transport, timeout=60)

    try:
        cluster.start()
        with of("127.0.0.2") as greedy, of("127.0.0.3") as modest:
            # Thirty guests at once, then one a second.
            let_in = 0
            while greedy.post("/auth/guest", json={}).status_code == 201:
                let_in += 1
            assert let_in >= 30
            forged = {"X-Forwarded-For": "203.0.113.9"}
            spent = [
                greedy.post("/auth/guest", json={}, headers=forged).status_code for _ in range(20)
            ]
            assert 429 in spent
            assert modest.post("/auth/guest", json={}).status_code == 201
    finally:
        cluster.stop()


async def test_a_node_is_stopped_and_started_again_and_nobody_is_turned_away(
    own_cluster: Cluster,
) -> None:
    cluster = own_cluster
    leaving = cluster.nodes[0]
    raffle_id = cluster.nodes[1].create_raffle(100)
    answers: Counter[str] = Counter()
    sent_home: list[int | None] = []
    is_over = False

    async def read() -> None:
        async with httpx.AsyncClient(base_url=f"{cluster.url}/api/v1", timeout=60) as http:
            while not is_over:
                answer = await http.get("/raffles")
                answers[str(answer.status_code)] += 1

    async def join() -> None:
        while not is_over:
            try:
                async with open_client(cluster.url, raffle_id):
                    answers["joined"] += 1
            except ConnectionClosed:
                answers["sent away"] += 1  # It came in while the node was leaving: it knows.
            except ConnectionRejected as refused:
                answers[f"refused {refused.status_code}"] += 1

    async def watch(*, task_status: trio.TaskStatus[None]) -> None:
        async with open_client(cluster.url, raffle_id) as client:
            task_status.started()
            try:
                while True:
                    await client.next_change()
            except ConnectionClosed as closed:
                sent_home.append(None if closed.reason is None else closed.reason.code)

    async with trio.open_nursery() as nursery:
        for _ in range(30):
            await nursery.start(watch)
        for _ in range(4):
            nursery.start_soon(read)
        nursery.start_soon(join)
        await until(lambda: answers["200"] and answers["joined"])
        assert await trio.to_thread.run_sync(leaving.stop) == 0
        before = answers.copy()
        await until(lambda: "http/node1 is DOWN" in cluster.proxy.log())
        await trio.to_thread.run_sync(leaving.start)
        await until(lambda: "http/node1 is UP" in cluster.proxy.log())
        await until(lambda: all(answers[kind] > before[kind] for kind in ("200", "joined")))
        is_over = True
        nursery.cancel_scope.cancel()
    assert set(answers) <= {"200", "joined", "sent away"}, answers
    # Only those of the node that left, and with the code that says why.
    assert 0 < len(sent_home) < 30
    assert set(sent_home) == {1012}


async def test_a_node_that_is_killed_costs_readers_nothing(own_cluster: Cluster) -> None:
    own_cluster.nodes[2].kill()
    async with httpx.AsyncClient(base_url=f"{own_cluster.url}/api/v1", timeout=60) as http:
        for _ in range(30):  # At once: before the proxy has noticed.
            assert (await http.get("/raffles")).status_code == 200


async def test_without_any_node_the_proxy_answers_for_them(own_cluster: Cluster) -> None:
    raffle_id = own_cluster.nodes[0].create_raffle(100)
    for node in own_cluster.nodes:
        node.kill()
    async with httpx.AsyncClient(base_url=own_cluster.url, timeout=60) as http:
        answer = await http.get("/api/v1/raffles")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    with pytest.raises(ConnectionRejected) as refused:
        async with open_websocket(socket_url(own_cluster.url, raffle_id)):
            pass
    assert refused.value.status_code == 503
