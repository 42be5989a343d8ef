"""PostgreSQL in memory, which judges every commit and remembers what was true at every position.

The invariants are checked where truth changes, so after every step of the simulation: a number has one
owner, positions follow each other, epochs never go back, nobody holds more than is allowed, nothing
ends before its time or while its money may still come, what is sold is paid. Buyers and viewers ask
what was true at the position they were told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

import msgspec
import trio

from sorteos_actors.actors.publication import touch
from sorteos_actors.ports import Activation, Batch
from sorteos_actors.raffle import (
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleTerms,
    Reservation,
    events,
)
from sorteos_actors.testing.memory_desk import MemoryDesk
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_record import Record
from sorteos_actors.testing.memory_store import BASE_MS, MemoryStore
from sorteos_actors.testing.simulation.books import Books


class Violation(Exception):
    """A promise was broken. The message says which, and at what moment."""


class TrueClock:
    """The `Clock` of whoever needs no estimate of the time."""

    def now(self) -> Millis:
        """See `Clock`."""
        return BASE_MS + int(trio.current_time() * 1000)

    def deadline(self, at: Millis) -> float:
        """See `Clock`."""
        return (at - BASE_MS) / 1000

    def sample(self, server_time: Millis, sent: float, received: float) -> None:
        """There is nothing to learn."""


class Past(msgspec.Struct):
    """What was true of one raffle, position by position."""

    boards: list[bytes]
    committed_at: list[float]
    """Trio's clock when each position came to be."""
    reservations: dict[UUID, list[tuple[int, Reservation]]] = {}
    last_epoch: int = 0


