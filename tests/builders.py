"""Small raffles and short ways to drive them: what tests of the core and of its shells share.

`do` is what an actor does without its database: decide, then evolve. `refused` is the other half of
every rule: the move is turned down *and* nothing has changed. Time starts at `NOW` and stands still
unless a test says otherwise.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.raffle import (
    Command,
    Event,
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleTerms,
    Rejection,
    Reservation,
    decide,
    evolve,
)
from sorteos_actors.raffle.commands import (
    CancelReservation,
    CompleteReservation,
    ExpireDue,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
)

NOW: Millis = 1_800_000_000_000
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

ORGANIZER = UUID(int=0xF000)
ANA = UUID(int=0xA000)
BETO = UUID(int=0xB000)
CARLA = UUID(int=0xC000)

FIRST = UUID(int=1)
OTHER = UUID(int=2)
THIRD = UUID(int=3)
NOBODYS = UUID(int=0xDEAD)
"""A reservation id that no test ever gives away."""


def payment_of(reservation_id: UUID) -> UUID:
    """The attempt to pay a reservation that tests use when they need only one."""
    return UUID(int=reservation_id.int ^ 0xCA50_0000)


PAYMENT = payment_of(FIRST)
OTHER_PAYMENT = UUID(int=0xCA51_0000)


def some_terms(**changes: Any) -> RaffleTerms:
    """Terms of a raffle of 100 numbers at 1,000.00 colones, all the rest as shipped."""
    fields: dict[str, Any] = {
        "id": UUID(int=0xE000),
        "organizer_id": ORGANIZER,
        "title": "Rifa de prueba",
        "number_count": 100,
        "price": 100_000,
        "currency": "CRC",
    }
    return RaffleTerms(**(fields | changes))


def a_raffle(status: RaffleStatus = RaffleStatus.ACTIVE, **terms: Any) -> Raffle:
    """A raffle in `status` with nothing taken; keywords are `RaffleTerms` to differ in."""
    raffle = Raffle(some_terms(**terms))
    raffle.status = status
    return raffle


def do(raffle: Raffle, command: Command, now: Millis = NOW) -> tuple[Event, ...]:
    """Decide and evolve; the test fails when the command is refused. Returns what happened."""
    decision = decide(raffle, command, now)
    assert not isinstance(decision, Rejection), f"{command} was refused: {decision}"
    for event in decision:
        evolve(raffle, event)
    return decision


def refused(raffle: Raffle, command: Command, now: Millis = NOW) -> Rejection:
    """The refusal of a command; the test fails when it is allowed, or when anything changed."""
    before = everything(raffle)
    decision = decide(raffle, command, now)
    assert isinstance(decision, Rejection), f"{command} was allowed: {decision}"
    assert everything(raffle) == before
    return decision


def paid(
    *numbers: int,
    user: UUID = ANA,
    reservation_id: UUID = FIRST,
    payment_id: UUID | None = None,
    **changes: Any,
) -> CompleteReservation:
    """The money for a reservation of `numbers` is there, exactly."""
    fields: dict[str, Any] = {
        "reservation_id": reservation_id,
        "payment_id": payment_id or payment_of(reservation_id),
        "user_id": user,
        "numbers": numbers,
        "unit_price": 100_000,
        "amount": 100_000 * len(numbers),
        "currency": "CRC",
    }
    return CompleteReservation(**(fields | changes))


def a_hold(
    raffle: Raffle,
    *numbers: int,
    user: UUID = ANA,
    reservation_id: UUID = FIRST,
    phase: Phase = Phase.SELECTION,
    now: Millis = NOW,
) -> Reservation:
    """Hold `numbers` at `now` and walk on to `phase`, by commands only."""
    do(raffle, ReserveNumbers(user, reservation_id, numbers), now)
    if phase in {Phase.CHECKOUT, Phase.PAYMENT_REVIEW, Phase.COMPLETED}:
        do(raffle, StartCheckout(user, reservation_id), now)
    payment_id = payment_of(reservation_id)
    if phase in {Phase.PAYMENT_REVIEW, Phase.COMPLETED}:
        do(raffle, StartPayment(user, reservation_id, payment_id), now)
    if phase is Phase.PAYMENT_REVIEW:
        do(raffle, StartReview(reservation_id, payment_id, now + 24 * HOUR), now)
    if phase is Phase.COMPLETED:
        price = raffle.terms.price
        sale = paid(*numbers, user=user, reservation_id=reservation_id, unit_price=price)
        sale = replace(sale, amount=price * len(numbers), currency=raffle.terms.currency)
        do(raffle, sale, now)
    if phase is Phase.CANCELLED:
        do(raffle, CancelReservation(user, reservation_id), now)
    if phase is Phase.EXPIRED:
        do(raffle, ExpireDue(), now + raffle.terms.selection_ms)
    return the(raffle, reservation_id)


def the(raffle: Raffle, reservation_id: UUID = FIRST) -> Reservation:
    """The reservation as it is now, alive or ended recently; the test fails when there is none."""
    reservation = raffle.reservation(reservation_id)
    assert reservation is not None
    return reservation


def taken(raffle: Raffle) -> set[int]:
    """Every number that is not available."""
    return {number for number, state in enumerate(raffle.board) if state}


def everything(raffle: Raffle) -> dict[str, object]:
    """All that a raffle is, copied: two raffles are equal when this is equal."""
    return {
        "terms": raffle.terms,
        "status": raffle.status,
        "seq": raffle.seq,
        "board": bytes(raffle.board),
        "reservations": dict(raffle.reservations),
        "live_by_user": dict(raffle.live_by_user),
        "sold_by_user": dict(raffle.sold_by_user),
        "returned": dict(raffle.returned),
        "ended": (
            raffle.ended._packed,
            dict(raffle.ended._phases),
            list(raffle.ended._recent.items()),
        ),
        "deadlines": list(raffle.deadlines),
        "reserved_count": raffle.reserved_count,
        "sold_count": raffle.sold_count,
        "last_outage_at": raffle.last_outage_at,
    }
