"""What one commit means for those who watch: public changes, and private news for single persons.

The public part carries numbers and states, never an identity, not even a hash of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self
from uuid import UUID

import msgspec

from sorteos_actors.ports import Batch
from sorteos_actors.raffle import Millis, RaffleSummary, Reservation, events

_REASONS: dict[type[events.Event], str] = {
    events.NumbersReserved: "created",
    events.NumbersChanged: "changed",
    events.CheckoutStarted: "checkout",
    events.ReviewStarted: "payment_review",
    events.ReservationExtended: "extended",
    events.ReservationCancelled: "cancelled",
    events.ReservationExpired: "expired",
    events.ReservationCompleted: "completed",
}


class PrivatePush(msgspec.Struct, frozen=True):
    """A reservation as it is now, for its owner's eyes."""

    reservation: Reservation
    reason: str


class Publication(msgspec.Struct, frozen=True):
    """One committed batch, as the feed takes it."""

    summary: RaffleSummary
    changes: Mapping[int, int]
    expired: Sequence[tuple[UUID, tuple[int, ...]]]
    private: Sequence[PrivatePush]
    raffle_changed: bool
    at: Millis

    @classmethod
    def of(cls, summary: RaffleSummary, batch: Batch, board: bytearray, at: Millis) -> Self:
        """Collect it from a batch that was committed; `board` is the board after it."""
        touched: dict[int, None] = {}
        expired: list[tuple[UUID, tuple[int, ...]]] = []
        reasons: dict[UUID, str] = {}
        raffle_changed = False
        for entry in batch.entries:
            event = entry.event
            if isinstance(event, events.StatusChanged):
                raffle_changed = True
                continue
            if isinstance(event, events.DeadlinesExtended):
                reasons.update(dict.fromkeys((r.id for r in batch.reservations), "extended"))
                continue
            reasons[event.reservation_id] = _REASONS[type(event)]
            if isinstance(event, events.NumbersChanged):
                touched.update(dict.fromkeys(event.removed + event.added))
            elif isinstance(
                event,
                events.NumbersReserved
                | events.ReservationCancelled
                | events.ReservationExpired
                | events.ReservationCompleted,
            ):
                touched.update(dict.fromkeys(event.numbers))
            if isinstance(event, events.ReservationExpired):
                expired.append((event.reservation_id, event.numbers))
        return cls(
            summary,
            {number: board[number] for number in touched},
            expired,
            [PrivatePush(r, reasons[r.id]) for r in batch.reservations if r.id in reasons],
            raffle_changed,
            at,
        )
