"""The `PaymentDesk` port on PostgreSQL: cases for people, and which methods are offered."""

from __future__ import annotations

from uuid import UUID

from sorteos_actors.ports.payment_store import BY_ITSELF, Method, MoneyCase
from sorteos_actors.store.payment_rows import (
    CASE_COLUMNS,
    METHOD_COLUMNS,
    case_from_row,
    method_from_row,
    to_json,
)
from sorteos_actors.store.pool import Pool

# The case itself, opened anew if it was closed by itself, or an open one of its kind about the same
# payment. Nothing at all when another statement has just made it: then once more.
_OPEN_CASE = f"""
WITH reopened AS (
    UPDATE money_cases AS c
    SET amount = $5, currency = $6, owner = $7, deadline = ms_to_time($8), facts = $9,
        opened_at = clock_timestamp(), resolved_at = NULL, resolution = NULL
    WHERE c.id = $1 AND starts_with(c.resolution, '{BY_ITSELF}') AND NOT EXISTS (
        SELECT FROM money_cases AS o
        WHERE o.payment_id = $4 AND o.kind = $2 AND o.resolved_at IS NULL
    )
    RETURNING c.*
), made AS (
    INSERT INTO money_cases
        (id, kind, raffle_id, payment_id, amount, currency, owner, deadline, facts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, ms_to_time($8), $9)
    ON CONFLICT DO NOTHING RETURNING *
)
SELECT {CASE_COLUMNS} FROM reopened AS c
UNION ALL
SELECT {CASE_COLUMNS} FROM made AS c
UNION ALL
(
    SELECT {CASE_COLUMNS} FROM money_cases AS c
    WHERE c.id = $1 OR (c.payment_id = $4 AND c.kind = $2 AND c.resolved_at IS NULL)
    ORDER BY c.resolved_at NULLS FIRST
)
LIMIT 1
"""  # noqa: S608 - constants only

_CASES = f"""
SELECT {CASE_COLUMNS} FROM money_cases AS c
WHERE ($1::uuid IS NULL OR c.raffle_id = $1) AND (c.resolved_at IS NULL) = $3
ORDER BY c.deadline, c.id LIMIT $2
"""  # noqa: S608 - constants only

_OPEN_CASES = f"""
SELECT {CASE_COLUMNS} FROM money_cases AS c
WHERE c.resolved_at IS NULL AND ($1::uuid IS NULL OR c.id > $1)
ORDER BY c.id LIMIT $2
"""  # noqa: S608 - constants only

_CASE = f"SELECT {CASE_COLUMNS} FROM money_cases AS c WHERE c.id = $1"  # noqa: S608 - constants

_RESOLVE_CASE = f"""
UPDATE money_cases AS c SET resolved_at = clock_timestamp(), resolution = $2
WHERE c.id = $1 AND c.resolved_at IS NULL
RETURNING {CASE_COLUMNS}
"""  # noqa: S608 - constants only

_NO_RAFFLE = "'00000000-0000-0000-0000-000000000000'"
_SET_METHOD = f"""
WITH changed AS (
    INSERT INTO payment_method_changes
        (raffle_id, provider, enabled, priority, settings, changed_by)
    VALUES ($1, $2, $3, $4, $5, $6)
)
INSERT INTO payment_methods (raffle_id, provider, enabled, priority, settings, changed_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (coalesce(raffle_id, {_NO_RAFFLE}), provider) DO UPDATE SET
    enabled = EXCLUDED.enabled, priority = EXCLUDED.priority, settings = EXCLUDED.settings,
    changed_by = EXCLUDED.changed_by, changed_at = clock_timestamp()
"""  # noqa: S608 - constants only

_METHODS = f"""
SELECT {METHOD_COLUMNS} FROM payment_methods AS m
WHERE m.raffle_id = $1 OR m.raffle_id IS NULL
ORDER BY m.raffle_id NULLS LAST, m.priority DESC, m.provider
"""  # noqa: S608 - constants only

METHODS_OF_MANY = f"""
SELECT {METHOD_COLUMNS} FROM payment_methods AS m
WHERE m.raffle_id = ANY($1) OR m.raffle_id IS NULL
ORDER BY m.raffle_id NULLS LAST, m.priority DESC, m.provider
"""  # noqa: S608 - constants only
"""The same for several raffles; those of the platform, which are everybody's, once."""

_METHOD_CHANGES = f"""
SELECT {METHOD_COLUMNS} FROM payment_method_changes AS m
WHERE m.raffle_id IS NOT DISTINCT FROM $1 ORDER BY m.id DESC LIMIT $2
"""  # noqa: S608 - constants only


class PostgresDesk:
    """See `PaymentDesk`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open_case(self, case: MoneyCase) -> MoneyCase:
        """One row, or the one that is there."""
        row = None
        while row is None:
            row = await self._pool.row(
                _OPEN_CASE,
                *(case.id, case.kind, case.raffle_id, case.payment_id, case.amount),
                *(case.currency, case.owner, case.deadline, to_json(case.facts)),
            )
        return case_from_row(row)

    async def cases(
        self, raffle_id: UUID | None, limit: int, *, is_open: bool = True
    ) -> list[MoneyCase]:
        """By their deadlines."""
        rows = await self._pool.rows(_CASES, raffle_id, limit, is_open)
        return [case_from_row(row) for row in rows]

    async def open_cases(self, after: UUID | None, limit: int) -> list[MoneyCase]:
        """By their ids."""
        return [case_from_row(row) for row in await self._pool.rows(_OPEN_CASES, after, limit)]

    async def case(self, case_id: UUID) -> MoneyCase | None:
        """By its primary key."""
        row = await self._pool.row(_CASE, case_id)
        return None if row is None else case_from_row(row)

    async def resolve_case(self, case_id: UUID, resolution: str) -> MoneyCase | None:
        """Once."""
        row = await self._pool.row(_RESOLVE_CASE, case_id, resolution)
        return None if row is None else case_from_row(row)

    async def set_method(self, method: Method) -> None:
        """The row as it is now, and a line of the audit, in one statement."""
        await self._pool.value(
            _SET_METHOD,
            *(method.raffle_id, method.provider, method.enabled, method.priority),
            *(to_json(method.settings), method.changed_by),
        )

    async def methods(self, raffle_id: UUID | None) -> list[Method]:
        """The raffle's rows, then the platform's."""
        return [method_from_row(row) for row in await self._pool.rows(_METHODS, raffle_id)]

    async def method_changes(self, raffle_id: UUID | None, limit: int) -> list[Method]:
        """The audit."""
        rows = await self._pool.rows(_METHOD_CHANGES, raffle_id, limit)
        return [method_from_row(row) for row in rows]
