"""Any order and any number of messages ends in one state, and no money is ever unaccounted for."""

from __future__ import annotations

import contextlib
from itertools import permutations
from typing import Any

import msgspec
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.settlement import next_step
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payments import Observation, ObservedStatus, Payment, merged
from sorteos_actors.raffle import Phase
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.simulate import simulate
from tests.simulation.till import Died, Fuse, Till, at_the_till
from tests.unit.payments.builders import some_charge, some_payment

MOST_EVENTS = 6
AMOUNT = some_charge().amount
AMOUNTS = st.sampled_from([0, 1, AMOUNT - 1, AMOUNT, AMOUNT + 1])
STATUSES: list[ObservedStatus] = [
    "pending",
    "authorised",
    "captured",
    "failed",
    "cancelled",
    "unknown",
]
OBSERVATIONS = st.builds(
    Observation,
    reference=st.just("ref"),
    payment_id=st.none(),
    status=st.sampled_from(STATUSES),
    amount=st.just(AMOUNT),
    currency=st.sampled_from(["CRC", "CRC", "CRC", "USD", "EUR"]),
    authorised=AMOUNTS,
    captured=AMOUNTS,
    refunded=AMOUNTS,
    failed_as=st.sampled_from([None, "card_declined", "expired"]),
)


def facts(payment: Payment) -> Payment:
    """Without the bookkeeping, and without what is only the latest word."""
    return replace(
        payment, version=0, next_check_at=None, attempts=0, updated_at=0, created_at=0,
        action=None, details={},
    )  # fmt: skip


@settings(deadline=None)
@given(st.lists(OBSERVATIONS, max_size=MOST_EVENTS), st.data())
def test_what_was_seen_comes_to_the_same_in_every_order(
    seen: list[Observation], data: st.DataObject
) -> None:
    places = st.integers(0, len(seen))
    again = data.draw(st.lists(st.tuples(places, st.sampled_from(seen)))) if seen else []
    payment = some_payment()
    ends = set()
    for order in permutations(seen):
        told = list(order)
        for place, observation in again:
            told.insert(place, observation)
        learned = payment
        for observation in told:
            learned = merged(learned, observation)
        ends.add(msgspec.json.encode(facts(learned)))
        assert next_step(learned) is next_step(facts(learned))
    assert len(ends) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(OBSERVATIONS, min_size=1, max_size=MOST_EVENTS), st.data())
def test_the_ledger_comes_to_the_same_in_every_order_and_sums_to_nothing(
    seen: list[Observation], data: st.DataObject
) -> None:
    orders = data.draw(st.lists(st.permutations([*seen, *seen[:2]]), min_size=2, max_size=4))
    ends = set()

    async def main(order: list[Observation]) -> None:
        payments = MemoryPayments(MemoryStore())
        payment = await payments.create(some_payment())
        for observation in order:
            learned = await payments.merge(payment.raffle_id, payment.id, observation)
            assert learned is not None
            payment = learned
        balances: dict[str, int] = {}
        for move in await payments.ledger(payment.raffle_id):
            balances[move.debit] = balances.get(move.debit, 0) + move.amount
            balances[move.credit] = balances.get(move.credit, 0) - move.amount
        assert sum(balances.values()) == 0
        assert balances.get("provider:any:any", 0) == payment.captured - payment.refunded
        ends.add(msgspec.json.encode(facts(payment)))

    for order in orders:
        simulate(lambda order=order: main(order))  # type: ignore[misc]
    assert len(ends) == 1


NEWS = 6
"""Of one charge: authorised, captured, and four refunds of a part each."""


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(NEWS)), st.lists(st.integers(0, NEWS - 1), max_size=4), st.data())
def test_the_webhooks_of_a_payment_end_the_same_in_every_order(
    order: list[int], again: list[int], data: st.DataObject
) -> None:
    told = list(order)
    for index in again:
        told.insert(data.draw(st.integers(0, len(told))), index)
    assert _end_of(told) == _end_of(range(NEWS))


