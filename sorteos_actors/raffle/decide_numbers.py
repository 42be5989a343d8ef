"""The rules of choosing: which numbers a person may take, add, give back or swap."""

from __future__ import annotations

from uuid import UUID

from sorteos_actors.raffle import commands, events, quick_pick
from sorteos_actors.raffle.model import Millis, Phase, Raffle
from sorteos_actors.raffle.questions import (
    Decision,
    made_before,
    may,
    may_open,
    may_take,
    not_in,
    own,
    sells,
    unknown_numbers,
    within_limit,
)
from sorteos_actors.raffle.rejections import Rejection, RejectionCode


def reserve(raffle: Raffle, command: commands.ReserveNumbers, now: Millis) -> Decision:
    """All of the numbers, or none."""
    known = made_before(raffle, command.reservation_id, command.user_id)
    if known is not None:
        return known if isinstance(known, Rejection) else ()
    refused = may_open(raffle, command.user_id, now) or may_take(
        raffle, command.user_id, command.numbers, 0
    )
    if refused is not None:
        return refused
    return (_reserved(raffle, command.user_id, command.reservation_id, command.numbers, now),)


def pick(raffle: Raffle, command: commands.QuickPick, now: Millis) -> Decision:
    """As many as are missing, chosen by chance."""
    known = made_before(raffle, command.reservation_id, command.user_id)
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
        refused = may_open(raffle, command.user_id, now)
    else:
        refused = may(known, "change", now) or sells(raffle, now)
    refused = refused or within_limit(raffle, command.user_id, command.count)
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


def change(
    raffle: Raffle,
    command: commands.AddNumbers | commands.RemoveNumbers | commands.SwapNumbers,
    give: tuple[int, ...],
    take: tuple[int, ...],
    now: Millis,
) -> Decision:
    """Add, remove and swap are one thing: some numbers go, some come, all or nothing."""
    reservation = own(raffle, command.reservation_id, command.user_id)
    if isinstance(reservation, Rejection):
        return reservation
    if not reservation.phase.is_live:
        # Removing the last number cancelled it; saying so again is the same answer.
        if not take and reservation.phase is Phase.CANCELLED:
            return ()
        return not_in(reservation.phase)
    held = frozenset(reservation.numbers)
    removed = tuple(n for n in dict.fromkeys(give) if n in held)
    added = tuple(n for n in dict.fromkeys(take) if n not in held)
    unknown = unknown_numbers(raffle, (*give, *take))
    if unknown is not None:
        return unknown
    if frozenset(give) & frozenset(take):
        return Rejection(RejectionCode.BAD_REQUEST, {"field": "take"})
    if not removed and not added:
        return ()
    refused = may(reservation, "change", now)
    if refused is None and added:
        refused = sells(raffle, now)
    if refused is None and added:
        refused = may_take(raffle, reservation.user_id, added, len(held) - len(removed))
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
