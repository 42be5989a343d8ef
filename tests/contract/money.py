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
    payments: PaymentStore, raffle: Raffle, command: AboutMoney, **changes: Any
) -> AboutMoney:
    """The command, once the payment that it speaks of is there, and for a sale its money too.

    `changes` are to what the provider says.
    """
    if isinstance(command, CompleteReservation):
        numbers = command.numbers
    else:
        numbers = raffle.reservations[command.reservation_id].numbers
    row = Payment(
        raffle_id=raffle.terms.id,
        id=command.payment_id,
        reservation_id=command.reservation_id,
        user_id=command.user_id,
        provider="sandbox",
        account="test",
        amount=raffle.terms.price * len(numbers),
        currency=raffle.terms.currency,
        numbers=numbers,
        unit_price=raffle.terms.price,
    )
    await payments.create(row)
    if isinstance(command, CompleteReservation):
        captured = seen("captured", row.amount, row.currency, **changes)
        await payments.merge(row.raffle_id, row.id, captured)
    return command


async def next_batch(payments: PaymentStore, raffle: Raffle, traffic: Traffic) -> list[Command]:
    """What comes next, with a payment for whichever commands speak of one."""
    commands = traffic.batch(raffle)
    for command in commands:
        if isinstance(command, StartPayment | CompleteReservation):
            await funded(payments, raffle, command)
    return commands
