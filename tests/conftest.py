"""Fixtures that every kind of test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sorteos_actors.embedded import EmbeddedServers, open_embedded
from tests.databases import fresh_database


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """Real PostgreSQL and Valkey, for the whole session. Leave them running."""
    with open_embedded(tmp_path_factory.mktemp("servers"), postgres=True, valkey=True) as running:
        yield running


@pytest.fixture
def database_url(servers: EmbeddedServers) -> str:
    """A freshly migrated database of one test."""
    return fresh_database(servers)
