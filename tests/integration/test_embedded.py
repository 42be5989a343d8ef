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
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
from redis import AuthenticationError, Redis

from sorteos_actors.embedded import EmbeddedServers, load_or_create_secret, open_embedded
from sorteos_actors.errors import CannotStart
from tests.databases import execute
from tests.integration.server_process import ROOT
from tests.waiting import eventually

HOLDER = """
import sys, time, pathlib
from sorteos_actors.embedded import open_embedded
try:
    with open_embedded(pathlib.Path(sys.argv[1]), postgres=True, valkey=True) as servers:
        print(servers.postgres_pid, servers.valkey_pid, flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    print("in order")
"""


def hold(data_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that runs servers in `data_dir`, and the pids of its servers."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "JWT_SECRET": "canary"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, [int(pid) for pid in process.stdout.readline().split()]


def kill_9(process: subprocess.Popen[str]) -> None:
    """As the kernel would for want of memory."""
    with process:
        process.kill()


def lives(pid: int) -> bool:
    """Whether it runs: what waits to be buried by the system does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def everything_in(data_dir: Path) -> list[str]:
    """Every process that works in a data directory, or was started with a word about it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or ()), process.info["cwd"] or ""]
        if any(str(data_dir) in word for word in words):
            found.append(f"{process.pid} {words}")
    return found


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
    kill_9(process)
    assert all(lives(pid) for pid in pids)  # They outlived it: that is the bad day.
    with open_embedded(tmp_path / "d", postgres=True, valkey=True) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "SELECT 1")
        assert not any(lives(pid) for pid in pids)
    assert everything_in(tmp_path) == []


def test_a_kill_9_of_everything_at_once_is_recovered_from(tmp_path: Path) -> None:
    process, pids = hold(tmp_path / "d")
    kill_9(process)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    with open_embedded(tmp_path / "d", postgres=True, valkey=True) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "SELECT 1")
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_nobody_listens_yet_stops_the_servers_in_order(
    tmp_path: Path, how: signal.Signals
) -> None:
    process, pids = hold(tmp_path / "d")
    process.send_signal(how)
    assert process.communicate(timeout=60)[0] == "in order\n"
    assert not any(lives(pid) for pid in pids)
    assert everything_in(tmp_path) == []


def test_an_impatient_second_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    process, _ = hold(tmp_path / "d")
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    process.communicate()
    eventually(lambda: everything_in(tmp_path) == [])


def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(tmp_path: Path) -> None:
    with open_embedded(tmp_path, postgres=True, valkey=True) as servers:
        for pid in (servers.postgres_pid, servers.valkey_pid):
            assert pid is not None
            assert os.getsid(pid) != os.getsid(0)


def test_the_servers_do_not_inherit_our_secrets(tmp_path: Path) -> None:
    process, pids = hold(tmp_path / "d")
    try:
        assert pids
        for pid in pids:
            assert "JWT_SECRET" not in psutil.Process(pid).environ()
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_crash_of_postgresql_is_recovered_from(own_servers: EmbeddedServers) -> None:
    assert own_servers.database_url is not None
    execute(own_servers.database_url, "CREATE TABLE kept (n integer)")
    pid = own_servers.postgres_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    own_servers.start_postgres()
    assert own_servers.postgres_pid not in (pid, None)
    execute(own_servers.database_url, "INSERT INTO kept VALUES (1)")


def test_a_pid_file_with_somebody_elses_pid_is_not_believed(tmp_path: Path) -> None:
    with open_embedded(tmp_path, postgres=True, valkey=False):
        pass
    owner = (tmp_path / "postgres").stat().st_uid  # Of others' processes PostgreSQL knows it.
    bystander = subprocess.Popen(["sleep", "600"], user=owner if os.geteuid() == 0 else None)
    try:
        file = tmp_path / "postgres" / "postmaster.pid"
        file.write_text(f"{bystander.pid}\n{tmp_path / 'postgres'}\n0\n5432\n\n\n0 0\nready\n")
        with open_embedded(tmp_path, postgres=True, valkey=False) as servers:
            assert servers.postgres_pid != bystander.pid
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_an_interrupted_first_start_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with open_embedded(tmp_path, postgres=True, valkey=False) as servers:
        assert servers.database_url is not None
        execute(servers.database_url, "SELECT 1")


def test_the_servers_keep_what_they_are_told_and_valkey_evicts_nothing(
    servers: EmbeddedServers,
) -> None:
    assert servers.database_url is not None
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        execute(
            servers.database_url, f"DO $$ BEGIN ASSERT current_setting('{setting}') = 'on'; END $$"
        )
    with Redis.from_url(servers.redis_url or "") as redis:
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert redis.config_get("bind") == {"bind": "127.0.0.1"}


def test_nobody_without_the_password_gets_in(servers: EmbeddedServers) -> None:
    assert servers.database_url is not None
    assert servers.redis_url is not None
    parts = urlsplit(servers.database_url)
    with pytest.RaisesGroup(asyncpg.InvalidPasswordError, flatten_subgroups=True):
        execute(f"postgresql://postgres:guess@127.0.0.1:{parts.port}/sorteos", "SELECT 1")
    with (
        Redis.from_url(f"redis://127.0.0.1:{urlsplit(servers.redis_url).port}") as redis,
        pytest.raises(AuthenticationError),
    ):
        redis.ping()


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


def test_a_secret_that_was_emptied_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "jwt_secret").write_text("")
    with pytest.raises(CannotStart, match="jwt_secret"):
        load_or_create_secret(tmp_path)


def test_a_secret_where_none_can_be_kept_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "jwt_secret").mkdir()
    with pytest.raises(CannotStart, match="jwt_secret"):
        load_or_create_secret(tmp_path)
