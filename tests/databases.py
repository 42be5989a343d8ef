"""A freshly migrated database whenever a test wants one: cloned from a template, in a tenth of a second."""

from __future__ import annotations

from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.store import migrate

_numbers = count(1)
_templates: set[str] = set()


def fresh_database(servers: EmbeddedServers) -> str:
    """The URL of a new database with the whole schema and nothing in it."""
    base = servers.database_url
    assert base is not None
    template = _named(base, "template_migrated")
    if template not in _templates:
        execute(base, "CREATE DATABASE template_migrated")
        migrate.up(template)
        _templates.add(template)
    name = f"test_{next(_numbers)}"
    execute(base, f"CREATE DATABASE {name} TEMPLATE template_migrated")
    return _named(base, name)


def empty_database(servers: EmbeddedServers) -> str:
    """The URL of a new database without a schema."""
    base = servers.database_url
    assert base is not None
    name = f"test_{next(_numbers)}"
    execute(base, f"CREATE DATABASE {name}")
    return _named(base, name)


def execute(database_url: str, statement: str) -> None:
    """Run one statement from synchronous code."""

    async def main() -> None:
        async with asyncio_bridge.open_loop():
            await asyncio_bridge.run(_execute, database_url, statement)

    trio.run(main)


async def _execute(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _named(database_url: str, name: str) -> str:
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
