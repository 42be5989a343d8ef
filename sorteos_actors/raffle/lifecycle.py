"""Every transition of a raffle and of a reservation, in two tables.

Who asks "can this happen?" reads here and nowhere else: `decide` looks transitions up, and the
diagrams in the documentation are drawn from these tables.

A reservation that waits for money does not expire: at its deadline it goes to review, and stays there
until the money is here or is certain not to come.
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
    (Phase.CHECKOUT, "pay"): Phase.CHECKOUT,
    (Phase.CHECKOUT, "review"): Phase.PAYMENT_REVIEW,
    (Phase.CHECKOUT, "end_payment"): Phase.CHECKOUT,
    (Phase.CHECKOUT, "complete"): Phase.COMPLETED,
    (Phase.CHECKOUT, "cancel"): Phase.CANCELLED,
    (Phase.CHECKOUT, "expire"): Phase.EXPIRED,
    (Phase.PAYMENT_REVIEW, "review"): Phase.PAYMENT_REVIEW,
    (Phase.PAYMENT_REVIEW, "end_payment"): Phase.EXPIRED,
    (Phase.PAYMENT_REVIEW, "complete"): Phase.COMPLETED,
    (Phase.PAYMENT_REVIEW, "expire"): Phase.PAYMENT_REVIEW,
}

SELLING: Final = frozenset({RaffleStatus.ACTIVE})
"""Where new numbers can be taken. What is held already may go on in the other states."""

HONOURS_LATE_MONEY: Final = frozenset({RaffleStatus.ACTIVE, RaffleStatus.PAUSED})
"""Where money that came after its reservation had ended still buys numbers that are free."""

OVER: Final = frozenset({RaffleStatus.DRAWN, RaffleStatus.CANCELLED})
"""Where no number is sold any more, whatever is held."""
