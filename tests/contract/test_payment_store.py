"""What every `PaymentStore` promises: facts that only grow, a ledger, refunds that go once."""

from __future__ import annotations

import random
from itertools import permutations
from uuid import UUID, uuid4

import pytest
import trio
from msgspec.structs import replace

from sorteos_actors.errors import ReferenceTaken
from sorteos_actors.ports import RaffleStore
from sorteos_actors.ports.payment_store import (
    EventKey,
    InboxEvent,
    PaymentStore,
    Receipt,
    Transfer,
)
from sorteos_actors.ports.payments import Observation, Payment, merged
from sorteos_actors.raffle.commands import (
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
)
from tests.builders import ANA, BETO, FIRST, HOUR, OTHER, OTHER_PAYMENT, PAYMENT, THIRD, paid
from tests.contract.conftest import ARaffle, Stores
from tests.contract.money import a_payment, seen
from tests.contract.owner import Owner

RAFFLE = UUID(int=0xE0)
OTHER_RAFFLE = UUID(int=0xE1)


@pytest.fixture
async def payment(payments: PaymentStore) -> Payment:
    """Ana's payment of two numbers, just made."""
    return await payments.create(a_payment(RAFFLE, 1, 2))


def facts(payment: Payment | None) -> Payment:
    """A payment without its bookkeeping."""
    assert payment is not None
    no_time = {"created_at": 0, "updated_at": 0, "next_check_at": None}
    return replace(payment, version=0, attempts=0, **no_time)


# -- making and finding --------------------------------------------------------------------------


async def test_a_payment_is_kept_as_it_was_made_and_is_due_at_once(payments: PaymentStore) -> None:
    action = {"type": "show", "phone": "8888 8888"}
    new = a_payment(RAFFLE, 7, waits_for_person=True, action=action, details={"code": "SR-7F3K"})
    made = await payments.create(new)
    assert facts(made) == new
    assert made.created_at == made.updated_at
    assert made.next_check_at is not None
    assert await payments.get(RAFFLE, PAYMENT) == made
    assert await payments.get(uuid4(), PAYMENT) is None
    assert [p.id for p in await payments.due("a", 10, 1000)] == [PAYMENT]


async def test_making_it_twice_gives_the_one_that_is_there(
    payments: PaymentStore, payment: Payment
) -> None:
    learned = await payments.merge(RAFFLE, PAYMENT, seen("captured"))
    assert await payments.create(a_payment(RAFFLE, 9, user_id=BETO)) == learned


async def test_a_payment_is_found_by_its_reference_or_else_by_our_id(
    payments: PaymentStore, payment: Payment
) -> None:
    other = await payments.create(a_payment(RAFFLE, 1, id=OTHER_PAYMENT, reference="pi_1"))
    assert await payments.find("sandbox", "test", "pi_1", None) == other
    assert await payments.find("sandbox", "test", "pi_1", PAYMENT) == other
    assert await payments.find("sandbox", "test", "pi_2", PAYMENT) == payment
    assert await payments.find("sandbox", "test", None, PAYMENT) == payment
    for stranger in (
        ("stripe", "test", "pi_1", PAYMENT),
        ("sandbox", "live", "pi_1", PAYMENT),
        ("sandbox", "test", "pi_2", FIRST),
        ("sandbox", "test", None, None),
    ):
        assert await payments.find(*stranger) is None


async def test_payments_are_listed_by_reservation_and_by_person(
    payments: PaymentStore, payment: Payment
) -> None:
    second = await payments.create(a_payment(RAFFLE, 1, 2, id=OTHER_PAYMENT))
    third = await payments.create(a_payment(uuid4(), 3, id=THIRD, reservation_id=OTHER))
    await payments.create(a_payment(RAFFLE, 4, id=UUID(int=4), user_id=BETO, reservation_id=OTHER))
    listed = await payments.of_reservation(RAFFLE, FIRST)
    assert {p.id for p in listed} == {payment.id, second.id}
    assert [p.created_at for p in listed] == sorted(p.created_at for p in listed)
    mine = await payments.of_user(ANA, 10)
    assert {p.id for p in mine} == {payment.id, second.id, third.id}
    assert len(await payments.of_user(ANA, 2)) == 2


