"""What must be true of money at every moment, asked of PostgreSQL.

Each question gives the rows that contradict it, so nothing is what it should find. A commit writes
numbers, payments and ledger in one statement, and every question is one statement too: it sees each
commit whole or not at all.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sorteos_actors.ports.audits import AuditReport, Findings
from sorteos_actors.store.pool import Connection, Pool

MOST_FINDINGS: Final = 20
_SECONDS: Final = 30.0

_CLAIM = """
UPDATE money_audits SET asked_at = clock_timestamp()
WHERE asked_at <= clock_timestamp() - $1 * interval '1 millisecond' RETURNING true
"""
_ANSWER = """
UPDATE money_audits
SET answered_at = clock_timestamp(), findings = $1,
    clean_at = CASE WHEN $1::jsonb = '{}' THEN clock_timestamp() ELSE clean_at END
"""
_LATEST = """
SELECT time_to_ms(answered_at) AS answered_at, time_to_ms(clean_at) AS clean_at, findings
FROM money_audits
"""

QUESTIONS: Final = {
    "ledger_sums_to_nothing": """
        SELECT raffle_id, currency, sum(balance)::bigint AS off
        FROM ledger_balances GROUP BY raffle_id, currency HAVING sum(balance) <> 0
    """,
    "ledger_knows_all_money": """
        SELECT p.raffle_id, p.id AS payment_id, p.captured - p.refunded AS here,
            coalesce(l.here, 0)::bigint AS entered
        FROM payments AS p
        LEFT JOIN (
            SELECT raffle_id, payment_id, sum(
                CASE kind WHEN 'captured' THEN amount WHEN 'refunded' THEN -amount END
            ) AS here
            FROM ledger_transfers WHERE kind IN ('captured', 'refunded')
            GROUP BY raffle_id, payment_id
        ) AS l ON l.raffle_id = p.raffle_id AND l.payment_id = p.id
        WHERE p.captured - p.refunded <> coalesce(l.here, 0)
    """,
    "sales_are_the_price_of_what_is_sold": """
        WITH sold AS (
            SELECT n.raffle_id, sum(v.unit_price) AS price
            FROM number_claims AS n
            JOIN reservations AS v ON v.raffle_id = n.raffle_id AND v.id = n.reservation_id
            WHERE n.status = 'sold' GROUP BY n.raffle_id
        ), entered AS (
            SELECT raffle_id, -sum(balance) AS sales FROM ledger_balances
            WHERE account = 'sales' GROUP BY raffle_id
        )
        SELECT coalesce(s.raffle_id, e.raffle_id) AS raffle_id,
            coalesce(s.price, 0)::bigint AS sold, coalesce(e.sales, 0)::bigint AS entered
        FROM sold AS s FULL JOIN entered AS e ON e.raffle_id = s.raffle_id
        WHERE coalesce(s.price, 0) <> coalesce(e.sales, 0)
    """,
    "sold_numbers_have_a_payment_that_bought_them": """
        SELECT DISTINCT n.raffle_id, n.reservation_id
        FROM number_claims AS n
        LEFT JOIN reservations AS v ON v.raffle_id = n.raffle_id AND v.id = n.reservation_id
        LEFT JOIN payments AS p
            ON p.raffle_id = v.raffle_id AND p.id = v.payment_id AND p.applied = 'sold'
                AND p.sold_as = v.id AND greatest(p.authorised, p.captured) >= p.amount
        WHERE n.status = 'sold' AND p.id IS NULL
    """,
    # A reservation that a payment under way belongs to keeps every number of it.
    "no_number_is_free_whose_money_may_come": """
        SELECT p.raffle_id, p.id AS payment_id
        FROM payments AS p
        WHERE p.live AND (
            SELECT count(*) FROM number_claims AS n
            WHERE n.raffle_id = p.raffle_id AND n.reservation_id = p.reservation_id
                AND n.status = 'reserved'
        ) <> cardinality(p.numbers)
    """,
    "money_that_bought_nothing_is_on_its_way_back": """
        SELECT p.raffle_id, p.id AS payment_id
        FROM payments AS p
        WHERE p.applied = 'refused' AND p.captured > p.refunded
            AND p.applied_at < clock_timestamp() - interval '60 seconds'
            AND NOT EXISTS (
                SELECT FROM payment_refunds AS f
                WHERE f.raffle_id = p.raffle_id AND f.payment_id = p.id AND f.state <> 'done'
            )
    """,
    "no_case_waits_past_its_deadline": """
        SELECT id AS case_id, raffle_id, payment_id, kind FROM money_cases
        WHERE resolved_at IS NULL AND deadline < clock_timestamp()
    """,
}
"""By name: what is asked, in the words of its answer."""


class PostgresAudits:
    """The `Audits` port."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, every_ms: int) -> bool:
        """One row, moved by one node only."""
        return await self._pool.value(_CLAIM, every_ms) is True

    async def ask(self) -> Findings:
        """All questions in one transaction."""
        return await self._pool.run(_ask, seconds=_SECONDS)

    async def answer(self, findings: Findings) -> None:
        """The one row."""
        await self._pool.value(_ANSWER, msgspec.json.encode(findings).decode())

    async def latest(self) -> AuditReport:
        """The one row."""
        row = await self._pool.row(_LATEST)
        assert row is not None
        found = msgspec.json.decode(row["findings"])
        return AuditReport(row["answered_at"], row["clean_at"], found)


async def _ask(connection: Connection) -> Findings:
    found: dict[str, list[dict[str, Any]]] = {}
    # One picture of the data answers all questions, and may take longer than what people wait for.
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = '{int(_SECONDS)}s'")
        for name, question in QUESTIONS.items():
            rows = await connection.fetch(f"{question} LIMIT {MOST_FINDINGS}")
            if rows:
                found[name] = [{key: _plain(value) for key, value in row.items()} for row in rows]
    return found


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | None) else str(value)
