"""The journal of a raffle, folded: who has which number, and every moment of every reservation.

Simpler than `raffle.evolve`, and suspicious: it notes whatever a sound journal cannot contain.
"""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sorteos_actors.ports import JournalRow
from sorteos_actors.raffle import Millis, Reservation, events
from sorteos_actors.testing.history import Operation

_ENDED = frozenset({"completed", "cancelled", "expired"})


class Finding(msgspec.Struct, frozen=True):
    """Something that must not be."""

    kind: str
    """journal_gap, epoch_decreased, impossible_event, released_early, fold_differs, two_holders,
    lost_acknowledgement, went_back, resurrected."""
    text: str


class Moment(msgspec.Struct, frozen=True):
    """A reservation between two of its events."""

    phase: str
    numbers: frozenset[int]
    created_at: Millis
    expires_at: Millis

    @classmethod
    def of(cls, reservation: Reservation) -> Moment:
        """As a row shows it."""
        return cls(
            reservation.phase.value,
            frozenset(reservation.numbers),
            reservation.created_at,
            reservation.expires_at,
        )

    def fits(self, told: Operation) -> bool:
        """Whether an answer may have shown this moment."""
        phase = told.phase or ("cancelled" if told.kind == "cancel" else self.phase)
        return (
            phase == self.phase
            and (told.numbers is None or frozenset(told.numbers) == self.numbers)
            and (told.expires_at is None or told.expires_at == self.expires_at)
        )


class Fold:
    """Give it every row in order with `take`."""

    def __init__(self) -> None:
        self.claims: dict[int, tuple[str, UUID]] = {}
        """Status and reservation of every taken number."""
        self.moments: dict[UUID, list[Moment]] = defaultdict(list)
        """Everything that a reservation has been, in order."""
        self.findings: list[Finding] = []

    def take(self, row: JournalRow) -> None:
        """Apply one row. An impossible event is noted, and applied as far as that makes sense."""
        event = row.entry.event
        match event:
            case events.NumbersReserved():
                if event.reservation_id in self.moments:
                    self._note(row, "its reservation was born before")
                self._claim(row, event.reservation_id, event.numbers)
                self.moments[event.reservation_id].append(
                    Moment("selection", frozenset(event.numbers), event.at, event.expires_at)
                )
            case events.NumbersChanged():
                moment = self._alive(row, event.reservation_id)
                self._release(row, event.reservation_id, event.removed)
                self._claim(row, event.reservation_id, event.added)
                numbers = moment.numbers.difference(event.removed).union(event.added)
                self._become(event.reservation_id, replace(moment, numbers=numbers))
            case events.CheckoutStarted() | events.ReviewStarted() | events.ReservationExtended():
                moment = self._alive(row, event.reservation_id)
                phase = moment.phase
                if isinstance(event, events.CheckoutStarted):
                    phase = "checkout"
                elif isinstance(event, events.ReviewStarted):
                    phase = "payment_review"
                elif event.expires_at < moment.expires_at:
                    self._note(row, "an extension takes time away")
                changed = replace(moment, phase=phase, expires_at=event.expires_at)
                self._become(event.reservation_id, changed)
            case events.ReservationCancelled():
                self._end(row, event.reservation_id, event.numbers, "cancelled")
            case events.ReservationExpired():
                moment = self._end(row, event.reservation_id, event.numbers, "expired")
                if event.at < moment.expires_at:
                    early = moment.expires_at - event.at
                    self._note(row, f"{early} ms before the deadline", kind="released_early")
            case events.ReservationCompleted():
                self._end(row, event.reservation_id, event.numbers, "completed")
            case events.DeadlinesExtended():
                for id_, moments in self.moments.items():
                    last = moments[-1]
                    if last.phase not in _ENDED and last.created_at <= event.outage_at:
                        longer = last.expires_at + event.by_ms
                        self._become(id_, replace(last, expires_at=longer))

    def _claim(self, row: JournalRow, id_: UUID, numbers: tuple[int, ...]) -> None:
        for number in numbers:
            if number in self.claims:
                status, holder = self.claims[number]
                self._note(row, f"number {number} was {status} by {holder}")
            self.claims[number] = ("reserved", id_)

    def _release(self, row: JournalRow, id_: UUID, numbers: tuple[int, ...]) -> None:
        for number in numbers:
            if self.claims.get(number) != ("reserved", id_):
                self._note(row, f"number {number} was {self.claims.get(number)}")
            self.claims.pop(number, None)

    def _end(self, row: JournalRow, id_: UUID, numbers: tuple[int, ...], phase: str) -> Moment:
        """End a reservation; returns what it was."""
        moment = self._alive(row, id_)
        if frozenset(numbers) != moment.numbers:
            self._note(row, f"the reservation had {sorted(moment.numbers)}")
        self._release(row, id_, numbers)
        if phase == "completed":
            self.claims.update(dict.fromkeys(numbers, ("sold", id_)))
        self._become(id_, replace(moment, phase=phase, numbers=frozenset(numbers)))
        return moment

    def _alive(self, row: JournalRow, id_: UUID) -> Moment:
        if id_ not in self.moments:
            self._note(row, "its reservation was never born")
            return Moment("selection", frozenset(), row.at, row.at)
        moment = self.moments[id_][-1]
        if moment.phase in _ENDED:
            self._note(row, f"its reservation was {moment.phase}")
        return moment

    def _become(self, id_: UUID, moment: Moment) -> None:
        self.moments[id_].append(moment)

    def _note(self, row: JournalRow, what: str, *, kind: str = "impossible_event") -> None:
        event = row.entry.event
        self.findings.append(Finding(kind, f"seq {row.seq}: {event}, but {what}"))
