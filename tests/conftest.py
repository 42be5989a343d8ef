"""Fixtures that every kind of test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sorteos_actors.embedded import EmbeddedServers, open_embedded
from tests.databases import fresh_database
from tests.places import a_place_for_servers


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """Real PostgreSQL and Valkey, for the whole session. Leave them running."""
    with (
        a_place_for_servers() as place,
        open_embedded(place, postgres=True, valkey=True) as running,
    ):
        yield running


@pytest.fixture
def database_url(servers: EmbeddedServers) -> str:
    """A freshly migrated database of one test."""
    return fresh_database(servers)
