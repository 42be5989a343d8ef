"""The doctor's look at the machine: Python, the data directory, the port, files, the secret."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import sys
from pathlib import Path
from typing import Final

import httpx

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.findings import Finding, ok, unhealthy, warning

_LEAST_PYTHON: Final = (3, 11)
_LEAST_FREE: Final = 300_000_000
_LITTLE_FREE: Final = 2_000_000_000
_LEAST_FILES: Final = 1024
_MANY_FILES: Final = 8192
_LEAST_SECRET_BYTES: Final = 32
_LEAST_VARIETY: Final = 8


def python_version(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Whether this Python is new enough."""
    told = f"Python {platform.python_version()}."
    if version < _LEAST_PYTHON:
        return unhealthy("python", told, "Install Python 3.11 or newer.")
    return ok("python", told)


def data_directory(data_dir: Path) -> list[Finding]:
    """Whether files can be made there, and how much room is left."""
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    if not existing.is_dir():
        return [
            unhealthy("data dir", f"{existing} is not a directory.", "Choose another --data-dir.")
        ]
    if not os.access(existing, os.W_OK | os.X_OK):
        advice = "Change its owner or mode, or choose another --data-dir."
        return [unhealthy("data dir", f"{existing} cannot be written.", advice)]
    state = "is there and can be written" if existing == data_dir else "will be made at first start"
    found = [ok("data dir", f"{data_dir} {state}.")]
    free = shutil.disk_usage(existing).free
    told = f"{free / 1e9:.1f} GB are free on the disk of {existing}."
    if free < _LEAST_FREE:
        found.append(unhealthy("disk", told, "Make room: the embedded servers do not start."))
    elif free < _LITTLE_FREE:
        found.append(warning("disk", told, "Make room soon."))
    else:
        found.append(ok("disk", told))
    return found


def port(host: str, number: int, *, transport: httpx.BaseTransport | None = None) -> Finding:
    """Whether the port is free, or already served by us."""
    name = f"Port {number} on {host}"
    try:
        family, *_, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
        return ok("port", f"{name} is free.")
    except OSError as error:
        reason = error.strerror or str(error)
    try:
        with httpx.Client(timeout=2, transport=transport) as http:
            answer = http.get(f"http://{host}:{number}/version").json()
        if answer["name"] == "sorteos-actors":
            return ok("port", f"{name} is served by sorteos {answer['version']}.")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        pass  # Whoever it is, it is not us: the next line says so.
    advice = "Stop the program that has it, or choose another one with --port."
    return unhealthy("port", f"{name} cannot be used ({reason}).", advice)


def open_files(limit: int | None = None) -> Finding:
    """How many sockets and files the process may have open."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    told = f"{soft:,} files and sockets may be open at once."
    if soft == resource.RLIM_INFINITY or soft >= _MANY_FILES:
        return ok("open files", told if soft >= 0 else "Files and sockets are without limit.")
    advice = "Each viewer needs one: raise it with `ulimit -n 65536`, or LimitNOFILE in systemd."
    if soft < _LEAST_FILES:
        return unhealthy("open files", told, advice)
    return warning("open files", told, advice)


def secret(value: str | None, origin: str) -> Finding:
    """Whether the secret that signs tokens can be guessed. Never shows it."""
    if value is None:
        return ok("jwt secret", "It will be made at first start, and kept in the data directory.")
    advice = "Make one with `openssl rand -hex 32`. Tokens signed with the old one end."
    size = len(value.encode())
    if size < _LEAST_SECRET_BYTES:
        return unhealthy("jwt secret", f"The secret from {origin} has only {size} bytes.", advice)
    if len(set(value)) < _LEAST_VARIETY:
        return unhealthy("jwt secret", f"The secret from {origin} is easy to guess.", advice)
    return ok("jwt secret", f"The secret from {origin} has {size} bytes.")


def secret_of(data_dir: Path) -> Finding:
    """The same for the secret that a server would use here."""
    from sorteos_actors.terminal.access import find_secret

    named = [n for n in ("JWT_SECRET", "JWT_SECRET_FILE") if os.environ.get(n, "").strip()]
    try:
        return secret(find_secret(data_dir), named[0] if named else str(data_dir / "jwt_secret"))
    except Complaint as complaint:
        return unhealthy("jwt secret", str(complaint), "Let the server's user read it.")
