"""The servers we bring along: started, found again, and never left behind."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from sorteos_actors.embedded import load_or_create_secret, open_embedded
from sorteos_actors.errors import CannotStart
from tests.databases import execute
from tests.integration.server_process import ROOT

HOLDER = """
import sys, time, pathlib
from sorteos_actors.embedded import open_embedded
with open_embedded(pathlib.Path(sys.argv[1]), postgres=True, valkey=True) as servers:
    print(servers.postgres_pid, servers.valkey_pid, flush=True)
    time.sleep(600)
"""


def hold(data_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that runs servers in `data_dir`, and the pids of its servers."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()]


def everything_in(data_dir: Path) -> list[int]:
    """Every process that works in a data directory."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(data_dir) in word for word in process.info["cmdline"] or ())
    ]


def test_data_survives_a_restart_of_everything(tmp_path: Path) -> None:
    with open_embedded(tmp_path / "d", postgres=True, valkey=True) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "CREATE TABLE kept (n integer)")
    with open_embedded(tmp_path / "d", postgres=True, valkey=False) as servers:
        assert servers.database_url is not None
        assert servers.redis_url is None
        execute(servers.database_url, "INSERT INTO kept VALUES (1)")
    assert everything_in(tmp_path) == []


def test_a_data_directory_in_use_is_refused_with_the_pid(tmp_path: Path) -> None:
    with (
        open_embedded(tmp_path, postgres=False, valkey=False),
        pytest.raises(CannotStart, match=f"in use by a running instance \\(pid {os.getpid()}\\)"),
        open_embedded(tmp_path, postgres=False, valkey=False),
    ):
        pass


def test_after_a_kill_9_the_next_start_takes_over_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    process, pids = hold(tmp_path / "d")
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    assert all(psutil.pid_exists(pid) for pid in pids)  # They outlived it: that is the bad day.
    with open_embedded(tmp_path / "d", postgres=True, valkey=True) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "SELECT 1")
    assert everything_in(tmp_path) == []


def test_a_crash_of_postgresql_is_recovered_from(tmp_path: Path) -> None:
    with open_embedded(tmp_path, postgres=True, valkey=False) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "CREATE TABLE kept (n integer)")
        pid = servers.postgres_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while psutil.pid_exists(pid):
            time.sleep(0.01)
        servers.start_postgres()
        execute(servers.database_url, "INSERT INTO kept VALUES (1)")


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with (
        pytest.raises(CannotStart, match="is full"),
        open_embedded(tmp_path, postgres=True, valkey=True),
    ):
        pass
    assert everything_in(tmp_path) == []


def test_a_data_dir_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CannotStart, match="--data-dir"),
        open_embedded(tmp_path / "file" / "d", postgres=False, valkey=False),
    ):
        pass


def test_a_database_of_another_version_is_a_sentence(tmp_path: Path) -> None:
    with open_embedded(tmp_path, postgres=True, valkey=False):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(CannotStart, match="PostgreSQL cannot start"),
        open_embedded(tmp_path, postgres=True, valkey=False),
    ):
        pass
    assert everything_in(tmp_path) == []


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secret = load_or_create_secret(tmp_path)
    assert len(secret) == 64
    assert load_or_create_secret(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "jwt_secret").stat().st_mode) == 0o600
