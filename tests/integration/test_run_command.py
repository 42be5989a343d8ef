"""The one command, as a newcomer types it: `python3 run.py`, with nothing but a data directory."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.integration.server_process import ROOT, free_port
from tests.integration.test_embedded import everything_in
from tests.waiting import eventually


def run(*arguments: str) -> subprocess.Popen[str]:
    """`run.py` in a process of its own, without any setting from outside."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("DB_", "DATABASE", "REDIS"))}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        env=plain,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_ready(port: int, process: subprocess.Popen[str]) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, process.communicate()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    eventually(is_ready)


def stop(process: subprocess.Popen[str], how: signal.Signals) -> str:
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def test_the_first_command_serves_and_the_second_start_finds_the_same_data(tmp_path: Path) -> None:
    port = free_port()
    options = ("--port", str(port), "--data-dir", str(tmp_path / "d"))
    process = run(*options)
    wait_until_ready(port, process)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as http:
        # Ready means that it serves; the demo raffles come one after the other.
        eventually(lambda: len(http.get("/raffles").json()["raffles"]) == 3)
        raffles = http.get("/raffles").json()["raffles"]
        assert sorted(r["number_count"] for r in raffles) == [100, 10_000, 1_000_000]
        small = next(r for r in raffles if r["number_count"] == 100)
        token = http.post("/auth/guest", json={}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        body = {"raffle_id": small["id"], "number_ids": ["07"]}
        made = http.post("/reservations", json=body, headers=headers).json()["reservation"]
    said = stop(process, signal.SIGINT)
    assert f"http://127.0.0.1:{port}/organizar#token=" in said
    admin = re.search(r"eyJ[\w.-]+", said)
    assert admin is not None
    assert everything_in(tmp_path) == []

    process = run(*options)
    wait_until_ready(port, process)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as http:
        kept = http.get(f"/reservations/{made['id']}", headers=headers).json()["reservation"]
        assert kept["expires_at"] == made["expires_at"]
        assert len(http.get("/raffles").json()["raffles"]) == 3
        stats = http.get(
            f"/raffles/{small['id']}/ws/stats", headers={"Authorization": f"Bearer {admin[0]}"}
        )
        assert stats.status_code == 200
    stop(process, signal.SIGTERM)
    assert everything_in(tmp_path) == []


def test_a_taken_port_is_a_sentence_and_nothing_is_left_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = run("--port", str(port), "--data-dir", str(tmp_path / "d"))
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {port}" in said
    assert "--port" in said
    assert "Traceback" not in said
    assert everything_in(tmp_path) == []


def test_an_unreachable_database_is_a_sentence(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "JWT_SECRET": "0123456789abcdef" * 4,
    }
    finished = subprocess.run(
        [
            *(sys.executable, str(ROOT / "run.py"), "--port", str(free_port())),
            *("--data-dir", str(tmp_path / "d")),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert "127.0.0.1:1" in finished.stderr or "database" in finished.stderr.lower()
    assert everything_in(tmp_path) == []


def test_a_wrong_option_is_a_usage_error() -> None:
    process = run("serve", "--no-such-option")
    process.communicate(timeout=60)
    assert process.returncode == 2
