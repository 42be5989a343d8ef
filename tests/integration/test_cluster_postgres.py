"""PostgreSQL in trouble, for one node or for all: clear answers, no lost hold, recovery by itself."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import trio

from benchmarks import rows
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.embedded.system_user import let_through, system_user
from sorteos_actors.terminal.client import RaffleClient, open_client
from sorteos_actors.testing.fault_proxy_thread import FaultProxyThread
from tests.databases import execute, fresh_database
from tests.integration.cluster import (
    Cluster,
    ask,
    open_cluster,
    open_watcher,
)
from tests.integration.server_process import ServerProcess
from tests.places import a_place_for_servers
from tests.waiting import eventually


@pytest.fixture(scope="module")
def database(servers: EmbeddedServers) -> str:
    """A database whose nodes come as `app`, an ordinary role: superusers know no limits."""
    url = fresh_database(servers)
    for statement in (
        "CREATE ROLE app LOGIN PASSWORD 'app'",
        "GRANT ALL ON SCHEMA public TO app",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO app",
    ):
        execute(url, statement)
    return url


@pytest.fixture(scope="module")
def wire(database: str) -> Iterator[FaultProxyThread]:
    """The first node's way to PostgreSQL."""
    parts = urlsplit(database)
    with FaultProxyThread(parts.hostname or "", parts.port or 0) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def cluster(servers: EmbeddedServers, database: str, wire: FaultProxyThread) -> Iterator[Cluster]:
    parts = urlsplit(database)
    url = parts._replace(netloc=f"app:app@{parts.hostname}:{parts.port}").geturl()
    with (
        a_place_for_servers() as place,
        open_cluster([wire.through(url), url], servers.redis_url or "", place) as running,
    ):
        yield running


def ready(node: ServerProcess) -> int:
    """What a load balancer hears."""
    return httpx.get(f"{node.url}/readyz", timeout=60).status_code


def hold(server: ServerProcess, raffle_id: UUID, label: str, user_id: UUID | None = None) -> str:
    """Hold a number by HTTP, under a key that is the same for the same person: ``ok``, or why not."""
    user_id = user_id or uuid4()
    answer = httpx.post(
        f"{server.url}/api/v1/reservations",
        json={"raffle_id": str(raffle_id), "number_ids": [label]},
        headers={
            "Authorization": f"Bearer {server.token(user_id)}",
            "Idempotency-Key": str(user_id),
        },
        timeout=60,
    )
    return "ok" if answer.status_code == 201 else str(answer.json()["code"])


def until_held(server: ServerProcess, raffle_id: UUID, label: str) -> None:
    """Repeat one request until a number is held. Only `unavailable` may come before that."""
    user_id = uuid4()

    def is_held() -> bool:
        code = hold(server, raffle_id, label, user_id)
        assert code in ("ok", "unavailable"), code
        return code == "ok"

    eventually(is_held)


async def test_a_node_that_is_cut_off_from_postgresql_lets_go_of_its_raffles(
    cluster: Cluster, wire: FaultProxyThread
) -> None:
    cut, other = cluster.nodes
    raffle_id = cut.create_raffle(100)
    assert cluster.owner(raffle_id) is cut
    async with open_watcher(other, raffle_id) as there, open_watcher(cut, raffle_id) as here:
        await trio.to_thread.run_sync(wire.blackhole)
        try:
            await trio.to_thread.run_sync(until_held, other, raffle_id, "01")
            assert cluster.owner(raffle_id) is other
            await trio.to_thread.run_sync(eventually, lambda: ready(cut) == 503)
            assert ready(other) == 200
            # Its own viewers hear the new owner all the same: Redis is not cut.
            assert await trio.to_thread.run_sync(hold, other, raffle_id, "02") == "ok"
            await there.until(lambda w: w.board.counts()[1] == 2)
        finally:
            await trio.to_thread.run_sync(wire.heal)
        await trio.to_thread.run_sync(eventually, lambda: ready(cut) == 200)
        await trio.to_thread.run_sync(until_held, cut, raffle_id, "03")
        await here.until(lambda w: w.board.counts()[1] == 3)
        assert there.closed is None
    assert cluster.owner(raffle_id) is other


