"""The whole vocabulary of the wire: what clients say, what bodies carry, what the server shows."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.raffle import (
    Millis,
    Phase,
    RaffleSummary,
    RaffleTerms,
    Reservation,
    extensions_left,
)

Ref = Annotated[str, Meta(max_length=64)] | int
"""Made by the client, echoed in the answer."""
Label = Annotated[str, Meta(max_length=16)]
"""A printed number, with its leading zeros."""
Labels = Annotated[list[Label], Meta(min_length=1, max_length=100)]
Digits = Annotated[str, Meta(max_length=16)]
Time = Annotated[str, Meta(max_length=40)]
"""RFC 3339."""


# -- what clients say ------------------------------------------------------------------------------


class Auth(msgspec.Struct, tag="auth", tag_field="type"):
    """Say who you are."""

    ref: Ref
    token: Annotated[str, Meta(max_length=8192)]


class Reserve(msgspec.Struct, tag="reserve", tag_field="type"):
    """Hold all of these numbers, or none."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Filter(msgspec.Struct):
    """Digits that a picked number must have."""

    starts_with: Digits = ""
    ends_with: Digits = ""
    contains: Digits = ""


class QuickPick(msgspec.Struct, tag="quick_pick", tag_field="type"):
    """Let chance choose until the hold has `count` numbers."""

    ref: Ref
    reservation_id: UUID
    count: Annotated[int, Meta(ge=1, le=100)]
    filter: Filter | None = None


class Add(msgspec.Struct, tag="add", tag_field="type"):
    """Hold these too."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Remove(msgspec.Struct, tag="remove", tag_field="type"):
    """Let these go."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Swap(msgspec.Struct, tag="swap", tag_field="type"):
    """Give some, take others, in one step."""

    ref: Ref
    reservation_id: UUID
    give: Labels
    take: Labels


class Cancel(msgspec.Struct, tag="cancel", tag_field="type"):
    """Let everything go."""

    ref: Ref
    reservation_id: UUID


class Checkout(msgspec.Struct, tag="checkout", tag_field="type"):
    """Go to pay."""

    ref: Ref
    reservation_id: UUID


class Extend(msgspec.Struct, tag="extend", tag_field="type"):
    """More time; `expires_at` is the deadline the client sees."""

    ref: Ref
    reservation_id: UUID
    expires_at: Time


class Resume(msgspec.Struct, tag="resume", tag_field="type"):
    """Send what I missed since this position."""

    ref: Ref
    epoch: Annotated[int, Meta(ge=0)]
    seq: Annotated[int, Meta(ge=0)]


class Ping(msgspec.Struct, tag="ping", tag_field="type"):
    """What time is it? `t0` comes back as it is."""

    t0: int | float | str | None = None
    ref: Ref | None = None


CommandMessage = Reserve | QuickPick | Add | Remove | Swap | Cancel | Checkout | Extend
ClientMessage = CommandMessage | Auth | Resume | Ping


# -- what HTTP bodies carry ------------------------------------------------------------------------


class GuestBody(msgspec.Struct):
    """``POST /auth/guest``."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    phone: Annotated[str, Meta(min_length=4, max_length=32, pattern=r"^[0-9+() .-]+$")] | None = None


class RaffleBody(msgspec.Struct):
    """``POST /raffles``."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    number_count: Annotated[int, Meta(ge=1, le=1_000_000)]
    price: Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", max_length=3)]  # `$` allows a line end.
    description: Annotated[str, Meta(max_length=5000)] | None = None
    selection_seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None
    checkout_seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None
    max_numbers_per_user: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    sales_close_at: Time | None = None
    draw_at: Time | None = None


class ReservationBody(msgspec.Struct):
    """``POST /reservations``."""

    raffle_id: UUID
    number_ids: Labels


class AddNumberBody(msgspec.Struct):
    """``POST /reservations/:id/add-number``."""

    number_id: Label


class ExtendBody(msgspec.Struct):
    """``POST /reservations/:id/extend``; without a body, whatever the deadline is."""

    expires_at: Time | None = None


# -- what the server shows -------------------------------------------------------------------------


class Counts(msgspec.Struct, frozen=True):
    """How many numbers are in each state."""

    available: int
    reserved: int
    sold: int


class RaffleView(msgspec.Struct, frozen=True):
    """RAFFLE of the contract."""

    id: UUID
    title: str
    description: str
    status: str
    number_count: int
    price: int
    currency: str
    max_numbers_per_user: int
    selection_seconds: int
    checkout_seconds: int
    sales_close_at: str | None
    draw_at: str | None
    counts: Counts
    epoch: int
    seq: int


class NumberView(msgspec.Struct, frozen=True):
    """One number of a reservation."""

    number_id: str
    status: str


class ReservationView(msgspec.Struct, frozen=True):
    """RESERVATION of the contract. `expires_in_ms` shows the right time on a wrong clock."""

    id: UUID
    raffle_id: UUID
    user_id: UUID
    phase: str
    numbers: list[NumberView]
    number_ids: list[str]
    unit_price: int
    total_amount: int
    currency: str
    created_at: str
    expires_at: str
    expires_in_ms: int
    server_time: str
    extensions_left: int


def raffle_view(summary: RaffleSummary) -> RaffleView:
    """A raffle for everybody."""
    terms = summary.terms
    taken = summary.reserved_count + summary.sold_count
    return RaffleView(
        id=terms.id,
        title=terms.title,
        description=terms.description,
        status=summary.status.value,
        number_count=terms.number_count,
        price=terms.price,
        currency=terms.currency,
        max_numbers_per_user=terms.max_numbers_per_user,
        selection_seconds=terms.selection_ms // 1000,
        checkout_seconds=terms.checkout_ms // 1000,
        sales_close_at=None if terms.sales_close_at is None else rfc3339(terms.sales_close_at),
        draw_at=None if terms.draw_at is None else rfc3339(terms.draw_at),
        counts=Counts(terms.number_count - taken, summary.reserved_count, summary.sold_count),
        epoch=summary.epoch,
        seq=summary.seq,
    )


def reservation_view(terms: RaffleTerms, reservation: Reservation, now: Millis) -> ReservationView:
    """A reservation for its owner, with the time it was looked at."""
    phase = reservation.phase
    if phase is Phase.COMPLETED:
        status = "sold"
    else:
        status = "reserved" if phase.is_live else "available"
    labels = [terms.label(number) for number in reservation.numbers]
    return ReservationView(
        id=reservation.id,
        raffle_id=terms.id,
        user_id=reservation.user_id,
        phase=phase.value,
        numbers=[NumberView(label, status) for label in labels],
        number_ids=labels,
        unit_price=reservation.unit_price,
        total_amount=reservation.total_amount,
        currency=terms.currency,
        created_at=rfc3339(reservation.created_at),
        expires_at=rfc3339(reservation.expires_at),
        expires_in_ms=max(0, reservation.expires_at - now) if phase.is_live else 0,
        server_time=rfc3339(now),
        extensions_left=extensions_left(terms, reservation),
    )
