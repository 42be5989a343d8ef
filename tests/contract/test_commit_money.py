"""What a commit writes of money, and what it refuses: the same in memory and in PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from sorteos_actors.errors import GuardViolated, MoneyMoved
from sorteos_actors.ports import Queries
from sorteos_actors.ports.payment_store import PaymentStore, Transfer
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Command, Phase
from sorteos_actors.raffle.commands import (
    EndPayment,
    ExpireDue,
    PauseRaffle,
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
)
from sorteos_actors.raffle.events import ReservationCompleted
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    HOUR,
    ORGANIZER,
    OTHER,
    OTHER_PAYMENT,
    PAYMENT,
    THIRD,
    paid,
    the,
)
from tests.contract.conftest import ARaffle, Fund, Stores
from tests.contract.money import a_payment, seen
from tests.contract.owner import Owner, everything_of

PAYS = StartPayment(ANA, FIRST, PAYMENT)


@pytest.fixture
async def owner(a_raffle: ARaffle, payments: PaymentStore) -> Owner:
    """Ana is about to pay 1 and 2; of the payment nobody has heard yet."""
    owner = await a_raffle()
    await owner.do(ReserveNumbers(ANA, FIRST, (1, 2)), StartCheckout(ANA, FIRST))
    await payments.create(a_payment(owner.raffle.terms.id, 1, 2))
    return owner


# -- attempts ------------------------------------------------------------------------------------


async def test_a_payment_is_live_for_as_long_as_its_reservation_waits_for_it(
    owner: Owner, payments: PaymentStore
) -> None:
    await payments.schedule(await row(owner, payments), None)
    await owner.do(PAYS)
    live = await row(owner, payments)
    assert live.live
    assert live.next_check_at is not None
    assert the(await owner.store.load(owner.raffle.terms.id)).payment_id == PAYMENT

    await owner.do(EndPayment(FIRST, PAYMENT))
    assert not (await row(owner, payments)).live
    assert the(await owner.store.load(owner.raffle.terms.id)).payment_id is None


async def test_attempts_may_follow_each_other_inside_one_batch(
    owner: Owner, payments: PaymentStore
) -> None:
    await payments.create(a_payment(owner.raffle.terms.id, 1, 2, id=OTHER_PAYMENT))
    await owner.do(
        PAYS,
        EndPayment(FIRST, PAYMENT),
        StartPayment(ANA, FIRST, OTHER_PAYMENT),
        EndPayment(FIRST, OTHER_PAYMENT),
        PAYS,
    )
    assert (await row(owner, payments)).live
    assert not (await row(owner, payments, OTHER_PAYMENT)).live


async def test_an_attempt_without_a_row_of_its_own_does_not_begin(
    owner: Owner, payments: PaymentStore
) -> None:
    await refuses(owner, payments, StartPayment(ANA, FIRST, OTHER_PAYMENT))
    for_another = a_payment(owner.raffle.terms.id, 1, id=OTHER_PAYMENT, reservation_id=OTHER)
    await payments.create(for_another)
    await refuses(owner, payments, StartPayment(ANA, FIRST, OTHER_PAYMENT))


async def test_a_reservation_never_waits_for_two_payments(
    owner: Owner, payments: PaymentStore
) -> None:
    await payments.create(a_payment(owner.raffle.terms.id, 1, 2, id=OTHER_PAYMENT))
    await owner.do(PAYS)
    forgetful = replace(owner.raffle.reservations[FIRST], payment_id=None)
    owner.raffle.reservations[FIRST] = forgetful
    await refuses(owner, payments, StartPayment(ANA, FIRST, OTHER_PAYMENT))


async def test_a_payment_whose_time_is_over_is_to_be_cancelled(
    owner: Owner, payments: PaymentStore
) -> None:
    await owner.do(PAYS)
    await owner.do(StartReview(FIRST, PAYMENT, owner.now + HOUR))
    assert not (await row(owner, payments)).cancel_wanted

    await owner.do(ExpireDue(), now=owner.now + HOUR)

    assert (await row(owner, payments)).cancel_wanted
    assert (await row(owner, payments)).live
    assert (await reload(owner)).raffle.reservations[FIRST].phase is Phase.PAYMENT_REVIEW


# -- sales ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["authorised", "captured"])
async def test_a_sale_is_written_with_the_payment_the_ledger_and_the_mail(
    owner: Owner, payments: PaymentStore, stores: Stores, status: Any
) -> None:
    await owner.do(PAYS)
    raffle_id = owner.raffle.terms.id
    await payments.merge(raffle_id, PAYMENT, seen(status))

    await owner.do(paid(1, 2))

    bought = await row(owner, payments)
    assert (bought.applied, bought.sold_as, bought.live) == ("sold", FIRST, False)
    assert bought.applied_at is not None
    sale = Transfer(
        debit="suspense",
        credit="sales",
        amount=200_000,
        currency="CRC",
        payment_id=PAYMENT,
        kind="sold",
        total=200_000,
    )
    assert (await payments.ledger(raffle_id))[-1] == sale
    [mail] = await stores.outbox.due(10, 1000)
    assert (mail.raffle_id, mail.kind) == (raffle_id, "receipt")
    assert mail.payload == {"payment_id": str(PAYMENT), "reservation_id": str(FIRST)}
    fresh = await reload(owner)
    assert the(fresh.raffle).payment_id == PAYMENT
    assert everything_of(fresh.raffle, (FIRST,)) == everything_of(owner.raffle, (FIRST,))


@pytest.mark.parametrize(
    "told",
    [
        [],
        [seen("pending")],
        [seen("unknown", authorised=200_000, captured=200_000)],
        [seen("authorised", 199_999)],
        [seen("captured", 200_001)],
        [seen("captured", currency="USD")],
        [seen("captured"), seen("captured", currency="USD")],
        [seen("captured", refunded=1)],
        [seen("authorised"), seen("cancelled")],
        [seen("authorised"), seen("failed")],
    ],
    ids=[
        *("nothing", "asked for", "not found", "too little", "too much", "another currency"),
        *("once in another currency", "partly back", "cancelled", "failed"),
    ],
)
async def test_nothing_is_sold_unless_exactly_the_money_is_here(
    owner: Owner, payments: PaymentStore, told: list[Any]
) -> None:
    await owner.do(PAYS)
    for observation in told:
        await payments.merge(owner.raffle.terms.id, PAYMENT, observation)
    await refuses(owner, payments, paid(1, 2), error=MoneyMoved)


async def test_money_that_was_taken_buys_although_the_rest_of_it_was_cancelled(
    owner: Owner, payments: PaymentStore
) -> None:
    for observation in (seen("captured"), seen("cancelled")):
        await payments.merge(owner.raffle.terms.id, PAYMENT, observation)
    await owner.do(paid(1, 2))
    assert (await row(owner, payments)).applied == "sold"


async def test_a_sale_without_any_payment_is_refused(owner: Owner, payments: PaymentStore) -> None:
    await refuses(owner, payments, paid(1, 2, payment_id=OTHER_PAYMENT), error=MoneyMoved)
    entries = owner.decided([paid(1, 2)])
    batch = owner.batch(entries)
    assert isinstance(entries[0].event, ReservationCompleted)
    unpaid = replace(entries[0], event=replace(entries[0].event, payment_id=None))
    with pytest.raises(GuardViolated):
        await owner.store.commit(replace(batch, entries=[unpaid]))


@pytest.mark.parametrize(
    "wrong",
    [
        a_payment(FIRST, 1),
        a_payment(FIRST, 1, 2, unit_price=50_000, amount=100_000),
        a_payment(FIRST, 1, 3),
    ],
    ids=["fewer numbers", "another price", "other numbers"],
)
async def test_a_payment_for_something_else_buys_nothing_whatever_was_paid(
    owner: Owner, payments: PaymentStore, wrong: Payment
) -> None:
    raffle_id = owner.raffle.terms.id
    await payments.create(replace(wrong, raffle_id=raffle_id, id=OTHER_PAYMENT))
    await payments.merge(raffle_id, OTHER_PAYMENT, seen("captured", wrong.amount))
    sale = paid(1, 2, payment_id=OTHER_PAYMENT)
    await refuses(owner, payments, sale, error=MoneyMoved)


async def test_a_payment_in_another_currency_than_the_raffles_buys_nothing(
    owner: Owner, payments: PaymentStore
) -> None:
    dollars = a_payment(owner.raffle.terms.id, 1, 2, id=OTHER_PAYMENT, currency="USD")
    await payments.create(dollars)
    await payments.merge(owner.raffle.terms.id, dollars.id, seen("captured", currency="USD"))
    await refuses(owner, payments, paid(1, 2, payment_id=dollars.id), error=MoneyMoved)


async def test_a_payment_for_another_reservation_buys_nothing(
    owner: Owner, payments: PaymentStore
) -> None:
    other = a_payment(owner.raffle.terms.id, 1, 2, id=OTHER_PAYMENT, reservation_id=OTHER)
    await payments.create(other)
    await payments.merge(owner.raffle.terms.id, other.id, seen("captured"))
    await refuses(owner, payments, paid(1, 2, payment_id=other.id), error=MoneyMoved)


async def test_one_payment_buys_once(owner: Owner, payments: PaymentStore) -> None:
    await payments.merge(owner.raffle.terms.id, PAYMENT, seen("captured"))
    await owner.do(ReserveNumbers(BETO, OTHER, (8, 9)), StartCheckout(BETO, OTHER))
    again = paid(8, 9, user=BETO, reservation_id=OTHER, payment_id=PAYMENT)

    await refuses(owner, payments, paid(1, 2), again)

    await owner.do(paid(1, 2))
    await refuses(owner, payments, again, error=MoneyMoved)


async def test_money_that_was_refused_buys_nothing_any_more(
    owner: Owner, payments: PaymentStore
) -> None:
    await payments.merge(owner.raffle.terms.id, PAYMENT, seen("captured"))
    await payments.refuse(owner.raffle.terms.id, PAYMENT, "numbers_taken")
    await refuses(owner, payments, paid(1, 2), error=MoneyMoved)


async def test_when_one_attempt_has_paid_the_others_are_to_be_cancelled(
    owner: Owner, payments: PaymentStore
) -> None:
    raffle_id = owner.raffle.terms.id
    await payments.create(a_payment(raffle_id, 1, 2, id=OTHER_PAYMENT))
    await payments.merge(raffle_id, PAYMENT, seen("captured"))
    await owner.do(StartPayment(ANA, FIRST, OTHER_PAYMENT))
    await payments.schedule(await row(owner, payments, OTHER_PAYMENT), None)

    await owner.do(paid(1, 2))

    other = await row(owner, payments, OTHER_PAYMENT)
    assert (other.live, other.cancel_wanted, other.applied) == (False, True, None)
    assert other.next_check_at is not None


async def test_a_raffle_that_costs_nothing_needs_a_payment_of_nothing(
    a_raffle: ARaffle, payments: PaymentStore
) -> None:
    owner = await a_raffle(price=0)
    raffle_id = owner.raffle.terms.id
    await owner.do(ReserveNumbers(ANA, FIRST, (1,)), StartCheckout(ANA, FIRST))
    await payments.create(a_payment(raffle_id, 1, amount=0, unit_price=0))
    await payments.merge(raffle_id, PAYMENT, seen("captured", 0))
    await owner.do(paid(1, unit_price=0, amount=0))
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1,)))
    assert await payments.ledger(raffle_id) == []


async def test_the_last_fact_of_a_sale_puts_its_payment_to_rest_and_not_the_one_before(
    owner: Owner, payments: PaymentStore
) -> None:
    raffle_id = owner.raffle.terms.id
    await owner.do(PAYS)
    reserved = await payments.merge(raffle_id, PAYMENT, seen("authorised"))
    assert reserved is not None
    assert reserved.next_check_at is not None
    await owner.do(paid(1, 2))
    assert [p.id for p in await payments.due("a", 10, 60_000)] == [PAYMENT]

    taken = await payments.merge(raffle_id, PAYMENT, seen("captured"))

    assert taken is not None
    assert taken.is_settled
    assert taken.next_check_at is None
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1,)))
    # What is owed now is not held up by the lease of whoever had sold the numbers.
    assert [p.id for p in await payments.due("b", 10, 60_000)] == [PAYMENT]


# -- money that comes late -----------------------------------------------------------------------


async def test_late_money_makes_a_reservation_of_its_own(
    owner: Owner, payments: PaymentStore, queries: Queries
) -> None:
    raffle_id = owner.raffle.terms.id
    await owner.do(PAYS)
    await owner.do(EndPayment(FIRST, PAYMENT), now=owner.now + HOUR)
    await payments.merge(raffle_id, PAYMENT, seen("captured"))

    await owner.do(paid(1, 2), now=owner.now + 2 * HOUR)

    assert (await row(owner, payments)).sold_as == PAYMENT
    fresh = await reload(owner)
    ever = (FIRST, PAYMENT)
    assert everything_of(fresh.raffle, ever) == everything_of(owner.raffle, ever)
    assert fresh.raffle.sold_by_user == {ANA: 2}
    shown = await queries.reservations_of(ANA, 10)
    assert {(r.reservation.id, r.reservation.phase) for r in shown} == {
        (FIRST, Phase.EXPIRED),
        (PAYMENT, Phase.COMPLETED),
    }


async def test_late_money_never_takes_a_number_that_somebody_has(
    owner: Owner, payments: PaymentStore
) -> None:
    await owner.do(ExpireDue(), now=owner.now + HOUR)
    await owner.do(ReserveNumbers(BETO, OTHER, (2,)))
    await payments.merge(owner.raffle.terms.id, PAYMENT, seen("captured"))
    owner.raffle.board[2] = 0
    await refuses(owner, payments, paid(1, 2))


# -- numbers that go back --------------------------------------------------------------------------


async def test_refunded_numbers_are_free_and_their_price_is_owed(
    owner: Owner, payments: PaymentStore, fund: Fund
) -> None:
    raffle_id = owner.raffle.terms.id
    await owner.do(await fund(owner, paid(1, 2)))
    await payments.schedule(await row(owner, payments), None)

    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (2,)))

    owed = await row(owner, payments)
    assert (owed.applied, owed.refund_wanted) == ("sold", 100_000)
    assert owed.next_check_at is not None
    last = (await payments.ledger(raffle_id))[-1]
    assert (last.debit, last.credit, last.kind) == ("sales", "suspense", "returned")
    assert (last.amount, last.total) == (100_000, 100_000)
    fresh = await reload(owner)
    assert everything_of(fresh.raffle, (FIRST,)) == everything_of(owner.raffle, (FIRST,))
    await fresh.do(ReserveNumbers(BETO, OTHER, (2,)))


async def test_numbers_may_be_sold_go_back_and_be_sold_again_inside_one_batch(
    owner: Owner, payments: PaymentStore, fund: Fund
) -> None:
    mine = await fund(owner, paid(1, 2))
    theirs = await fund(owner, paid(2, user=BETO, reservation_id=OTHER))
    await owner.do(
        mine,
        RefundNumbers(FIRST, PAYMENT, ANA, (1,)),
        RefundNumbers(FIRST, PAYMENT, ANA, (2,)),
        ReserveNumbers(BETO, OTHER, (2,)),
        StartCheckout(BETO, OTHER),
        theirs,
    )
    fresh = await reload(owner)
    ever = (FIRST, OTHER)
    assert everything_of(fresh.raffle, ever) == everything_of(owner.raffle, ever)
    assert fresh.raffle.sold_by_user == {BETO: 1}
    assert (await row(owner, payments)).refund_wanted == 200_000
    await balanced(owner, payments)


async def test_what_ended_so_long_ago_that_memory_lost_it_can_still_be_refunded(
    owner: Owner, payments: PaymentStore, fund: Fund
) -> None:
    await owner.do(await fund(owner, paid(1, 2)))
    owner.raffle.ended._recent.clear()
    owner.raffle.ended._phases[FIRST.bytes] = Phase.COMPLETED
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1,)))
    assert (await row(owner, payments)).refund_wanted == 100_000


async def test_nobody_gives_back_the_number_of_somebody_else(
    owner: Owner, payments: PaymentStore, fund: Fund
) -> None:
    sale = paid(8, 9, user=BETO, reservation_id=OTHER)
    await owner.do(
        await fund(owner, paid(1, 2)),
        ReserveNumbers(BETO, OTHER, (8, 9)),
        StartCheckout(BETO, OTHER),
        await fund(owner, sale),
    )
    bought = owner.raffle.ended._recent[FIRST]
    owner.raffle.ended._recent[FIRST] = replace(bought, numbers=(1, 8))
    await refuses(owner, payments, RefundNumbers(FIRST, PAYMENT, ANA, (8,)))


async def test_no_more_goes_back_than_the_payment_has_bought(
    owner: Owner, payments: PaymentStore, fund: Fund
) -> None:
    await owner.do(ReserveNumbers(BETO, OTHER, (8,)), StartCheckout(BETO, OTHER))
    await owner.do(
        await fund(owner, paid(1, 2)),
        await fund(owner, paid(8, user=BETO, reservation_id=OTHER, payment_id=OTHER_PAYMENT)),
    )
    # The right numbers, on the account of a payment that has bought fewer of them, or none.
    bought = owner.raffle.ended._recent[FIRST]
    owner.raffle.ended._recent[FIRST] = replace(bought, payment_id=OTHER_PAYMENT)
    await refuses(owner, payments, RefundNumbers(FIRST, OTHER_PAYMENT, ANA, (1, 2)))
    owner = await reload(owner)
    bought = owner.raffle.ended._recent[FIRST]
    owner.raffle.ended._recent[FIRST] = replace(bought, payment_id=THIRD)
    strange = RefundNumbers(FIRST, THIRD, ANA, (1,))
    await refuses(owner, payments, strange, error=MoneyMoved)


# -- shared --------------------------------------------------------------------------------------


async def row(owner: Owner, payments: PaymentStore, payment_id: UUID = PAYMENT) -> Payment:
    found = await payments.get(owner.raffle.terms.id, payment_id)
    assert found is not None
    return found


async def reload(owner: Owner) -> Owner:
    return await Owner.of(owner.store, owner.raffle.terms.id)


async def refuses(
    owner: Owner,
    payments: PaymentStore,
    *commands: Command,
    error: type[GuardViolated] = GuardViolated,
) -> None:
    """The batch is refused, and nothing of it was written. The owner goes on with what it had."""
    raffle_id, ever = owner.raffle.terms.id, (FIRST, OTHER, PAYMENT)
    before = await reload(owner)
    owner.epoch = before.epoch
    rows = await payments.of_reservation(raffle_id, FIRST)
    ledger = await payments.ledger(raffle_id)
    with pytest.raises(error) as refusal:
        await owner.do(*commands, PauseRaffle(ORGANIZER))
    assert isinstance(refusal.value, MoneyMoved) == (error is MoneyMoved)
    after = await reload(owner)
    assert everything_of(after.raffle, ever) == everything_of(before.raffle, ever)
    assert await payments.of_reservation(raffle_id, FIRST) == rows
    assert await payments.ledger(raffle_id) == ledger
    owner.raffle, owner.epoch = after.raffle, after.epoch


async def balanced(owner: Owner, payments: PaymentStore) -> None:
    """Captured less refunded is the price of what is sold, and what waits to be settled."""
    raffle = owner.raffle
    balances: dict[str, int] = {}
    for transfer in await payments.ledger(raffle.terms.id):
        balances[transfer.debit] = balances.get(transfer.debit, 0) + transfer.amount
        balances[transfer.credit] = balances.get(transfer.credit, 0) - transfer.amount
    assert sum(balances.values()) == 0
    assert -balances["sales"] == raffle.terms.price * raffle.sold_count
