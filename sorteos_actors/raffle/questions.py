"""What the rules share: the questions that most of them ask. None of these changes anything."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sorteos_actors.raffle import deadline, events
from sorteos_actors.raffle.lifecycle import RESERVATION_TRANSITIONS, SELLING
from sorteos_actors.raffle.model import (
    AVAILABLE,
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    Reservation,
)
from sorteos_actors.raffle.rejections import Rejection, RejectionCode

Decision = tuple[events.Event, ...] | Rejection
"""Zero or more events in order, or the reason to refuse."""


def made_before(
    raffle: Raffle, reservation_id: UUID, user_id: UUID
) -> Reservation | Rejection | None:
    """A reservation that this command has already made: live, ended, or None when it is new."""
    reservation = raffle.reservation(reservation_id)
    if reservation is not None:
        if reservation.user_id != user_id:
            return Rejection(RejectionCode.FORBIDDEN)
        return reservation if reservation.phase.is_live else not_in(reservation.phase)
    phase = raffle.ended.phase(reservation_id)
    return None if phase is None else not_in(phase)


def find(raffle: Raffle, reservation_id: UUID) -> Reservation | Rejection:
    """The reservation, whosever it is; a refusal when it never was, or is remembered by its id only."""
    reservation = raffle.reservation(reservation_id)
    if reservation is not None:
        return reservation
    phase = raffle.ended.phase(reservation_id)
    return Rejection(RejectionCode.NOT_FOUND) if phase is None else not_in(phase)


def own(raffle: Raffle, reservation_id: UUID, user_id: UUID) -> Reservation | Rejection:
    """This person's reservation."""
    reservation = find(raffle, reservation_id)
    if isinstance(reservation, Reservation) and reservation.user_id != user_id:
        return Rejection(RejectionCode.FORBIDDEN)
    return reservation


def not_in(phase: Phase) -> Rejection:
    """The refusal of what a reservation in this phase does not allow."""
    if phase is Phase.EXPIRED:
        return Rejection(RejectionCode.RESERVATION_EXPIRED)
    return Rejection(RejectionCode.WRONG_PHASE, {"phase": phase.value})


def may(reservation: Reservation, verb: str, now: Millis) -> Rejection | None:
    """Whether its phase and its deadline allow `verb`."""
    if (reservation.phase, verb) not in RESERVATION_TRANSITIONS:
        return not_in(reservation.phase)
    if reservation.expires_at <= now:
        return Rejection(RejectionCode.RESERVATION_EXPIRED)
    return None


def may_open(raffle: Raffle, user_id: UUID, now: Millis) -> Rejection | None:
    """Whether this person may have a new reservation now."""
    refused = sells(raffle, now)
    if refused is not None:
        return refused
    live = raffle.live_by_user.get(user_id)
    if live is not None:
        return Rejection(RejectionCode.ALREADY_RESERVED, {"reservation_id": str(live)})
    return None


def sells(
    raffle: Raffle, now: Millis, where: Collection[RaffleStatus] = SELLING
) -> Rejection | None:
    """Whether the raffle is in a status `where` that is possible, and its sale is not due to close."""
    if raffle.status not in where:
        return not_active(raffle)
    if deadline.sales_are_due_to_close(raffle, now):
        return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": RaffleStatus.CLOSED.value})
    return None


def not_active(raffle: Raffle) -> Rejection:
    """The refusal that says which status the raffle is in."""
    return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": raffle.status.value})


def within_limit(raffle: Raffle, user_id: UUID, count: int) -> Rejection | None:
    """Held, in review and sold together; `count` is what the live reservation would have."""
    limit = raffle.terms.max_numbers_per_user
    sold = raffle.sold_by_user.get(user_id, 0)
    if count + sold > limit:
        return Rejection(RejectionCode.TOO_MANY_NUMBERS, {"limit": limit, "sold": sold})
    return None


def unknown_numbers(raffle: Raffle, numbers: tuple[int, ...]) -> Rejection | None:
    """Whether any of `numbers` is not on the board; names every one."""
    strangers = [str(n) for n in numbers if not 0 <= n < raffle.terms.number_count]
    return Rejection(RejectionCode.UNKNOWN_NUMBER, {"numbers": strangers}) if strangers else None


def may_take(
    raffle: Raffle, user_id: UUID, numbers: tuple[int, ...], kept: int
) -> Rejection | None:
    """Whether all of `numbers` can be taken on top of `kept`; names every one that cannot."""
    if not numbers:
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "numbers"})
    wanted = dict.fromkeys(numbers)
    refused = unknown_numbers(raffle, numbers) or within_limit(raffle, user_id, kept + len(wanted))
    if refused is not None:
        return refused
    taken = [raffle.terms.label(n) for n in wanted if raffle.board[n] != AVAILABLE]
    return Rejection(RejectionCode.NUMBERS_TAKEN, {"numbers": taken}) if taken else None
