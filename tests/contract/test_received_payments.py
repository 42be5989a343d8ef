"""What every `PaymentStore` promises about the payments that have brought money."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import trio
from msgspec.structs import replace

from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.raffle.commands import (
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
)
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.testing.memory_payments import MemoryPayments
from tests.builders import ANA, BETO, paid
from tests.contract.conftest import ARaffle
from tests.contract.money import a_payment, seen
from tests.contract.owner import Owner

RAFFLE = UUID(int=0xE0)


async def made(payments: PaymentStore, key: int, *numbers: int, raffle_id: UUID = RAFFLE) -> UUID:
    """A payment of nobody's reservation, without money."""
    own = {"id": UUID(int=key), "reservation_id": UUID(int=key)}
    return (await payments.create(a_payment(raffle_id, *numbers, **own))).id


async def bought(
    payments: PaymentStore,
    owner: Owner,
    key: int,
    *numbers: int,
    user: UUID = ANA,
    price: int = 100_000,
) -> UUID:
    """A sale of these numbers, by a payment and a reservation with this key."""
    own, raffle_id = UUID(int=key), owner.raffle.terms.id
    amount = price * len(numbers)
    row = a_payment(raffle_id, *numbers, id=own, reservation_id=own, user_id=user)
    await payments.create(replace(row, amount=amount, unit_price=price))
    await owner.do(ReserveNumbers(user, own, numbers), StartCheckout(user, own))
    await payments.merge(raffle_id, own, seen("captured", amount))
    sale = paid(*numbers, user=user, reservation_id=own, payment_id=own)
    sale = replace(sale, unit_price=price, amount=amount)
    await owner.do(StartPayment(user, own, own), sale)
    return own


async def ids(
    payments: PaymentStore,
    raffle_id: UUID = RAFFLE,
    limit: int = 100,
    before: UUID | None = None,
    number: int | None = None,
) -> list[int]:
    found = await payments.received(raffle_id, limit, before=before, number=number)
    return [each.payment.id.int for each in found]


async def paged(payments: PaymentStore, limit: int, number: int | None = None) -> list[int]:
    """All of them, page by page."""
    found = page = await ids(payments, limit=limit, number=number)
    while page:
        page = await ids(payments, limit=limit, before=UUID(int=page[-1]), number=number)
        assert not set(page) & set(found)
        found = found + page
    return found


async def at_one_moment(payments: PaymentStore, apart: int = 0) -> None:
    """Let every payment have been made at the same time, or that many microseconds before the last.

    In memory there is nothing shorter than a millisecond.
    """
    if isinstance(payments, MemoryPayments):
        rows = payments._money.payments
        rows.update({key: replace(row, created_at=1) for key, row in rows.items()})
    else:
        assert isinstance(payments, PostgresPayments)
        moment = "timestamptz '2026-01-31 18:00:00.0009Z' - $1 * get_byte(uuid_send(id), 15) * "
        change = f"UPDATE payments SET created_at = {moment} interval '1 microsecond'"
        await payments._pool.value(change, apart)


async def test_only_what_has_brought_money_to_the_raffle_is_listed_newest_first(
    payments: PaymentStore,
) -> None:
    for key in range(1, 6):
        await made(payments, key, key)
        if key != 3:
            await payments.merge(RAFFLE, UUID(int=key), seen("captured", 100_000))
    await payments.merge(RAFFLE, UUID(int=3), seen("authorised", 100_000))
    elsewhere = await made(payments, 9, 1, raffle_id=uuid4())
    await payments.merge(RAFFLE, elsewhere, seen("captured", 100_000))
    assert await ids(payments) == [5, 4, 2, 1]


async def test_money_stays_listed_whatever_became_of_it(payments: PaymentStore) -> None:
    await made(payments, 1, 1)
    await payments.merge(RAFFLE, UUID(int=1), seen("captured", 100_000))
    await payments.refuse(RAFFLE, UUID(int=1), "numbers_taken")
    await payments.merge(RAFFLE, UUID(int=1), seen("captured", 100_000, refunded=100_000))
    await made(payments, 2, 1)
    await payments.refuse(RAFFLE, UUID(int=2), "cancelled")
    assert await ids(payments) == [1]