async def test_a_payment_is_looked_up_without_its_raffle_and_the_older_one_counts(
    payments: PaymentStore, payment: Payment
) -> None:
    assert await payments.look_up(PAYMENT) == payment
    elsewhere = await payments.create(a_payment(uuid4(), 1, id=OTHER_PAYMENT))
    assert await payments.look_up(OTHER_PAYMENT) == elsewhere
    assert await payments.look_up(uuid4()) is None
    await payments.create(a_payment(uuid4(), 9))
    assert await payments.look_up(PAYMENT) == payment


async def test_what_waits_for_a_persons_word_is_listed_oldest_first_until_it_is_said(
    payments: PaymentStore,
) -> None:
    made = [
        a_payment(RAFFLE, 1, id=UUID(int=index), reservation_id=UUID(int=index))
        for index in range(7)
    ]
    for new in (*made, a_payment(OTHER_RAFFLE, 1, id=UUID(int=9))):
        await payments.create(new)
        if new is not made[0]:
            await payments.claim_paid(new.raffle_id, new.id, {})
    silent, first, paid_one, rejected, refused, left, last = made
    await payments.merge(RAFFLE, paid_one.id, seen("captured", 100_000))
    await payments.merge(RAFFLE, rejected.id, seen("failed", failed_as="rejected"))
    await payments.refuse(RAFFLE, refused.id, "by_person")
    await payments.merge(RAFFLE, left.id, seen("cancelled"))  # Its money may come all the same.
    waiting = await payments.in_review(RAFFLE, 10)
    assert [p.id for p in waiting] == [first.id, left.id, last.id]
    assert all(p.claims_paid for p in waiting)
    assert silent.id not in {p.id for p in waiting}
    assert [p.id for p in await payments.in_review(RAFFLE, 2)] == [first.id, left.id]
    assert await payments.in_review(uuid4(), 10) == []


# -- learning ------------------------------------------------------------------------------------

STORY = [
    seen("pending", 0, reference="pi_1"),
    seen("authorised"),
    seen("captured"),
    seen("captured", refunded=50_000),
    seen("captured", refunded=200_000),
    seen("failed", failed_as="insufficient_funds"),
    seen("failed", failed_as="expired_card"),
    seen("cancelled", 150_000, "USD", captured=150_000),
    seen("authorised", 10, "EUR"),
    seen("unknown", captured=900_000, currency="JPY"),
]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_order_and_the_number_of_messages_the_facts_end_the_same(
    payments: PaymentStore, payment: Payment, seed: int
) -> None:
    chance = random.Random(seed)
    told = chance.sample(STORY, chance.randint(2, len(STORY)))
    expected = payment
    for observation in told:
        expected = merged(expected, observation)
    chance.shuffle(told)
    last: Payment | None = None
    for observation in [*told, *chance.choices(told, k=3)]:
        last = await payments.merge(RAFFLE, PAYMENT, observation)
    assert facts(last) == facts(expected)
    assert last == await payments.get(RAFFLE, PAYMENT)
    came = sum(t.amount for t in await payments.ledger(RAFFLE) if t.kind == "captured")
    went = sum(t.amount for t in await payments.ledger(RAFFLE) if t.kind == "refunded")
    assert (came, went) == (expected.captured, expected.refunded)


def test_all_permutations_of_six_messages_end_in_one_state() -> None:
    start = a_payment(RAFFLE, 1, 2)
    ends = []
    for story in (STORY[1:7], STORY[4:10]):
        for order in permutations(story):
            end = start
            for observation in (*order, order[0]):
                end = merged(end, observation)
            ends.append(end)
    assert len(set(map(repr, ends[:720]))) == len(set(map(repr, ends[720:]))) == 1


