"""Which database a verb means: the configured one, or the embedded one of the data directory.

The embedded one is started for the time of the verb, unless a running instance has it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sorteos_actors.config import Settings
from sorteos_actors.embedded import DATABASE, open_embedded
from sorteos_actors.errors import CannotStart


class Urls(msgspec.Struct, frozen=True):
    """Where the servers are; None: there is none, or it was not asked for."""

    database: str | None
    redis: str | None


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


def has_cluster(data_dir: Path) -> bool:
    """Whether an embedded database was ever made there."""
    return (data_dir / "postgres" / "PG_VERSION").exists()


def running_urls(data_dir: Path) -> Urls:
    """The embedded servers of a running instance, by what it wrote into its data directory."""
    return Urls(
        _url(
            data_dir / "postgres_password", data_dir / "postgres_port", "postgresql://postgres"
        ).replace("{name}", f"{DATABASE}?sslmode=disable")
        or None,
        _url(data_dir / "valkey" / "password", data_dir / "valkey" / "port", "redis://").replace(
            "{name}", "0"
        )
        or None,
    )


def _url(password: Path, port: Path, scheme: str) -> str:
    try:
        return f"{scheme}:{password.read_text().strip()}@127.0.0.1:{int(port.read_text())}/{{name}}"
    except (OSError, ValueError):
        return ""


@contextmanager
def database_for(settings: Settings, data_dir: Path, *, may_share: bool) -> Iterator[str]:
    """The URL of the database, up for the time of the block.

    An embedded one in use by a running instance is given only when the verb `may_share` it. Raises
    `CannotStart`.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if may_share and is_held(data_dir):
        running = running_urls(data_dir).database
        if running is None:
            raise CannotStart(f"A running instance has {data_dir}, and its database is elsewhere.")
        yield running
        return
    with open_embedded(data_dir, postgres=True, valkey=False) as servers:
        assert servers.database_url is not None
        yield servers.database_url
