"""`PostgresPayments`, where what many payments need at the same time is one statement.

A sale writes its payment's row several times, each a durable step of its own. On a raffle that everybody
wants, the same step of many payments is taken together. No such statement waits for a row while it holds
others: what somebody else has locked is left to a statement of its own, so nobody can be waiting for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import trio

from sorteos_actors.ports.payment_store import EventKey
from sorteos_actors.ports.payments import Observation, Payment
from sorteos_actors.raffle import Millis
from sorteos_actors.store.batcher import Batcher
from sorteos_actors.store.payment_rows import PAYMENT_COLUMNS, payment_from_row
from sorteos_actors.store.payment_store import (
    PostgresPayments,
    create_arguments,
    merge_arguments,
)
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.rows import Row, array_literal, columns

# A row that is there already is left out: it may be locked.
_CREATE = f"""
INSERT INTO payments AS p (
    raffle_id, id, reservation_id, user_id, provider, account, amount, currency, numbers,
    unit_price, waits_for_person, reference, action, details, next_check_at, checked_until
)
SELECT u.raffle_id, u.id, u.reservation_id, u.user_id, u.provider, u.account, u.amount, u.currency,
    u.numbers::integer[], u.unit_price, u.waits_for_person, u.reference, u.action, u.details,
    clock_timestamp(), clock_timestamp() + u.lease_ms * interval '1 millisecond'
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::bigint[], $11::boolean[], $12::text[], $13::jsonb[],
        $14::jsonb[], $15::bigint[])
    AS u (raffle_id, id, reservation_id, user_id, provider, account, amount, currency, numbers,
        unit_price, waits_for_person, reference, action, details, lease_ms)
