"""What has happened to a raffle. Past tense, self-contained, one closed union: `Event`.

An event names every number it touches, so that the rows, the board and the journal can each be
computed from events alone. Each event takes one position (`seq`) of its raffle.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sorteos_actors.raffle.model import Millis, RaffleStatus


class NumbersReserved(msgspec.Struct, frozen=True, tag="numbers_reserved"):
    """A reservation was born."""

    reservation_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    unit_price: int
    at: Millis
    expires_at: Millis


class NumbersChanged(msgspec.Struct, frozen=True, tag="numbers_changed"):
    """A live reservation gave some numbers back, took others, or both at once."""

    reservation_id: UUID
    removed: tuple[int, ...]
    added: tuple[int, ...]


class CheckoutStarted(msgspec.Struct, frozen=True, tag="checkout_started"):
    """The buyer went to pay."""

    reservation_id: UUID
    expires_at: Millis


class PaymentStarted(msgspec.Struct, frozen=True, tag="payment_started"):
    """The reservation waits for the money of this attempt."""

    reservation_id: UUID
    payment_id: UUID


class PaymentEnded(msgspec.Struct, frozen=True, tag="payment_ended"):
    """It waits no more: no money will come of that attempt."""

    reservation_id: UUID
    payment_id: UUID


class ReviewStarted(msgspec.Struct, frozen=True, tag="review_started"):
    """A payment is being confirmed, and the numbers stay taken meanwhile.

    `overdue`: the deadline had passed, and what became of the money is not known yet.
    """

    reservation_id: UUID
    expires_at: Millis
    overdue: bool = False


class ReservationExtended(msgspec.Struct, frozen=True, tag="reservation_extended"):
    """The buyer got more time."""

    reservation_id: UUID
    expires_at: Millis


class ReservationCancelled(msgspec.Struct, frozen=True, tag="reservation_cancelled"):
    """The buyer let all go."""

    reservation_id: UUID
    numbers: tuple[int, ...]
    at: Millis


class ReservationExpired(msgspec.Struct, frozen=True, tag="reservation_expired"):
    """Time ran out."""

    reservation_id: UUID
    numbers: tuple[int, ...]
    at: Millis


class ReservationCompleted(msgspec.Struct, frozen=True, tag="reservation_completed"):
    """Paid: the numbers are sold. Journals from before there were payments do not name one."""

    reservation_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    at: Millis
    payment_id: UUID | None = None


class NumbersSold(msgspec.Struct, frozen=True, tag="numbers_sold"):
    """Money came after its reservation had ended, and the numbers were still free.

    They are sold to a reservation of their own, born completed: one that ended never changes.
    """

    reservation_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    unit_price: int
    at: Millis
    payment_id: UUID


class NumbersRefunded(msgspec.Struct, frozen=True, tag="numbers_refunded"):
    """Sold numbers went back on sale; their price is owed to the buyer.

    The reservation stays as it was bought.
    """

    reservation_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    at: Millis
    payment_id: UUID


class DeadlinesExtended(msgspec.Struct, frozen=True, tag="deadlines_extended"):
    """Every hold that was there when an outage began (`outage_at`) got its length as more time."""

    by_ms: int
    outage_at: Millis


class StatusChanged(msgspec.Struct, frozen=True, tag="status_changed"):
    """The raffle was published, paused, resumed or closed."""

    status: RaffleStatus
    at: Millis
    reason: str = ""


Event = (
    NumbersReserved
    | NumbersChanged
    | CheckoutStarted
    | PaymentStarted
    | PaymentEnded
    | ReviewStarted
    | ReservationExtended
    | ReservationCancelled
    | ReservationExpired
    | ReservationCompleted
    | NumbersSold
    | NumbersRefunded
    | DeadlinesExtended
    | StatusChanged
)
