"""From a batch to what happens to the rows of payments. Pure.

Only what the raffle decides is in here: which attempts a reservation waits for, which money has bought
numbers, and which numbers were given back. What providers say is merged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from sorteos_actors.errors import GuardViolated
from sorteos_actors.ports import Batch
from sorteos_actors.raffle import events

_ABOUT_MONEY = (
    events.PaymentStarted,
    events.PaymentEnded,
    events.ReviewStarted,
    events.ReservationCompleted,
    events.NumbersSold,
    events.NumbersRefunded,
)


class Paid(msgspec.Struct, frozen=True):
    """A payment that buys what a reservation has; `amount` is what that costs."""

    payment_id: UUID
    reservation_id: UUID
    numbers: tuple[int, ...]
    amount: int


class PaymentChanges(msgspec.Struct, frozen=True):
    """What happens to the rows: each payment at most once in each part."""

    started: Mapping[UUID, UUID]
    """Payments that a reservation waits for now, with that reservation."""
    stopped: list[UUID]
    """Payments that none waits for any more."""
    overdue: list[UUID]
    """Live ones whose time is over: they are to be cancelled."""
    paid: list[Paid]
    returned: Mapping[UUID, tuple[int, ...]]
    """Payments whose numbers went back, and which."""


_NOTHING = PaymentChanges({}, [], [], [], {})


def payment_changes(batch: Batch) -> PaymentChanges:
    """What a batch means for payments.

    Raises `GuardViolated` when something is sold without one, or one pays twice.
    """
    about_money = [e.event for e in batch.entries if isinstance(e.event, _ABOUT_MONEY)]
    if not about_money:
        return _NOTHING  # Most turns: people choose far more often than they pay.
    reservations = {r.id: r for r in batch.reservations}
    waits: dict[UUID, UUID | None] = {}
    overdue: dict[UUID, None] = {}
    paid: dict[UUID, Paid] = {}
    returned: dict[UUID, tuple[int, ...]] = {}
    for event in about_money:
        match event:
            case events.PaymentStarted():
                waits[event.payment_id] = event.reservation_id
            case events.PaymentEnded():
                waits[event.payment_id] = None
            case events.ReviewStarted(overdue=True):
                attempt = reservations[event.reservation_id].payment_id
                if attempt is not None:
                    overdue[attempt] = None
            case events.ReservationCompleted() | events.NumbersSold():
                if event.payment_id is None or event.payment_id in paid:
                    raise GuardViolated(f"{event.reservation_id} is sold without money of its own")
                cost = reservations[event.reservation_id].total_amount
                paid[event.payment_id] = Paid(
                    event.payment_id, event.reservation_id, event.numbers, cost
                )
            case events.NumbersRefunded():
                returned[event.payment_id] = returned.get(event.payment_id, ()) + event.numbers
            case _:
                pass  # Not about money.
    return PaymentChanges(
        started={id_: for_ for id_, for_ in waits.items() if for_ is not None},
        stopped=[id_ for id_, for_ in waits.items() if for_ is None],
        overdue=[id_ for id_ in overdue if id_ not in paid and waits.get(id_, id_) is not None],
        paid=list(paid.values()),
        returned=returned,
    )
