"""`sorteos serve --workers 2` in processes of its own, and ways to look at each of them."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil

from tests.integration.server_process import ServerProcess
from tests.waiting import eventually

# Made once: a client would load the system's certificates each time, for nothing.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class CrewProcess(ServerProcess):
    """A parent and its two workers."""

    def __init__(
        self, database_url: str, redis_url: str, data_dir: Path, **environment: str
    ) -> None:
        super().__init__(database_url, redis_url, data_dir, **environment)
        self.arguments = ("--workers", "2")
        self.database_url = database_url
        self.environment = self._environment

    def start(self) -> None:
        """Start it and wait until all workers serve."""
        super().start()
        eventually(lambda: "sorteos is open" in self.log() or not self.is_running)

    @property
    def workers(self) -> list[int]:
        """The workers that there are now."""
        return workers_of(self.pid)

    @property
    def urls(self) -> list[str]:
        """Each worker's own address, as the person at the terminal was told."""
        return re.findall(r"Worker \d +(http://\S+)/readyz", self.log())

    def nodes(self) -> dict[str, str]:
        """Who answers at the port over several connections, by name, with their own addresses."""
        found: dict[str, str] = {}
        for asked in range(100):  # The system deals connections out by chance.
            report = get(f"{self.url}/readyz").json()
            found[report["node"]] = report["url"]
            if asked >= 16 and len(found) > 1:
                break
        return found

    def pid_at(self, url: str) -> int:
        """The worker that has an address of its own."""
        port = urlsplit(url).port
        for pid in self.workers:
            sockets = psutil.Process(pid).net_connections("tcp")
            if any(s.status == psutil.CONN_LISTEN and s.laddr.port == port for s in sockets):
                return pid
        raise AssertionError(f"nobody is at {url}")

    def reserve(self, raffle_id: object, label: str) -> httpx.Response:
        """Hold a number as somebody new, over a connection of its own."""
        return post(
            f"{self.url}/api/v1/reservations",
            json={"raffle_id": str(raffle_id), "number_ids": [label]},
            headers={"Authorization": f"Bearer {self.token()}", "Idempotency-Key": str(uuid4())},
        )


def workers_of(pid: int) -> list[int]:
    """The workers of a parent."""
    found = []
    for child in psutil.Process(pid).children():
        with suppress(psutil.Error):  # It may end while we look.
            if "--link" in child.cmdline():
                found.append(child.pid)
    return found


def get(url: str) -> httpx.Response:
    """Over a connection of its own."""
    return httpx.get(url, timeout=60, verify=_NO_TLS)


def post(url: str, **more: Any) -> httpx.Response:
    """Over a connection of its own."""
    return httpx.post(url, timeout=60, verify=_NO_TLS, **more)
