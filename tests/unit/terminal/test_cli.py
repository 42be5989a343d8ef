"""The verbs: help, statuses, streams; what needs no server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from sorteos_actors import cli
from sorteos_actors.errors import CannotStart
from sorteos_actors.web.auth import Role, Tokens

SECRET = "a-secret-for-tests-that-is-long-enough"
VERBS = [
    *(["serve"], ["doctor"], ["watch"], ["bots"], ["bench"], ["openapi"], ["asyncapi"]),
    *(["migrate"], ["migrate", "up"], ["migrate", "down"], ["migrate", "status"]),
    *(["token"], ["token", "issue"], ["raffle"], ["raffle", "create"], ["raffle", "list"]),
    *(["raffle", verb] for verb in ("show", "publish", "pause", "resume", "close")),
]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SECRET", "JWT_SECRET_FILE", "SORTEOS_URL", "SORTEOS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("verb", [[], *VERBS], ids=" ".join)
def test_every_verb_has_help_with_an_example(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Example" in out
    assert " ".join(["sorteos", *verb]) in out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from sorteos_actors import cli\n"
        "cli.run(['--help'])\n"
        "heavy = {'trio', 'asyncio', 'quart', 'asyncpg', 'redis', 'httpx', 'msgspec', 'jwt'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(cli.__file__).parents[1],
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["serve"]),
        (["--port", "9000"], ["serve", "--port", "9000"]),
        (["watch", "x"], ["watch", "x"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version"]),
    ],
)
def test_without_a_verb_it_serves(
    given: list[str], meant: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(arguments: list[str]) -> int:
        asked.append(arguments)
        return 7

    monkeypatch.setattr(cli, "run", run)
    monkeypatch.setattr(sys, "argv", ["sorteos", *given])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (asked, end.value.code) == ([meant], 7)


def test_serve_hands_its_options_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sorteos_actors import main

    asked: list[main.ServeOptions] = []

    def serve(_: object, options: main.ServeOptions) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(main, "serve", serve)
    arguments = ["serve", "--host", "0.0.0.0", "--port", "81", "--no-demo"]
    assert cli.run([*arguments, "--data-dir", str(tmp_path)]) == 0
    wanted = main.ServeOptions(host="0.0.0.0", port=81, data_dir=tmp_path, seed_demo=False)
    assert asked == [wanted]


def test_a_server_that_cannot_start_says_one_sentence_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sorteos_actors import main

    def serve(*_: object) -> int:
        raise CannotStart("Port 80 is taken.")

    monkeypatch.setattr(main, "serve", serve)
    assert cli.run(["serve"]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "sorteos: Port 80 is taken.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "70000"],
        ["watch"],
        ["watch", "x", "--once", "--size", "80by24"],
        ["watch", "x"],  # Not a terminal.
        ["bots", "x"],
        ["bots", "x", "--buyers", "0"],
        ["token", "issue"],
        ["token", "issue", "--role", "emperor"],
        ["raffle", "create", "--title", "x", "--numbers", "0", "--price", "1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_with_nothing_on_stdout(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["raffle", "list"],
        ["raffle", "publish", "x"],
        ["watch", "x", "--once"],
        ["bots", "x", "--buyers", "1"],
    ],
    ids=" ".join,
)
def test_a_server_that_is_away_exits_1_with_one_sentence(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "jwt_secret").write_text(SECRET)
    given = [*arguments, "--url", "http://127.0.0.1:9", "--data-dir", str(tmp_path)]
    assert cli.run(given) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("sorteos: No server answers at http://127.0.0.1:9")
    assert captured.err.count("\n") == 1


def test_what_only_an_admin_may_do_says_how_to_become_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["raffle", "publish", "x", "--data-dir", str(tmp_path)]) == 1
    assert "--token" in capsys.readouterr().err


def test_a_token_goes_to_stdout_alone_so_that_a_shell_can_keep_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "jwt_secret").write_text(SECRET)
    user = uuid4()
    arguments = ["token", "issue", "--role", "organizer", "--user", str(user), "--hours", "2"]
    assert cli.run([*arguments, "--data-dir", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    identity = Tokens(SECRET).check(captured.out.strip())
    assert (identity.user_id, identity.role) == (user, Role.ORGANIZER)
    assert str(user) in captured.err
    assert cli.run([*arguments, "--json", "--data-dir", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["user_id"], told["role"]) == (str(user), "organizer")


def test_a_token_without_a_secret_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["token", "issue", "--role", "user", "--data-dir", str(tmp_path)]) == 1
    assert "There is no secret yet" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["openapi", "asyncapi"])
def test_the_documents_are_printed_as_json(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([verb]) == 0
    assert verb in json.loads(capsys.readouterr().out)


def test_bench_hands_everything_to_the_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    asked: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _, command, __: asked.append(command))
    assert cli.run(["bench", "hot_raffle", "--quick", "--json", "x"]) == 0
    assert asked == [[sys.executable, "-m", "benchmarks", "hot_raffle", "--quick", "--json", "x"]]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.strip()


def test_unhealthy_exits_3_and_the_findings_are_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOG_LEVEL", "whisper")
    arguments = ["doctor", "--port", "0", "--data-dir", str(tmp_path)]
    assert cli.run([*arguments, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is False
    assert told["checks"][-1]["check"] == "settings"
    assert cli.run(arguments) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "LOG_LEVEL" in captured.err
