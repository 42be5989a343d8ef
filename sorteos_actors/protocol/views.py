"""What the server shows: RAFFLE and RESERVATION of the contract, from the core's values."""

from __future__ import annotations

from uuid import UUID

import msgspec

from sorteos_actors.ports import Language
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.raffle import (
    Millis,
    Phase,
    RaffleSummary,
    RaffleTerms,
    Reservation,
    extensions_left,
)


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


class ContactView(msgspec.Struct, frozen=True):
    """How a person can be reached. `phone` is in E.164; a guest may have said one of the two only."""

    name: str | None
    phone: str | None
    email: str | None
    language: Language | None = None
    """In which their mails are written; null: Spanish."""


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
    payment_id: UUID | None
    ticket: str | msgspec.UnsetType | None = msgspec.UNSET
    """The code of what it bought, or null; over HTTP only: sockets do not carry it."""


class TicketRaffleView(msgspec.Struct, frozen=True):
    """What a ticket tells of its raffle."""

    id: UUID
    title: str
    status: str
    draw_at: str | None


class TicketView(msgspec.Struct, frozen=True):
    """TICKET of the contract, for whoever has its code: nothing tells who bought it."""

    code: str
    status: str
    raffle: TicketRaffleView
    number_ids: list[str]
    """Those that take part."""
    refunded: int
    """How many more there were, whose money went back."""
    sold_at: str
    server_time: str


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
    status = "reserved" if phase.is_live else "available"
    if phase is Phase.COMPLETED:
        status = "sold"
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
        payment_id=reservation.payment_id,
    )
