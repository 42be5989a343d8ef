"""A store in memory with PostgreSQL's manners: the fence, the guards, the journal, and bad days.

Time is trio's clock. A loaded raffle is a replay of the journal, so nothing mutable is ever shared
with an actor. The same contract tests run against this and the real store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import trio

from sorteos_actors.errors import Deposed, RaffleNotFound, StoreUnavailable
from sorteos_actors.ports import (
    Activation,
    Batch,
    JournalEntry,
    JournalRow,
    News,
    Owner,
    Picture,
    Position,
    ReservationRecord,
    Tenure,
    TicketRecord,
)
from sorteos_actors.raffle import (
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    events,
    evolve,
    next_deadline,
)
from sorteos_actors.store.claims import net_changes
from sorteos_actors.store.payment_changes import payment_changes
from sorteos_actors.testing.memory_money import MemoryMoney
from sorteos_actors.testing.memory_record import Record

BASE_MS = 1_700_000_000_000
"""The time when trio's clock shows zero."""


class MemoryStore:
    """`RaffleStore` and `Queries` in memory; `down`, `latency`, `fail_next_commit` make it hurt."""

    def __init__(self) -> None:
        self.latency = 0.0
        """Seconds that every commit takes."""
        self.money = MemoryMoney()
        """The payments, which commits write too; `MemoryPayments` is the other way to them."""
        self._records: dict[UUID, Record] = {}
        self._is_down = False
        self._lose_next_answer: bool | None = None

    # -- bad days ----------------------------------------------------------------------------

    def down(self) -> None:
        """PostgreSQL is away, from now on; also for commits that are under way."""
        self._is_down = True

    def up(self) -> None:
        """PostgreSQL is back."""
        self._is_down = False

    def fail_next_commit(self, *, applied: bool) -> None:
        """The next commit gets no answer, after it was applied or before."""
        self._lose_next_answer = applied

    # -- the store ---------------------------------------------------------------------------

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """See `RaffleStore`."""
        await self.reach()
        self._records.setdefault(terms.id, Record(terms, status))

    async def activate(
        self, raffle_id: UUID, *, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """See `RaffleStore`."""
        await self.reach()
        return self.take_over(raffle_id, node, url, warm)

    def take_over(
        self, raffle_id: UUID, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """What `activate` does, in one step."""
        record = self._record(raffle_id)
        record.epoch = max(record.epoch + 1, self._now() // 1000)
        since, record.owner_since = record.owner_since, self._now()
        record.owner = Owner(node, url, record.epoch)
        if warm is None:
            warm = record.replayed()
        for row in record.journal[warm.seq :]:
            evolve(warm, row.entry.event)
        return Activation(warm, record.epoch, self._now(), since)

    async def load(self, raffle_id: UUID) -> Raffle:
        """See `RaffleStore`."""
        await self.reach()
        return self._record(raffle_id).replayed()

    def _record(self, raffle_id: UUID) -> Record:
        record = self._records.get(raffle_id)
        if record is None:
            raise RaffleNotFound(raffle_id)
        return record

    async def commit(self, batch: Batch) -> Millis:
        """See `RaffleStore`."""
        await self.reach()
        if self.latency:
            await trio.sleep(self.latency)
            await self.reach()
        lost, self._lose_next_answer = self._lose_next_answer, None
        if lost is False:
            raise StoreUnavailable("the connection broke before the commit")
        self.apply(batch)
        if lost is True:
            raise StoreUnavailable("the connection broke after the commit")
        return self._now()

    def apply(self, batch: Batch) -> None:
        """What `commit` does, in one step."""
        record = self._records.get(batch.raffle_id)
        if record is None or (record.epoch, record.raffle.seq) != (batch.epoch, batch.seq):
            raise Deposed
        record.guard(batch)
        changes = payment_changes(batch)
        self.money.guard(record.terms, changes)
        now = self._now()
        for index, entry in enumerate(batch.entries, start=batch.seq + 1):
            record.journal.append(JournalRow(index, batch.epoch, now, entry))
            evolve(record.raffle, entry.event)
        for reservation in batch.reservations:
            if not reservation.phase.is_live:
                record.ended[reservation.id] = reservation
        record.claim(net_changes(entry.event for entry in batch.entries))
        self.money.apply(record.terms, changes, now)

    async def confirm(self, position: Position, raffle_id: UUID) -> Millis:
        """See `RaffleStore`."""
        await self.reach()
        if self.position(raffle_id) != position:
            raise Deposed
        return self._now()

    def position(self, raffle_id: UUID) -> Position | None:
        """Where a raffle stands."""
        record = self._records.get(raffle_id)
        return None if record is None else Position(record.epoch, record.raffle.seq)

    async def tenure(self, raffle_id: UUID) -> Tenure | None:
        """See `RaffleStore`."""
        await self.reach()
        record = self._records.get(raffle_id)
        if record is None or record.owner is None:
            return None
        return Tenure(record.owner, self._now() - record.owner_since)

    async def positions(self, raffle_ids: Sequence[UUID]) -> Mapping[UUID, Position]:
        """See `RaffleStore`."""
        await self.reach()
        found = {raffle_id: self.position(raffle_id) for raffle_id in raffle_ids}
        return {key: position for key, position in found.items() if position is not None}

    async def picture(self, raffle_id: UUID) -> Picture:
        """See `RaffleStore`."""
        await self.reach()
        record = self._record(raffle_id)
        return Picture(record.summary(), bytearray(record.raffle.board))

    async def news(self, raffle_id: UUID, after: int, limit: int, users: Sequence[UUID]) -> News:
        """See `RaffleStore`."""
        await self.reach()
        record = self._record(raffle_id)
        rows = record.journal[after : after + limit]
        touched = {getattr(row.entry.event, "reservation_id", None) for row in rows}
        known = (*record.raffle.reservations.values(), *record.ended.values())
        reservations = [r for r in known if r.id in touched and r.user_id in users]
        return News(record.summary(), rows, reservations)

    async def quarantine(self, raffle_id: UUID, reason: str) -> None:
        """See `RaffleStore`."""
        await self.reach()
        record = self._records.get(raffle_id)
        if record is None or record.raffle.status is not RaffleStatus.ACTIVE:
            return
        record.epoch = max(record.epoch + 1, self._now() // 1000)
        event = events.StatusChanged(RaffleStatus.PAUSED, self._now(), reason)
        row = JournalRow(
            record.raffle.seq + 1, record.epoch, self._now(), JournalEntry(event, None)
        )
        record.journal.append(row)
        evolve(record.raffle, event)

    async def journal(self, raffle_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """See `RaffleStore`."""
        await self.reach()
        record = self._records.get(raffle_id)
        return [] if record is None else record.journal[after : after + limit]

    async def overdue(self, older_than_ms: int, limit: int) -> list[UUID]:
        """See `RaffleStore`."""
        await self.reach()
        late = self._now() - older_than_ms
        due = [
            (deadline, raffle_id)
            for raffle_id, record in self._records.items()
            if (deadline := next_deadline(record.raffle)) is not None and deadline <= late
        ]
        return [raffle_id for _, raffle_id in sorted(due)[:limit]]

    async def ping(self) -> Millis:
        """See `RaffleStore`."""
        await self.reach()
        return self._now()

    # -- the queries -------------------------------------------------------------------------

    async def raffle(self, raffle_id: UUID) -> RaffleSummary | None:
        """See `Queries`."""
        await self.reach()
        record = self._records.get(raffle_id)
        return None if record is None else record.summary()

    async def raffles(
        self,
        *,
        statuses: Sequence[RaffleStatus],
        organizer_id: UUID | None,
        limit: int,
        offset: int,
    ) -> tuple[list[RaffleSummary], int]:
        """See `Queries`."""
        await self.reach()
        found = [
            record.summary()
            for record in reversed(self._records.values())
            if record.raffle.status in statuses or record.terms.organizer_id == organizer_id
        ]
        return found[offset : offset + limit], len(found)

    async def reservation(self, reservation_id: UUID) -> ReservationRecord | None:
        """See `Queries`."""
        await self.reach()
        found = [r for r in self._reservations() if r.reservation.id == reservation_id]
        return min(found, key=lambda r: r.reservation.created_at, default=None)

    async def live_reservation(self, raffle_id: UUID, user_id: UUID) -> ReservationRecord | None:
        """See `Queries`."""
        await self.reach()
        record = self._records.get(raffle_id)
        live = None if record is None else record.raffle.live_reservation_of(user_id)
        return None if record is None or live is None else ReservationRecord(record.terms, live)

    async def reservations_of(self, user_id: UUID, limit: int) -> list[ReservationRecord]:
        """See `Queries`."""
        await self.reach()
        mine = [r for r in self._reservations() if r.reservation.user_id == user_id]
        mine.sort(key=lambda r: r.reservation.created_at, reverse=True)
        return mine[:limit]

    async def ticket(self, raffle_id: UUID, reservation_id: UUID) -> TicketRecord | None:
        """See `Queries`."""
        await self.reach()
        record = self._records.get(raffle_id)
        sold = None if record is None else record.ended.get(reservation_id)
        if record is None or sold is None or sold.phase is not Phase.COMPLETED:
            return None
        returned = record.raffle.returned.get(reservation_id, frozenset())
        owned = tuple(sorted(set(sold.numbers) - returned))
        return TicketRecord(record.terms, sold, owned)

    def _reservations(self) -> list[ReservationRecord]:
        return [
            ReservationRecord(record.terms, reservation)
            for record in self._records.values()
            for reservation in (*record.raffle.reservations.values(), *record.ended.values())
        ]

    @property
    def is_away(self) -> bool:
        """Whether PostgreSQL is down at this moment."""
        return self._is_down

    def now(self) -> Millis:
        """PostgreSQL's time."""
        return self._now()

    def _now(self) -> Millis:
        return BASE_MS + int(trio.current_time() * 1000)

    async def reach(self) -> None:
        """A way to PostgreSQL and back. Raises `StoreUnavailable` while it is down."""
        await trio.lowlevel.checkpoint()
        if self._is_down:
            raise StoreUnavailable("PostgreSQL is down")
