"""The `PaymentStore` port on PostgreSQL. Every method is one statement, and is durable by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sorteos_actors.errors import GuardViolated, ReferenceTaken
from sorteos_actors.ports.payment_store import (
    Awaiting,
    EventKey,
    Receipt,
    Received,
    Refund,
    RefundState,
    Transfer,
)
from sorteos_actors.ports.payments import Observation, Payment
from sorteos_actors.raffle import Millis
from sorteos_actors.store.payment_rows import (
    PAYMENT_COLUMNS,
    REFUND_COLUMNS,
    payment_from_row,
    receipt_from_row,
    refund_from_row,
    to_json,
    transfer_from_row,
)
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.received_payments import received
from sorteos_actors.store.rows import Row

# The no-op update gives back the row that is there already.
_CREATE = f"""
INSERT INTO payments AS p (
    raffle_id, id, reservation_id, user_id, provider, account, amount, currency, numbers,
    unit_price, waits_for_person, reference, action, details, next_check_at, checked_until
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp(),
    clock_timestamp() + $15 * interval '1 millisecond'
) ON CONFLICT (raffle_id, id) DO UPDATE SET id = p.id
RETURNING {PAYMENT_COLUMNS}
"""  # noqa: S608 - constants only

_SELECT = f"SELECT {PAYMENT_COLUMNS} FROM payments AS p"  # noqa: S608 - constants only
_GET = f"{_SELECT} WHERE p.raffle_id = $1 AND p.id = $2"
_FIND = f"""
{_SELECT} WHERE p.provider = $1 AND p.account = $2 AND (p.reference = $3 OR p.id = $4)
ORDER BY (p.reference IS NOT DISTINCT FROM $3 AND $3 IS NOT NULL) DESC, p.created_at LIMIT 1
"""
_LOOK_UP = f"{_SELECT} WHERE p.id = $1 ORDER BY p.created_at LIMIT 1"
_IN_REVIEW = f"""
{_SELECT} WHERE p.raffle_id = $1 AND p.claims_paid AND p.applied IS NULL AND p.captured = 0
    AND p.failed_as IS NULL
