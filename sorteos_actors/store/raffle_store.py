"""The `RaffleStore` port on PostgreSQL: the fenced commit, and loading under a new epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sorteos_actors.errors import Deposed, GuardViolated, MoneyMoved, RaffleNotFound
from sorteos_actors.ports import (
    Activation,
    Batch,
    JournalRow,
    News,
    Owner,
    Picture,
    Position,
    Tenure,
)
from sorteos_actors.raffle import Millis, Raffle, RaffleStatus, RaffleTerms, evolve
from sorteos_actors.store.load import load, load_picture
from sorteos_actors.store.pool import Connection, Pool
from sorteos_actors.store.rows import (
    RESERVATION_COLUMNS,
    SUMMARY_COLUMNS,
    commit_arguments,
    journal_row_from_row,
    reservation_from_row,
    summary_from_row,
    terms_arguments,
)

ACTIVATION_SECONDS = 15.0
"""For a raffle of a million sold numbers on a busy machine."""
MOST_TO_CATCH_UP = 5000
"""Events that a warm raffle is worth catching up with; beyond that, loading it anew is quicker."""

_CREATE = """
INSERT INTO raffles (
    id, organizer_id, title, description, number_count, price, currency, max_numbers_per_user,
    selection_ms, checkout_ms, extension_ms, extensions_per_phase, max_hold_ms,
    sales_close_at, draw_at, status
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    ms_to_time($14), ms_to_time($15), $16
) ON CONFLICT (id) DO NOTHING
"""

# An epoch is never used twice, not even after a restore from a backup: it follows the clock too.
_NEXT_EPOCH = "GREATEST(epoch + 1, floor(extract(epoch FROM clock_timestamp()))::bigint)"

_TAKE_OVER = f"""
WITH before AS (SELECT owner_since FROM raffles WHERE id = $1)
UPDATE raffles SET epoch = {_NEXT_EPOCH}, owner_node = $2, owner_url = $3,
    owner_since = clock_timestamp()
WHERE id = $1
RETURNING epoch, seq, time_to_ms(clock_timestamp()) AS server_time,
    (SELECT time_to_ms(owner_since) FROM before) AS since
"""  # noqa: S608 - constants only

_INSTALLATION = """
SELECT left(md5(i.id::text || d.oid::text), 8)
FROM installation AS i, pg_database AS d WHERE d.datname = current_database() LIMIT 1
"""

_CONFIRM = """
SELECT time_to_ms(clock_timestamp()) FROM raffles WHERE id = $1 AND epoch = $2 AND seq = $3
"""

_TENURE = """
SELECT owner_node, owner_url, epoch,
    time_to_ms(clock_timestamp()) - time_to_ms(owner_since) AS since_ms
FROM raffles WHERE id = $1 AND owner_node IS NOT NULL
"""

_POSITIONS = "SELECT id, epoch, seq FROM raffles WHERE id = ANY($1)"

_SUMMARY = f"SELECT {SUMMARY_COLUMNS} FROM raffles AS r WHERE r.id = $1"  # noqa: S608 - constants

_NEWS_OF = f"""
SELECT {RESERVATION_COLUMNS} FROM reservations AS v
WHERE v.raffle_id = $1 AND v.id = ANY($2) AND v.user_id = ANY($3)
"""  # noqa: S608 - constants only

_COMMIT = "SELECT * FROM commit_batch({})".format(", ".join(f"${n}" for n in range(1, 42)))  # noqa: S608

_QUARANTINE = f"""
WITH paused AS (
    UPDATE raffles SET status = 'paused', seq = seq + 1, epoch = {_NEXT_EPOCH}
    WHERE id = $1 AND status = 'active'
    RETURNING id, seq, epoch, clock_timestamp() AS at
)
INSERT INTO raffle_events (raffle_id, seq, epoch, at, kind, what)
SELECT id, seq, epoch, at, 'status_changed',
    jsonb_build_object('status', 'paused', 'at', time_to_ms(at), 'reason', $2::text)
FROM paused
"""  # noqa: S608 - constants only

_JOURNAL = """
SELECT seq, epoch, time_to_ms(at) AS at, kind, who, what
FROM raffle_events WHERE raffle_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""

# Two ways to be due: a hold, or the end of the sale. Longest overdue first.
_OVERDUE = """
WITH late AS (SELECT clock_timestamp() - $1 * interval '1 millisecond' AS since),
due AS (
    SELECT raffle_id, expires_at AS at FROM reservations
    WHERE ended_at IS NULL AND expires_at <= (SELECT since FROM late)
    UNION ALL
    SELECT id, sales_close_at FROM raffles
    WHERE status IN ('active', 'paused') AND sales_close_at <= (SELECT since FROM late)
)
SELECT raffle_id FROM due GROUP BY raffle_id ORDER BY min(at) LIMIT $2
"""


