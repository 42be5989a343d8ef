"""PostgreSQL in trouble, for one node or for all: clear answers, no lost hold, recovery by itself."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
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
from sorteos_actors.web.auth import Role
from tests.databases import execute, fresh_database
from tests.integration.cluster import (
    Cluster,
    ask,
    eventually,
    open_cluster,
    open_watcher,
)
from tests.integration.http_api import Api
from tests.integration.http_people import created
from tests.integration.server_process import ServerProcess
from tests.places import a_place_for_servers

LETS_GO_SECONDS = 12.0
"""A lease of 4 s, the 2 s in which it was still renewed, and commands that wait in between."""


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
    return httpx.get(f"{node.url}/readyz", timeout=10).status_code


def hold(server: ServerProcess, raffle_id: UUID, label: str) -> tuple[str, float]:
    """Hold a number by HTTP: ``ok`` or the code of the refusal, and how long that took."""
    begin = time.monotonic()
    answer = httpx.post(
        f"{server.url}/api/v1/reservations",
        json={"raffle_id": str(raffle_id), "number_ids": [label]},
        headers={"Authorization": f"Bearer {server.token()}"},
        timeout=20,
    )
    code = "ok" if answer.status_code == 201 else answer.json()["code"]
    return code, time.monotonic() - begin


def until_held(server: ServerProcess, raffle_id: UUID, label: str, seconds: float) -> float:
    """Seconds until a number could be held. Only `unavailable` may come before that."""

    def is_held() -> bool:
        code, took = hold(server, raffle_id, label)
        assert code in ("ok", "unavailable"), code
        assert took < 6.0
        return code == "ok"

    return eventually(is_held, seconds)


async def test_a_node_that_is_cut_off_from_postgresql_lets_go_of_its_raffles(
    cluster: Cluster, wire: FaultProxyThread
) -> None:
    cut, other = cluster.nodes
    raffle_id = cut.create_raffle(100)
    assert cluster.owner(raffle_id) is cut
    async with open_watcher(other, raffle_id) as there, open_watcher(cut, raffle_id) as here:
        await trio.to_thread.run_sync(wire.blackhole)
        try:
            await trio.to_thread.run_sync(until_held, other, raffle_id, "01", LETS_GO_SECONDS)
            assert cluster.owner(raffle_id) is other
            await trio.to_thread.run_sync(eventually, lambda: ready(cut) == 503)
            assert ready(other) == 200
            # Its own viewers hear the new owner all the same: Redis is not cut.
            assert await trio.to_thread.run_sync(hold, other, raffle_id, "02")
            await there.until(lambda w: w.board.counts()[1] == 2)
        finally:
            await trio.to_thread.run_sync(wire.heal)
        await trio.to_thread.run_sync(eventually, lambda: ready(cut) == 200)
        await trio.to_thread.run_sync(until_held, cut, raffle_id, "03", 5.0)
        await here.until(lambda w: w.board.counts()[1] == 3)
        assert there.closed is None
    assert cluster.owner(raffle_id) is other


async def test_slow_commits_refuse_quickly_and_take_nobodys_time(
    cluster: Cluster, wire: FaultProxyThread, database: str
) -> None:
    server = cluster.nodes[0]
    organizer = Api.of(server, Role.ADMIN)
    raffle_id = UUID(created(organizer))
    organizer.close()
    until = time.time() + 3.0
    await trio.to_thread.run_sync(
        lambda: rows.fill(database, raffle_id, 1, 1, phase="selection", until=until)
    )
    answers: list[tuple[str, float]] = []

    async def reserve(client: RaffleClient, label: str) -> None:
        begin = trio.current_time()
        reply = await client.request("reserve", reservation_id=str(uuid4()), numbers=[label])
        code = "ok" if reply["ok"] else reply["error"]["code"]
        answers.append((code, trio.current_time() - begin))

    async def buyer(index: int, *, task_status: trio.TaskStatus[RaffleClient]) -> None:
        async with open_client(server.url, raffle_id, token=server.token()) as client:
            task_status.started(client)
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        clients = [await nursery.start(buyer, index) for index in range(60)]
        async with trio.open_nursery() as warm_up:  # Connections, each with its statements.
            for index in range(12):
                warm_up.start_soon(reserve, clients[index], f"{20 + index}")
        answers.clear()
        await trio.to_thread.run_sync(wire.delay, 0.9)
        async with trio.open_nursery() as asking:
            for index in range(12, 60):
                asking.start_soon(reserve, clients[index], f"{20 + index}")
                await trio.sleep(0.08)
        await trio.to_thread.run_sync(wire.heal)
        nursery.cancel_scope.cancel()
    refused = [seconds for code, seconds in answers if code == "unavailable"]
    assert {code for code, _ in answers} == {"ok", "unavailable"}
    assert min(refused) < 0.2
    assert sum(seconds < 0.2 for seconds in refused) >= len(refused) / 2
    assert max(seconds for _, seconds in answers) < 6.0
    expired: list[float] = []
    with trio.fail_after(20):
        while not expired:
            expired = await trio.to_thread.run_sync(rows.expired_at, database, raffle_id)
    assert expired[0] - until > 1.5  # At least one slow commit longer than it was promised.
    kind = "SELECT count(*) FROM raffle_events WHERE raffle_id = $1 AND kind = $2"
    owners = "SELECT count(DISTINCT epoch) FROM raffle_events WHERE raffle_id = $1"
    # A node so slow that it cannot renew its lease loses the raffle to one that is quick.
    is_extended = ask(database, kind, raffle_id, "deadlines_extended") >= 1
    assert is_extended or ask(database, owners, raffle_id) > 1


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
            code, seconds = hold(node, raffle_id, "01")
            assert (code, seconds < 6.0) == ("unavailable", True)
            eventually(lambda n=node: ready(n) == 503)  # type: ignore[misc]
            assert httpx.get(f"{node.url}/livez", timeout=5).status_code == 200
    finally:
        execute(database, "ALTER ROLE app CONNECTION LIMIT -1")
    for index, node in enumerate(cluster.nodes):
        until_held(node, raffle_id, f"1{index}", 8.0)
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
        answers: list[Any] = []
        while len(answers) < 2000 and "unavailable" not in [code for code, _ in answers]:
            answers.append(hold(server, raffle_id, f"{len(answers):04}"))
        assert answers[-1][0] == "unavailable"
        assert {code for code, _ in answers[:-1]} <= {"ok"}
        assert max(seconds for _, seconds in answers) < 6.0
        assert hold(server, raffle_id, "9000")[0] == "unavailable"
        assert httpx.get(f"{server.url}/livez", timeout=5).status_code == 200
        filler.unlink()
        until_held(server, raffle_id, "9001", 8.0)
        held = ask(database, "SELECT reserved_count FROM raffles WHERE id = $1", raffle_id)
        claims = "SELECT count(*) FROM number_claims WHERE raffle_id = $1"
        # What was acknowledged is there; what was refused is not, or became true as a whole.
        assert len(answers) <= held <= len(answers) + 2
        assert ask(database, claims, raffle_id) == held