ORDER BY p.created_at, p.id LIMIT $2
"""
# The phone as `Accounts` knows it: what was said last, or else what a guest came in with.
_AWAITED = f"""
SELECT {PAYMENT_COLUMNS}, w.phone AS buyers_phone
FROM (
    SELECT k.raffle_id, k.id FROM payments AS k
    WHERE k.waits_for_person AND k.details ->> 'code' = ANY($3)
        AND k.created_at > clock_timestamp() - interval '60 days'
    UNION
    SELECT k.raffle_id, k.id FROM payments AS k
    WHERE k.waits_for_person AND k.applied IS NULL AND k.captured = 0
        AND k.created_at > clock_timestamp() - interval '2 days'
) AS near
JOIN payments AS p ON p.raffle_id = near.raffle_id AND p.id = near.id
CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT c.phone FROM contacts AS c WHERE c.user_id = p.user_id),
        (SELECT g.phone FROM guests AS g WHERE g.user_id = p.user_id)
    ) AS phone
) AS w
CROSS JOIN LATERAL (
    SELECT coalesce(p.details ->> 'code' = ANY($3), false) AS by_code,
        coalesce(right(regexp_replace(w.phone, '[^0-9]', '', 'g'), 8) = $4, false) AS by_phone
) AS has
WHERE p.provider = $1 AND p.account = $2 AND (has.by_code OR has.by_phone OR p.amount = $5)
ORDER BY has.by_code DESC, has.by_phone DESC, p.created_at, p.id LIMIT $6
"""  # noqa: S608 - constants only
_OF_RESERVATION = f"""
{_SELECT} WHERE p.raffle_id = $1 AND p.reservation_id = $2 ORDER BY p.created_at, p.id
"""
_OF_USER = f"{_SELECT} WHERE p.user_id = $1 ORDER BY p.created_at DESC, p.id DESC LIMIT $2"

_MERGE = f"""
SELECT {PAYMENT_COLUMNS}
FROM merge_payments(true, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS p
"""  # noqa: S608 - constants only

_CHANGED = f"""
version = p.version + 1, updated_at = clock_timestamp(), next_check_at = clock_timestamp(),
attempts = 0 WHERE p.raffle_id = $1 AND p.id = $2 RETURNING {PAYMENT_COLUMNS}
"""
_WANT_CANCEL = f"UPDATE payments AS p SET cancel_wanted = true, {_CHANGED}"  # noqa: S608
_CLAIM_PAID = f"""
UPDATE payments AS p SET claims_paid = true, details = p.details || $3::jsonb, {_CHANGED}
"""  # noqa: S608 - constants only
_REFUSE = f"""
UPDATE payments AS p SET
    applied = coalesce(p.applied, 'refused'),
    applied_why = CASE WHEN p.applied IS NULL THEN $3 ELSE p.applied_why END,
    applied_at = coalesce(p.applied_at, clock_timestamp()), {_CHANGED}
"""  # noqa: S608 - constants only

# Only rows that nobody works on, or whose worker has been silent for too long.
_DUE = f"""
UPDATE payments AS p
SET checked_by = $1, checked_until = clock_timestamp() + $3 * interval '1 millisecond',
    attempts = p.attempts + 1
FROM (
    SELECT k.raffle_id, k.id FROM payments AS k
    WHERE k.next_check_at <= clock_timestamp()
        AND (k.checked_until IS NULL OR k.checked_until <= clock_timestamp())
    ORDER BY k.next_check_at LIMIT $2 FOR UPDATE SKIP LOCKED
) AS due
WHERE p.raffle_id = due.raffle_id AND p.id = due.id
RETURNING {PAYMENT_COLUMNS}
"""  # noqa: S608 - constants only

# What has changed since it was read stays due, whoever has read it.
_SCHEDULE = """
UPDATE payments AS p
SET next_check_at = CASE WHEN p.version = $3 THEN ms_to_time($4) ELSE p.next_check_at END,
    checked_by = NULL, checked_until = NULL
WHERE p.raffle_id = $1 AND p.id = $2
"""

_NEXT_REFUND = f"SELECT {REFUND_COLUMNS} FROM next_refund($1, $2, $3) AS f"  # noqa: S608
_REFUND_IS = """
UPDATE payment_refunds SET state = $4
WHERE raffle_id = $1 AND payment_id = $2 AND n = $3 AND state <> 'done'
"""
_REFUNDS = f"""
SELECT {REFUND_COLUMNS} FROM payment_refunds AS f
WHERE f.raffle_id = $1 AND f.payment_id = $2 ORDER BY f.n
"""  # noqa: S608 - constants only

_LEDGER = """
SELECT debit, credit, amount, currency, payment_id, kind, total
FROM ledger_transfers WHERE raffle_id = $1 ORDER BY id
"""

_ADD_RECEIPT = """
INSERT INTO receipts (id, raffle_id, payment_id, content_type, bytes, sha256)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING
"""
_RECEIPTS = """
SELECT id, raffle_id, payment_id, content_type, bytes, sha256
FROM receipts WHERE raffle_id = $1 AND payment_id = $2 ORDER BY at, id
"""
_RECEIPT_COUNT = "SELECT count(*) FROM receipts WHERE raffle_id = $1 AND payment_id = $2"


class PostgresPayments:
    """See `PaymentStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, payment: Payment, lease_ms: int = 0) -> Payment:
        """One row; the one that is there when the id is known."""
        made = await self._one(_CREATE, *create_arguments(payment, lease_ms))
        assert made is not None
        return made

    async def get(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """By its primary key."""
        return await self._one(_GET, raffle_id, payment_id)

    async def look_up(self, payment_id: UUID) -> Payment | None:
        """By an index; should an id be in two raffles, the older one."""
        return await self._one(_LOOK_UP, payment_id)

    async def find(
        self, provider: str, account: str, reference: str | None, payment_id: UUID | None
    ) -> Payment | None:
        """By two indexes; the reference counts more than our id."""
        return await self._one(_FIND, provider, account, reference, payment_id)

    async def of_reservation(self, raffle_id: UUID, reservation_id: UUID) -> list[Payment]:
        """All attempts, oldest first."""
        rows = await self._pool.rows(_OF_RESERVATION, raffle_id, reservation_id)
        return [payment_from_row(row) for row in rows]

    async def of_user(self, user_id: UUID, limit: int) -> list[Payment]:
        """A person's payments, newest first."""
        return [payment_from_row(row) for row in await self._pool.rows(_OF_USER, user_id, limit)]

    async def in_review(self, raffle_id: UUID, limit: int) -> list[Payment]:
        """What waits for a person's word."""
        rows = await self._pool.rows(_IN_REVIEW, raffle_id, limit)
        return [payment_from_row(row) for row in rows]

    async def received(
        self, raffle_id: UUID, limit: int, *, before: UUID | None = None, number: int | None = None
    ) -> list[Received]:
        """By the two partial indexes that are made for this."""
        return await received(self._pool, raffle_id, limit, before, number)

    async def awaited(
        self,
        provider: str,
        account: str,
        *,
        codes: Sequence[str],
        phone: str | None,
        amount: int,
        limit: int,
    ) -> list[Awaiting]:
        """By the two partial indexes that are made for this."""
        about = (provider, account, list(codes), phone, amount, limit)
        rows = await self._pool.rows(_AWAITED, *about)
        return [Awaiting(payment_from_row(row), row["buyers_phone"]) for row in rows]

    async def merge(
        self,
        raffle_id: UUID,
        payment_id: UUID,
        seen: Observation,
        event: EventKey | None = None,
    ) -> Payment | None:
        """One call of ``merge_payments``: the facts, the ledger, the refunds, the event."""
        told = merge_arguments(raffle_id, payment_id, seen, event)
        return await self._one(_MERGE, *([one] for one in told))

    async def want_cancel(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """Mark it, and make it due."""
        return await self._one(_WANT_CANCEL, raffle_id, payment_id)

    async def claim_paid(
        self, raffle_id: UUID, payment_id: UUID, details: Mapping[str, Any]
    ) -> Payment | None:
        """Mark it, and make it due."""
        return await self._one(_CLAIM_PAID, raffle_id, payment_id, to_json(details))

    async def refuse(self, raffle_id: UUID, payment_id: UUID, why: str) -> Payment | None:
        """Unless a commit has sold for it already; its row lock lets only one of the two happen."""
        return await self._one(_REFUSE, raffle_id, payment_id, why)

    async def due(self, node: str, limit: int, lease_ms: int) -> list[Payment]:
        """Rows that nobody else has locked just now."""
        rows = await self._pool.rows(_DUE, node, limit, lease_ms)
        return sorted(map(payment_from_row, rows), key=lambda p: (p.next_check_at or 0, p.id))

    async def schedule(self, payment: Payment, at: Millis | None) -> None:
        """Unless there is a newer version, which is due."""
        await self._pool.value(_SCHEDULE, payment.raffle_id, payment.id, payment.version, at)

    async def next_refund(self, raffle_id: UUID, payment_id: UUID, reason: str) -> Refund | None:
        """One call of ``next_refund``, which locks the payment."""
        row = await self._pool.row(_NEXT_REFUND, raffle_id, payment_id, reason)
        return None if row is None else refund_from_row(row)

    async def refund_is(self, refund: Refund, state: RefundState) -> None:
        """One row by its primary key."""
        key = (refund.raffle_id, refund.payment_id, refund.n)
        await self._pool.value(_REFUND_IS, *key, state)

    async def refunds(self, raffle_id: UUID, payment_id: UUID) -> list[Refund]:
        """All refunds of a payment."""
        rows = await self._pool.rows(_REFUNDS, raffle_id, payment_id)
        return [refund_from_row(row) for row in rows]

    async def ledger(self, raffle_id: UUID) -> list[Transfer]:
        """The raffle's part of the ledger."""
        return [transfer_from_row(row) for row in await self._pool.rows(_LEDGER, raffle_id)]

    async def add_receipt(self, receipt: Receipt) -> None:
        """One row; nothing when the id is there already."""
        await self._pool.value(
            _ADD_RECEIPT,
            *(receipt.id, receipt.raffle_id, receipt.payment_id),
            *(receipt.content_type, receipt.content, receipt.sha256),
        )

    async def receipts(self, raffle_id: UUID, payment_id: UUID) -> list[Receipt]:
        """The pictures of a payment."""
        rows = await self._pool.rows(_RECEIPTS, raffle_id, payment_id)
        return [receipt_from_row(row) for row in rows]

    async def receipt_count(self, raffle_id: UUID, payment_id: UUID) -> int:
        """By the index."""
        return int(await self._pool.value(_RECEIPT_COUNT, raffle_id, payment_id))

    async def _one(self, sql: str, *args: object) -> Payment | None:
        try:
            row: Row | None = await self._pool.row(sql, *args)
        except GuardViolated as error:
            if error.constraint == "payments_one_reference":
                raise ReferenceTaken(str(error)) from error
            raise
        return None if row is None else payment_from_row(row)


def create_arguments(payment: Payment, lease_ms: int) -> tuple[object, ...]:
    """What a statement that makes the row needs."""
    return (
        *(payment.raffle_id, payment.id, payment.reservation_id, payment.user_id),
        *(payment.provider, payment.account, payment.amount, payment.currency),
        *(payment.numbers, payment.unit_price, payment.waits_for_person, payment.reference),
        *(to_json(payment.action), to_json(payment.details), lease_ms),
    )


def merge_arguments(
    raffle_id: UUID, payment_id: UUID, seen: Observation, event: EventKey | None
) -> tuple[object, ...]:
    """What ``merge_payments`` needs of one payment."""
    processes = (None, None) if event is None else (event.account, event.event_id)
    facts: tuple[object, ...] = (None, 0, 0, 0, None, None, False, None, "{}")
    if seen.status != "unknown":
        facts = (
            *(seen.reference, seen.authorised, seen.captured, seen.refunded, seen.currency),
            (seen.failed_as or "failed") if seen.status == "failed" else None,
            *(seen.status == "cancelled", to_json(seen.action), to_json(seen.details)),
        )
    return (raffle_id, payment_id, *facts, *processes)