def test_six_webhooks_end_the_same_in_all_their_orders() -> None:
    ends = {_end_of(order) for order in permutations(range(NEWS))}
    assert len(ends) == 1


def _end_of(told: Any) -> bytes:
    end = b""

    async def scene(till: Till) -> None:
        nonlocal end
        reservation = await till.reserve(7, 8)
        # The edge dies after it has asked the bank: webhooks are all that is heard.
        payment, charge = till.attempt(reservation, 7, 8, mode=SandboxMode.APPROVE)
        payment = replace(payment, id=charge_id(till))
        charge = replace(charge, payment_id=payment.id)
        checkout = Checkout(till.payments, till.registry, till.cashier())
        begun = await checkout.begin(till.bank, payment, charge)
        assert isinstance(begun, Payment)
        for n in range(4):
            await till.bank.refund(begun, 1000, f"by-hand-{n}")
        for index in told:
            await till.deliver(till.posted[index])
        async with till.open_cashier():
            await trio.sleep(5)
        row = await till.now(payment)
        assert len(till.posted) == NEWS
        end = msgspec.json.encode((row.captured, row.refunded, row.applied, status_of(row)))
        assert [case.kind for case in await till.cases()] == ["disputed"]

    at_the_till(scene)
    return end


def charge_id(till: Till) -> Any:
    """A payment id that does not depend on chance."""
    return till.terms.id


PLAN = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1, 10, 31, 70])),
        st.tuples(st.just("die"), st.integers(1, 12)),
        st.tuples(st.just("cancel"), st.just(0)),
        st.tuples(st.just("tell"), st.integers(0, 3)),
        st.tuples(st.just("work"), st.sampled_from([1, 10])),
        st.tuples(st.just("outage"), st.sampled_from([1, 10])),
    ),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(list(SandboxMode)), st.integers(1, 14), st.booleans(), PLAN)
def test_whatever_happens_in_between_a_payment_ends_well(
    mode: SandboxMode, dies_at: int, after: bool, plan: list[tuple[str, int]]
) -> None:
    """Expiries, deaths, cancels, outages and lost webhooks, in any order, then a healthy cashier."""

    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment, charge = till.attempt(reservation, 7, mode=mode)
        cashier = till.cashier(Fuse(dies_at, after=after))
        try:
            checkout = Checkout(cashier._store, cashier._raffles, cashier)
            await checkout.begin(cashier._providers["sandbox"], payment, charge)
        except Died:
            pass
        for what, how_much in plan:
            await _happen(till, payment, what, how_much)
            await till.check()
        async with till.open_cashier():
            await trio.sleep(200)
        await _check_end(till, payment, reservation)

    at_the_till(scene, checkout_seconds=30)


async def _happen(till: Till, payment: Payment, what: str, how_much: int) -> None:
    if what == "wait":
        await trio.sleep(how_much)
    elif what == "cancel":
        await till.payments.want_cancel(payment.raffle_id, payment.id)
    elif what == "tell" and how_much < len(till.posted):
        await till.deliver(till.posted[how_much])
    elif what == "work":
        async with till.open_cashier():
            await trio.sleep(how_much)
    elif what == "outage":
        till.store.down()
        await trio.sleep(how_much)
        till.store.up()
        await trio.sleep(2)
    elif what == "die":
        for row in await till.payments.due("dying", 1, 0):
            with contextlib.suppress(Died):
                await till.cashier(Fuse(how_much)).settle(row)


async def _check_end(till: Till, payment: Payment, reservation: Any) -> None:
    row = await till.payments.get(payment.raffle_id, payment.id)
    phase = await till.phase(reservation)
    if row is None:
        assert phase is Phase.EXPIRED
        return
    is_paid = status_of(row) is PaymentStatus.PAID
    assert (await till.sold() == 1) is is_paid
    assert (await till.reserved(), row.live) == (0, False)
    assert is_paid or row.captured == row.refunded or await till.cases()
    assert row.next_check_at is None or await till.cases()
    assert row.captured in (0, row.amount)
    if not is_paid:
        assert phase in (Phase.EXPIRED, Phase.CANCELLED)
