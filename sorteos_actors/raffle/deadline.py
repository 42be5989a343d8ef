"""Time as data: when does this raffle next need attention, and what is due.

Deadlines are kept in a heap with lazy deletion: an entry is stale when its reservation has gone or
has another deadline by now. `evolve` keeps the top fresh, so reading never changes anything.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from uuid import UUID

from sorteos_actors.raffle.model import Millis, Raffle, RaffleStatus, Reservation

_SELLS_OR_WILL = frozenset({RaffleStatus.ACTIVE, RaffleStatus.PAUSED})


def next_deadline(raffle: Raffle) -> Millis | None:
    """The earliest instant at which something is due; None when nothing ever is."""
    first = raffle.deadlines[0][0] if raffle.deadlines else None
    closes_at = raffle.terms.sales_close_at
    if closes_at is None or raffle.status not in _SELLS_OR_WILL:
        return first
    return closes_at if first is None else min(first, closes_at)


def sales_are_due_to_close(raffle: Raffle, now: Millis) -> bool:
    """Whether `sales_close_at` has come while the raffle is still open or paused."""
    closes_at = raffle.terms.sales_close_at
    return closes_at is not None and closes_at <= now and raffle.status in _SELLS_OR_WILL


def due_reservations(raffle: Raffle, now: Millis, limit: int) -> list[Reservation]:
    """Up to `limit` live reservations whose deadline has come. Costs only what is due."""
    # By id: a deadline that moved away and came back to the same instant has two entries.
    due: dict[UUID, Reservation] = {}
    heap = raffle.deadlines
    waiting = [0]
    while waiting and len(due) < limit:
        index = waiting.pop()
        if index >= len(heap) or heap[index][0] > now:
            continue
        reservation = _current(raffle, heap[index])
        if reservation is not None:
            due[reservation.id] = reservation
        waiting += (2 * index + 1, 2 * index + 2)
    return list(due.values())


def watch(raffle: Raffle, reservation: Reservation) -> None:
    """Remember a new or moved deadline. For `evolve` only."""
    heappush(raffle.deadlines, (reservation.expires_at, reservation.id))


def prune(raffle: Raffle) -> None:
    """Drop stale entries from the top, and rebuild when they outnumber the live ones."""
    heap = raffle.deadlines
    while heap and _current(raffle, heap[0]) is None:
        heappop(heap)
    if len(heap) > 2 * len(raffle.reservations) + 1024:
        rebuild(raffle)


def rebuild(raffle: Raffle) -> None:
    """Make the heap anew from the live reservations: after loading, or after all of them moved."""
    raffle.deadlines[:] = [(r.expires_at, r.id) for r in raffle.reservations.values()]
    heapify(raffle.deadlines)


def _current(raffle: Raffle, entry: tuple[Millis, UUID]) -> Reservation | None:
    reservation = raffle.reservations.get(entry[1])
    if reservation is None or reservation.expires_at != entry[0]:
        return None
    return reservation
