"""The sandbox's charges in PostgreSQL, the same for every node."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import trio

from sorteos_actors.payments.sandbox_ledger import Change, SandboxCharge
from sorteos_actors.store.batcher import Batcher
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.rows import Row, columns

_READ = "SELECT version, charge FROM sandbox_charges WHERE payment_id = $1"
_READ_ALL = """
SELECT c.payment_id, c.version, c.charge FROM unnest($1::uuid[]) AS u (payment_id)
CROSS JOIN LATERAL (
    SELECT * FROM sandbox_charges AS k WHERE k.payment_id = u.payment_id OFFSET 0
) AS c
"""
_INSERT = """
INSERT INTO sandbox_charges (payment_id, charge) VALUES ($1, $2)
ON CONFLICT (payment_id) DO NOTHING RETURNING true
"""
# Only from the version that was read: who comes second reads again.
_UPDATE = """
UPDATE sandbox_charges SET version = version + 1, charge = $3
WHERE payment_id = $1 AND version = $2 RETURNING true
"""
_WRITE_ALL = """
WITH u AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[]) AS u (payment_id, version, charge)
), made AS (
    INSERT INTO sandbox_charges (payment_id, charge)
    SELECT u.payment_id, u.charge FROM u WHERE u.version = 0
    ON CONFLICT (payment_id) DO NOTHING RETURNING payment_id
), changed AS (
    UPDATE sandbox_charges AS c SET version = c.version + 1, charge = u.charge
    FROM u CROSS JOIN LATERAL (
        SELECT k.ctid FROM sandbox_charges AS k
        WHERE k.payment_id = u.payment_id AND k.version = u.version FOR UPDATE SKIP LOCKED
    ) AS found (at)
    WHERE c.ctid = found.at RETURNING c.payment_id
)
SELECT payment_id FROM made UNION ALL SELECT payment_id FROM changed
"""


class _Known(NamedTuple):
    version: int
    """0: not written yet."""
    charge: SandboxCharge | None


class _Write(NamedTuple):
    payment_id: UUID
    version: int
    text: str


_NOTHING = _Known(0, None)


class PostgresLedger:
    """The `SandboxLedger` port. A change that meets another one is made again from what is there then.

    What many charges need at the same time is one statement: see `Batcher`.
    """

    def __init__(self, pool: Pool, nursery: trio.Nursery) -> None:
        self._pool = pool
        self._reads: Batcher[UUID, _Known] = Batcher(
            nursery,
            key=lambda asked: asked,
            together=self._read_all,
            alone=self._read,
            reads=True,
        )
        self._writes: Batcher[_Write, bool] = Batcher(
            nursery,
            key=lambda asked: asked.payment_id,
            together=self._write_all,
            alone=self._write,
        )

    async def read(self, payment_id: UUID) -> SandboxCharge | None:
        """By its primary key."""
        return (await self._reads.ask(payment_id)).charge

    async def change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """Two statements, and two more for each time that somebody else was quicker."""
        while True:
            known = await self._reads.ask(payment_id)
            after = change(known.charge)
            if after == known.charge:
                return after
            text = msgspec.json.encode(after).decode()
            if await self._writes.ask(_Write(payment_id, known.version, text)):
                return after

    async def _read(self, payment_id: UUID) -> _Known:
        row = await self._pool.row(_READ, payment_id)
        return _NOTHING if row is None else _known(row)

    async def _read_all(self, asked: Sequence[UUID]) -> Mapping[Hashable, _Known]:
        found = {row["payment_id"]: _known(row) for row in await self._pool.rows(_READ_ALL, asked)}
        return {payment_id: found.get(payment_id, _NOTHING) for payment_id in asked}

    async def _write(self, asked: _Write) -> bool:
        if asked.version == 0:
            return bool(await self._pool.value(_INSERT, asked.payment_id, asked.text))
        return bool(await self._pool.value(_UPDATE, *asked))

    async def _write_all(self, asked: Sequence[_Write]) -> Mapping[Hashable, bool]:
        rows = await self._pool.rows(_WRITE_ALL, *columns(sorted(asked)))
        return {row["payment_id"]: True for row in rows}


def _known(row: Row) -> _Known:
    return _Known(row["version"], msgspec.json.decode(row["charge"], type=SandboxCharge))
