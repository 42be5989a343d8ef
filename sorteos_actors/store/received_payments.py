"""The payments of a raffle that have brought money, page by page. Each question is one statement."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sorteos_actors.ports.payment_store import Received
from sorteos_actors.store.payment_rows import PAYMENT_COLUMNS, payment_from_row
from sorteos_actors.store.pool import Pool

# By the index payments_received, from where the page before has ended. Without a page before, from the
# end of time: one statement, whose condition the index answers, for the first page and the others. With
# EXISTS the planner would read all refunds that there are, instead of those of the page.
_PAGE = f"""
SELECT {PAYMENT_COLUMNS}, (
    SELECT count(*) > 0 FROM payment_refunds AS f
    WHERE f.raffle_id = p.raffle_id AND f.payment_id = p.id AND f.state = 'manual'
) AS refund_by_hand
FROM payments AS p
WHERE p.raffle_id = $1 AND (p.captured > 0 OR p.applied = 'sold')
    AND (p.created_at, p.id) < (
        SELECT c.created_at, c.id FROM payments AS c WHERE c.raffle_id = $1 AND c.id = $2
        UNION ALL
        SELECT 'infinity'::timestamptz, '00000000-0000-0000-0000-000000000000'::uuid
        WHERE $2 IS NULL
    )
"""  # noqa: S608 - constants only
_ORDER: Final = "ORDER BY p.created_at DESC, p.id DESC LIMIT $3"
_RECEIVED = f"{_PAGE} {_ORDER}"
# Who has the number bought, by its claim; and those whose money for it went back, by payments_gone_back.
_OF_NUMBER = f"""
{_PAGE} AND p.id IN (
    SELECT s.id FROM number_claims AS k
    JOIN payments AS s ON s.raffle_id = k.raffle_id AND s.sold_as = k.reservation_id
    WHERE k.raffle_id = $1 AND k.number = $4 AND k.status = 'sold'
    UNION
    SELECT b.id FROM payments AS b
    WHERE b.raffle_id = $1 AND b.numbers @> ARRAY[$4::integer]
        AND (b.applied = 'refused' OR cardinality(b.returned) > 0)
) {_ORDER}
"""  # noqa: S608 - constants only


async def received(
    pool: Pool, raffle_id: UUID, limit: int, before: UUID | None, number: int | None
) -> list[Received]:
    """See `PaymentStore.received`."""
    if number is None:
        rows = await pool.rows(_RECEIVED, raffle_id, before, limit)
    else:
        rows = await pool.rows(_OF_NUMBER, raffle_id, before, limit, number)
    return [Received(payment_from_row(row), row["refund_by_hand"]) for row in rows]
