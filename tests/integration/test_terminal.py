"""The operator's verbs against a real server, as a person would type them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sorteos_actors import cli
from sorteos_actors.embedded import EmbeddedServers
from tests.databases import empty_database, execute
from tests.integration.server_process import ROOT, SECRET, ServerProcess


@pytest.fixture(autouse=True)
def operator(server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator's shell: the server's address and its secret, and a data directory of one's own."""
    for name in ("SORTEOS_TOKEN", "JWT_SECRET_FILE", "DATABASE_URL", "REDIS_URL", "DB_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SORTEOS_URL", server.url)
    monkeypatch.setenv("JWT_SECRET", SECRET)
    monkeypatch.chdir(tmp_path)


class Shell:
    """Runs verbs and reads what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        """Stdout and stderr of a verb that ends with this status."""
        self._capsys.readouterr()
        ended = cli.run(list(arguments))
        captured = self._capsys.readouterr()
        assert ended == status, captured.err
        return captured.out, captured.err

    def data(self, *arguments: str, status: int = 0) -> Any:
        """What a verb prints for programs."""
        return json.loads(self.run(*arguments, "--json", status=status)[0])


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def a_raffle(shell: Shell, title: str, numbers: int = 100) -> str:
    """Made by the verb; its id."""
    arguments = ["--title", title, "--numbers", str(numbers), "--price", "100000", "--publish"]
    return str(shell.data("raffle", "create", *arguments)["raffle"]["id"])


def test_a_raffle_is_led_from_draft_to_close_by_pieces_of_its_title(shell: Shell) -> None:
    arguments = ["--title", "Rifa del Corazón", "--numbers", "50", "--price", "250000"]
    created = shell.data("raffle", "create", *arguments, "--max-per-person", "3")["raffle"]
    assert (created["status"], created["max_numbers_per_user"]) == ("draft", 3)
    for verb, status in (
        ("publish", "active"),
        ("pause", "paused"),
        ("resume", "active"),
        ("close", "closed"),
    ):
        assert shell.data("raffle", verb, "corazon")["raffle"]["status"] == status
    refused = shell.run("raffle", "publish", created["id"][:8], status=1)
    assert refused[0] == ""
    assert "refused" in refused[1]
    assert "CRC 2,500.00" in shell.run("raffle", "show", created["id"])[0]
    assert "Rifa del Corazón" in shell.run("raffle", "list")[0]


def test_bad_terms_are_refused_in_one_sentence(shell: Shell) -> None:
    arguments = ["--title", "x", "--numbers", "5", "--price", "1", "--draw-at", "tomorrow"]
    out, err = shell.run("raffle", "create", *arguments, status=1)
    assert out == ""
    assert err.startswith("sorteos: The server refused (bad_request")


def test_a_picture_of_a_raffle_that_bots_are_buying(shell: Shell, tmp_path: Path) -> None:
    raffle_id = a_raffle(shell, "Rifa de los robots")
    told = shell.data(
        *("bots", raffle_id, "--buyers", "12", "--pace", "0.02", "--duration", "5", "--seed", "1")
    )
    assert told["reservations"] > 0
    assert told["answers"] >= told["reservations"]
    assert not set(told["errors"]) - {"numbers_taken", "too_many_numbers"}
    out, _ = shell.run("watch", raffle_id, "--once", "--after", "0", "--size", "80x24")
    assert len(out.splitlines()) == 24
    assert "Rifa de los robots" in out
    assert "▒" in out
    shell.run("watch", raffle_id, "--svg", "watch.svg", "--after", "0")
    assert (tmp_path / "watch.svg").read_text().startswith("<svg")


def test_bots_without_the_secret_buy_as_guests(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    raffle_id = a_raffle(shell, "Rifa de los invitados")
    monkeypatch.delenv("JWT_SECRET")
    arguments = ["--buyers", "3", "--pace", "0.02", "--duration", "5", "--json"]
    out, err = shell.run("bots", raffle_id, *arguments)
    assert "3 guests buy" in err
    assert json.loads(out)["reservations"] > 0


def test_a_secret_of_another_server_still_lets_one_look_and_not_steer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    raffle_id = a_raffle(shell, "Rifa ajena")
    monkeypatch.setenv("JWT_SECRET", "x" * 40)
    assert "Rifa ajena" in shell.run("raffle", "show", raffle_id)[0]
    assert "Rifa ajena" in shell.run("watch", raffle_id, "--once", "--after", "0")[0]
    assert "does not accept" in shell.run("raffle", "pause", raffle_id, status=1)[1]
    refused = shell.run("raffle", "list", "--token", "a.b.c", status=1)
    assert "unauthenticated" in refused[1]


@pytest.fixture
def watching(shell: Shell, server: ServerProcess) -> Iterator[subprocess.Popen[str]]:
    """`sorteos watch --json` in a process of its own."""
    raffle_id = a_raffle(shell, "Rifa observada")
    process = subprocess.Popen(
        [sys.executable, "-m", "sorteos_actors", "watch", raffle_id, "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()


def read_until(process: subprocess.Popen[str], type_: str, **fields: object) -> dict[str, Any]:
    """The first JSON line of this type with these fields; the test's timeout is the limit."""
    assert process.stdout is not None
    for text in process.stdout:
        line: dict[str, Any] = json.loads(text)
        if line["type"] == type_ and fields.items() <= line.items():
            return line
    raise AssertionError(f"the watch ended without {type_} {fields}")


