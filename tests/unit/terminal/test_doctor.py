"""The doctor's judgement, check by check."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from sorteos_actors.embedded import has_cluster, is_held, running_urls
from sorteos_actors.terminal import findings, machine_checks, server_checks
from sorteos_actors.terminal.doctor import examine
from sorteos_actors.terminal.server_checks import DatabaseFacts


def facts(**changes: object) -> DatabaseFacts:
    fields = {
        "version": "18.6",
        "number": 180_006,
        "fsync": "on",
        "synchronous_commit": "on",
        "ahead_ms": 0.0,
    }
    return DatabaseFacts(**(fields | changes))  # type: ignore[arg-type]


def test_an_old_python_is_unhealthy_and_ours_is_not() -> None:
    assert machine_checks.python_version((3, 10)).health == "unhealthy"
    assert machine_checks.python_version().health == "ok"


def test_a_data_directory_that_is_not_there_yet_is_not_made_by_looking(tmp_path: Path) -> None:
    found = machine_checks.data_directory(tmp_path / "later" / "still")
    assert [finding.health for finding in found] == ["ok", "ok"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_data_directory_is_unhealthy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert machine_checks.data_directory(tmp_path / "file")[0].health == "unhealthy"


def test_a_data_directory_that_cannot_be_written_is_unhealthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert machine_checks.data_directory(tmp_path)[0].health == "unhealthy"


def test_a_port_is_free_or_ours_or_somebody_elses() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"name": name, "version": "0.1.0"})

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        transport = httpx.MockTransport(answer)
        name = "sorteos-actors"
        assert machine_checks.port("127.0.0.1", number, transport=transport).health == "ok"
        name = "something else"
        assert machine_checks.port("127.0.0.1", number, transport=transport).health == "unhealthy"
    assert machine_checks.port("127.0.0.1", 0).health == "ok"
    assert machine_checks.port("no.such.host.invalid", 80).health == "unhealthy"


@pytest.mark.parametrize(
    ("limit", "health"), [(256, "unhealthy"), (1024, "warning"), (65_536, "ok"), (-1, "ok")]
)
def test_open_files_are_judged_by_how_many_viewers_they_allow(limit: int, health: str) -> None:
    assert machine_checks.open_files(limit).health == health


@pytest.mark.parametrize(
    ("secret", "health"),
    [(None, "ok"), ("short", "unhealthy"), ("a" * 64, "unhealthy"), (bytes(range(32)).hex(), "ok")],
)
def test_a_secret_is_judged_and_never_shown(secret: str | None, health: str) -> None:
    finding = machine_checks.secret(secret, "JWT_SECRET")
    assert finding.health == health
    assert secret is None or secret not in finding.sentence + finding.advice


def test_postgresql_must_be_new_and_durable() -> None:
    assert server_checks.reachable(facts()).health == "ok"
    assert server_checks.reachable(facts(number=130_000)).health == "unhealthy"
    assert server_checks.durability(facts()).health == "ok"
    assert server_checks.durability(facts(fsync="off")).health == "unhealthy"
    assert server_checks.durability(facts(synchronous_commit="off")).health == "unhealthy"
    assert server_checks.durability(facts(synchronous_commit="remote_apply")).health == "ok"


@pytest.mark.parametrize(
    ("ahead", "health"), [(0, "ok"), (-999, "ok"), (1500, "warning"), (-3.6e6, "warning")]
)
def test_a_clock_that_is_off_is_a_warning_because_deadlines_hold(ahead: float, health: str) -> None:
    assert server_checks.clock(ahead).health == health


def test_a_redis_that_is_away_is_only_a_warning_and_its_password_stays_secret() -> None:
    finding = server_checks.redis_server("redis://:hidden-word@127.0.0.1:9/0")
    assert finding.health == "warning"
    assert "hidden-word" not in finding.sentence + finding.advice


def test_a_postgresql_that_is_away_is_one_finding_and_the_rest_is_skipped() -> None:
    found = server_checks.postgres("postgresql://u:hidden-word@127.0.0.1:9/x")
    assert [finding.health for finding in found] == ["unhealthy", "skipped", "skipped", "skipped"]
    assert all("hidden-word" not in f.sentence + f.advice for f in found)


def test_a_bare_machine_is_healthy_and_stays_bare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DB_HOST", "REDIS_URL", "REDIS_HOST", "JWT_SECRET", "RATE_LIMITS"):
        monkeypatch.delenv(name, raising=False)
    found = list(examine("127.0.0.1", 0, tmp_path / "data"))
    assert findings.is_healthy(found)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "poems")
    last = list(examine("127.0.0.1", 0, tmp_path))[-1]
    assert (last.check, last.health) == ("settings", "unhealthy")
    assert "LOG_FORMAT" in last.sentence


def test_a_data_directory_tells_where_its_servers_are(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert not has_cluster(tmp_path)
    assert running_urls(tmp_path).database is None
    (tmp_path / "postgres_password").write_text("p")
    (tmp_path / "postgres_port").write_text("5555")
    urls = running_urls(tmp_path)
    assert urls.database == "postgresql://postgres:p@127.0.0.1:5555/sorteos?sslmode=disable"
    assert urls.redis is None


def test_the_table_says_health_in_words_and_what_to_do() -> None:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as capture:
        console.print(findings.table([findings.unhealthy("disk", "It is full.", "Make room.")]))
    assert "unhealthy" in capture.get()
    assert "It is full. Make room." in capture.get()
