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
        self.attempts: dict[UUID, UUID] = {}
        """The attempt to pay that a reservation waits for."""
        self.returned: dict[UUID, set[int]] = defaultdict(set)
        """Numbers that a reservation has bought and given back."""
        self.findings: list[Finding] = []
        self._just_ended: UUID | None = None

    def take(self, row: JournalRow) -> None:
        """Apply one row. An impossible event is noted, and applied as far as that makes sense."""
        event = row.entry.event
        just_ended, self._just_ended = self._just_ended, None
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
                # A review is over when its money is certain not to come, whatever its deadline.
                is_over = moment.phase == "payment_review" and just_ended == event.reservation_id
                if event.at < moment.expires_at and not is_over:
                    early = moment.expires_at - event.at
                    self._note(row, f"{early} ms before the deadline", kind="released_early")
            case events.PaymentStarted():
                self._alive(row, event.reservation_id)
                if event.reservation_id in self.attempts:
                    self._note(row, f"it waits for {self.attempts[event.reservation_id]}")
                self.attempts[event.reservation_id] = event.payment_id
            case events.PaymentEnded():
                self._alive(row, event.reservation_id)
                if self.attempts.pop(event.reservation_id, None) != event.payment_id:
                    self._note(row, "it did not wait for that")
                self._just_ended = event.reservation_id
            case events.ReservationCompleted():
                self.attempts.pop(event.reservation_id, None)
                self._end(row, event.reservation_id, event.numbers, "completed")
            case events.NumbersSold():
                if event.reservation_id in self.moments:
                    self._note(row, "its reservation was born before")
                self._claim(row, event.reservation_id, event.numbers, "sold")
                self.moments[event.reservation_id].append(
                    Moment("completed", frozenset(event.numbers), event.at, event.at)
                )
            case events.NumbersRefunded():
                self._release(row, event.reservation_id, event.numbers, "sold")
                self.returned[event.reservation_id].update(event.numbers)
            case events.DeadlinesExtended():
                for id_, moments in self.moments.items():
                    last = moments[-1]
                    if last.phase not in _ENDED and last.created_at <= event.outage_at:
                        longer = last.expires_at + event.by_ms
                        self._become(id_, replace(last, expires_at=longer))

    def _claim(
        self, row: JournalRow, id_: UUID, numbers: tuple[int, ...], as_: str = "reserved"
    ) -> None:
        for number in numbers:
            if number in self.claims:
                status, holder = self.claims[number]
                self._note(row, f"number {number} was {status} by {holder}")
            self.claims[number] = (as_, id_)

    def _release(
        self, row: JournalRow, id_: UUID, numbers: tuple[int, ...], was: str = "reserved"
    ) -> None:
        for number in numbers:
            if self.claims.get(number) != (was, id_):
                self._note(row, f"number {number} was {self.claims.get(number)}")
            self.claims.pop(number, None)

    def _end(self, row: JournalRow, id_: UUID, numbers: tuple[int, ...], phase: str) -> Moment:
        """End a reservation; returns what it was."""
        moment = self._alive(row, id_)
        if id_ in self.attempts:
            self._note(row, f"its money may still come: {self.attempts.pop(id_)}")
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