class PostgresRaffleStore:
    """See `RaffleStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """One row, whatever its size; nothing when the id is there already."""
        await self._pool.value(_CREATE, *terms_arguments(terms, status))

    async def is_empty(self) -> bool:
        """Whether there has never been a raffle. Raises `StoreUnavailable`."""
        return not await self._pool.value("SELECT EXISTS (SELECT FROM raffles)")

    async def installation(self) -> str:
        """A short name that no other database has. Raises `StoreUnavailable`."""
        name: str = await self._pool.value(_INSTALLATION)
        return name

    async def activate(
        self, raffle_id: UUID, *, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """Take the raffle over, then load it: after the new epoch nobody else can write.

        Raises `RaffleNotFound`, `StoreUnavailable`; `Deposed` when yet another owner has come
        while it was loading; `GuardViolated` when its rows contradict each other.
        """

        async def take_over_and_load(connection: Connection) -> Activation:
            owner = await connection.fetchrow(_TAKE_OVER, raffle_id, node, url)
            if owner is None:
                raise RaffleNotFound(raffle_id)
            raffle = None
            if warm is not None and 0 <= owner["seq"] - warm.seq <= MOST_TO_CATCH_UP:
                raffle = await _caught_up(connection, warm, owner["seq"])
            if raffle is None:
                raffle, epoch = await load(connection, raffle_id)
                if epoch != owner["epoch"]:
                    raise Deposed
            return Activation(raffle, owner["epoch"], owner["server_time"], owner["since"])

        return await self._pool.run(take_over_and_load, seconds=ACTIVATION_SECONDS)

    async def load(self, raffle_id: UUID) -> Raffle:
        """The raffle as it is now."""
        raffle, _ = await self._pool.run(lambda c: load(c, raffle_id), seconds=ACTIVATION_SECONDS)
        return raffle

    async def commit(self, batch: Batch) -> Millis:
        """One autocommitted statement: the fence, claims, reservations, payments, the journal."""
        try:
            server_time: Millis | None = await self._pool.value(_COMMIT, *commit_arguments(batch))
        except GuardViolated as error:
            if error.constraint == "payment_covers_it":
                raise MoneyMoved(str(error), error.constraint) from error
            raise
        if server_time is None:
            raise Deposed
        return server_time

    async def confirm(self, position: Position, raffle_id: UUID) -> Millis:
        """One read by the primary key."""
        server_time: Millis | None = await self._pool.value(
            _CONFIRM, raffle_id, position.epoch, position.seq
        )
        if server_time is None:
            raise Deposed
        return server_time

    async def tenure(self, raffle_id: UUID) -> Tenure | None:
        """Who took the raffle last."""
        row = await self._pool.row(_TENURE, raffle_id)
        if row is None:
            return None
        owner = Owner(row["owner_node"], row["owner_url"], row["epoch"])
        return Tenure(owner, row["since_ms"])

    async def positions(self, raffle_ids: Sequence[UUID]) -> Mapping[UUID, Position]:
        """Where raffles stand; those that do not exist are left out."""
        rows = await self._pool.rows(_POSITIONS, raffle_ids)
        return {row["id"]: Position(row["epoch"], row["seq"]) for row in rows}

    async def picture(self, raffle_id: UUID) -> Picture:
        """The board, one array for each state."""
        return await self._pool.run(
            lambda c: load_picture(c, raffle_id), seconds=ACTIVATION_SECONDS
        )

    async def news(self, raffle_id: UUID, after: int, limit: int, users: Sequence[UUID]) -> News:
        """The journal after a position, in one snapshot with the raffle's row."""

        async def read(connection: Connection) -> News:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                summary = await connection.fetchrow(_SUMMARY, raffle_id)
                if summary is None:
                    raise RaffleNotFound(raffle_id)
                rows = await connection.fetch(_JOURNAL, raffle_id, after, limit)
                journal = [journal_row_from_row(row) for row in rows]
                touched = {getattr(row.entry.event, "reservation_id", None) for row in journal} - {
                    None
                }
                reservations = (
                    await connection.fetch(_NEWS_OF, raffle_id, list(touched), users)
                    if touched and users
                    else ()
                )
            return News(
                summary_from_row(summary), journal, [reservation_from_row(r) for r in reservations]
            )

        return await self._pool.run(read)

    async def quarantine(self, raffle_id: UUID, reason: str) -> None:
        """Pause it if it is active. Its old owner is deposed by that."""
        await self._pool.value(_QUARANTINE, raffle_id, reason)

    async def journal(self, raffle_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """Entries after a position, in order."""
        rows = await self._pool.rows(_JOURNAL, raffle_id, after, limit)
        return [journal_row_from_row(row) for row in rows]

    async def overdue(self, older_than_ms: int, limit: int) -> list[UUID]:
        """Raffles with something due, by two partial indexes."""
        rows = await self._pool.rows(_OVERDUE, older_than_ms, limit)
        return [row["raffle_id"] for row in rows]

    async def ping(self) -> Millis:
        """PostgreSQL's time."""
        server_time: Millis = await self._pool.value("SELECT time_to_ms(clock_timestamp())")
        return server_time


async def _caught_up(connection: Connection, warm: Raffle, seq: int) -> Raffle | None:
    """What has happened since it was loaded, applied; None when the journal does not lead there.

    After the new epoch: nobody writes any more, so the journal ends at `seq`. `warm` may be half
    changed when this fails, and is of no use then.
    """
    rows = await connection.fetch(_JOURNAL, warm.terms.id, warm.seq, MOST_TO_CATCH_UP)
    for row in rows:
        evolve(warm, journal_row_from_row(row).entry.event)
    return warm if warm.seq == seq else None
