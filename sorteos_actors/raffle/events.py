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


class ReviewStarted(msgspec.Struct, frozen=True, tag="review_started"):
    """A slow payment is being confirmed."""

    reservation_id: UUID
    expires_at: Millis


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
    """Paid: the numbers are sold."""

    reservation_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    at: Millis


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
    | ReviewStarted
    | ReservationExtended
    | ReservationCancelled
    | ReservationExpired
    | ReservationCompleted
    | DeadlinesExtended
    | StatusChanged
)