ON CONFLICT (raffle_id, id) DO NOTHING
RETURNING {PAYMENT_COLUMNS}
"""  # noqa: S608 - constants only

_GET = f"""
SELECT {PAYMENT_COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS u (raffle_id, id)
CROSS JOIN LATERAL (
    SELECT * FROM payments AS k WHERE k.raffle_id = u.raffle_id AND k.id = u.id OFFSET 0
) AS p
"""  # noqa: S608 - constants only

# As when it is asked alone, for each.
_FIND = f"""
SELECT u.n, {PAYMENT_COLUMNS}
FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
    WITH ORDINALITY AS u (provider, account, reference, id, n)
CROSS JOIN LATERAL (
    SELECT * FROM payments AS k
    WHERE k.provider = u.provider AND k.account = u.account
        AND (k.reference = u.reference OR k.id = u.id)
    ORDER BY (k.reference IS NOT DISTINCT FROM u.reference AND u.reference IS NOT NULL) DESC,
        k.created_at
    LIMIT 1
) AS p
"""  # noqa: S608 - constants only

_MERGE = f"""
SELECT {PAYMENT_COLUMNS}
FROM merge_payments(false, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS p
"""  # noqa: S608 - constants only

_SCHEDULE = """
UPDATE payments AS p
SET next_check_at = CASE WHEN p.version = u.version THEN ms_to_time(u.at) ELSE p.next_check_at END,
    checked_by = NULL, checked_until = NULL
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS u (raffle_id, id, version, at)
CROSS JOIN LATERAL (
    SELECT k.ctid FROM payments AS k
    WHERE k.raffle_id = u.raffle_id AND k.id = u.id
    FOR NO KEY UPDATE SKIP LOCKED
) AS found (at)
WHERE p.ctid = found.at
RETURNING p.raffle_id, p.id
"""

_NUMBERS = 8
"""Which of the arguments are the numbers: an array of arrays is a literal for each."""


_Hint = tuple[str, str, str | None, UUID | None]


class _Creation(NamedTuple):
    payment: Payment
    lease_ms: int


class _Lesson(NamedTuple):
    raffle_id: UUID
    payment_id: UUID
    seen: Observation
    event: EventKey | None


class _Appointment(NamedTuple):
    payment: Payment
    at: Millis | None


class BatchedPayments(PostgresPayments):
    """See `PaymentStore`. It works while `nursery` is open."""

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        super().__init__(pool)
        alone = PostgresPayments(pool)
        self._creations: Batcher[_Creation, Payment] = Batcher(
            nursery,
            key=lambda asked: (asked.payment.raffle_id, asked.payment.id),
            together=self._create_all,
            alone=lambda asked: alone.create(*asked),
        )
        self._readings: Batcher[tuple[UUID, UUID], Payment | None] = Batcher(
            nursery,
            key=lambda asked: asked,
            together=self._get_all,
            alone=lambda asked: alone.get(*asked),
            reads=True,
        )
        self._searches: Batcher[_Hint, Payment | None] = Batcher(
            nursery,
            key=lambda asked: asked,
            together=self._find_all,
            alone=lambda asked: alone.find(*asked),
            reads=True,
        )
        self._lessons: Batcher[_Lesson, Payment | None] = Batcher(
            nursery,
            key=lambda asked: (asked.raffle_id, asked.payment_id),
            together=self._merge_all,
            alone=lambda asked: alone.merge(*asked),
        )
        self._appointments: Batcher[_Appointment, None] = Batcher(
            nursery,
            key=lambda asked: (asked.payment.raffle_id, asked.payment.id),
            together=self._schedule_all,
            alone=lambda asked: alone.schedule(*asked),
        )

    async def create(self, payment: Payment, lease_ms: int = 0) -> Payment:
        """Together with others that begin now."""
        return await self._creations.ask(_Creation(payment, lease_ms))

    async def get(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """Together with others that are read now."""
        return await self._readings.ask((raffle_id, payment_id))

    async def find(
        self, provider: str, account: str, reference: str | None, payment_id: UUID | None
    ) -> Payment | None:
        """Together with others that are looked for now."""
        return await self._searches.ask((provider, account, reference, payment_id))

    async def merge(
        self,
        raffle_id: UUID,
        payment_id: UUID,
        seen: Observation,
        event: EventKey | None = None,
    ) -> Payment | None:
        """Together with what is learned of others now."""
        return await self._lessons.ask(_Lesson(raffle_id, payment_id, seen, event))

    async def schedule(self, payment: Payment, at: Millis | None) -> None:
        """Together with others that come to rest now."""
        await self._appointments.ask(_Appointment(payment, at))

    async def _create_all(self, asked: Sequence[_Creation]) -> Mapping[Hashable, Payment]:
        # In one order, so that two nodes that make the same rows do not wait for each other.
        ordered = sorted(asked, key=lambda one: (one.payment.raffle_id, one.payment.id))
        arrays = columns(create_arguments(*one) for one in ordered)
        arrays[_NUMBERS] = [array_literal(numbers) for numbers in arrays[_NUMBERS]]
        return _by_id(await self._pool.rows(_CREATE, *arrays))

    async def _get_all(
        self, asked: Sequence[tuple[UUID, UUID]]
    ) -> Mapping[Hashable, Payment | None]:
        found = _by_id(await self._pool.rows(_GET, *columns(asked)))
        return {key: found.get(key) for key in asked}

    async def _find_all(self, asked: Sequence[_Hint]) -> Mapping[Hashable, Payment | None]:
        rows = await self._pool.rows(_FIND, *columns(asked))
        found = {asked[row["n"] - 1]: payment_from_row(row) for row in rows}
        return {hint: found.get(hint) for hint in asked}

    async def _merge_all(self, asked: Sequence[_Lesson]) -> Mapping[Hashable, Payment]:
        arrays = columns(merge_arguments(*one) for one in asked)
        return _by_id(await self._pool.rows(_MERGE, *arrays))

    async def _schedule_all(self, asked: Sequence[_Appointment]) -> Mapping[Hashable, None]:
        wanted = [(p.raffle_id, p.id, p.version, at) for p, at in asked]
        rows = await self._pool.rows(_SCHEDULE, *columns(wanted))
        return {(row["raffle_id"], row["id"]): None for row in rows}


def _by_id(rows: Sequence[Row]) -> dict[Hashable, Payment]:
    payments = map(payment_from_row, rows)
    return {(payment.raffle_id, payment.id): payment for payment in payments}
