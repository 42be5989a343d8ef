"""From the events of a batch to the net change of each number. Pure.

A batch may free a number and take it again. The rows only need to know how it was before and how it
is after: a number taken and freed inside one batch writes nothing, one that passes from one
reservation to another is a delete and an insert.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

import msgspec

from sorteos_actors.errors import GuardViolated
from sorteos_actors.raffle import Event, events

ClaimStatus = Literal["reserved", "sold"]


class Claim(msgspec.Struct, frozen=True):
    """A number that a reservation has taken."""

    number: int
    reservation_id: UUID
    status: ClaimStatus = "reserved"


class ClaimChanges(msgspec.Struct, frozen=True):
    """What happens to the rows: each number at most once in each list."""

    released: list[Claim]
    """Rows to delete; they must be there, with that very status and reservation."""
    sold: list[Claim]
    """Rows to mark as sold; they must be there, reserved by that very reservation."""
    taken: list[Claim]
    """Rows to insert; no row may be there."""


def net_changes(happened: Iterable[Event]) -> ClaimChanges:
    """The net change of every number that the events name.

    Raises `GuardViolated` when the events contradict each other.
    """
    numbers: dict[int, _Number] = {}
    for event in happened:
        match event:
            case events.NumbersReserved():
                _take(numbers, event.numbers, event.reservation_id)
            case events.NumbersChanged():
                _release(numbers, event.removed, event.reservation_id)
                _take(numbers, event.added, event.reservation_id)
            case events.ReservationCancelled() | events.ReservationExpired():
                _release(numbers, event.numbers, event.reservation_id)
            case events.ReservationCompleted():
                _sell(numbers, event.numbers, event.reservation_id)
            case events.NumbersSold():
                _take(numbers, event.numbers, event.reservation_id, "sold")
            case events.NumbersRefunded():
                _release(numbers, event.numbers, event.reservation_id, "sold")
            case _:
                pass  # Touches no number.
    changes = ClaimChanges([], [], [])
    for number in numbers.values():
        before, after = number.before, number.after
        if before is not None and after is not None and _same_holder(before, after):
            if after.status == "sold":
                changes.sold.append(after)
            continue
        if before is not None:
            changes.released.append(before)
        if after is not None:
            changes.taken.append(after)
    return changes


class _Number(msgspec.Struct):
    before: Claim | None
    after: Claim | None


def _take(
    numbers: dict[int, _Number],
    taken: Iterable[int],
    reservation_id: UUID,
    status: ClaimStatus = "reserved",
) -> None:
    for n in taken:
        number = numbers.setdefault(n, _Number(None, None))
        if number.after is not None:
            raise GuardViolated(f"number {n} is taken twice in one batch")
        number.after = Claim(n, reservation_id, status)


def _release(
    numbers: dict[int, _Number],
    released: Iterable[int],
    reservation_id: UUID,
    status: ClaimStatus = "reserved",
) -> None:
    for n in released:
        _held(numbers, Claim(n, reservation_id, status)).after = None


def _sell(numbers: dict[int, _Number], sold: Iterable[int], reservation_id: UUID) -> None:
    for n in sold:
        _held(numbers, Claim(n, reservation_id)).after = Claim(n, reservation_id, "sold")


def _held(numbers: dict[int, _Number], claim: Claim) -> _Number:
    """The number with this claim; when the batch first names it here, since before it."""
    number = numbers.setdefault(claim.number, _Number(claim, claim))
    if number.after != claim:
        raise GuardViolated(f"number {claim.number} is not held by {claim.reservation_id}")
    return number


def _same_holder(one: Claim, other: Claim) -> bool:
    return one.reservation_id == other.reservation_id
