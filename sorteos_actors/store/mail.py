"""The `Outbox` port on PostgreSQL.

Rows are leased as in any queue: who takes some skips those that another has locked, and they come back
when nobody has said what became of them.
"""

from __future__ import annotations

from sorteos_actors.ports.mail import OutboxItem, Outcome
from sorteos_actors.store.payment_rows import outbox_item_from_row
from sorteos_actors.store.pool import Pool

_DUE = """
UPDATE outbox AS o
SET attempts = o.attempts + 1, next_at = clock_timestamp() + $2 * interval '1 millisecond'
FROM (
    SELECT k.raffle_id, k.id FROM outbox AS k
    WHERE k.done_at IS NULL AND k.next_at <= clock_timestamp(){}
    ORDER BY k.next_at LIMIT $1 FOR UPDATE SKIP LOCKED
) AS due
WHERE o.raffle_id = due.raffle_id AND o.id = due.id
RETURNING o.raffle_id, o.id, o.kind, o.payload, o.attempts, time_to_ms(o.created_at) AS created_at
"""
_ANY_DUE = _DUE.format("")
_URGENT_DUE = _DUE.format(" AND k.kind <> 'receipt'")

_FINISH = """
UPDATE outbox SET done_at = clock_timestamp(), outcome = $3, error = $4
WHERE raffle_id = $1 AND id = $2 AND done_at IS NULL
"""
_POSTPONE = """
UPDATE outbox
SET next_at = clock_timestamp() + $3 * interval '1 millisecond', error = coalesce($4, error)
WHERE raffle_id = $1 AND id = $2 AND done_at IS NULL
"""
_SKIP_UNTOUCHED = """
WITH skipped AS (
    UPDATE outbox AS o SET done_at = clock_timestamp(), outcome = 'skipped', error = $2
    FROM (
        SELECT k.raffle_id, k.id FROM outbox AS k
        WHERE k.done_at IS NULL AND k.next_at <= clock_timestamp() - $1 * interval '1 millisecond'
        ORDER BY k.next_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE o.raffle_id = old.raffle_id AND o.id = old.id
    RETURNING 1
)
SELECT count(*) FROM skipped
"""
_WAITING = """
SELECT count(*) FROM (SELECT 1 FROM outbox WHERE done_at IS NULL LIMIT $1) AS open
"""


class PostgresOutbox:
    """See `Outbox`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, limit: int, lease_ms: int, *, urgent: bool = False) -> list[OutboxItem]:
        """Rows that nobody else works on, oldest first."""
        rows = await self._pool.rows(_URGENT_DUE if urgent else _ANY_DUE, limit, lease_ms)
        return [outbox_item_from_row(row) for row in sorted(rows, key=lambda row: row["id"])]

    async def finish(self, item: OutboxItem, outcome: Outcome, error: str | None = None) -> None:
        """Its end, unless it has one."""
        await self._pool.value(_FINISH, item.raffle_id, item.id, outcome, error)

    async def postpone(self, item: OutboxItem, by_ms: int, error: str | None = None) -> None:
        """Due again by then."""
        await self._pool.value(_POSTPONE, item.raffle_id, item.id, by_ms, error)

    async def skip_untouched(self, older_than_ms: int, reason: str) -> int:
        """A thousand at a time."""
        return int(await self._pool.value(_SKIP_UNTOUCHED, older_than_ms, reason))

    async def waiting(self, at_most: int) -> int:
        """By the index of open rows, no further than asked."""
        return int(await self._pool.value(_WAITING, at_most))