async def test_slow_commits_refuse_quickly_and_take_nobodys_time(
    cluster: Cluster, wire: FaultProxyThread, database: str
) -> None:
    server = cluster.nodes[0]
    raffle_id = server.create_raffle(100, selection_seconds=10)
    promised: list[float] = []
    answers: list[tuple[int, str]] = []

    async def reserve(client: RaffleClient, number: int) -> None:
        reservation_id = str(uuid4())
        reply = await client.request(
            "reserve", reservation_id=reservation_id, numbers=[f"{number}"]
        )
        answers.append((number, "ok" if reply["ok"] else reply["error"]["code"]))
        if reply["ok"]:
            expires_at = datetime.fromisoformat(reply["reservation"]["expires_at"])
            promised.append(expires_at.timestamp())

    async def buyer(index: int, *, task_status: trio.TaskStatus[RaffleClient]) -> None:
        async with open_client(server.url, raffle_id, token=server.token()) as client:
            task_status.started(client)
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        clients = [await nursery.start(buyer, index) for index in range(60)]
        async with trio.open_nursery() as warm_up:  # Connections, each with its statements.
            for index in range(12):
                warm_up.start_soon(reserve, clients[index], 20 + index)
        answers.clear()
        await trio.to_thread.run_sync(wire.delay, 0.9)
        async with trio.open_nursery() as asking:
            for index in range(12, 60):
                asking.start_soon(reserve, clients[index], 20 + index)
                await trio.sleep(0.08)
        await trio.to_thread.run_sync(wire.heal)
        nursery.cancel_scope.cancel()
    assert {code for _, code in answers} == {"ok", "unavailable"}
    # Who is refused hears it while others, who had asked before, still wait for their commits.
    refused = [place for place, (_, code) in enumerate(answers) if code == "unavailable"]
    quick = [p for p in refused if any(n < answers[p][0] for n, _ in answers[p + 1 :])]
    assert len(quick) >= len(refused) / 2
    expired = partial(rows.expired_at, database, raffle_id)
    await trio.to_thread.run_sync(eventually, expired)
    # The first who held numbers get the time of the slow commits after theirs, at least of one.
    ended = min(await trio.to_thread.run_sync(expired))
    is_made_good = ended - min(promised) > 1.0
    owners = "SELECT count(DISTINCT epoch) FROM raffle_events WHERE raffle_id = $1"
    # A node so slow that it cannot renew its lease loses the raffle to one that is quick.
    assert is_made_good or ask(database, owners, raffle_id) > 1


def test_without_connections_the_answer_is_unavailable_and_then_all_goes_on(
    cluster: Cluster, database: str
) -> None:
    raffle_id = cluster.nodes[0].create_raffle(100)
    execute(database, "ALTER ROLE app CONNECTION LIMIT 0")
    execute(
        database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'"
    )
    try:
        for node in cluster.nodes:
            assert hold(node, raffle_id, "01") == "unavailable"
            eventually(lambda n=node: ready(n) == 503)  # type: ignore[misc]
            assert httpx.get(f"{node.url}/livez", timeout=60).status_code == 200
    finally:
        execute(database, "ALTER ROLE app CONNECTION LIMIT -1")
    for index, node in enumerate(cluster.nodes):
        until_held(node, raffle_id, f"1{index}")
        eventually(lambda n=node: ready(n) == 200)  # type: ignore[misc]


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own, that PostgreSQL may write to. Skips where nobody may mount."""
    with a_place_for_servers() as place, ExitStack() as stack:
        disk = place / "disk"
        disk.mkdir()
        let_through(disk)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "sorteos-test", str(disk)],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:
            pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
        stack.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
        user = system_user()
        if user is not None:
            shutil.chown(disk, user.pw_uid)
        yield disk


@contextmanager
def database_on(disk: Path, servers: EmbeddedServers) -> Iterator[str]:
    """A migrated database that lives on that disk."""
    base = servers.database_url or ""
    url = fresh_database(servers)
    name = urlsplit(url).path.strip("/")
    execute(base, f"CREATE TABLESPACE small LOCATION '{disk}'")
    execute(base, f"ALTER DATABASE {name} SET TABLESPACE small")
    try:
        yield url
    finally:
        execute(base, f"DROP DATABASE {name} WITH (FORCE)")
        execute(base, "DROP TABLESPACE small")


def test_a_full_disk_makes_commands_unavailable_until_there_is_room(
    servers: EmbeddedServers,
) -> None:
    with (
        small_disk(40) as disk,
        database_on(disk, servers) as database,
        a_place_for_servers() as place,
        open_cluster([database], servers.redis_url or "", place) as cluster,
    ):
        [server] = cluster.nodes
        raffle_id = server.create_raffle(10_000)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        answers: list[str] = []
        while len(answers) < 2000 and "unavailable" not in answers:
            answers.append(hold(server, raffle_id, f"{len(answers):04}"))
        assert answers[-1] == "unavailable"
        assert set(answers[:-1]) <= {"ok"}
        assert hold(server, raffle_id, "9000") == "unavailable"
        assert httpx.get(f"{server.url}/livez", timeout=60).status_code == 200
        filler.unlink()
        until_held(server, raffle_id, "9001")
        held = ask(database, "SELECT reserved_count FROM raffles WHERE id = $1", raffle_id)
        claims = "SELECT count(*) FROM number_claims WHERE raffle_id = $1"
        # What was acknowledged is there; what was refused is not, or became true as a whole.
        assert len(answers) <= held <= len(answers) + 2
        assert ask(database, claims, raffle_id) == held
