"""A real server in a process of its own, as an operator would start it, and ways to hurt it."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx

from sorteos_actors.web.auth import Role, Tokens

SECRET = "a-secret-for-tests-that-is-long-enough-0123456789"
ROOT = Path(__file__).parents[2]
_PORTS: Final = range(15_000, 30_000)
_START_SECONDS: Final = 90
_given: Final[set[int]] = set()


def free_port(in_a_row: int = 1) -> int:
    """A port that nobody has or was given before, or the first of several in a row.

    From below those that systems lend to outgoing connections: there, whoever asks whether a server is up
    could be lent its very port, and lock it out.
    """
    while True:
        first = random.choice(_PORTS)
        wanted = range(first, first + in_a_row)
        if not _given.isdisjoint(wanted):
            continue
        try:
            for port in wanted:
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        _given.update(wanted)
        return first


class ServerProcess:
    """`sorteos serve` on a database of its own."""

    def __init__(
        self, database_url: str, redis_url: str, data_dir: Path, **environment: str
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.secret = SECRET
        self.arguments: tuple[str, ...] = ()
        """More options of `serve`."""
        self._tokens = Tokens(SECRET)
        self._data_dir = data_dir
        self._log = data_dir / "server.log"
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "JWT_SECRET": SECRET,
            "RATE_LIMITS": "off",
            "LOG_FORMAT": "json",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", str(ROOT))]),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "sorteos_actors", "serve"),
                    *("--port", str(self.port), "--data-dir", str(self._data_dir)),
                    *self.arguments,
                ],
                env=self._environment,
                cwd=self._data_dir,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the server did not become ready: {self.log()}")

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, wait for nothing."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit status after draining. One that crashes by that has not stopped."""
        assert self._process is not None
        if self._process.poll() is not None:
            return self._process.returncode
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(60)
        assert status >= 0, f"ended by {signal.Signals(-status).name}: {self.log()[-3000:]}"
        return status

    def log(self) -> str:
        """Everything the server said."""
        return self._log.read_text(errors="replace")

    def token(self, user_id: UUID | None = None, role: Role = Role.USER) -> str:
        """A token that this server accepts."""
        now = int(time.time())
        return self._tokens.issue(user_id or uuid4(), role, now=now, seconds=3600)[0]

    @property
    def admin_token(self) -> str:
        """A token of an admin."""
        return self.token(role=Role.ADMIN)

    def create_raffle(self, number_count: int = 100, **fields: object) -> UUID:
        """A published raffle."""
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        body = {
            "title": "Rifa de prueba",
            "number_count": number_count,
            "price": 100_000,
            "currency": "CRC",
            **fields,
        }
        with httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60) as http:
            created = http.post("/raffles", json=body)
            assert created.status_code == 201, created.text
            raffle_id = created.json()["raffle"]["id"]
            published = http.post(f"/raffles/{raffle_id}/publish")
            assert published.status_code == 200, published.text
        return UUID(raffle_id)
