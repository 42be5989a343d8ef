"""Every rule of a raffle: what a command does, or why not.

    decide(raffle, command, now) -> events | Rejection

Pure: reads the raffle, changes nothing, asks nobody the time. A refusal is a value. Repeating a
command that has already had its effect decides *nothing new* (an empty tuple), so the caller gets
the state it got before: commands are idempotent by construction, there is no cache of results.

Cost does not depend on the size of the raffle: a command looks only at the numbers it names.
"""

from __future__ import annotations

from typing import assert_never
from uuid import UUID

from sorteos_actors.raffle import commands, deadline, events, quick_pick
from sorteos_actors.raffle.lifecycle import (
    RAFFLE_TRANSITIONS,
    RESERVATION_TRANSITIONS,
    SELLING,
)
from sorteos_actors.raffle.model import (
    AVAILABLE,
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleTerms,
    Reservation,
)
from sorteos_actors.raffle.rejections import Rejection, RejectionCode

Decision = tuple[events.Event, ...] | Rejection
"""Zero or more events in order, or the reason to refuse."""

DUE_PER_COMMAND = 256
"""Reservations that one `ExpireDue` ends; the actor sends it again while more are due."""


def decide(raffle: Raffle, command: commands.Command, now: Millis) -> Decision:
    """What `command` does to `raffle` at `now` (PostgreSQL's clock)."""
    match command:
        case commands.ReserveNumbers():
            return _reserve(raffle, command, now)
        case commands.QuickPick():
            return _quick_pick(raffle, command, now)
        case commands.AddNumbers():
            return _change(raffle, command, (), command.numbers, now)
        case commands.RemoveNumbers():
            return _change(raffle, command, command.numbers, (), now)
        case commands.SwapNumbers():
            return _change(raffle, command, command.give, command.take, now)
        case commands.StartCheckout():
            return _start_checkout(raffle, command, now)
        case commands.ExtendReservation():
            return _extend(raffle, command, now)
        case commands.CancelReservation():
            return _cancel(raffle, command, now)
        case commands.StartReview():
            return _start_review(raffle, command)
        case commands.CompleteReservation():
            return _complete(raffle, command, now)
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


# -- taking numbers ------------------------------------------------------------------------------


def _reserve(raffle: Raffle, command: commands.ReserveNumbers, now: Millis) -> Decision:
    known = _known(raffle, command.reservation_id, command.user_id)
    if known is not None:
        return known if isinstance(known, Rejection) else ()
    refused = _may_open(raffle, command.user_id, now) or _may_take(
        raffle, command.user_id, command.numbers, 0
    )
    if refused is not None:
        return refused
    return (_reserved(raffle, command.user_id, command.reservation_id, command.numbers, now),)


def _quick_pick(raffle: Raffle, command: commands.QuickPick, now: Millis) -> Decision:
    known = _known(raffle, command.reservation_id, command.user_id)
    if isinstance(known, Rejection):
        return known
    held = () if known is None else known.numbers
    wanted = command.count - len(held)
    if known is not None and wanted <= 0:
        return ()
    if command.count < 1:
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "count"})
    if not quick_pick.fits_grammar(command.filter, raffle.terms.width):
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "filter"})
    if known is None:
        refused = _may_open(raffle, command.user_id, now)
    else:
        refused = _may(known, "change", now) or _sells(raffle, now)
    refused = refused or _within_limit(raffle, command.user_id, command.count)
    if refused is not None:
        return refused
    numbers = tuple(
        quick_pick.pick(raffle.board, raffle.terms.width, command.filter, wanted, command.entropy)
    )
    if len(numbers) < wanted:
        return Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": [], "available": len(numbers)})
    if known is None:
        return (_reserved(raffle, command.user_id, command.reservation_id, numbers, now),)
    return (events.NumbersChanged(known.id, (), numbers),)