class Truth(MemoryStore):
    """See the module. Raises `Violation` out of the commit that broke a promise."""

    def __init__(self) -> None:
        super().__init__()
        self.money = self.books = Books(self.broken)
        self.payments = MemoryPayments(self)
        self.desk = MemoryDesk(self)
        self.clock = TrueClock()
        self.past: dict[UUID, Past] = {}
        self.seen: Counter[str] = Counter()
        """Rare things that really happened."""
        self.trace: list[str] = []
        self.violations: list[str] = []
        self._sales: Counter[UUID] = Counter()
        self._entered = 0

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """See `RaffleStore`."""
        await super().create(terms, status=status)
        self.past[terms.id] = Past([bytes(terms.number_count)], [0.0], {})

    @property
    def records(self) -> Mapping[UUID, Record]:
        """Every raffle, as PostgreSQL has it."""
        return self._records

    def take_over(
        self, raffle_id: UUID, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """As PostgreSQL's; noted."""
        self.seen["takeovers"] += 1
        self.seen["warm takeovers"] += warm is not None
        activation = super().take_over(raffle_id, node, url, warm)
        self.note(f"{node} takes {short(raffle_id)} under {activation.epoch}")
        return activation

    def apply(self, batch: Batch) -> None:
        """As PostgreSQL's; judged."""
        super().apply(batch)
        self._judge(batch)

    def note(self, what: str) -> None:
        """One line of the trace."""
        self.trace.append(f"{trio.current_time():9.4f} {what}")

    def broken(self, what: str) -> None:
        """A promise was broken: remembered, whoever may swallow what this raises."""
        self.violations.append(f"at {trio.current_time():.4f}: {what}")
        self.note(f"VIOLATION {what}")
        raise Violation(what)

    # -- judging -----------------------------------------------------------------------------

    def _judge(self, batch: Batch) -> None:
        record, past = self._records[batch.raffle_id], self.past[batch.raffle_id]
        now, name = self._now(), short(batch.raffle_id)
        raffle = record.raffle
        self.note(f"commit {name} epoch {batch.epoch} seq {batch.seq}+{len(batch.entries)}")
        if batch.epoch < past.last_epoch:
            self.broken(f"{name}: epoch {batch.epoch} writes after {past.last_epoch}")
        past.last_epoch = batch.epoch
        if [row.seq for row in record.journal[batch.seq :]] != list(
            range(batch.seq + 1, batch.seq + 1 + len(batch.entries))
        ):
            self.broken(f"{name}: positions do not follow each other at {batch.seq}")
        self._judge_ends(name, batch, now)
        for reservation in batch.reservations:
            past.reservations.setdefault(reservation.id, []).append((raffle.seq, reservation))
        board = bytearray(past.boards[-1])
        for entry in batch.entries:
            changes: dict[int, int] = {}
            touch(changes, entry.event)
            for number, state in changes.items():
                board[number] = state
            past.boards.append(bytes(board))
            past.committed_at.append(trio.current_time())
        if board != raffle.board:
            self.broken(f"{name}: the journal does not tell the board at {raffle.seq}")
        self._judge_owners(name, raffle)
        self._judge_ledger()

    def _judge_ledger(self) -> None:
        """What was taken for numbers is the price of those that are sold, in every raffle."""
        for raffle_id, transfer in self.money.transfers[self._entered :]:
            self._sales[raffle_id] += transfer.amount * (
                (transfer.credit == "sales") - (transfer.debit == "sales")
            )
        self._entered = len(self.money.transfers)
        for raffle_id, record in self._records.items():
            worth = record.terms.price * record.raffle.sold_count
            if self._sales[raffle_id] != worth:
                name, sales = short(raffle_id), self._sales[raffle_id]
                self.broken(f"{name}: {sales} was taken for numbers that cost {worth}")

    def _judge_owners(self, name: str, raffle: Raffle) -> None:
        holders: dict[int, UUID] = {}
        of_user: Counter[UUID] = Counter(raffle.sold_by_user)
        for reservation in raffle.reservations.values():
            of_user[reservation.user_id] += len(reservation.numbers)
            for number in reservation.numbers:
                if number in holders:
                    self.broken(f"{name}: number {number} has two owners")
                holders[number] = reservation.id
        limit = raffle.terms.max_numbers_per_user
        for user_id, count in of_user.items():
            if count > limit:
                self.broken(f"{name}: {short(user_id)} has {count} numbers, {limit} are allowed")

    def _judge_ends(self, name: str, batch: Batch, now: Millis) -> None:
        """No hold ends before its time, and none while its money may still come."""
        waits: dict[UUID, UUID | None] = {}
        stopped: set[UUID] = set()
        for entry in batch.entries:
            event = entry.event
            match event:
                case events.PaymentStarted():
                    waits[event.reservation_id] = event.payment_id
                case events.PaymentEnded():
                    waits[event.reservation_id] = None
                    stopped.add(event.reservation_id)
                    self.books.judge_stop(batch.raffle_id, event.payment_id)
                case events.ReservationExpired() | events.ReservationCancelled():
                    known = self.past_of(event.reservation_id)
                    before = None if known is None else known.payment_id
                    attempt = waits.get(event.reservation_id, before)
                    if attempt is not None:
                        self.broken(f"{name}: numbers were let go that wait for {short(attempt)}")
                    is_expired = isinstance(event, events.ReservationExpired)
                    self.seen["expiries"] += is_expired
                    if known is None or not is_expired or known.expires_at <= now:
                        continue
                    # A review is over when its money is certain not to come.
                    if event.reservation_id not in stopped:
                        early = known.expires_at - now
                        self.broken(f"{name}: a hold ended {early} ms before its time")
                case events.ReservationCompleted() | events.NumbersSold():
                    self.seen["late sales"] += isinstance(event, events.NumbersSold)
                    self.books.judge_sale(batch.raffle_id, event.payment_id, event.reservation_id)
                case events.NumbersRefunded():
                    self.seen["refunds"] += 1
                case events.ReviewStarted(overdue=True):
                    self.seen["deadlines put off"] += 1
                case _:
                    pass

    def past_of(self, reservation_id: UUID, seq: int | None = None) -> Reservation | None:
        """The reservation as it was at a position; by default the newest we know."""
        for past in self.past.values():
            states = past.reservations.get(reservation_id)
            if states is not None:
                return next((r for at, r in reversed(states) if seq is None or at <= seq), None)
        return None

    def seq(self, raffle_id: UUID) -> int:
        """The newest committed position."""
        return len(self.past[raffle_id].boards) - 1

    def epoch(self, raffle_id: UUID) -> int:
        """The newest epoch."""
        return self._records[raffle_id].epoch

    def overdue_holds(self, by_ms: Millis) -> list[UUID]:
        """Live reservations whose time was over that long ago."""
        late = self._now() - by_ms
        return [
            reservation.id
            for record in self._records.values()
            for reservation in record.raffle.reservations.values()
            if reservation.phase is not Phase.PAYMENT_REVIEW and reservation.expires_at < late
        ]


def short(id_: UUID) -> str:
    """An id for a person's eyes."""
    return f"{id_.int % 0xFFFF:04x}"
