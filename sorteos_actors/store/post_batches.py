"""`PostgresPost`, where what happens to many webhooks at the same time is one statement."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import trio

from sorteos_actors.ports.payment_store import EventKey, InboxEvent
from sorteos_actors.store.batcher import Batcher
from sorteos_actors.store.payment_post import PostgresPost, receive_arguments
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.rows import Row, columns

# One that is there already is left out, and asked about alone.
_RECEIVE = """
INSERT INTO webhook_inbox
    (provider, account, event_id, kind, reference, payment_id, headers, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[],
    $7::jsonb[], $8::bytea[])
ON CONFLICT (provider, account, event_id) DO NOTHING
RETURNING provider, account, event_id
"""

_PROCESSED = """
UPDATE webhook_inbox AS i SET processed_at = clock_timestamp(), error = u.error
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS u (provider, account, event_id, error)
CROSS JOIN LATERAL (
    SELECT k.ctid FROM webhook_inbox AS k
    WHERE k.provider = u.provider AND k.account = u.account AND k.event_id = u.event_id
        AND k.processed_at IS NULL
    FOR NO KEY UPDATE SKIP LOCKED
) AS found (at)
WHERE i.ctid = found.at
RETURNING i.provider, i.account, i.event_id
"""


class _End(NamedTuple):
    key: EventKey
    error: str | None


class BatchedPost(PostgresPost):
    """See `PaymentPost`. It works while `nursery` is open."""

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        super().__init__(pool)
        alone = PostgresPost(pool)
        self._arrivals: Batcher[InboxEvent, bool] = Batcher(
            nursery,
            key=lambda event: event.key,
            together=self._receive_all,
            alone=alone.receive,
        )
        self._ends: Batcher[_End, None] = Batcher(
            nursery,
            key=lambda end: end.key,
            together=self._end_all,
            alone=lambda end: alone.processed(*end),
        )

    async def receive(self, event: InboxEvent) -> bool:
        """Together with others that arrive now."""
        return await self._arrivals.ask(event)

    async def processed(self, key: EventKey, error: str | None = None) -> None:
        """Together with others that lead nowhere."""
        await self._ends.ask(_End(key, error))

    async def _end_all(self, ends: Sequence[_End]) -> Mapping[Hashable, None]:
        rows = [(*msgspec.structs.astuple(end.key), end.error) for end in ends]
        return dict.fromkeys(map(_key, await self._pool.rows(_PROCESSED, *columns(rows))))

    async def _receive_all(self, events: Sequence[InboxEvent]) -> Mapping[Hashable, bool]:
        # In one order, so that two nodes that keep the same ones do not wait for each other.
        ordered = sorted(events, key=lambda event: msgspec.structs.astuple(event.key))
        rows = await self._pool.rows(_RECEIVE, *columns(map(receive_arguments, ordered)))
        return dict.fromkeys(map(_key, rows), True)


def _key(row: Row) -> EventKey:
    return EventKey(row["provider"], row["account"], row["event_id"])