def _change(
    raffle: Raffle,
    command: commands.AddNumbers | commands.RemoveNumbers | commands.SwapNumbers,
    give: tuple[int, ...],
    take: tuple[int, ...],
    now: Millis,
) -> Decision:
    """Add, remove and swap are one thing: some numbers go, some come, all or nothing."""
    reservation = _own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if not reservation.phase.is_live:
        # Removing the last number cancelled it; saying so again is the same answer.
        if not take and reservation.phase is Phase.CANCELLED:
            return ()
        return _ended(reservation)
    held = frozenset(reservation.numbers)
    removed = tuple(n for n in dict.fromkeys(give) if n in held)
    added = tuple(n for n in dict.fromkeys(take) if n not in held)
    unknown = _unknown(raffle, (*give, *take))
    if unknown is not None:
        return unknown
    if frozenset(give) & frozenset(take):
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "take"})
    if not removed and not added:
        return ()
    refused = _may(reservation, "change", now)
    if refused is None and added:
        refused = _sells(raffle, now)
    if refused is None and added:
        refused = _may_take(raffle, reservation.user_id, added, len(held) - len(removed))
    if refused is not None:
        return refused
    if len(removed) == len(held) and not added:
        return (events.ReservationCancelled(reservation.id, reservation.numbers, now),)
    return (events.NumbersChanged(reservation.id, removed, added),)


def _reserved(
    raffle: Raffle, user_id: UUID, reservation_id: UUID, numbers: tuple[int, ...], now: Millis
) -> events.NumbersReserved:
    return events.NumbersReserved(
        reservation_id=reservation_id,
        user_id=user_id,
        numbers=tuple(dict.fromkeys(numbers)),
        unit_price=raffle.terms.price,
        at=now,
        expires_at=now + raffle.terms.selection_ms,
    )


# -- moving on -----------------------------------------------------------------------------------


def _start_checkout(raffle: Raffle, command: commands.StartCheckout, now: Millis) -> Decision:
    reservation = _own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.CHECKOUT:
        return ()
    refused = _may(reservation, "checkout", now)
    if refused is not None:
        return refused
    return (events.CheckoutStarted(reservation.id, now + raffle.terms.checkout_ms),)


def _extend(raffle: Raffle, command: commands.ExtendReservation, now: Millis) -> Decision:
    reservation = _own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    refused = _may(reservation, "extend", now)
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
    reservation = _own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.CANCELLED:
        return ()
    refused = _may(reservation, "cancel", now)
    if refused is not None:
        return refused
    return (events.ReservationCancelled(reservation.id, reservation.numbers, now),)


