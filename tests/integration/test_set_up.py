"""`run.py` on a machine with nothing but Python: a checkout in small, whose lock file is empty."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.server_process import ROOT

PROGRAM = "import os, sys; print('argv', *sys.argv[1:]); sys.exit(int(os.environ.get('STATUS', 0)))"


def make_checkout(place: Path) -> Path:
    """`run.py` with a program that says what it was told, and no packages to install."""
    (place / "sorteos_actors").mkdir(parents=True)
    (place / "sorteos_actors" / "__init__.py").write_text("")
    (place / "sorteos_actors" / "__main__.py").write_text(PROGRAM)
    for name in ("requirements.lock", "requirements-dev.lock"):
        (place / name).write_text("")
    shutil.copy(ROOT / "run.py", place)
    return place


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that was set up already."""
    place = make_checkout(tmp_path_factory.mktemp("checkout"))
    assert call(place).returncode == 0
    return place


def start(
    place: Path, *arguments: str, cwd: Path | None = None, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(place / "run.py"), *arguments],
        env={**os.environ, "PIP_NO_INDEX": "1", **environment},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    said, complained = process.communicate(timeout=100)
    assert "Traceback" not in complained
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def call(
    place: Path, *arguments: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return finish(start(place, *arguments, cwd=cwd, **environment))


def test_two_first_starts_at_once_set_up_once_and_both_run(tmp_path: Path) -> None:
    place = make_checkout(tmp_path)
    ends = [finish(process) for process in [start(place, "a"), start(place, "a")]]
    assert [(end.returncode, end.stdout) for end in ends] == [(0, "argv a\n")] * 2
    assert sum("Setting up" in end.stderr for end in ends) == 1


def test_arguments_and_exit_status_are_the_programs_own(checkout: Path) -> None:
    end = call(checkout, "watch", "--json", "two words", STATUS="3")
    assert (end.returncode, end.stdout, end.stderr) == (3, "argv watch --json two words\n", "")


def test_what_lies_in_the_current_folder_is_not_run(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "sorteos_actors.py").write_text("print('a stranger')")
    assert call(checkout, "x", cwd=tmp_path).stdout == "argv x\n"


def test_an_interrupted_set_up_is_done_again(checkout: Path) -> None:
    (checkout / ".venv" / "requirements.installed").unlink()
    assert "Setting up" in call(checkout).stderr
    assert "Setting up" not in call(checkout).stderr


def test_an_environment_of_a_python_that_is_gone_is_made_anew(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    target = python.readlink()
    python.unlink()
    python.symlink_to("/nowhere/python")
    end = call(checkout)
    assert end.returncode == 0
    assert "Setting up" in end.stderr
    assert python.readlink() == target


def test_packages_that_cannot_be_had_are_a_sentence_and_the_next_start_tries_again(
    checkout: Path,
) -> None:
    lock_file = checkout / "requirements.lock"
    lock_file.write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    try:
        for _ in range(2):
            end = call(checkout)
            assert end.returncode == 1
            assert "Check the network" in end.stderr
            assert end.stdout == ""
    finally:
        lock_file.write_text("")
    assert "Setting up" in call(checkout).stderr  # What was there before may be half replaced.


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    place = make_checkout(tmp_path)
    (place / ".venv.lock").mkdir()  # Not by permissions: for root they do not count.
    end = call(place)
    assert end.returncode == 1
    assert "cannot be written" in end.stderr


def test_a_checkout_without_its_lock_file_is_a_sentence(tmp_path: Path) -> None:
    place = make_checkout(tmp_path)
    (place / "requirements.lock").unlink()
    end = call(place)
    assert end.returncode == 1
    assert "requirements.lock" in end.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_program_itself(checkout: Path, how: signal.Signals) -> None:
    program = checkout / "sorteos_actors" / "__main__.py"
    program.write_text(
        "import signal, sys\n"
        "for how in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(how, lambda number, _: sys.exit(number))\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    try:
        process = start(checkout)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(how)
        assert finish(process).returncode == how
    finally:
        program.write_text(PROGRAM)


def pretend(place: Path, patch: str) -> subprocess.CompletedProcess[str]:
    """Run it in a Python that differs from ours."""
    run = f"import runpy; runpy.run_path({str(place / 'run.py')!r}, run_name='__main__')"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{patch}\n{run}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return finish(process)


def test_a_python_that_is_too_old_is_a_sentence(tmp_path: Path) -> None:
    end = pretend(make_checkout(tmp_path), "import sys; sys.version_info = (3, 10, 4)")
    assert end.returncode == 1
    assert "Python 3.11 or newer is needed" in end.stderr
    assert list(tmp_path.glob(".venv*")) == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ensurepip is not available", "apt-get install python3-venv"),
        ("[Errno 28] No space left on device", "is full"),
    ],
)
def test_an_environment_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, said: str, sentence: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho 'Error: {said}'\nexit 1\n")
    python.chmod(0o755)
    patch = f"import sys; sys.executable = {str(python)!r}"
    end = pretend(make_checkout(tmp_path / "checkout"), patch)
    assert end.returncode == 1
    assert said in end.stderr
    assert sentence in end.stderr.splitlines()[-1]
