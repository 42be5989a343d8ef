"""`PostgresPost`, where webhooks that arrive at the same time are written down in one statement."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import msgspec
import trio

from sorteos_actors.ports.payment_store import EventKey, InboxEvent
from sorteos_actors.store.batcher import Batcher
from sorteos_actors.store.payment_post import PostgresPost, receive_arguments
from sorteos_actors.store.pool import Pool

# One that is there already is left out, and asked about alone.
_RECEIVE = """
INSERT INTO webhook_inbox
    (provider, account, event_id, kind, reference, payment_id, headers, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[],
    $7::jsonb[], $8::bytea[])
ON CONFLICT (provider, account, event_id) DO NOTHING
RETURNING provider, account, event_id
"""


class BatchedPost(PostgresPost):
    """See `PaymentPost`. It works while `nursery` is open."""

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        super().__init__(pool)
        self._arrivals: Batcher[InboxEvent, bool] = Batcher(
            nursery,
            key=lambda event: event.key,
            together=self._receive_all,
            alone=PostgresPost(pool).receive,
        )

    async def receive(self, event: InboxEvent) -> bool:
        """Together with others that arrive now."""
        return await self._arrivals.ask(event)

    async def _receive_all(self, events: Sequence[InboxEvent]) -> Mapping[Hashable, bool]:
        # In one order, so that two nodes that keep the same ones do not wait for each other.
        ordered = sorted(events, key=lambda event: msgspec.structs.astuple(event.key))
        columns = map(list, zip(*map(receive_arguments, ordered), strict=True))
        rows = await self._pool.rows(_RECEIVE, *columns)
        return {EventKey(row["provider"], row["account"], row["event_id"]): True for row in rows}
