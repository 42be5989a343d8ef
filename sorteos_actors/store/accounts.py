"""The `Accounts` port on PostgreSQL."""

from __future__ import annotations

from uuid import UUID

from sorteos_actors.store.pool import Pool

_REMEMBER = """
INSERT INTO guests (user_id, name, phone) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING
"""


class PostgresAccounts:
    """See `Accounts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def remember_guest(self, user_id: UUID, name: str | None, phone: str | None) -> None:
        """Keep a guest's name and phone."""
        await self._pool.run(lambda c: c.execute(_REMEMBER, user_id, name, phone))