async def test_the_first_reference_stays_and_the_latest_action(
    payments: PaymentStore, payment: Payment
) -> None:
    for observation in (
        seen("pending", reference="pi_1", action={"step": 1}, details={"a": 1, "b": 1}),
        seen("pending", reference="pi_2", action={"step": 2}, details={"b": 2}),
        seen("authorised", reference=None, action=None),
    ):
        last = await payments.merge(RAFFLE, PAYMENT, observation)
    assert last is not None
    assert last.reference == "pi_1"
    assert (last.action, last.details) == ({"step": 2}, {"a": 1, "b": 2})


async def test_a_new_fact_makes_a_payment_due_and_mere_details_do_not(
    payments: PaymentStore, payment: Payment
) -> None:
    await payments.schedule(payment, None)
    told = await payments.merge(RAFFLE, PAYMENT, seen("pending", 0, details={"seen": 1}))
    assert told is not None
    assert told.next_check_at is not None  # The currency of its object is a fact.
    await payments.schedule(told, None)
    again = await payments.merge(RAFFLE, PAYMENT, seen("pending", 0, details={"seen": 2}))
    assert again is not None
    assert again.next_check_at is None
    assert again.version > told.version
    same = await payments.merge(RAFFLE, PAYMENT, seen("pending", 0, details={"seen": 2}))
    assert same == again
    news = await payments.merge(RAFFLE, PAYMENT, seen("authorised"))
    assert news is not None
    assert news.next_check_at is not None


async def test_the_same_reference_never_belongs_to_two_payments(
    payments: PaymentStore, payment: Payment, stores: Stores
) -> None:
    await payments.create(a_payment(RAFFLE, 1, id=OTHER_PAYMENT, reference="pi_1"))
    event = an_event("evt_1")
    await stores.post.receive(event)
    with pytest.raises(ReferenceTaken):
        await payments.merge(RAFFLE, PAYMENT, seen("captured", reference="pi_1"), event.key)
    with pytest.raises(ReferenceTaken):
        await payments.create(a_payment(RAFFLE, 1, id=THIRD, reference="pi_1"))
    assert await payments.get(RAFFLE, PAYMENT) == payment
    assert await payments.ledger(RAFFLE) == []
    assert [e.key for e in await stores.post.incoming(10, 1000)] == [event.key]
    elsewhere = a_payment(RAFFLE, 1, id=THIRD, reference="pi_1", account="live")
    assert (await payments.create(elsewhere)).reference == "pi_1"


async def test_money_that_comes_and_goes_is_entered_once(
    payments: PaymentStore, payment: Payment
) -> None:
    for observation in (
        seen("authorised"),
        seen("captured", 50_000),
        seen("captured", 200_000),
        seen("captured", 50_000),
        seen("captured", 200_000, refunded=200_000),
        seen("captured", 200_000, refunded=200_000),
    ):
        await payments.merge(RAFFLE, PAYMENT, observation)
    till, waits = "provider:sandbox:test", "suspense"
    entered = [(t.debit, t.credit, t.amount, t.total) for t in await payments.ledger(RAFFLE)]
    assert entered == [
        (till, waits, 50_000, 50_000),
        (till, waits, 150_000, 200_000),
        (waits, till, 200_000, 200_000),
    ]
    assert await payments.ledger(uuid4()) == []


async def test_an_unknown_payment_learns_nothing(payments: PaymentStore) -> None:
    assert await payments.merge(RAFFLE, PAYMENT, seen("captured")) is None
    assert await payments.want_cancel(RAFFLE, PAYMENT) is None
    assert await payments.claim_paid(RAFFLE, PAYMENT, {}) is None
    assert await payments.refuse(RAFFLE, PAYMENT, "late") is None
    assert await payments.next_refund(RAFFLE, PAYMENT, "late") is None
    await payments.schedule(a_payment(RAFFLE, 1), None)
    assert await payments.ledger(RAFFLE) == []


# -- deciding ------------------------------------------------------------------------------------


