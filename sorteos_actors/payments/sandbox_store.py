"""The sandbox's charges in PostgreSQL, the same for every node."""

from __future__ import annotations

from uuid import UUID

import msgspec

from sorteos_actors.payments.sandbox_ledger import Change, SandboxCharge
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.rows import Row

_READ = "SELECT version, charge FROM sandbox_charges WHERE payment_id = $1"
_INSERT = """
INSERT INTO sandbox_charges (payment_id, charge) VALUES ($1, $2)
ON CONFLICT (payment_id) DO NOTHING RETURNING true
"""
# Only from the version that was read: who comes second reads again.
_UPDATE = """
UPDATE sandbox_charges SET version = version + 1, charge = $3
WHERE payment_id = $1 AND version = $2 RETURNING true
"""


class PostgresLedger:
    """The `SandboxLedger` port. A change that meets another one is made again from what is there then."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, payment_id: UUID) -> SandboxCharge | None:
        """By its primary key."""
        row = await self._pool.row(_READ, payment_id)
        return None if row is None else _charge(row)

    async def change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """Two statements, and two more for each time that somebody else was quicker."""
        while True:
            row = await self._pool.row(_READ, payment_id)
            before = None if row is None else _charge(row)
            after = change(before)
            if after == before:
                return after
            text = msgspec.json.encode(after).decode()
            if row is None:
                is_done = await self._pool.value(_INSERT, payment_id, text)
            else:
                is_done = await self._pool.value(_UPDATE, payment_id, row["version"], text)
            if is_done:
                return after


def _charge(row: Row) -> SandboxCharge:
    return msgspec.json.decode(row["charge"], type=SandboxCharge)