def test_a_watch_outlives_a_restart_and_a_crash_of_the_server(
    watching: subprocess.Popen[str], server: ServerProcess
) -> None:
    read_until(watching, "connection", live=True)
    for end in (server.stop, server.kill):
        end()
        server.start()
        read_until(watching, "connection", live=False)
        read_until(watching, "connection", live=True)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 0
    assert watching.stderr is not None
    assert watching.stderr.read() == ""


def test_the_doctor_finds_nothing_wrong_with_a_migrated_database(
    shell: Shell,
    database_url: str,
    servers: EmbeddedServers,
    server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", servers.redis_url or "")
    told = shell.data("doctor", "--port", str(server.port))
    by_check = {check["check"]: check for check in told["checks"]}
    assert told["healthy"], told
    for check in ("postgresql", "durability", "migrations", "clock", "redis", "port"):
        assert by_check[check]["health"] == "ok", by_check[check]
    assert "served by sorteos" in by_check["port"]["sentence"]


def test_the_doctor_sees_a_database_that_may_lose_what_was_acknowledged(
    shell: Shell, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = database_url.rsplit("/", 1)[1].partition("?")[0]
    execute(database_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    monkeypatch.setenv("DATABASE_URL", database_url)
    told = shell.data("doctor", "--port", "0", status=3)
    unhealthy = [check for check in told["checks"] if check["health"] == "unhealthy"]
    assert len(unhealthy) == 1
    assert "synchronous_commit" in unhealthy[0]["sentence"]


def test_migrations_go_up_and_down_by_the_verb(
    shell: Shell, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database(servers))
    assert not any(m["applied"] for m in shell.data("migrate", "status", status=1)["migrations"])
    assert "applied" in shell.run("migrate", "up")[1]
    steps = shell.data("migrate", "status")["migrations"]
    assert all(step["applied"] for step in steps)
    assert steps[-1]["name"] in shell.run("migrate", "down", "--yes")[1]
    left = shell.data("migrate", "status", status=1)["migrations"]
    assert [step["applied"] for step in left] == [True] * (len(steps) - 1) + [False]


def test_a_running_instance_keeps_its_database_from_being_migrated(
    shell: Shell, servers: EmbeddedServers
) -> None:
    data_dir = str(servers._data_dir)
    for verb in ("up", "down"):
        refused = shell.run("migrate", verb, "--data-dir", data_dir, status=1)
        assert "in use by a running instance" in refused[1]
    steps = shell.data("migrate", "status", "--data-dir", data_dir, status=1)["migrations"]
    assert steps  # Looking is allowed: of the running instance's own database.
    told = shell.data("doctor", "--port", "0", "--data-dir", data_dir)
    by_check = {check["check"]: check["health"] for check in told["checks"]}
    assert (by_check["postgresql"], by_check["migrations"]) == ("ok", "warning")


def test_a_stopped_instance_s_database_is_started_for_the_verb_alone(
    shell: Shell, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    shell.run("migrate", "up", "--data-dir", str(data_dir))
    told = shell.data("doctor", "--port", "0", "--data-dir", str(data_dir))
    by_check = {check["check"]: check["health"] for check in told["checks"]}
    assert (by_check["migrations"], by_check["redis"]) == ("ok", "ok")
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