async def test_what_people_say_of_a_payment_makes_it_due(
    payments: PaymentStore, payment: Payment
) -> None:
    await payments.schedule(payment, None)
    said = await payments.claim_paid(RAFFLE, PAYMENT, {"receipt": "r1"})
    assert said is not None
    assert (said.claims_paid, said.details) == (True, {"receipt": "r1"})
    assert said.next_check_at is not None
    await payments.schedule(said, None)
    left = await payments.want_cancel(RAFFLE, PAYMENT)
    assert left is not None
    assert (left.cancel_wanted, left.claims_paid) == (True, True)
    assert left.next_check_at is not None


async def test_money_is_refused_once_and_the_first_reason_stays(
    payments: PaymentStore, payment: Payment
) -> None:
    refused = await payments.refuse(RAFFLE, PAYMENT, "numbers_taken")
    assert refused is not None
    assert (refused.applied, refused.applied_why) == ("refused", "numbers_taken")
    assert refused.applied_at is not None
    again = await payments.refuse(RAFFLE, PAYMENT, "raffle_not_active")
    assert facts(again) == facts(refused)


async def test_money_that_has_bought_something_is_not_refused_any_more(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    raffle_id = await sold(payments, a_raffle)
    again = await payments.refuse(raffle_id, PAYMENT, "numbers_taken")
    assert again is not None
    assert (again.applied, again.applied_why, again.sold_as) == ("sold", None, FIRST)


# -- who looks at it next ------------------------------------------------------------------------


async def test_two_nodes_never_take_the_same_payment(payments: PaymentStore) -> None:
    for index in range(20):
        made = a_payment(RAFFLE, 1, id=UUID(int=index), reservation_id=UUID(int=index))
        await payments.create(made)
    taken: list[UUID] = []

    async def take(node: str) -> None:
        while found := await payments.due(node, 3, 60_000):
            taken.extend(payment.id for payment in found)

    async with trio.open_nursery() as nursery:
        for node in ("a", "b", "c"):
            nursery.start_soon(take, node)
    assert sorted(taken) == [UUID(int=index) for index in range(20)]


async def test_a_payment_comes_back_when_its_lease_is_over(
    payments: PaymentStore, payment: Payment
) -> None:
    [first] = await payments.due("a", 10, 0)
    [second] = await payments.due("b", 10, 60_000)
    assert (first.attempts, second.attempts) == (1, 2)
    assert await payments.due("a", 10, 0) == []


async def test_a_new_payment_is_its_makers_for_as_long_as_they_ask_and_nobody_elses(
    payments: PaymentStore,
) -> None:
    mine = await payments.create(a_payment(RAFFLE, 1), 60_000)
    theirs = await payments.create(a_payment(RAFFLE, 2, id=OTHER_PAYMENT))
    assert [p.id for p in await payments.due("a", 10, 60_000)] == [theirs.id]
    # Making it again takes it from nobody, and who puts it to rest for a while has given it up.
    assert await payments.create(a_payment(RAFFLE, 1), 0) == mine
    assert await payments.due("a", 10, 60_000) == []
    await payments.schedule(mine, mine.created_at)
    assert [p.id for p in await payments.due("a", 10, 60_000)] == [mine.id]


async def test_who_looks_first_is_who_waits_longest(payments: PaymentStore) -> None:
    for index, ago in enumerate((2 * HOUR, 3 * HOUR, HOUR)):
        made = await payments.create(a_payment(RAFFLE, 1, id=UUID(int=index)))
        await payments.schedule(made, made.created_at - ago)
    later = await payments.create(a_payment(RAFFLE, 1, id=UUID(int=7)))
    await payments.schedule(later, later.created_at + HOUR)
    never = await payments.create(a_payment(RAFFLE, 1, id=UUID(int=8)))
    await payments.schedule(never, None)
    order = [p.id.int for p in await payments.due("a", 2, 60_000)]
    order += [p.id.int for p in await payments.due("a", 9, 60_000)]
    assert order == [1, 0, 2]


async def test_what_has_changed_meanwhile_is_not_put_to_rest(
    payments: PaymentStore, payment: Payment
) -> None:
    [mine] = await payments.due("a", 10, 60_000)
    learned = await payments.merge(RAFFLE, PAYMENT, seen("captured"))
    assert await payments.due("b", 10, 60_000) == []
    await payments.schedule(mine, None)
    [again] = await payments.due("b", 10, 60_000)
    assert facts(again) == facts(learned)
    await payments.schedule(again, None)
    assert await payments.due("b", 10, 60_000) == []


# -- refunds -------------------------------------------------------------------------------------


async def test_money_that_was_refused_goes_back_whole_and_once(
    payments: PaymentStore, payment: Payment
) -> None:
    await payments.merge(RAFFLE, PAYMENT, seen("captured"))
    assert await payments.next_refund(RAFFLE, PAYMENT, "late") is None
    await payments.refuse(RAFFLE, PAYMENT, "late")

    refund = await payments.next_refund(RAFFLE, PAYMENT, "late")
    assert refund is not None
    assert (refund.n, refund.amount, refund.state) == (1, 200_000, "wanted")
    assert await payments.next_refund(RAFFLE, PAYMENT, "something else") == refund
    await payments.refund_is(refund, "sent")
    assert await payments.next_refund(RAFFLE, PAYMENT, "late") == replace(refund, state="sent")

    await payments.merge(RAFFLE, PAYMENT, seen("captured", refunded=199_999))
    assert (await payments.refunds(RAFFLE, PAYMENT))[0].state == "sent"
    await payments.merge(RAFFLE, PAYMENT, seen("captured", refunded=200_000))
    await payments.refund_is(refund, "manual")
    assert await payments.refunds(RAFFLE, PAYMENT) == [replace(refund, state="done")]
    assert await payments.next_refund(RAFFLE, PAYMENT, "late") is None


async def test_two_who_ask_at_once_get_the_same_refund(
    payments: PaymentStore, payment: Payment
) -> None:
    await payments.merge(RAFFLE, PAYMENT, seen("captured"))
    await payments.refuse(RAFFLE, PAYMENT, "late")
    keys: set[str] = set()

    async def ask() -> None:
        refund = await payments.next_refund(RAFFLE, PAYMENT, "late")
        assert refund is not None
        keys.add(refund.key)

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(ask)
    assert len(keys) == len(await payments.refunds(RAFFLE, PAYMENT)) == 1


async def test_numbers_that_go_back_one_by_one_are_refunded_one_by_one(
    payments: PaymentStore, store: RaffleStore, a_raffle: ARaffle
) -> None:
    raffle_id = await sold(payments, a_raffle, back=(1,))
    first = await payments.next_refund(raffle_id, PAYMENT, "numbers_returned")
    assert first is not None
    assert (first.n, first.amount, first.total) == (1, 100_000, 100_000)
    await payments.merge(raffle_id, PAYMENT, seen("captured", refunded=100_000))
    assert await payments.next_refund(raffle_id, PAYMENT, "numbers_returned") is None

    owner = await Owner.of(store, raffle_id)
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (2,)))
    second = await payments.next_refund(raffle_id, PAYMENT, "numbers_returned")
    assert second is not None
    assert (second.n, second.amount, second.total) == (2, 100_000, 200_000)
    assert second.key != first.key


