"""The real HAProxy with the repository's own configuration, in front of nodes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.server_process import ROOT, free_port

CONFIGURATION = ROOT / "deploy" / "haproxy.cfg"
_START_SECONDS = 60


def haproxy() -> str:
    """The program. Without it a test is skipped; on CI, which installs it, the test fails."""
    # Debian puts it where only root's path leads.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("haproxy", path=path)
    if found is None:
        sentence = "haproxy is not installed. On Debian and Ubuntu: apt-get install haproxy."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


def configured(bind: str, nodes: Sequence[str]) -> dict[str, str]:
    """The environment that the configuration reads, for one to three nodes (`host:port`)."""
    assert 1 <= len(nodes) <= 3, "the configuration has room for three nodes"
    names = {f"SORTEOS_NODE_{number}": node for number, node in enumerate(nodes, start=1)}
    return {"PATH": os.environ.get("PATH", os.defpath), "SORTEOS_BIND": bind, **names}


class ProxyProcess:
    """One proxy, on a port of its own, in front of the nodes on these ports of 127.0.0.1."""

    def __init__(self, node_ports: Sequence[int], directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._nodes = [f"127.0.0.1:{port}" for port in node_ports]
        self._log = directory / "proxy.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections. It believes in every node until it has looked."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [haproxy(), "-db", "-f", str(CONFIGURATION)],
                env=configured(f"127.0.0.1:{self.port}", self._nodes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the proxy ended: {self.log()}")
            with socket.socket() as sock:
                sock.settimeout(1)
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"the proxy did not open its port: {self.log()}")

    def stop(self) -> None:
        """End it at once, with every connection. Repeating it changes nothing."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def log(self) -> str:
        """What it said: nodes that went and came back, requests that failed or were tried again."""
        return self._log.read_text(errors="replace")
