"""How an event changes a raffle. No rules here: what `decide` has allowed is simply applied.

`evolve` works in place: a copy of a board of 100,000 numbers would cost 2.4 ms. It is deterministic,
so the journal, replayed, gives the very same raffle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.raffle import deadline, events
from sorteos_actors.raffle.model import (
    AVAILABLE,
    RESERVED,
    SOLD,
    Millis,
    Phase,
    Raffle,
    Reservation,
)


def evolve(raffle: Raffle, event: events.Event) -> None:
    """Apply one event, and move the raffle one position forward."""
    match event:
        case events.NumbersReserved():
            raffle.live_by_user[event.user_id] = event.reservation_id
            _mark(raffle, event.numbers, RESERVED)
            raffle.reserved_count += len(event.numbers)
            _put(
                raffle,
                Reservation(
                    id=event.reservation_id,
                    user_id=event.user_id,
                    numbers=event.numbers,
                    phase=Phase.SELECTION,
                    unit_price=event.unit_price,
                    created_at=event.at,
                    expires_at=event.expires_at,
                ),
            )
        case events.NumbersChanged():
            reservation = raffle.reservations[event.reservation_id]
            _mark(raffle, event.removed, AVAILABLE)
            _mark(raffle, event.added, RESERVED)
            raffle.reserved_count += len(event.added) - len(event.removed)
            gone = frozenset(event.removed)
            kept = tuple(n for n in reservation.numbers if n not in gone)
            raffle.reservations[reservation.id] = replace(reservation, numbers=kept + event.added)
        case events.CheckoutStarted():
            reservation = raffle.reservations[event.reservation_id]
            _put(
                raffle,
                replace(
                    reservation,
                    phase=Phase.CHECKOUT,
                    expires_at=event.expires_at,
                    extensions_used=0,
                ),
            )
        case events.PaymentStarted():
            _wait_for(raffle, event.reservation_id, event.payment_id)
        case events.PaymentEnded():
            _wait_for(raffle, event.reservation_id, None)
        case events.ReviewStarted():
            reservation = raffle.reservations[event.reservation_id]
            _put(
                raffle,
                replace(reservation, phase=Phase.PAYMENT_REVIEW, expires_at=event.expires_at),
            )
        case events.ReservationExtended():
            reservation = raffle.reservations[event.reservation_id]
            _put(
                raffle,
                replace(
                    reservation,
                    expires_at=event.expires_at,
                    extensions_used=reservation.extensions_used + 1,
                ),
            )
        case events.ReservationCancelled():
            _end(raffle, event.reservation_id, Phase.CANCELLED, event.at)
        case events.ReservationExpired():
            _end(raffle, event.reservation_id, Phase.EXPIRED, event.at)
        case events.ReservationCompleted():
            if event.payment_id is not None:
                _wait_for(raffle, event.reservation_id, event.payment_id)
            _end(raffle, event.reservation_id, Phase.COMPLETED, event.at)
        case events.NumbersSold():
            _sell(raffle, event.user_id, event.numbers)
            raffle.ended.add(_born_sold(event))
        case events.NumbersRefunded():
            _mark(raffle, event.numbers, AVAILABLE)
            _count_sold(raffle, event.user_id, -len(event.numbers))
            before = raffle.returned.get(event.reservation_id, frozenset())
            raffle.returned[event.reservation_id] = before.union(event.numbers)
        case events.DeadlinesExtended():
            for reservation in raffle.reservations.values():
                if reservation.created_at <= event.outage_at:
                    raffle.reservations[reservation.id] = replace(
                        reservation, expires_at=reservation.expires_at + event.by_ms
                    )
            raffle.last_outage_at = event.outage_at + event.by_ms
            deadline.rebuild(raffle)
        case events.StatusChanged():
            raffle.status = event.status
        case _:
            assert_never(event)
    deadline.prune(raffle)
    raffle.seq += 1


def replay(raffle: Raffle, journal: Iterable[events.Event]) -> Raffle:
    """Apply a whole journal; returns the raffle it was given."""
    for event in journal:
        evolve(raffle, event)
    return raffle


def _born_sold(event: events.NumbersSold) -> Reservation:
    """The reservation of late money: its whole life is the instant of its sale."""
    return Reservation(
        id=event.reservation_id,
        user_id=event.user_id,
        numbers=event.numbers,
        phase=Phase.COMPLETED,
        unit_price=event.unit_price,
        created_at=event.at,
        expires_at=event.at,
        ended_at=event.at,
        payment_id=event.payment_id,
    )


def _mark(raffle: Raffle, numbers: Iterable[int], state: int) -> None:
    board = raffle.board
    for number in numbers:
        board[number] = state


def _put(raffle: Raffle, reservation: Reservation) -> None:
    raffle.reservations[reservation.id] = reservation
    deadline.watch(raffle, reservation)


def _wait_for(raffle: Raffle, reservation_id: UUID, payment_id: UUID | None) -> None:
    reservation = raffle.reservations[reservation_id]
    raffle.reservations[reservation_id] = replace(reservation, payment_id=payment_id)


def _end(raffle: Raffle, reservation_id: UUID, phase: Phase, at: Millis) -> None:
    reservation = raffle.reservations.pop(reservation_id)
    del raffle.live_by_user[reservation.user_id]
    raffle.reserved_count -= len(reservation.numbers)
    if phase is Phase.COMPLETED:
        _sell(raffle, reservation.user_id, reservation.numbers)
    else:
        _mark(raffle, reservation.numbers, AVAILABLE)
    raffle.ended.add(replace(reservation, phase=phase, ended_at=at))


def _sell(raffle: Raffle, user_id: UUID, numbers: tuple[int, ...]) -> None:
    _mark(raffle, numbers, SOLD)
    _count_sold(raffle, user_id, len(numbers))


def _count_sold(raffle: Raffle, user_id: UUID, more: int) -> None:
    """Who owns nothing is not remembered: a raffle loaded from its rows would not know of them."""
    raffle.sold_count += more
    owned = raffle.sold_by_user.get(user_id, 0) + more
    if owned:
        raffle.sold_by_user[user_id] = owned
    else:
        del raffle.sold_by_user[user_id]
