"""What commits mean for those who watch: public changes, and private news for single persons.

The public part carries numbers and states, never an identity, not even a hash of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self
from uuid import UUID

import msgspec

from sorteos_actors.ports import Batch, News, PrivatePush
from sorteos_actors.raffle import Millis, RaffleSummary, Reservation, events
from sorteos_actors.raffle.model import AVAILABLE, RESERVED, SOLD

_REASONS: dict[type[events.Event], str] = {
    events.NumbersReserved: "created",
    events.NumbersChanged: "changed",
    events.CheckoutStarted: "checkout",
    events.PaymentStarted: "payment_started",
    events.PaymentEnded: "payment_ended",
    events.ReviewStarted: "payment_review",
    events.ReservationExtended: "extended",
    events.ReservationCancelled: "cancelled",
    events.ReservationExpired: "expired",
    events.ReservationCompleted: "completed",
    events.NumbersSold: "completed",
    events.NumbersRefunded: "refunded",
}


class Publication(msgspec.Struct, frozen=True):
    """Committed events that follow each other, as the feed takes them. `summary` is after the last."""

    summary: RaffleSummary
    changes: Mapping[int, int]
    """Each number that was touched, and its state after the last event."""
    expired: Sequence[tuple[UUID, tuple[int, ...]]]
    private: Sequence[PrivatePush]
    raffle_changed: bool
    at: Millis

    @classmethod
    def of(cls, summary: RaffleSummary, batch: Batch, at: Millis) -> Self:
        """Collect it from a batch that was committed."""
        happened = [entry.event for entry in batch.entries]
        return cls._collect(summary, happened, batch.reservations, at)

    @classmethod
    def of_news(cls, news: News, at: Millis) -> Self:
        """Collect it from the journal."""
        happened = [row.entry.event for row in news.rows]
        return cls._collect(news.summary, happened, news.reservations, at)

    @classmethod
    def _collect(
        cls,
        summary: RaffleSummary,
        happened: Iterable[events.Event],
        reservations: Sequence[Reservation],
        at: Millis,
    ) -> Self:
        changes: dict[int, int] = {}
        expired: list[tuple[UUID, tuple[int, ...]]] = []
        reasons: dict[UUID, str] = {}
        raffle_changed = False
        for event in happened:
            if isinstance(event, events.StatusChanged):
                raffle_changed = True
                continue
            if isinstance(event, events.DeadlinesExtended):
                reasons.update(dict.fromkeys((r.id for r in reservations), "extended"))
                continue
            reasons[event.reservation_id] = _REASONS[type(event)]
            touch(changes, event)
            if isinstance(event, events.ReservationExpired):
                expired.append((event.reservation_id, event.numbers))
        return cls(
            summary,
            changes,
            expired,
            [PrivatePush(r, reasons[r.id]) for r in reservations if r.id in reasons],
            raffle_changed,
            at,
        )


def touch(changes: dict[int, int], event: events.Event) -> None:
    """The states that an event leaves; the last one of a number counts."""
    match event:
        case events.NumbersReserved():
            changes.update(dict.fromkeys(event.numbers, RESERVED))
        case events.NumbersChanged():
            changes.update(dict.fromkeys(event.removed, AVAILABLE))
            changes.update(dict.fromkeys(event.added, RESERVED))
        case events.ReservationCancelled() | events.ReservationExpired() | events.NumbersRefunded():
            changes.update(dict.fromkeys(event.numbers, AVAILABLE))
        case events.ReservationCompleted() | events.NumbersSold():
            changes.update(dict.fromkeys(event.numbers, SOLD))
        case _:
            pass  # Touches no number.
