#!/usr/bin/env python3
"""The one command: ``python3 run.py`` sets up what is missing and serves.

``run.py test …`` runs the tests; ``run.py VERB …`` is the program ``sorteos VERB …``. Needs nothing but
Python: the packages go into a private environment, ``.venv`` beside this file, from a lock file with
hashes. Standard library only, so that it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"


def main() -> None:
    """Set up, then become the program that was asked for."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one should hear a sentence
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    arguments = sys.argv[1:]
    is_test = arguments[:1] == ["test"]
    try:
        set_up(ROOT / ("requirements-dev.lock" if is_test else "requirements.lock"))
        if is_test:
            os.chdir(ROOT)  # Where the tests are, wherever the command was typed.
            become(["-m", "pytest", *arguments[1:]])
        become(["-m", "sorteos_actors", *arguments])
    except OSError as error:
        stop(f"{error.filename or ROOT} cannot be used: {error.strerror or error}.")
    except KeyboardInterrupt:
        stop("Interrupted. The next start goes on from here.")


def set_up(lock_file: Path) -> None:
    """Make the environment what the lock file says, unless it is. Safe to run twice at once."""
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    if is_ready(lock_file, wanted):
        return
    try:
        guard = (ROOT / ".venv.lock").open("w")
    except OSError as error:
        stop(f"{ROOT} cannot be written ({error.strerror}); move the checkout where it can.")
    with guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if is_ready(lock_file, wanted):
            return
        print(f"Setting up {ENVIRONMENT} (once)…", file=sys.stderr, flush=True)
        if not works():
            run(
                [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
                "A private environment could not be made. "
                "On Debian and Ubuntu: apt-get install python3-venv.",
            )
        for old in ENVIRONMENT.glob("*.installed"):
            old.unlink()
        run(
            [
                *(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--require-hashes", "--no-deps", "-r", str(lock_file)),
            ],
            "The packages could not be installed. Check the network and the free space, and repeat.",
        )
        mark(lock_file)
        if lock_file.name == "requirements-dev.lock":
            # What serves is a part of what tests: no need to install it again.
            mark(ROOT / "requirements.lock")


def is_ready(lock_file: Path, wanted: str) -> bool:
    """Whether exactly this lock file was installed to its end, for the Python that is there."""
    try:
        return PYTHON.exists() and marker(lock_file).read_text() == f"{wanted} {interpreter()}"
    except FileNotFoundError:
        return False


def mark(lock_file: Path) -> None:
    """Remember that this lock file was installed to its end."""
    digest = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    marker(lock_file).write_text(f"{digest} {interpreter()}")


def marker(lock_file: Path) -> Path:
    """The file that says which lock file was installed, whole."""
    return ENVIRONMENT / f"{lock_file.stem}.installed"


def interpreter() -> str:
    """The system's Python behind the environment's: an upgrade of the system may change it."""
    return os.path.realpath(PYTHON)


def works() -> bool:
    """Whether there is an environment, whole, and its Python runs."""
    try:
        probe = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True)
    except OSError:
        return False
    return probe.returncode == 0


def run(command: list[str], sentence: str) -> None:
    """Run a step of the set-up; when it fails, show what it said, and a sentence."""
    finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if finished.returncode != 0:
        said = finished.stdout.strip()
        if "No space left on device" in said:
            sentence = f"The disk of {ROOT} is full. Make room, and repeat."
        stop(f"{said[-2000:]}\n{sentence}")


def become(arguments: list[str]) -> NoReturn:
    """Turn into the environment's Python: signals and the exit status are the program's own."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    # -P: what lies in the folder where the command was typed must not pass for a module.
    os.execve(PYTHON, [str(PYTHON), "-P", *arguments], environment)


def stop(sentence: str) -> NoReturn:
    """Say why not, and leave."""
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
