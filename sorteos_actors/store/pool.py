"""Connections to PostgreSQL, lent for one piece of work at a time.

A piece of work is an asyncio function; it crosses the bridge once, on a connection of its own, with
a deadline that covers the wait for a connection too. Whatever goes wrong comes out as one of two
things: `GuardViolated` (the schema refused, nothing was written) or `StoreUnavailable` (outcome
unknown). A connection in doubt is killed, never lent again; and when one was found dead, the others
of its age are replaced before they are used, so that a dead server costs one caller, not ten.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import (
    CannotStart,
    Deposed,
    GuardViolated,
    RaffleNotFound,
    StoreUnavailable,
)
from sorteos_actors.store.rows import Row

logger = logging.getLogger(__name__)

T = TypeVar("T")
Connection = Any
"""An asyncpg connection, lent by the pool. asyncpg has no types of its own."""

STATEMENT_SECONDS = 5.0
_CLOSE_SECONDS = 2.0
_RELEASE_SECONDS = 0.5
_MAX_CONNECTIONS = 10
_SESSION = {
    "application_name": "sorteos",
    "TimeZone": "UTC",
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "5s",
    # Compiling a plan takes longer than any of our statements.
    "jit": "off",
}

# The schema's own refusals, and values that have no place in it: the server has answered, and has
# undone the statement.
_REFUSALS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.RaiseError,
    asyncpg.AssertError,
)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_FORESEEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    OSError,
)


class Pool:
    """Up to ten connections. Works on by itself when PostgreSQL comes back."""

    def __init__(self, connections: Any) -> None:
        self._connections = connections

    async def run(
        self, work: Callable[[Connection], Awaitable[T]], *, seconds: float = STATEMENT_SECONDS
    ) -> T:
        """Do `work` on a connection within `seconds`. Raises `GuardViolated`, `StoreUnavailable`.

        When cancelled, the connection is killed, and whether the work was done is unknown.
        """
        try:
            return await asyncio_bridge.run(self._lend, work, seconds)
        except _REFUSALS as error:
            raise GuardViolated(_reason(error), getattr(error, "constraint_name", None)) from error
        except _FAILURES as error:
            if _was_never_sent(error):
                raise GuardViolated(_reason(error)) from error
            if not isinstance(error, _FORESEEN):
                logger.error("PostgreSQL failed: %s", _reason(error))
            raise StoreUnavailable(_reason(error)) from error

    async def value(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        return await self.run(lambda connection: connection.fetchval(sql, *args))

    async def row(self, sql: str, *args: object) -> Row | None:
        """The first row."""
        row: Row | None = await self.run(lambda connection: connection.fetchrow(sql, *args))
        return row

    async def rows(self, sql: str, *args: object) -> Sequence[Row]:
        """All rows."""
        rows: Sequence[Row] = await self.run(lambda connection: connection.fetch(sql, *args))
        return rows

    async def _lend(self, work: Callable[[Connection], Awaitable[T]], seconds: float) -> T:
        connection: Connection = None
        try:
            async with asyncio_bridge.deadline(seconds):
                connection = await self._connections.acquire()
                return await work(connection)
        except (*_REFUSALS, Deposed, RaffleNotFound):
            raise  # An answer, and the connection is as good as before.
        except BaseException as error:
            if connection is not None and not _was_never_sent(error):
                with suppress(asyncpg.InterfaceError):  # The pool has it back already: it broke.
                    connection.terminate()
                if _is_dead(error):
                    await self._connections.expire_connections()
            raise
        finally:
            if connection is not None:
                await self._give_back(connection)

    async def _give_back(self, connection: Connection) -> None:
        """One that is too old is closed by this, which waits for the server to say goodbye."""
        try:
            await self._connections.release(connection, timeout=_RELEASE_SECONDS)
        except TimeoutError:
            # It is aborted by now. What was done with it is done: that is no failure of the work.
            logger.debug("a connection was not closed in time")


@asynccontextmanager
async def open_pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool for the block; needs `asyncio_bridge.open_loop` around.

    Raises `CannotStart` when PostgreSQL cannot be reached, or acknowledges what is not durable.
    """
    connections = await asyncio_bridge.run(_connect, database_url)
    try:
        await _check_durability(Pool(connections))
        yield Pool(connections)
    finally:
        # Bounded: work that still holds a connection is cut off after that.
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE_SECONDS):
            await asyncio_bridge.run(connections.close)


async def _connect(database_url: str) -> Any:
    try:
        return await asyncpg.create_pool(
            database_url,
            # No floor: keeping one would retry in the background during an outage.
            min_size=0,
            init_size=1,
            max_size=_MAX_CONNECTIONS,
            timeout=STATEMENT_SECONDS,
            # A statement leaves nothing behind, so there is nothing to reset: saves a round trip.
            reset=_leave_as_it_is,
            max_cached_statement_lifetime=0,
            server_settings=_SESSION,
        )
    except (*_FAILURES, ValueError) as error:
        where = urlsplit(database_url)
        at = f"{where.hostname}:{where.port or 5432}" if where.hostname else "the given socket"
        raise CannotStart(
            f"PostgreSQL at {at} cannot be used ({_reason(error)}). "
            "Start it, or correct DATABASE_URL."
        ) from error


async def _leave_as_it_is(_: Connection) -> None:
    pass


async def _check_durability(pool: Pool) -> None:
    try:
        row = await pool.row(
            "SELECT current_setting('fsync') AS fsync,"
            " current_setting('synchronous_commit') AS synchronous_commit"
        )
    except StoreUnavailable as error:
        raise CannotStart(f"PostgreSQL does not answer ({error}). Start it again.") from error
    assert row is not None
    for setting in ("fsync", "synchronous_commit"):
        if row[setting] == "off":
            raise CannotStart(
                f"PostgreSQL runs with {setting} = off: it would acknowledge reservations and lose "
                f"them. Set {setting} = on in postgresql.conf and reload it."
            )


def _was_never_sent(error: BaseException) -> bool:
    """Whether a value has no place in its column's type: found out on our side, so nothing was asked."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def _is_dead(error: BaseException) -> bool:
    """Whether the server, or the way to it, is gone: then the other connections are suspect too."""
    if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.InterfaceError | OSError):
        return True
    return getattr(error, "severity_en", None) in ("FATAL", "PANIC")


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