def _start_review(raffle: Raffle, command: commands.StartReview) -> Decision:
    reservation = _any(raffle, command.reservation_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.PAYMENT_REVIEW:
        return ()
    if (reservation.phase, "review") not in RESERVATION_TRANSITIONS:
        return _ended(reservation)
    return (events.ReviewStarted(reservation.id, command.expires_at),)


def _complete(raffle: Raffle, command: commands.CompleteReservation, now: Millis) -> Decision:
    """Money is there: sold, also when the deadline has just passed but nobody expired it yet."""
    reservation = _any(raffle, command.reservation_id)
    if isinstance(reservation, Rejection):
        return reservation
    if reservation.phase is Phase.COMPLETED:
        return ()
    if (reservation.phase, "complete") not in RESERVATION_TRANSITIONS:
        return _ended(reservation)
    return (
        events.ReservationCompleted(reservation.id, reservation.user_id, reservation.numbers, now),
    )


# -- time and the raffle itself ------------------------------------------------------------------


def _expire_due(raffle: Raffle, now: Millis) -> Decision:
    happened: list[events.Event] = [
        events.ReservationExpired(r.id, r.numbers, now)
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


# -- the questions that the rules share ----------------------------------------------------------


def extensions_left(terms: RaffleTerms, reservation: Reservation) -> int:
    """How many times the person may still ask for more time in this phase."""
    if (reservation.phase, "extend") not in RESERVATION_TRANSITIONS:
        return 0
    return max(0, terms.extensions_per_phase - reservation.extensions_used)


def _known(raffle: Raffle, reservation_id: UUID, user_id: UUID) -> Reservation | Rejection | None:
    """A reservation that this command has already made: live, ended, or None when it is new."""
    reservation = raffle.reservation(reservation_id)
    if reservation is not None:
        if reservation.user_id != user_id:
            return Rejection(RejectionCode.FORBIDDEN)
        return reservation if reservation.phase.is_live else _ended(reservation)
    phase = raffle.ended.phase(reservation_id)
    return None if phase is None else _ended_in(phase)


def _any(raffle: Raffle, reservation_id: UUID) -> Reservation | Rejection:
    reservation = raffle.reservation(reservation_id)
    if reservation is not None:
        return reservation
    phase = raffle.ended.phase(reservation_id)
    return Rejection(RejectionCode.NOT_FOUND) if phase is None else _ended_in(phase)


def _own(raffle: Raffle, reservation_id: UUID, user_id: UUID) -> Reservation | Rejection:
    reservation = _any(raffle, reservation_id)
    if isinstance(reservation, Reservation) and reservation.user_id != user_id:
        return Rejection(RejectionCode.FORBIDDEN)
    return reservation


def _ended(reservation: Reservation) -> Rejection:
    return _ended_in(reservation.phase)


def _ended_in(phase: Phase) -> Rejection:
    if phase is Phase.EXPIRED:
        return Rejection(RejectionCode.RESERVATION_EXPIRED)
    return Rejection(RejectionCode.WRONG_PHASE, {"phase": phase.value})


def _may(reservation: Reservation, verb: str, now: Millis) -> Rejection | None:
    if (reservation.phase, verb) not in RESERVATION_TRANSITIONS:
        return _ended(reservation)
    if reservation.expires_at <= now:
        return Rejection(RejectionCode.RESERVATION_EXPIRED)
    return None


def _may_open(raffle: Raffle, user_id: UUID, now: Millis) -> Rejection | None:
    refused = _sells(raffle, now)
    if refused is not None:
        return refused
    live = raffle.live_by_user.get(user_id)
    if live is not None:
        return Rejection(RejectionCode.ALREADY_RESERVED, {"reservation_id": str(live)})
    return None


def _sells(raffle: Raffle, now: Millis) -> Rejection | None:
    if raffle.status not in SELLING:
        return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": raffle.status.value})
    if deadline.sales_are_due_to_close(raffle, now):
        return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": RaffleStatus.CLOSED.value})
    return None


def _within_limit(raffle: Raffle, user_id: UUID, count: int) -> Rejection | None:
    """Held, in review and sold together; `count` is what the live reservation would have."""
    limit = raffle.terms.max_numbers_per_user
    sold = raffle.sold_by_user.get(user_id, 0)
    if count + sold > limit:
        return Rejection(RejectionCode.TOO_MANY_NUMBERS, {"limit": limit, "sold": sold})
    return None


def _unknown(raffle: Raffle, numbers: tuple[int, ...]) -> Rejection | None:
    strangers = [str(n) for n in numbers if not 0 <= n < raffle.terms.number_count]
    return Rejection(RejectionCode.UNKNOWN_NUMBER, {"numbers": strangers}) if strangers else None


def _may_take(
    raffle: Raffle, user_id: UUID, numbers: tuple[int, ...], kept: int
) -> Rejection | None:
    """Whether all of `numbers` can be taken on top of `kept`; names every one that cannot."""
    if not numbers:
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "numbers"})
    wanted = dict.fromkeys(numbers)
    refused = _unknown(raffle, numbers) or _within_limit(raffle, user_id, kept + len(wanted))
    if refused is not None:
        return refused
    taken = [raffle.terms.label(n) for n in wanted if raffle.board[n] != AVAILABLE]
    return Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": taken}) if taken else None
