"""The rules of paying: attempts, slow payments, sales, money that came late, numbers given back.

An attempt is *live* while its reservation waits for it. As long as one is, its numbers are nobody
else's: the deadline is put off, and only `EndPayment` lets them go, which is sent once it is certain
that no money will come.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sorteos_actors.raffle import commands, events
from sorteos_actors.raffle.lifecycle import HONOURS_LATE_MONEY, OVER, RESERVATION_TRANSITIONS
from sorteos_actors.raffle.model import SOLD, Millis, Phase, Raffle, RaffleStatus, Reservation
from sorteos_actors.raffle.questions import (
    Decision,
    find,
    may,
    may_take,
    not_active,
    not_in,
    own,
    sells,
    unknown_numbers,
)
from sorteos_actors.raffle.rejections import Rejection, RejectionCode

SETTLE_MS: Final[Millis] = 15 * 60_000
"""How long numbers stay taken at a time while nobody can say what became of their money."""


def start(raffle: Raffle, command: commands.StartPayment, now: Millis) -> Decision:
    """One live attempt a reservation."""
    reservation = own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.payment_id == command.payment_id:
        return ()
    refused = waits_for_money(reservation) or may(reservation, "pay", now) or _is_over(raffle)
    if refused is not None:
        return refused
    return (events.PaymentStarted(reservation.id, command.payment_id),)


def review(raffle: Raffle, command: commands.StartReview) -> Decision:
    """More time for the live attempt, never less."""
    reservation = find(raffle, command.reservation_id)
    if isinstance(reservation, Rejection):
        return reservation
    if (reservation.phase, "review") not in RESERVATION_TRANSITIONS:
        return not_in(reservation.phase)
    if reservation.payment_id != command.payment_id:
        return waits_for_money(reservation) or not_in(reservation.phase)
    if reservation.phase is Phase.PAYMENT_REVIEW and command.expires_at <= reservation.expires_at:
        return ()
    expires_at = max(command.expires_at, reservation.expires_at)
    return (events.ReviewStarted(reservation.id, expires_at),)


def end(raffle: Raffle, command: commands.EndPayment, now: Millis) -> Decision:
    """In checkout the buyer may try again while there is time; else the numbers go."""
    reservation = raffle.reservations.get(command.reservation_id)
    if reservation is None or reservation.payment_id != command.payment_id:
        return ()
    ended = events.PaymentEnded(reservation.id, command.payment_id)
    if reservation.phase is Phase.CHECKOUT and reservation.expires_at > now:
        return (ended,)
    return ended, events.ReservationExpired(reservation.id, reservation.numbers, now)


def run_out(reservation: Reservation, now: Millis) -> events.Event:
    """What becomes of a reservation at its deadline."""
    if reservation.payment_id is None:
        return events.ReservationExpired(reservation.id, reservation.numbers, now)
    return events.ReviewStarted(reservation.id, now + SETTLE_MS, overdue=True)


def complete(raffle: Raffle, command: commands.CompleteReservation, now: Millis) -> Decision:
    """Sold while it is held, also past its deadline, and whichever attempt it waits for."""
    reservation = raffle.reservations.get(command.reservation_id)
    if reservation is None:
        return _complete_ended(raffle, command, now)
    if (reservation.phase, "complete") not in RESERVATION_TRANSITIONS:
        return not_in(reservation.phase)
    refused = _is_over(raffle) or _is_wrong(raffle, command, reservation.total_amount)
    if refused is not None:
        return refused
    return (
        events.ReservationCompleted(
            reservation.id, reservation.user_id, reservation.numbers, now, command.payment_id
        ),
    )


def _complete_ended(raffle: Raffle, command: commands.CompleteReservation, now: Millis) -> Decision:
    """Money for a reservation that is no more: a repeat, a second payment, or one that came late."""
    if paid_reservation(raffle, command) is not None:
        return ()
    phase = raffle.ended.phase(command.reservation_id)
    if phase is None:
        return Rejection(RejectionCode.NOT_FOUND)
    # A sale of late money takes the payment's id, which may have been used long ago.
    if phase is Phase.COMPLETED or _is_used(raffle, command.payment_id):
        return Rejection(RejectionCode.ALREADY_PAID)
    bought = raffle.ended.recent(command.reservation_id) or command
    live = raffle.live_reservation_of(bought.user_id)
    refused = (
        sells(raffle, now, HONOURS_LATE_MONEY)
        or _is_wrong(raffle, command, bought.unit_price * len(bought.numbers))
        or may_take(raffle, bought.user_id, bought.numbers, len(live.numbers) if live else 0)
    )
    if refused is not None:
        return refused
    return (
        events.NumbersSold(
            reservation_id=command.payment_id,
            user_id=bought.user_id,
            numbers=bought.numbers,
            unit_price=bought.unit_price,
            at=now,
            payment_id=command.payment_id,
        ),
    )


def refund(raffle: Raffle, command: commands.RefundNumbers, now: Millis) -> Decision:
    """Back on sale, until the draw. Of old purchases only the rows know the numbers, and guard them."""
    reservation = find(raffle, command.reservation_id)
    phase = raffle.ended.phase(command.reservation_id)
    if phase is None:
        return reservation if isinstance(reservation, Rejection) else not_in(reservation.phase)
    if phase is not Phase.COMPLETED:
        return not_in(phase)
    if isinstance(reservation, Reservation) and not _was_bought(reservation, command):
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "numbers"})
    if not command.numbers or len(set(command.numbers)) < len(command.numbers):
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "numbers"})
    unknown = unknown_numbers(raffle, command.numbers)
    if unknown is not None:
        return unknown
    before = raffle.returned.get(command.reservation_id, frozenset())
    if before.issuperset(command.numbers):
        return ()
    gone = [n for n in command.numbers if n in before or raffle.board[n] != SOLD]
    if gone or raffle.sold_by_user.get(command.user_id, 0) < len(command.numbers):
        labels = [raffle.terms.label(n) for n in gone]
        return Rejection(RejectionCode.WRONG_PHASE, {"phase": phase.value, "numbers": labels})
    if raffle.status is RaffleStatus.DRAWN:
        return not_active(raffle)
    return (
        events.NumbersRefunded(
            reservation_id=command.reservation_id,
            user_id=command.user_id,
            numbers=command.numbers,
            at=now,
            payment_id=command.payment_id,
        ),
    )


# -- the questions of money ------------------------------------------------------------------------


def paid_reservation(raffle: Raffle, command: commands.CompleteReservation) -> Reservation | None:
    """The reservation that this payment has completed: the one it was for, or, being late, its own."""
    for reservation_id in (command.reservation_id, command.payment_id):
        found = raffle.ended.recent(reservation_id)
        if found is None or found.phase is not Phase.COMPLETED:
            continue
        if found.payment_id == command.payment_id:
            return found
    return None


def waits_for_money(reservation: Reservation) -> Rejection | None:
    """Whether an attempt stands in the way of what would let the numbers go."""
    if reservation.payment_id is None or not reservation.phase.is_live:
        return None
    return Rejection(RejectionCode.PAYMENT_IN_PROGRESS, {"payment_id": str(reservation.payment_id)})


def _is_over(raffle: Raffle) -> Rejection | None:
    """Whether no number changes hands any more."""
    return not_active(raffle) if raffle.status in OVER else None


def _is_wrong(
    raffle: Raffle, command: commands.CompleteReservation, amount: int
) -> Rejection | None:
    currency = raffle.terms.currency
    if (command.amount, command.currency) == (amount, currency):
        return None
    return Rejection(RejectionCode.WRONG_AMOUNT, {"amount": amount, "currency": currency})


def _is_used(raffle: Raffle, reservation_id: UUID) -> bool:
    return reservation_id in raffle.reservations or (raffle.ended.phase(reservation_id) is not None)


def _was_bought(reservation: Reservation, command: commands.RefundNumbers) -> bool:
    """Whether these numbers are of that purchase, as far as memory goes back."""
    return (reservation.user_id, reservation.payment_id) == (
        command.user_id,
        command.payment_id,
    ) and set(command.numbers) <= set(reservation.numbers)
