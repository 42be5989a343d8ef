"""The `RaffleStore` port on PostgreSQL: the fenced commit, and loading under a new epoch."""

from __future__ import annotations

from uuid import UUID

from sorteos_actors.errors import Deposed, RaffleNotFound
from sorteos_actors.ports import Activation, Batch, JournalRow
from sorteos_actors.raffle import Millis, RaffleStatus, RaffleTerms
from sorteos_actors.store.load import load
from sorteos_actors.store.pool import Connection, Pool
from sorteos_actors.store.rows import (
    commit_arguments,
    journal_row_from_row,
    terms_arguments,
)

ACTIVATION_SECONDS = 15.0
"""For a raffle of a million sold numbers on a busy machine."""

_CREATE = """
INSERT INTO raffles (
    id, organizer_id, title, description, number_count, price, currency, max_numbers_per_user,
    selection_ms, checkout_ms, extension_ms, extensions_per_phase, max_hold_ms,
    sales_close_at, draw_at, status
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    ms_to_time($14), ms_to_time($15), $16
) ON CONFLICT (id) DO NOTHING
"""

# An epoch is never used twice, not even after a restore from a backup: it follows the clock too.
_NEXT_EPOCH = "GREATEST(epoch + 1, floor(extract(epoch FROM clock_timestamp()))::bigint)"

_TAKE_OVER = f"""
UPDATE raffles SET epoch = {_NEXT_EPOCH}, owner_node = $2, owner_url = $3
WHERE id = $1
RETURNING epoch, time_to_ms(clock_timestamp()) AS server_time
"""  # noqa: S608 - constants only

_COMMIT = "SELECT * FROM commit_batch({})".format(", ".join(f"${n}" for n in range(1, 30)))  # noqa: S608

_QUARANTINE = f"""
WITH paused AS (
    UPDATE raffles SET status = 'paused', seq = seq + 1, epoch = {_NEXT_EPOCH}
    WHERE id = $1 AND status = 'active'
    RETURNING id, seq, epoch, clock_timestamp() AS at
)
INSERT INTO raffle_events (raffle_id, seq, epoch, at, kind, what)
SELECT id, seq, epoch, at, 'status_changed',
    jsonb_build_object('status', 'paused', 'at', time_to_ms(at), 'reason', $2::text)
FROM paused
"""  # noqa: S608 - constants only

_JOURNAL = """
SELECT seq, epoch, time_to_ms(at) AS at, kind, who, what
FROM raffle_events WHERE raffle_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""

# Two ways to be due: a hold, or the end of the sale. Longest overdue first.
_OVERDUE = """
WITH late AS (SELECT clock_timestamp() - $1 * interval '1 millisecond' AS since),
due AS (
    SELECT raffle_id, expires_at AS at FROM reservations
    WHERE ended_at IS NULL AND expires_at <= (SELECT since FROM late)
    UNION ALL
    SELECT id, sales_close_at FROM raffles
    WHERE status IN ('active', 'paused') AND sales_close_at <= (SELECT since FROM late)
)
SELECT raffle_id FROM due GROUP BY raffle_id ORDER BY min(at) LIMIT $2
"""


class PostgresRaffleStore:
    """See `RaffleStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """One row, whatever its size; nothing when the id is there already."""
        await self._pool.value(_CREATE, *terms_arguments(terms, status))

    async def is_empty(self) -> bool:
        """Whether there has never been a raffle. Raises `StoreUnavailable`."""
        return not await self._pool.value("SELECT EXISTS (SELECT FROM raffles)")

    async def activate(self, raffle_id: UUID, *, node: str, url: str) -> Activation:
        """Take the raffle over, then load it: after the new epoch nobody else can write.

        Raises `RaffleNotFound`, `StoreUnavailable`; `Deposed` when yet another owner has come
        while it was loading; `GuardViolated` when its rows contradict each other.
        """

        async def take_over_and_load(connection: Connection) -> Activation:
            owner = await connection.fetchrow(_TAKE_OVER, raffle_id, node, url)
            if owner is None:
                raise RaffleNotFound(raffle_id)
            raffle, epoch = await load(connection, raffle_id)
            if epoch != owner["epoch"]:
                raise Deposed
            return Activation(raffle, epoch, owner["server_time"])

        return await self._pool.run(take_over_and_load, seconds=ACTIVATION_SECONDS)

    async def commit(self, batch: Batch) -> Millis:
        """One autocommitted statement: the fence, the claims, the reservations, the journal."""
        server_time: Millis | None = await self._pool.value(_COMMIT, *commit_arguments(batch))
        if server_time is None:
            raise Deposed
        return server_time

    async def quarantine(self, raffle_id: UUID, reason: str) -> None:
        """Pause it if it is active. Its old owner is deposed by that."""
        await self._pool.value(_QUARANTINE, raffle_id, reason)

    async def journal(self, raffle_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """Entries after a position, in order."""
        rows = await self._pool.rows(_JOURNAL, raffle_id, after, limit)
        return [journal_row_from_row(row) for row in rows]

    async def overdue(self, older_than_ms: int, limit: int) -> list[UUID]:
        """Raffles with something due, by two partial indexes."""
        rows = await self._pool.rows(_OVERDUE, older_than_ms, limit)
        return [row["raffle_id"] for row in rows]

    async def ping(self) -> Millis:
        """PostgreSQL's time."""
        server_time: Millis = await self._pool.value("SELECT time_to_ms(clock_timestamp())")
        return server_time
