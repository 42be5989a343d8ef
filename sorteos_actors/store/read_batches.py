"""What many requests read at the same time is one statement: `PostgresQueries` and `PostgresDesk`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from uuid import UUID

import trio

from sorteos_actors.ports import ReservationRecord
from sorteos_actors.ports.payment_store import Method
from sorteos_actors.store.batcher import Batcher
from sorteos_actors.store.payment_desk import METHODS_OF_MANY, PostgresDesk
from sorteos_actors.store.payment_rows import method_from_row
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.queries import RESERVATIONS, PostgresQueries, record_from_row


class BatchedQueries(PostgresQueries):
    """See `Queries`. It works while `nursery` is open."""

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        super().__init__(pool)
        self._reservations: Batcher[UUID, ReservationRecord | None] = Batcher(
            nursery,
            key=lambda asked: asked,
            together=self._all,
            alone=super().reservation,
            reads=True,
        )

    async def reservation(self, reservation_id: UUID) -> ReservationRecord | None:
        """Together with others that are read now."""
        return await self._reservations.ask(reservation_id)

    async def _all(self, asked: Sequence[UUID]) -> Mapping[Hashable, ReservationRecord | None]:
        rows = await self._pool.rows(RESERVATIONS, asked)
        found = {row["asked"]: record_from_row(row) for row in rows}
        return {reservation_id: found.get(reservation_id) for reservation_id in asked}


class BatchedDesk(PostgresDesk):
    """See `PaymentDesk`. It works while `nursery` is open."""

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        super().__init__(pool)
        self._methods: Batcher[UUID | None, list[Method]] = Batcher(
            nursery,
            key=lambda asked: asked,
            together=self._all,
            alone=super().methods,
            reads=True,
        )

    async def methods(self, raffle_id: UUID | None) -> list[Method]:
        """Together with others that are read now."""
        return await self._methods.ask(raffle_id)

    async def _all(self, asked: Sequence[UUID | None]) -> Mapping[Hashable, list[Method]]:
        rows = await self._pool.rows(METHODS_OF_MANY, [one for one in asked if one is not None])
        found = [method_from_row(row) for row in rows]
        return {one: [m for m in found if m.raffle_id in (one, None)] for one in asked}
