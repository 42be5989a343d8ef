"""Every transition of a raffle and of a reservation, in two tables.

Who asks "can this happen?" reads here and nowhere else: `decide` looks transitions up, and the
diagrams in the documentation are drawn from these tables.
"""

from __future__ import annotations

from typing import Final

from sorteos_actors.raffle.model import Phase, RaffleStatus

RAFFLE_TRANSITIONS: Final[dict[tuple[RaffleStatus, str], RaffleStatus]] = {
    (RaffleStatus.DRAFT, "publish"): RaffleStatus.ACTIVE,
    (RaffleStatus.ACTIVE, "pause"): RaffleStatus.PAUSED,
    (RaffleStatus.PAUSED, "resume"): RaffleStatus.ACTIVE,
    (RaffleStatus.ACTIVE, "close"): RaffleStatus.CLOSED,
    (RaffleStatus.PAUSED, "close"): RaffleStatus.CLOSED,
}

RESERVATION_TRANSITIONS: Final[dict[tuple[Phase, str], Phase]] = {
    (Phase.SELECTION, "change"): Phase.SELECTION,
    (Phase.SELECTION, "extend"): Phase.SELECTION,
    (Phase.SELECTION, "checkout"): Phase.CHECKOUT,
    (Phase.SELECTION, "cancel"): Phase.CANCELLED,
    (Phase.SELECTION, "expire"): Phase.EXPIRED,
    (Phase.CHECKOUT, "extend"): Phase.CHECKOUT,
    (Phase.CHECKOUT, "review"): Phase.PAYMENT_REVIEW,
    (Phase.CHECKOUT, "complete"): Phase.COMPLETED,
    (Phase.CHECKOUT, "cancel"): Phase.CANCELLED,
    (Phase.CHECKOUT, "expire"): Phase.EXPIRED,
    (Phase.PAYMENT_REVIEW, "complete"): Phase.COMPLETED,
    (Phase.PAYMENT_REVIEW, "expire"): Phase.EXPIRED,
}

SELLING: Final = frozenset({RaffleStatus.ACTIVE})
"""Where new numbers can be taken. What is held already may go on in the other states."""