async def test_money_that_is_only_reserved_is_not_sent_back(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    raffle_id = await sold(payments, a_raffle, back=(1,), by=seen("authorised"))
    assert await payments.next_refund(raffle_id, PAYMENT, "numbers_returned") is None


async def test_what_somebody_has_sent_back_by_hand_is_not_sent_again(
    payments: PaymentStore, payment: Payment
) -> None:
    await payments.merge(RAFFLE, PAYMENT, seen("captured", refunded=150_000))
    await payments.refuse(RAFFLE, PAYMENT, "late")
    refund = await payments.next_refund(RAFFLE, PAYMENT, "late")
    assert refund is not None
    assert (refund.amount, refund.total) == (50_000, 200_000)


# -- the ledger, whole ---------------------------------------------------------------------------


async def test_the_ledger_of_a_sale_and_its_refund_adds_up(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    raffle_id = await sold(payments, a_raffle, back=(2,))
    await payments.merge(raffle_id, PAYMENT, seen("captured", refunded=100_000))
    entries = await payments.ledger(raffle_id)
    assert [t.kind for t in entries] == ["captured", "sold", "returned", "refunded"]
    assert balance(entries, "suspense") == 0
    assert balance(entries, "sales") == -100_000
    assert balance(entries, "provider:sandbox:test") == 100_000


def balance(entries: list[Transfer], account: str) -> int:
    return sum(t.amount * ((t.debit == account) - (t.credit == account)) for t in entries)


# -- pictures ------------------------------------------------------------------------------------


async def test_a_receipt_is_kept_once(payments: PaymentStore) -> None:
    receipt = Receipt(
        id=uuid4(),
        raffle_id=RAFFLE,
        payment_id=PAYMENT,
        content_type="image/png",
        content=b"\x89PNG",
        sha256=bytes(32),
    )
    await payments.add_receipt(receipt)
    await payments.add_receipt(replace(receipt, content=b"other"))
    assert await payments.receipts(RAFFLE, PAYMENT) == [receipt]
    assert await payments.receipts(RAFFLE, OTHER_PAYMENT) == []
    assert await payments.receipt_count(RAFFLE, PAYMENT) == 1
    assert await payments.receipt_count(RAFFLE, OTHER_PAYMENT) == 0


# -- shared --------------------------------------------------------------------------------------


def an_event(event_id: str, payment_id: UUID | None = PAYMENT) -> InboxEvent:
    return InboxEvent(
        key=EventKey("sandbox", "test", event_id),
        kind="payment.captured",
        reference=None,
        payment_id=payment_id,
    )


async def test_money_beyond_the_price_goes_back_and_is_no_part_of_what_is_owed_later(
    payments: PaymentStore, store: RaffleStore, a_raffle: ARaffle
) -> None:
    raffle_id = await sold(payments, a_raffle)
    await payments.merge(raffle_id, PAYMENT, seen("captured", 250_000))
    extra = await payments.next_refund(raffle_id, PAYMENT, "overpaid")
    assert extra is not None
    assert (extra.amount, extra.total) == (50_000, 50_000)
    await payments.merge(raffle_id, PAYMENT, seen("captured", 250_000, refunded=50_000))
    assert await payments.next_refund(raffle_id, PAYMENT, "overpaid") is None

    owner = await Owner.of(store, raffle_id)
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1, 2)))
    rest = await payments.next_refund(raffle_id, PAYMENT, "numbers_returned")
    assert rest is not None
    assert (rest.n, rest.amount, rest.total) == (2, 200_000, 250_000)


