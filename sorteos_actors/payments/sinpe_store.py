"""Which payment has which short code, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sorteos_actors.errors import GuardViolated
from sorteos_actors.store.pool import Pool

KEPT_DAYS: Final = 60
"""A code is another's after that: there are some 230,000 of them."""

_OWN = "SELECT code FROM sinpe_codes WHERE payment_id = $1"
_TAKE = f"""
INSERT INTO sinpe_codes AS c (code, payment_id) VALUES ($1, $2)
ON CONFLICT (code) DO UPDATE SET payment_id = $2, taken_at = clock_timestamp()
WHERE c.taken_at < clock_timestamp() - interval '{KEPT_DAYS} days'
RETURNING code
"""  # noqa: S608 - a constant


class PostgresCodes:
    """The `Codes` port."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(self, payment_id: UUID, candidates: Iterator[str]) -> str:
        """The code that this payment has already, or the first one that is free."""
        own: str | None = await self._pool.value(_OWN, payment_id)
        if own is not None:
            return own
        for code in candidates:
            try:
                taken: str | None = await self._pool.value(_TAKE, code, payment_id)
            except GuardViolated:
                # Somebody has taken one for the same payment at the same time.
                return str(await self._pool.value(_OWN, payment_id))
            if taken is not None:
                return taken
        raise ValueError("there are no more candidates")
