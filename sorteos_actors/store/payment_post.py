"""The `PaymentPost` port on PostgreSQL: the inbox of webhooks.

Rows are leased as in any queue: who takes some skips those that another has locked, and they come back
when nobody has said that they are done.
"""

from __future__ import annotations

from sorteos_actors.ports.payment_store import EventKey, InboxEvent
from sorteos_actors.store.payment_rows import (
    inbox_event_from_row,
    to_json,
)
from sorteos_actors.store.pool import Pool

_RECEIVE = """
INSERT INTO webhook_inbox
    (provider, account, event_id, kind, reference, payment_id, headers, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (provider, account, event_id) DO NOTHING RETURNING true
"""

_INCOMING = """
UPDATE webhook_inbox AS i
SET attempts = i.attempts + 1, next_at = clock_timestamp() + $2 * interval '1 millisecond'
FROM (
    SELECT k.provider, k.account, k.event_id FROM webhook_inbox AS k
    WHERE k.processed_at IS NULL AND k.next_at <= clock_timestamp()
    ORDER BY k.next_at LIMIT $1 FOR UPDATE SKIP LOCKED
) AS due
WHERE i.provider = due.provider AND i.account = due.account AND i.event_id = due.event_id
RETURNING i.provider, i.account, i.event_id, i.kind, i.reference, i.payment_id, i.headers, i.body,
    i.attempts, i.received_at
"""

_PROCESSED = """
UPDATE webhook_inbox SET processed_at = clock_timestamp(), error = $4
WHERE provider = $1 AND account = $2 AND event_id = $3 AND processed_at IS NULL
"""

_POSTPONE = """
UPDATE webhook_inbox
SET next_at = clock_timestamp() + $4 * interval '1 millisecond', error = $5
WHERE provider = $1 AND account = $2 AND event_id = $3 AND processed_at IS NULL
"""


class PostgresPost:
    """See `PaymentPost`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def receive(self, event: InboxEvent) -> bool:
        """One row; False when it was delivered before."""
        return await self._pool.value(_RECEIVE, *receive_arguments(event)) is True

    async def incoming(self, limit: int, lease_ms: int) -> list[InboxEvent]:
        """Rows that nobody else works on, oldest first."""
        rows = await self._pool.rows(_INCOMING, limit, lease_ms)
        return [inbox_event_from_row(r) for r in sorted(rows, key=lambda r: r["received_at"])]

    async def processed(self, key: EventKey, error: str | None = None) -> None:
        """It leads nowhere."""
        await self._pool.value(_PROCESSED, *_key(key), error)

    async def postpone(self, key: EventKey, by_ms: int, error: str) -> None:
        """Not now."""
        await self._pool.value(_POSTPONE, *_key(key), by_ms, error)


def _key(key: EventKey) -> tuple[str, str, str]:
    return key.provider, key.account, key.event_id


def receive_arguments(event: InboxEvent) -> tuple[object, ...]:
    """What a statement that keeps it needs, its key first."""
    return (
        *_key(event.key),
        *(event.kind, event.reference, event.payment_id),
        *(to_json(event.headers), event.body),
    )
