"""Connections to a PostgreSQL that stops talking at the worst moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.store.pool import STATEMENT_SECONDS, Connection, Pool, open_pool
from sorteos_actors.testing.fault_proxy import FaultProxy, open_fault_proxy
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[FaultProxy]:
    parts = urlsplit(database_url)
    async with open_fault_proxy(parts.hostname or "", parts.port or 0) as proxy:
        yield proxy


async def test_work_that_is_done_waits_for_no_goodbye_of_an_old_connection(
    database_url: str, proxy: FaultProxy
) -> None:
    async with asyncio_bridge.open_loop(), open_pool(proxy.through(database_url)) as pool:

        async def work(connection: Connection) -> int:
            found: int = await connection.fetchval("SELECT 42")
            await pool._connections.expire_connections()  # Another caller found a dead one.
            proxy.blackhole()
            return found

        with trio.fail_after(STATEMENT_SECONDS):
            assert await pool.run(work) == 42
        proxy.heal()
        assert await pool.value("SELECT 43") == 43


async def test_a_silent_server_costs_a_caller_no_more_than_the_deadline(
    database_url: str, proxy: FaultProxy
) -> None:
    async with asyncio_bridge.open_loop(), open_pool(proxy.through(database_url)) as pool:
        proxy.blackhole()
        for _ in range(3):  # On a connection that was good, then on new ones.
            with trio.fail_after(STATEMENT_SECONDS), pytest.raises(StoreUnavailable):
                await pool.run(_one, seconds=0.5)
        proxy.heal()
        assert await _soon(pool) == 1


async def test_a_connection_that_breaks_under_work_is_told_of_in_its_own_words(
    database_url: str, proxy: FaultProxy
) -> None:
    async with asyncio_bridge.open_loop(), open_pool(proxy.through(database_url)) as pool:

        async def work(connection: Connection) -> None:
            proxy.drop()  # The pool has the connection back before we hear of it.
            await connection.fetchval("SELECT pg_sleep(60)")

        with pytest.raises(StoreUnavailable, match="closed in the middle of operation"):
            await pool.run(work)
        proxy.heal()
        assert await _soon(pool) == 1


async def _one(connection: Connection) -> int:
    found: int = await connection.fetchval("SELECT 1")
    return found


async def _soon(pool: Pool) -> int:
    """The first answer; what was in doubt may cost a caller before that."""
    with trio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                return await pool.run(_one)
            except StoreUnavailable:
                await trio.sleep(0.05)
