"""What every `PaymentStore` promises about the payments that a transfer may be for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from sorteos_actors.ports import Contact
from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.store.accounts import PostgresAccounts
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.testing.memory_payments import MemoryPayments
from tests.builders import ANA, BETO
from tests.contract.money import a_payment, seen

RAFFLE = UUID(int=0xE0)
NOBODY = "00000000"

Says = Callable[[UUID, str], Awaitable[None]]


@pytest.fixture
def says(payments: PaymentStore) -> Says:
    """Let a person say what their phone is."""

    async def say(user_id: UUID, phone: str) -> None:
        if isinstance(payments, MemoryPayments):
            payments.phones[user_id] = phone
        else:
            assert isinstance(payments, PostgresPayments)
            accounts = PostgresAccounts(payments._pool)
            await accounts.remember_guest(user_id, None, "+506 1111 1111")
            await accounts.keep_contact(user_id, Contact("Ana", phone, None))

    return say


async def made(payments: PaymentStore, key: int, *numbers: int, **changes: Any) -> UUID:
    """A payment by SINPE, with a code."""
    code = {"code": f"SR-{key:04}"}
    facts = {"provider": "sinpe", "account": "sinpe", "waits_for_person": True, "details": code}
    own = {"id": UUID(int=key), "reservation_id": UUID(int=key)}
    return (await payments.create(a_payment(RAFFLE, *numbers, **(own | facts | changes)))).id


async def ids(
    payments: PaymentStore,
    *codes: str,
    phone: str | None = NOBODY,
    amount: int = 7,
    limit: int = 10,
) -> list[int]:
    found = await payments.awaited(
        "sinpe", "sinpe", codes=codes, phone=phone, amount=amount, limit=limit
    )
    return [one.payment.id.int for one in found]


async def test_those_with_the_code_come_first_then_the_phone_then_the_amount(
    payments: PaymentStore, says: Says
) -> None:
    await made(payments, 1, 1)
    await made(payments, 2, 1, user_id=BETO)
    await made(payments, 3, 1, 2)
    await made(payments, 4, 1)
    await says(BETO, "+506 8888-7777")
    assert await ids(payments, "SR-0003", phone="88887777", amount=100_000) == [3, 2, 1, 4]
    assert await ids(payments, "SR-0003", phone="88887777", amount=100_000, limit=2) == [3, 2]
    assert await ids(payments, amount=100_000) == [1, 2, 4]
    assert await ids(payments, phone="88887777") == [2]
    assert await ids(payments, "SR-0001", "SR-0004", phone=None) == [1, 4]
    assert await ids(payments, "SR-9999") == []


async def test_each_comes_with_its_buyers_phone_as_they_have_said_it(
    payments: PaymentStore, says: Says
) -> None:
    await made(payments, 1, 1)
    await made(payments, 2, 1, user_id=BETO)
    await says(BETO, "+506 8888-7777")
    found = await payments.awaited("sinpe", "sinpe", codes=(), phone=None, amount=100_000, limit=10)
    assert {one.payment.user_id: one.phone for one in found} == {ANA: None, BETO: "+506 8888-7777"}
    assert found[0].payment == await payments.get(RAFFLE, UUID(int=1))


async def test_one_that_was_paid_is_found_by_its_code_only_and_others_ways_to_pay_never(
    payments: PaymentStore,
) -> None:
    await made(payments, 1, 1)
    await made(payments, 2, 1)
    await made(payments, 3, 1, provider="other")
    await made(payments, 4, 1, account="other")
    await made(payments, 5, 1, waits_for_person=False)
    await made(payments, 6, 1)
    await payments.merge(RAFFLE, UUID(int=1), seen("captured", 100_000))
    await payments.refuse(RAFFLE, UUID(int=2), "by_person")
    await payments.merge(RAFFLE, UUID(int=6), seen("cancelled"))
    assert await ids(payments, amount=100_000) == [6]
    every_code = [f"SR-{key:04}" for key in range(1, 7)]
    assert await ids(payments, *every_code, phone=None) == [1, 2, 6]
