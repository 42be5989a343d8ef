"""Every rule of a raffle: what a command does, or why not.

    decide(raffle, command, now) -> events | Rejection

Pure: reads the raffle, changes nothing, asks nobody the time. A refusal is a value. Repeating a
command that has already had its effect decides *nothing new* (an empty tuple), so the caller gets
the state it got before: commands are idempotent by construction, there is no cache of results.

Cost does not depend on the size of the raffle: a command looks only at the numbers it names.

Here are time and the raffle itself; choosing is in `decide_numbers`, money in `decide_payment`.
"""

from __future__ import annotations

from typing import assert_never

from sorteos_actors.raffle import (
    commands,
    deadline,
    decide_numbers,
    decide_payment,
    events,
)
from sorteos_actors.raffle.lifecycle import RAFFLE_TRANSITIONS, RESERVATION_TRANSITIONS
from sorteos_actors.raffle.model import (
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleTerms,
    Reservation,
)
from sorteos_actors.raffle.questions import Decision, may, own
from sorteos_actors.raffle.rejections import Rejection, RejectionCode

DUE_PER_COMMAND = 256
"""Reservations that one `ExpireDue` ends; the actor sends it again while more are due."""


def decide(raffle: Raffle, command: commands.Command, now: Millis) -> Decision:
    """What `command` does to `raffle` at `now` (PostgreSQL's clock)."""
    match command:
        case commands.ReserveNumbers():
            return decide_numbers.reserve(raffle, command, now)
        case commands.QuickPick():
            return decide_numbers.pick(raffle, command, now)
        case commands.AddNumbers():
            return decide_numbers.change(raffle, command, (), command.numbers, now)
        case commands.RemoveNumbers():
            return decide_numbers.change(raffle, command, command.numbers, (), now)
        case commands.SwapNumbers():
            return decide_numbers.change(raffle, command, command.give, command.take, now)
        case commands.StartCheckout():
            return _start_checkout(raffle, command, now)
        case commands.ExtendReservation():
            return _extend(raffle, command, now)
        case commands.CancelReservation():
            return _cancel(raffle, command, now)
        case commands.StartPayment():
            return decide_payment.start(raffle, command, now)
        case commands.StartReview():
            return decide_payment.review(raffle, command)
        case commands.EndPayment():
            return decide_payment.end(raffle, command, now)
        case commands.CompleteReservation():
            return decide_payment.complete(raffle, command, now)
        case commands.RefundNumbers():
            return decide_payment.refund(raffle, command, now)
        case commands.ExpireDue():
            return _expire_due(raffle, now)
        case commands.ExtendDeadlines():
            return _extend_deadlines(raffle, command)
        case commands.FindReservation():
            return ()
        case commands.PublishRaffle():
            return _change_status(raffle, "publish", now)
        case commands.PauseRaffle():
            return _change_status(raffle, "pause", now)
        case commands.ResumeRaffle():
            return _change_status(raffle, "resume", now)
        case commands.CloseRaffle():
            return _change_status(raffle, "close", now)
        case _:
            assert_never(command)


# -- moving on -----------------------------------------------------------------------------------


def _start_checkout(raffle: Raffle, command: commands.StartCheckout, now: Millis) -> Decision:
    reservation = own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.CHECKOUT:
        return ()
    refused = may(reservation, "checkout", now)
    if refused is not None:
        return refused
    return (events.CheckoutStarted(reservation.id, now + raffle.terms.checkout_ms),)


def _extend(raffle: Raffle, command: commands.ExtendReservation, now: Millis) -> Decision:
    reservation = own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    refused = may(reservation, "extend", now)
    if refused is not None:
        return refused
    if command.expires_at is not None and command.expires_at != reservation.expires_at:
        return ()  # The deadline moved since the person looked: show the true one.
    ceiling = reservation.created_at + raffle.terms.max_hold_ms
    longer = min(reservation.expires_at + raffle.terms.extension_ms, ceiling)
    if extensions_left(raffle.terms, reservation) == 0 or longer <= reservation.expires_at:
        return Rejection(
            RejectionCode.WRONG_PHASE, {"phase": reservation.phase.value, "extensions_left": 0}
        )
    return (events.ReservationExtended(reservation.id, longer),)


def _cancel(raffle: Raffle, command: commands.CancelReservation, now: Millis) -> Decision:
    reservation = own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.CANCELLED:
        return ()
    refused = may(reservation, "cancel", now) or decide_payment.waits_for_money(reservation)
    if refused is not None:
        return refused
    return (events.ReservationCancelled(reservation.id, reservation.numbers, now),)


def extensions_left(terms: RaffleTerms, reservation: Reservation) -> int:
    """How many times the person may still ask for more time in this phase."""
    if (reservation.phase, "extend") not in RESERVATION_TRANSITIONS:
        return 0
    return max(0, terms.extensions_per_phase - reservation.extensions_used)


# -- time and the raffle itself ------------------------------------------------------------------


def _expire_due(raffle: Raffle, now: Millis) -> Decision:
    happened: list[events.Event] = [
        decide_payment.run_out(r, now)
        for r in deadline.due_reservations(raffle, now, DUE_PER_COMMAND)
    ]
    if deadline.sales_are_due_to_close(raffle, now):
        happened.append(events.StatusChanged(RaffleStatus.CLOSED, now, "sales_close_at"))
    return tuple(happened)


def _extend_deadlines(raffle: Raffle, command: commands.ExtendDeadlines) -> Decision:
    if command.outage_at < raffle.last_outage_at or command.by_ms <= 0:
        return ()  # It began before the last one that was made good had ended: the same one.
    if not any(r.created_at <= command.outage_at for r in raffle.reservations.values()):
        return ()  # Every hold is younger than the outage: nobody lost time to it.
    return (events.DeadlinesExtended(command.by_ms, command.outage_at),)


def _change_status(raffle: Raffle, verb: str, now: Millis) -> Decision:
    status = RAFFLE_TRANSITIONS.get((raffle.status, verb))
    if status is not None:
        closes_at = raffle.terms.sales_close_at
        if status is RaffleStatus.ACTIVE and closes_at is not None and closes_at <= now:
            return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": "closed"})
        return (events.StatusChanged(status, now),)
    if raffle.status in {s for (_, v), s in RAFFLE_TRANSITIONS.items() if v == verb}:
        return ()
    return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": raffle.status.value})