async def test_of_a_part_that_was_taken_no_more_than_that_part_goes_back(
    payments: PaymentStore, store: RaffleStore, a_raffle: ARaffle
) -> None:
    reserved = seen("authorised")
    raffle_id = await sold(payments, a_raffle, by=reserved)
    await payments.merge(raffle_id, PAYMENT, seen("captured", 150_000))
    owner = await Owner.of(store, raffle_id)
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1,)))
    first = await payments.next_refund(raffle_id, PAYMENT, "numbers_returned")
    assert first is not None
    assert first.amount == 50_000  # 150,000 came, and 100,000 is the price of what she has.


async def sold(
    payments: PaymentStore,
    a_raffle: ARaffle,
    *,
    back: tuple[int, ...] = (),
    by: Observation | None = None,
) -> UUID:
    """A raffle in which Ana has bought 1 and 2, and has given some back."""
    owner = await a_raffle()
    raffle_id = owner.raffle.terms.id
    await owner.do(ReserveNumbers(ANA, FIRST, (1, 2)), StartCheckout(ANA, FIRST))
    await payments.create(a_payment(raffle_id, 1, 2))
    await payments.merge(raffle_id, PAYMENT, by or seen("captured"))
    await owner.do(StartPayment(ANA, FIRST, PAYMENT), paid(1, 2))
    if back:
        await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, back))
    return raffle_id
