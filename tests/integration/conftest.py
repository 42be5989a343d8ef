"""Real servers for the tests that need them: one PostgreSQL and Valkey a session, one database a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sorteos_actors.embedded import EmbeddedServers, open_embedded
from tests.databases import fresh_database
from tests.integration.server_process import ServerProcess
from tests.places import a_place_for_servers


@pytest.fixture(scope="module")
def server(
    servers: EmbeddedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A running server on a database of its own, for a module."""
    database_url = fresh_database(servers)
    process = ServerProcess(
        database_url,
        servers.redis_url or "",
        tmp_path_factory.mktemp("server"),
        CORS_ORIGINS="https://allowed.example",
    )
    process.start()
    yield process
    process.stop()


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """As pytest's, but where servers can live."""
    with a_place_for_servers() as place:
        yield place


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[EmbeddedServers]:
    """Servers of one test, that it may kill."""
    with open_embedded(tmp_path / "own", postgres=True, valkey=True) as servers:
        yield servers


@pytest.fixture
def own_database_url(own_servers: EmbeddedServers) -> str:
    """A migrated database in them."""
    return fresh_database(own_servers)
