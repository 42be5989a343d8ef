"""What every `Outbox` promises, and which mails are promised: in the step that gives the reason, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from sorteos_actors.ports.mail import Outbox, OutboxItem
from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.raffle.commands import RefundNumbers, ReserveNumbers, StartCheckout
from tests.builders import ANA, FIRST, HOUR, OTHER, PAYMENT, paid
from tests.contract.conftest import ARaffle, Fund, Stores
from tests.contract.money import a_payment, seen
from tests.contract.owner import Owner

LEASE = 60_000
Sold = Callable[..., Awaitable[Owner]]


@pytest.fixture
async def outbox(stores: Stores) -> Outbox:
    return stores.outbox


@pytest.fixture
async def sold(a_raffle: ARaffle, fund: Fund) -> Sold:
    """A raffle in which Ana has bought 1, 2 and 3."""

    async def buy() -> Owner:
        owner = await a_raffle()
        sale = await fund(owner, paid(1, 2, 3))
        await owner.do(ReserveNumbers(ANA, FIRST, (1, 2, 3)), StartCheckout(ANA, FIRST), sale)
        return owner

    return buy


@pytest.fixture
async def news(outbox: Outbox) -> Callable[[], Awaitable[list[tuple[str, Any]]]]:
    """What was promised since it was last asked, other than receipts, without the payment's id."""

    async def read() -> list[tuple[str, Any]]:
        items = await outbox.due(100, HOUR)
        for item in items:
            assert item.payload["payment_id"] == str(PAYMENT)
        return [
            (item.kind, {k: v for k, v in item.payload.items() if k != "payment_id"})
            for item in items
            if item.kind != "receipt"
        ]

    return read


News = Callable[[], Awaitable[list[tuple[str, Any]]]]


def back(why: str, amount: int, *numbers: int, currency: str = "CRC") -> tuple[str, Any]:
    """The news that money goes back."""
    about = {"why": why, "amount": amount, "currency": currency, "numbers": [*numbers]}
    return ("refund", about)


# -- the queue -----------------------------------------------------------------------------------


async def two(stores: Stores) -> list[OutboxItem]:
    """Two mails, that nobody has."""
    for n in (1, 2):
        row = a_payment(uuid4(), n, id=uuid4(), reservation_id=uuid4())
        await stores.payments.create(row)
        await stores.payments.merge(row.raffle_id, row.id, seen("captured", 100_000))
        await stores.payments.refuse(row.raffle_id, row.id, "numbers_taken")
    return await stores.outbox.due(10, 0)


async def test_whoever_takes_a_mail_has_it_for_a_while(stores: Stores, outbox: Outbox) -> None:
    first, second = await two(stores)
    assert (first.attempts, second.attempts, first.created_at > 0) == (1, 1, True)
    [taken] = await outbox.due(1, LEASE)
    [other] = await outbox.due(10, LEASE)
    assert {taken.id, other.id} == {first.id, second.id}
    assert (taken.attempts, other.attempts) == (2, 2)
    assert await outbox.due(10, LEASE) == []
    assert await outbox.waiting(10) == 2
    assert await outbox.waiting(1) == 1


async def test_what_is_over_stays_over(stores: Stores, outbox: Outbox) -> None:
    first, second = await two(stores)
    await outbox.finish(first, "sent")
    await outbox.finish(first, "failed", "too late")
    await outbox.postpone(first, 0, "too late")
    assert [item.id for item in await outbox.due(10, LEASE)] == [second.id]
    await outbox.finish(second, "failed", "the recipient was refused: 550")
    assert await outbox.waiting(10) == 0


async def test_a_mail_that_cannot_go_now_comes_back(stores: Stores, outbox: Outbox) -> None:
    first, second = await two(stores)
    await outbox.postpone(first, HOUR, "no connection")
    await outbox.postpone(second, 0, "no connection")
    assert [item.id for item in await outbox.due(10, HOUR)] == [second.id]
    await outbox.postpone(second, 0)
    assert [item.id for item in await outbox.due(10, HOUR)] == [second.id]


async def test_receipts_do_not_stand_before_news_of_money(
    stores: Stores, outbox: Outbox, sold: Sold
) -> None:
    owner = await sold()
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (2,)))
    assert [item.kind for item in await outbox.due(10, 0, urgent=True)] == ["refund"]
    assert [item.kind for item in await outbox.due(10, LEASE)] == ["receipt", "refund"]
    assert await outbox.due(10, 0, urgent=True) == []