async def test_a_sale_that_cost_nothing_is_listed_too(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle(price=0)
    await bought(payments, owner, 1, 7, price=0)
    raffle_id = owner.raffle.terms.id
    assert await ids(payments, raffle_id) == await ids(payments, raffle_id, number=7) == [1]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_leave_nothing_out_and_repeat_nothing(
    payments: PaymentStore, limit: int
) -> None:
    async with trio.open_nursery() as nursery:
        for key in range(1, 8):
            nursery.start_soon(made, payments, key, key)
    for key in range(1, 8):
        await payments.merge(RAFFLE, UUID(int=key), seen("captured", 100_000))
    everything = await ids(payments)
    assert sorted(everything) == list(range(1, 8))
    assert await paged(payments, limit) == everything


@pytest.mark.parametrize("limit", [1, 3])
async def test_payments_of_the_same_moment_are_paged_by_their_ids(
    payments: PaymentStore, limit: int
) -> None:
    for key in range(1, 6):
        await made(payments, key, key)
        await payments.merge(RAFFLE, UUID(int=key), seen("captured", 100_000))
    await at_one_moment(payments)
    assert await paged(payments, limit) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("limit", [1, 3])
async def test_payments_of_the_same_millisecond_are_paged_as_they_came(
    payments: PaymentStore, limit: int
) -> None:
    for key in range(1, 6):
        await made(payments, key, key)
        await payments.merge(RAFFLE, UUID(int=key), seen("captured", 100_000))
    await at_one_moment(payments, apart=7)
    everything = await ids(payments)
    in_order = [5, 4, 3, 2, 1] if isinstance(payments, MemoryPayments) else [1, 2, 3, 4, 5]
    assert everything == in_order
    assert await paged(payments, limit) == everything


async def test_what_comes_meanwhile_moves_no_page(payments: PaymentStore) -> None:
    for key in range(1, 5):
        await made(payments, key, key)
        await payments.merge(RAFFLE, UUID(int=key), seen("captured", 100_000))
    first = await ids(payments, limit=2)
    await made(payments, 8, 8)
    await payments.merge(RAFFLE, UUID(int=8), seen("captured", 100_000))
    assert (first, await ids(payments, before=UUID(int=3))) == ([4, 3], [2, 1])


async def test_after_an_unknown_payment_or_one_of_another_raffle_there_is_nothing(
    payments: PaymentStore,
) -> None:
    await made(payments, 1, 1)
    await payments.merge(RAFFLE, UUID(int=1), seen("captured", 100_000))
    await made(payments, 2, 1, raffle_id=uuid4())
    assert await ids(payments, before=uuid4()) == []
    assert await ids(payments, before=UUID(int=2)) == []


async def test_a_number_finds_who_has_it_and_whose_money_for_it_went_back(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    owner, elsewhere = await a_raffle(), await a_raffle()
    raffle_id = owner.raffle.terms.id
    own = await bought(payments, owner, 1, 7, 8)
    await bought(payments, owner, 2, 9, user=BETO)
    await bought(payments, elsewhere, 3, 7)
    assert await ids(payments, raffle_id, number=7) == [1]
    await owner.do(RefundNumbers(own, own, ANA, (7,)))
    assert await ids(payments, raffle_id, number=7) == [1]
    await bought(payments, owner, 4, 7, user=BETO)
    late = await made(payments, 5, 7, 9, raffle_id=raffle_id)
    await payments.merge(raffle_id, late, seen("captured"))
    assert await ids(payments, raffle_id, number=7) == [4, 1]
    await payments.refuse(raffle_id, late, "numbers_taken")
    assert await ids(payments, raffle_id, number=7) == [5, 4, 1]
    assert await ids(payments, raffle_id, number=9) == [5, 2]
    assert await ids(payments, raffle_id, number=8) == [1]
    assert await ids(payments, raffle_id, number=50) == []
    assert await ids(payments, raffle_id, 1, UUID(int=5), 7) == [4]
    assert await ids(payments, raffle_id, 1, UUID(int=4), 7) == [1]


async def test_it_says_where_a_person_has_to_send_a_refund(payments: PaymentStore) -> None:
    for key in (1, 2):
        own = await made(payments, key, key)
        await payments.merge(RAFFLE, own, seen("captured", 100_000))
        await payments.refuse(RAFFLE, own, "late")
        refund = await payments.next_refund(RAFFLE, own, "late")
        assert refund is not None
        await payments.refund_is(refund, "manual" if key == 1 else "sent")

    async def by_hand() -> dict[int, bool]:
        found = await payments.received(RAFFLE, 10)
        return {each.payment.id.int: each.refund_by_hand for each in found}

    assert await by_hand() == {1: True, 2: False}
    await payments.merge(RAFFLE, UUID(int=1), seen("captured", 100_000, refunded=100_000))
    assert await by_hand() == {1: False, 2: False}
