"""``python -m benchmarks.scaling_costs``: the costs that docs/scaling.md needs and no scenario shows.

What a handshake, an idle viewer, a command, an activation and a lease take of the server, of
PostgreSQL and of Valkey. About two minutes; CPU is user and kernel mode of the process that is named.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

import asyncpg
import psutil
import redis
from rich.console import Console

from benchmarks import buyers, load, machine, rows
from benchmarks.figures import number
from benchmarks.servers import Server, Stage, socket_path
from benchmarks.swarm import Swarm
from sorteos_actors.cluster import scripts

VIEWERS: Final = 1000
NUMBERS: Final = 10_000
PING_SECONDS: Final = 25
ACTIVATIONS: Final = 200
SALES: Final = 20
RENEWALS: Final = 20_000
MESSAGES: Final = 20_000
BUYERS: Final = 100

Figures = list[tuple[str, float, str]]


def main() -> int:
    """Measure and print."""
    console = Console()
    console.print(machine.describe())
    with ExitStack() as stack:
        stage = Stage(stack, quick=False)
        for measure in (_viewers, _alone, _crowd, _activations, _valkey):
            for what, value, unit in measure(stage):
                console.print(f"{what}: {number(value)} {unit}", highlight=False)
    return 0


def _viewers(stage: Stage) -> Figures:
    """Sockets that arrive, and then only answer pings."""
    with stage.server() as server:
        raffle_id = server.create_raffle(NUMBERS)
        with Swarm(server.port, socket_path(raffle_id), 50) as some:
            some.settle()
        before = server.cpu_seconds()
        with Swarm(server.port, socket_path(raffle_id), VIEWERS) as viewers:
            viewers.settle()
            arrived = server.cpu_seconds() - before
            _wait(viewers, PING_SECONDS)
            before = server.cpu_seconds()
            _wait(viewers, PING_SECONDS)
            watching = server.cpu_seconds() - before
        time.sleep(2)  # They leave, and that costs too.
        before = server.cpu_seconds()
        time.sleep(PING_SECONDS / 5)
        empty = (server.cpu_seconds() - before) * 5
    return [
        ("server CPU of a handshake, with the board", arrived / VIEWERS * 1e6, "µs"),
        (
            "server CPU of an idle viewer",
            (watching - empty) / VIEWERS / PING_SECONDS * 1e6,
            "µs a second",
        ),
    ]


def _wait(swarm: Swarm, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        for _ in swarm.poll(min(left, 0.5)):
            pass


def _alone(stage: Stage) -> Figures:
    """Each command has a commit of its own."""
    return _commands(stage, 1, "a command alone, one commit each")


def _crowd(stage: Stage) -> Figures:
    """Commands share commits."""
    return _commands(stage, BUYERS, f"a command of {BUYERS} people at once")


def _commands(stage: Stage, count: int, what: str) -> Figures:
    with stage.server() as server:
        raffle_id = server.create_raffle(NUMBERS)
        people = [
            buyers.regular(
                [buyers.label(index * 10 + i, NUMBERS) for i in range(10)], index, adds=4
            )
            for index in range(count)
        ]
        with Swarm(server.port, socket_path(raffle_id), count) as swarm:
            swarm.settle()
            for index in range(count):
                swarm.send(index, buyers.auth(server.tokens, buyers.person(index)))
            swarm.settle()
            cpu, wal = _postgres_cpu(stage), _wal_bytes(server)
            outcome = load.closed(swarm, lambda index: next(people[index]), 4)
            cpu, wal = _postgres_cpu(stage) - cpu, _wal_bytes(server) - wal
    return [
        (f"PostgreSQL CPU of {what}", cpu / outcome.acknowledged * 1e6, "µs"),
        (f"WAL of {what}", wal / outcome.acknowledged, "bytes"),
    ]


def _activations(stage: Stage) -> Figures:
    """Raffles with a few sales, asked for by HTTP for the first time since they were filled."""
    with stage.server() as server:
        drafts = [server.draft_raffle(100) for _ in range(ACTIVATIONS)]
        for raffle_id in drafts:
            until = time.time() + 600
            rows.fill(server.database_url, raffle_id, SALES, 2, phase="completed", until=until)
        ours, theirs = server.cpu_seconds(), _postgres_cpu(stage)
        for raffle_id in drafts:
            server.http.get(f"/raffles/{raffle_id}/board").raise_for_status()
        ours, theirs = server.cpu_seconds() - ours, _postgres_cpu(stage) - theirs
    return [
        ("server CPU of an activation, HTTP included", ours / ACTIVATIONS * 1e6, "µs"),
        ("PostgreSQL CPU of an activation", theirs / ACTIVATIONS * 1e6, "µs"),
    ]


def _valkey(stage: Stage) -> Figures:
    """A lease's life in Lua, and messages with nobody and with a hundred who hear them."""
    client = redis.Redis.from_url(stage.urls[1], max_connections=200)
    renew = client.register_script(scripts.RENEW.text)
    epoch = int(time.time())
    value = f'{{"node":"n1","url":"http://10.0.0.1:8080","epoch":{epoch}}}'
    keys = [f"raffle:actor:{{{uuid4()}}}" for _ in range(RENEWALS // 10)]
    renew(keys=keys[:1], args=[value, "n1", 4000, epoch])
    pipeline = client.pipeline(transaction=False)
    for turn in range(RENEWALS):
        renew(keys=[keys[turn % len(keys)]], args=[value, "n1", 4000, epoch], client=pipeline)
    before = _valkey_cpu(client)
    pipeline.execute()
    lease = (_valkey_cpu(client) - before) / RENEWALS
    silent = _publish_cpu(client, MESSAGES)
    with ExitStack() as stack:
        listeners = [stack.enter_context(client.pubsub()) for _ in range(100)]  # type: ignore[no-untyped-call]
        for listener in listeners:
            listener.subscribe("scaling")
        heard = _publish_cpu(client, MESSAGES // 100) / 100
    client.close()
    return [
        ("Valkey CPU of a lease renewal", lease * 1e6, "µs"),
        ("Valkey CPU of a message that nobody hears", silent * 1e6, "µs"),
        ("Valkey CPU of one delivery of 256 bytes", heard * 1e6, "µs"),
    ]


def _publish_cpu(client: redis.Redis, count: int) -> float:
    pipeline = client.pipeline(transaction=False)
    for _ in range(count):
        pipeline.publish("scaling", b"x" * 256)
    before = _valkey_cpu(client)
    pipeline.execute()
    return (_valkey_cpu(client) - before) / count


def _valkey_cpu(client: redis.Redis) -> float:
    used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def _postgres_cpu(stage: Stage) -> float:
    """CPU seconds of PostgreSQL and all its processes, those that have ended included."""
    pid_file = next(stage.folder.glob("pair/**/postmaster.pid"))
    postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
    total = 0.0
    for process in (postmaster, *postmaster.children()):
        used = process.cpu_times()
        total += used.user + used.system + used.children_user + used.children_system
    return total


def _wal_bytes(server: Server) -> int:
    async def main() -> int:
        connection = await asyncpg.connect(server.database_url)
        try:
            return int(
                await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
            )
        finally:
            await connection.close()

    return asyncio.run(main())


if __name__ == "__main__":
    sys.exit(main())
