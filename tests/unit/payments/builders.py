"""Payments and charges for the tests of providers, with secrets that must show nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from sorteos_actors.payments.secret import Secret
from sorteos_actors.ports.payments import Charge, Observation, Payment, merged

NOW = 1_767_225_600_000
PAYMENT_ID = UUID(int=0xA1)
RAFFLE_ID = UUID(int=0xB2)
RESERVATION_ID = UUID(int=0xC3)
CANARY = "c4nary"
"""Part of every secret in these tests."""


def secret(name: str) -> Secret:
    """A secret that can be recognised wherever it should not be."""
    return Secret(f"{name}_{CANARY}_{'x' * 24}")


def some_charge(
    *, amount: int = 250_000, currency: str = "CRC", options: Mapping[str, str] | None = None
) -> Charge:
    """Two numbers, to be paid."""
    return Charge(
        payment_id=PAYMENT_ID,
        raffle_id=RAFFLE_ID,
        reservation_id=RESERVATION_ID,
        amount=amount,
        currency=currency,
        numbers=(7, 42),
        description="Rifa de la escuela: 07, 42",
        return_url="https://rifas.test/pago",
        options=options or {},
    )


def some_payment(charge: Charge | None = None, **changes: Any) -> Payment:
    """The row of a charge."""
    asked = charge or some_charge()
    payment = Payment(
        raffle_id=asked.raffle_id,
        id=asked.payment_id,
        reservation_id=asked.reservation_id,
        user_id=UUID(int=0xD4),
        provider="any",
        account="any",
        amount=asked.amount,
        currency=asked.currency,
        numbers=asked.numbers,
        unit_price=asked.amount // len(asked.numbers),
        created_at=NOW,
    )
    return msgspec.structs.replace(payment, **changes)


def after(payment: Payment, *seen: Observation) -> Payment:
    """The payment with what was seen of it."""
    for observation in seen:
        payment = merged(payment, observation)
    return payment