async def test_what_nobody_has_looked_at_is_put_away_in_time(
    stores: Stores, outbox: Outbox
) -> None:
    first, _ = await two(stores)
    await outbox.postpone(first, HOUR, "no connection")
    assert await outbox.skip_untouched(HOUR, "there is no mail server") == 0
    assert await outbox.skip_untouched(0, "there is no mail server") == 1
    assert await outbox.waiting(10) == 1


# -- what is promised ----------------------------------------------------------------------------


async def test_a_sale_promises_one_receipt(outbox: Outbox, sold: Sold) -> None:
    owner = await sold()
    [item] = await outbox.due(10, LEASE)
    assert (item.kind, item.raffle_id) == ("receipt", owner.raffle.terms.id)
    assert item.payload == {"payment_id": str(PAYMENT), "reservation_id": str(FIRST)}


async def test_each_buyer_has_a_receipt_of_their_own(
    outbox: Outbox, a_raffle: ARaffle, fund: Fund
) -> None:
    owner = await a_raffle()
    for reservation_id, number in ((FIRST, 1), (OTHER, 2)):
        await owner.do(
            ReserveNumbers(ANA, reservation_id, (number,)),
            StartCheckout(ANA, reservation_id),
            await fund(owner, paid(number, reservation_id=reservation_id)),
        )
    told = [item.payload["reservation_id"] for item in await outbox.due(10, LEASE)]
    assert told == [str(FIRST), str(OTHER)]


async def test_who_paid_for_nothing_is_told_once(payments: PaymentStore, news: News) -> None:
    row = await payments.create(a_payment(uuid4(), 1, 2))
    about = (row.raffle_id, row.id)
    await payments.merge(*about, seen("captured"))
    assert await news() == []
    for why in ("numbers_taken", "already_paid"):
        await payments.refuse(*about, why)
    await payments.merge(*about, seen("captured"))
    await payments.next_refund(*about, "numbers_taken")
    await payments.merge(*about, seen("captured", refunded=200_000))
    assert await news() == [back("numbers_taken", 200_000, 1, 2)]


async def test_money_that_was_only_reserved_is_news_once(
    payments: PaymentStore, news: News
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, 2))
    about = (row.raffle_id, row.id)
    await payments.merge(*about, seen("authorised"))
    await payments.refuse(*about, "numbers_taken")
    await payments.merge(*about, seen("captured"))
    await payments.merge(*about, seen("cancelled"))
    assert await news() == [back("numbers_taken", 200_000, 1, 2)]


async def test_more_money_for_what_was_refused_is_another_sum(
    payments: PaymentStore, news: News
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, 2))
    about = (row.raffle_id, row.id)
    await payments.merge(*about, seen("captured", 50_000))
    await payments.refuse(*about, "wrong_amount")
    await payments.merge(*about, seen("captured", 80_000))
    assert await news() == [
        back("wrong_amount", 50_000, 1, 2),
        back("wrong_amount", 30_000, 1, 2),
    ]


async def test_who_is_refused_without_money_hears_of_it_when_there_is_some(
    payments: PaymentStore, news: News
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, 2))
    about = (row.raffle_id, row.id)
    await payments.merge(*about, seen("failed"))
    await payments.refuse(*about, "by_person")
    assert await news() == []
    await payments.merge(*about, seen("captured", 150_000))
    assert await news() == [back("by_person", 150_000, 1, 2)]


async def test_foreign_money_is_spoken_of_in_its_own_currency(
    payments: PaymentStore, news: News
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, 2))
    about = (row.raffle_id, row.id)
    await payments.merge(*about, seen("captured", 4_000, "USD"))
    await payments.refuse(*about, "by_person")
    assert await news() == [back("by_person", 4_000, 1, 2, currency="USD")]


async def test_numbers_that_go_back_are_told_of_each_time(sold: Sold, news: News) -> None:
    owner = await sold()
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (2,)))
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1, 3)))
    assert await news() == [
        back("numbers_returned", 100_000, 2),
        back("numbers_returned", 200_000, 1, 3),
    ]


async def test_who_said_that_they_had_paid_hears_that_it_was_not_found(
    payments: PaymentStore, news: News
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, waits_for_person=True))
    about = (row.raffle_id, row.id)
    await payments.claim_paid(*about, {})
    for _ in range(2):
        await payments.merge(*about, seen("failed", failed_as="rejected"))
    assert await news() == [("rejected", {})]


@pytest.mark.parametrize("waits_for_person", [False, True])
async def test_a_decline_of_somebody_who_sees_it_is_no_mail(
    payments: PaymentStore, news: News, waits_for_person: bool
) -> None:
    row = await payments.create(a_payment(uuid4(), 1, waits_for_person=waits_for_person))
    await payments.merge(row.raffle_id, row.id, seen("failed", failed_as="card_declined"))
    assert await news() == []
