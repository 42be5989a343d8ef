"""A data directory: who holds it, its secrets, its ports.

lock   jwt_secret   postgres_password   postgres_port   postgres/   valkey/{password,port}
"""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from sorteos_actors.errors import CannotStart

_LEAST_FREE_BYTES: Final = 300_000_000
_SHORTEST_SECRET: Final = 32
_PORTS: Final = range(15_000, 30_000)


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Keep everybody else out until the block ends. Raises `CannotStart`."""
    with sentences(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("a+")
    with lock:
        with sentences(data_dir):
            _take(lock, data_dir)
            if shutil.disk_usage(data_dir).free < _LEAST_FREE_BYTES:
                raise CannotStart(
                    f"The disk of {data_dir} is full: less than {_LEAST_FREE_BYTES // 1_000_000} MB "
                    "are left. Make room, or choose another place with --data-dir."
                )
        yield


@contextmanager
def sentences(data_dir: Path) -> Iterator[None]:
    """What the file system refuses, as a sentence: raises `CannotStart`."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise CannotStart(
            f"The data directory {data_dir} cannot be used ({what}). "
            "Put it right, or choose another one with --data-dir."
        ) from error


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


def is_held(data_dir: Path) -> bool:
    """Whether a running instance has this data directory."""
    try:
        with (data_dir / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def secret_file(path: Path) -> str:
    """The secret in a file, made on first use; written whole or not at all, readable by its owner."""
    try:
        secret = path.read_text().strip()
    except FileNotFoundError:
        secret = secrets.token_hex(32)
        draft = path.with_name(path.name + ".new")
        write_secret(draft, secret)
        draft.replace(path)
        sync_directory(path.parent)
    if len(secret) < _SHORTEST_SECRET:
        raise CannotStart(f"{path} holds no secret of {_SHORTEST_SECRET} characters; restore it.")
    return secret


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner can read, from its first moment, and make it durable."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make a rename in it durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_port(path: Path) -> int:
    """The same loopback port as last time when it is free, so that operators need not look it up.

    A new one comes from below the range that systems lend to outgoing connections: there, a client
    that knocks while its server restarts could be lent the very port and lock the server out.
    """
    try:
        last = [int(path.read_text())]
    except (FileNotFoundError, ValueError):
        last = []
    for port in (*last, *random.sample(_PORTS, 100)):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
        path.write_text(str(port))
        return port
    raise CannotStart("No free port on 127.0.0.1 for an embedded server.")
