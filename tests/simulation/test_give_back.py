"""Whoever has money sent back gets it sent back, whatever has become of the payment meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.raffle import Rejection
from sorteos_actors.web.give_back import GiveBack
from tests.simulation.till import PRICE, Till, at_the_till


def the_services(till: Till) -> Any:
    """As much of them as it takes."""
    money = SimpleNamespace(payments=till.payments, cashier=till.cashier())
    return SimpleNamespace(money=money, registry=till.registry, clock=till.clock)


def test_money_that_has_bought_numbers_since_it_was_looked_at_goes_back_with_them() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        paid = await till.pay(reservation, 7)
        assert status_of(paid) is PaymentStatus.PAID
        # As somebody has read it an instant before the sale.
        before = replace(paid, applied=None, sold_as=None, applied_at=None, live=True)
        given = await GiveBack(the_services(till))(before, till.terms, (7,), "asked for", uuid4())
        assert not isinstance(given, Rejection), given
        assert (status_of(given), given.refunded) == (PaymentStatus.REFUNDED, PRICE)
        assert await till.sold() == 0

    at_the_till(scene)
