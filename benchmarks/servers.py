"""The servers of a run: one PostgreSQL and one Valkey, shared with the baseline, and the server
under test in a process of its own, started as an operator would start it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import psutil

from sorteos_actors.embedded import open_embedded
from sorteos_actors.web.auth import Role, Tokens

ROOT = Path(__file__).parents[1]
_START_SECONDS = 60.0
_STOP_SECONDS = 40.0


class Stage:
    """What scenarios stand on; things start when a scenario first asks for them.

    `profile_dir`: run every server under cProfile and leave its figures there.
    """

    def __init__(self, stack: ExitStack, *, quick: bool, profile_dir: Path | None = None) -> None:
        self.quick = quick
        self.profile_dir = profile_dir
        self.secret = secrets.token_hex(32)
        self.hot_rate: float | None = None
        self._stack = stack

    @cached_property
    def folder(self) -> Path:
        """A temporary folder that PostgreSQL's own user can reach too."""
        folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sorteos-bench-"))
        )
        folder.chmod(0o755)
        return folder

    @cached_property
    def urls(self) -> tuple[str, str]:
        """PostgreSQL and Valkey, empty and running."""
        pair = self._stack.enter_context(
            open_embedded(self.folder / "pair", postgres=True, valkey=True)
        )
        assert pair.database_url is not None
        assert pair.redis_url is not None
        return pair.database_url, pair.redis_url

    def database_cpu_seconds(self) -> float:
        """CPU that PostgreSQL has used so far, in all of its processes."""
        assert self.urls
        [pid_file] = self.folder.glob("pair/**/postmaster.pid")
        parent = psutil.Process(int(pid_file.read_text().split()[0]))
        reaped = parent.cpu_times()
        total = reaped.user + reaped.system + reaped.children_user + reaped.children_system
        for process in parent.children():
            with suppress(psutil.NoSuchProcess):
                used = process.cpu_times()
                total += used.user + used.system
        return float(total)

    @contextmanager
    def server(self) -> Iterator[Server]:
        """The server under test on a new database, ready; stopped at the end.

        New, so that no scenario profits from what an earlier one has taught PostgreSQL: a planner
        without statistics is the worst case, and every raffle's first minutes are like that.
        """
        with self.cluster(1) as [server]:
            yield server

    @contextmanager
    def cluster(self, count: int) -> Iterator[list[Server]]:
        """So many nodes on one new database, ready; stopped at the end."""
        database_url = asyncio.run(_new_database(self.urls[0], f"bench_{free_port()}"))
        with ExitStack() as stack:
            yield [stack.enter_context(self.node(database_url)) for _ in range(count)]

    @contextmanager
    def node(self, database_url: str) -> Iterator[Server]:
        """One node on a database; stopped at the end, unless it has ended before."""
        port = free_port()
        redis_url = self.urls[1]
        data_dir = self.folder / f"server-{port}"
        data_dir.mkdir()
        command = [sys.executable]
        if self.profile_dir is not None:
            self.profile_dir.mkdir(parents=True, exist_ok=True)
            command += ["-m", "cProfile", "-o", str(self.profile_dir / f"server-{port}.prof")]
        command += ["-m", "sorteos_actors", "serve"]
        command += ["--port", str(port), "--data-dir", str(data_dir)]
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "JWT_SECRET": self.secret,
            "RATE_LIMITS": "off",
            "PAYMENTS_SANDBOX": "1",
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }
        log = data_dir / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=environment, cwd=data_dir, stdout=out, stderr=out
            )
        try:
            wait_for_answer(port, "/readyz", process, log)
            yield Server(port, process, self.secret, database_url)
        finally:
            stop(process)


class Server:
    """A running server under test: how to reach it, and what it costs."""

    def __init__(
        self, port: int, process: subprocess.Popen[bytes], secret: str, database_url: str
    ) -> None:
        self.port = port
        self.database_url = database_url
        self.secret = secret
        self.tokens = tokens = Tokens(secret)
        self.process = process
        self._process = psutil.Process(process.pid)
        token, _ = tokens.issue(uuid4(), Role.ADMIN, now=int(time.time()), seconds=7200)
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    def end(self, signal_number: signal.Signals) -> None:
        """Send the process a signal that ends it, and wait until it has."""
        self.process.send_signal(signal_number)
        self.process.wait(_STOP_SECONDS)

    def cpu_seconds(self) -> float:
        """CPU that the process has used, in user and kernel mode."""
        used = self._process.cpu_times()
        return float(used.user + used.system)

    def memory_bytes(self) -> int:
        """Resident memory of the process."""
        return int(self._process.memory_info().rss)

    def create_raffle(self, number_count: int) -> UUID:
        """A raffle that sells."""
        raffle_id = self.draft_raffle(number_count)
        self.http.post(f"/raffles/{raffle_id}/publish").raise_for_status()
        return raffle_id

    def draft_raffle(self, number_count: int) -> UUID:
        """A raffle that is not published yet."""
        body = {
            "title": f"{number_count} numbers",
            "number_count": number_count,
            "price": 100_000,
            "currency": "CRC",
        }
        answer = self.http.post("/raffles", json=body).raise_for_status()
        return UUID(answer.json()["raffle"]["id"])

    def reserved_count(self, raffle_id: UUID) -> int:
        """Numbers that are reserved, by the server's own count."""
        return self._count(raffle_id, "reserved")

    def sold_count(self, raffle_id: UUID) -> int:
        """Numbers that are sold, by the server's own count."""
        return self._count(raffle_id, "sold")

    def _count(self, raffle_id: UUID, state: str) -> int:
        answer = self.http.get(f"/raffles/{raffle_id}").raise_for_status()
        return int(answer.json()["raffle"]["counts"][state])


async def _new_database(url: str, name: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def socket_path(raffle_id: UUID) -> str:
    """Where a raffle's WebSocket is."""
    return f"/api/v1/raffles/{raffle_id}/ws"


def free_port() -> int:
    """A port of the loopback interface that nobody had a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for_answer(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask until there is a 200. Raises RuntimeError, with the log, when there never is."""
    end = time.perf_counter() + _START_SECONDS
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    while time.perf_counter() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
                sock.sendall(request.encode("ascii"))
                if sock.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except (ConnectionError, TimeoutError):
            pass  # Nobody listens yet, or somebody who is not ready: that is what we wait for.
        time.sleep(0.005)
    raise RuntimeError(f"the server did not answer:\n{log.read_text(errors='replace')}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for a process that does not drain in time."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
