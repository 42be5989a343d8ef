"""Payments for the commands that speak of money: their rows, and what a provider says of them."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.ports.payments import Observation, ObservedStatus, Payment
from sorteos_actors.raffle import Command, Raffle
from sorteos_actors.raffle.commands import CompleteReservation, StartPayment
from tests.builders import ANA, FIRST, PAYMENT
from tests.contract.traffic import Traffic

AboutMoney = TypeVar("AboutMoney", bound=StartPayment | CompleteReservation)


def a_payment(raffle_id: UUID, *numbers: int, **changes: Any) -> Payment:
    """Ana pays FIRST, at 1,000.00 colones a number."""
    payment = Payment(
        raffle_id=raffle_id,
        id=PAYMENT,
        reservation_id=FIRST,
        user_id=ANA,
        provider="sandbox",
        account="test",
        amount=100_000 * len(numbers),
        currency="CRC",
        numbers=numbers,
        unit_price=100_000,
    )
    return replace(payment, **changes)


def seen(
    status: ObservedStatus, amount: int = 200_000, currency: str = "CRC", **changes: Any
) -> Observation:
    """What a provider says: a status, and the money that goes with it."""
    has = {"authorised": {"authorised": amount}}
    has["captured"] = {"authorised": amount, "captured": amount}
    fields: dict[str, Any] = {
        "reference": None,
        "payment_id": None,
        "status": status,
        "amount": amount,
        "currency": currency,
    }
    return Observation(**(fields | has.get(status, {}) | changes))


async def funded(
    payments: PaymentStore,
    raffle: Raffle,
    command: AboutMoney,
    count: int | None = None,
    **changes: Any,
) -> AboutMoney:
    """The command, once the payment that it speaks of is there, and for a sale its money too.

    `count` is for how many numbers the payment is; `changes` are to what the provider says.
    """
    hold = raffle.reservations.get(command.reservation_id)
    numbers = command.numbers if isinstance(command, CompleteReservation) else hold and hold.numbers
    if count is None:
        count = len(numbers or (0,))
    row = Payment(
        raffle_id=raffle.terms.id,
        id=command.payment_id,
        reservation_id=command.reservation_id,
        user_id=command.user_id,
        provider="sandbox",
        account="test",
        amount=raffle.terms.price * count,
        currency=raffle.terms.currency,
        numbers=tuple(range(count)),
        unit_price=raffle.terms.price,
    )
    await payments.create(row)
    if isinstance(command, CompleteReservation):
        captured = seen("captured", row.amount, row.currency, **changes)
        await payments.merge(row.raffle_id, row.id, captured)
    return command


async def all_funded(payments: PaymentStore, raffle: Raffle, traffic: Traffic) -> list[Command]:
    """The next batch, with a payment for whichever commands speak of one."""
    commands = traffic.batch(raffle)
    for command in commands:
        if isinstance(command, StartPayment | CompleteReservation):
            count = traffic.counts[command.payment_id]
            await funded(payments, raffle, command, count)
    return commands
