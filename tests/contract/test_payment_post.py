"""What every `PaymentPost` and `PaymentDesk` promise: webhooks, cases and methods."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from sorteos_actors.ports.payment_store import (
    BY_ITSELF,
    EventKey,
    InboxEvent,
    Method,
    MoneyCase,
    PaymentDesk,
    PaymentPost,
    PaymentStore,
)
from tests.builders import ANA, HOUR, NOW, PAYMENT
from tests.contract.conftest import Stores
from tests.contract.money import a_payment, seen

RAFFLE = UUID(int=0xE0)
LEASE = 60_000


@pytest.fixture
async def post(stores: Stores) -> PaymentPost:
    return stores.post


@pytest.fixture
async def desk(stores: Stores) -> PaymentDesk:
    return stores.desk


def an_event(event_id: str, account: str = "test", provider: str = "sandbox") -> InboxEvent:
    return InboxEvent(
        key=EventKey(provider, account, event_id),
        kind="payment.captured",
        reference="pi_1",
        payment_id=PAYMENT,
        headers={"sandbox-signature": "t=1,v1=00"},
        body=b'{"id": "\xc3\xb1"}\x00',
    )


# -- the inbox -----------------------------------------------------------------------------------


async def test_a_webhook_is_kept_whole_and_once(post: PaymentPost) -> None:
    event = an_event("evt_1")
    assert await post.receive(event)
    assert not await post.receive(replace(event, body=b"another"))
    assert await post.incoming(10, LEASE) == [replace(event, attempts=1)]


async def test_the_same_id_of_another_account_or_provider_is_another_event(
    post: PaymentPost,
) -> None:
    events = [an_event("1"), an_event("1", account="live"), an_event("1", provider="stripe")]
    for event in events:
        assert await post.receive(event)
    assert {e.key for e in await post.incoming(10, LEASE)} == {e.key for e in events}


async def test_whoever_takes_an_event_has_it_for_a_while(post: PaymentPost) -> None:
    for n in range(3):
        await post.receive(an_event(f"evt_{n}"))
    first = await post.incoming(2, LEASE)
    second = await post.incoming(2, 0)
    third = await post.incoming(2, LEASE)
    assert [len(first), len(second), len(third)] == [2, 1, 1]
    assert second[0].key == third[0].key
    assert (second[0].attempts, third[0].attempts) == (1, 2)
    assert await post.incoming(2, LEASE) == []


async def test_an_event_is_processed_with_what_was_learned_from_it(
    post: PaymentPost, payments: PaymentStore
) -> None:
    event = an_event("evt_1")
    await payments.create(a_payment(RAFFLE, 1, 2))
    await post.receive(event)
    await post.incoming(10, 0)
    await payments.merge(RAFFLE, PAYMENT, seen("captured"), event.key)
    assert await post.incoming(10, LEASE) == []
    assert not await post.receive(event)


async def test_an_event_that_taught_nothing_new_is_processed_all_the_same(
    post: PaymentPost, payments: PaymentStore
) -> None:
    await payments.create(a_payment(RAFFLE, 1, 2))
    for n in range(2):
        await post.receive(an_event(f"evt_{n}"))
        await payments.merge(RAFFLE, PAYMENT, seen("captured"), an_event(f"evt_{n}").key)
    assert await post.incoming(10, LEASE) == []


async def test_events_of_other_accounts_are_not_processed_by_accident(
    post: PaymentPost, payments: PaymentStore
) -> None:
    await payments.create(a_payment(RAFFLE, 1, 2))
    await post.receive(an_event("evt_1", account="live"))
    await payments.merge(RAFFLE, PAYMENT, seen("captured"), an_event("evt_1").key)
    assert len(await post.incoming(10, LEASE)) == 1


async def test_an_event_that_leads_nowhere_is_put_away_and_one_that_failed_comes_back(
    post: PaymentPost,
) -> None:
    for n in range(3):
        await post.receive(an_event(f"evt_{n}"))
    await post.incoming(10, LEASE)
    await post.processed(an_event("evt_0").key, "no payment of ours")
    await post.postpone(an_event("evt_1").key, 0, "ProviderUnavailable")
    await post.postpone(an_event("evt_2").key, HOUR, "ProviderUnavailable")
    await post.postpone(an_event("evt_0").key, 0, "too late")
    assert [e.key.event_id for e in await post.incoming(10, LEASE)] == ["evt_1"]


# -- cases ---------------------------------------------------------------------------------------


def a_case(**changes: object) -> MoneyCase:
    case = MoneyCase(
        id=uuid4(),
        kind="overpaid",
        raffle_id=RAFFLE,
        payment_id=PAYMENT,
        amount=250_000,
        currency="CRC",
        owner="organizer",
        deadline=NOW + HOUR,
        facts={"asked": 200_000},
    )
    return replace(case, **changes)


async def test_a_case_is_opened_once_for_the_same_trouble(desk: PaymentDesk) -> None:
    first = await desk.open_case(a_case())
    assert replace(first, opened_at=0) == a_case(id=first.id)
    assert await desk.open_case(a_case(amount=1)) == first
    other = await desk.open_case(a_case(kind="stuck"))
    stray = a_case(payment_id=None, raffle_id=None, kind="unknown_reference")
    await desk.open_case(stray)
    await desk.open_case(stray)
    await desk.open_case(replace(stray, id=uuid4()))
    assert {case.id for case in await desk.cases(RAFFLE, 10)} == {first.id, other.id}
    assert len(await desk.cases(None, 10)) == 4


async def test_a_case_is_settled_once_and_the_trouble_may_come_again(desk: PaymentDesk) -> None:
    first = await desk.open_case(a_case())
    done = await desk.resolve_case(first.id, "sent back by hand")
    assert done is not None
    assert (done.resolution, done.resolved_at is None) == ("sent back by hand", False)
    assert await desk.resolve_case(first.id, "again") is None
    assert await desk.resolve_case(uuid4(), "never") is None
    again = await desk.open_case(a_case())
    assert again.id != first.id
    assert [case.id for case in await desk.cases(RAFFLE, 10)] == [again.id]
    assert await desk.cases(RAFFLE, 10, is_open=False) == [done]


async def test_a_case_is_found_by_its_id_open_or_settled(desk: PaymentDesk) -> None:
    opened = await desk.open_case(a_case())
    await desk.open_case(a_case(payment_id=uuid4()))
    assert await desk.case(opened.id) == opened
    done = await desk.resolve_case(opened.id, "sent back by hand")
    assert await desk.case(opened.id) == done
    assert await desk.case(uuid4()) is None


async def test_a_case_that_was_closed_by_itself_is_opened_anew_when_its_trouble_comes_again(
    desk: PaymentDesk,
) -> None:
    first = await desk.open_case(a_case())
    done = await desk.resolve_case(first.id, f"{BY_ITSELF}payment 1 is settled")
    assert done is not None
    assert done.closed_by_itself
    later = replace(first, amount=1, deadline=NOW + 2 * HOUR, facts={"asked": 1}, owner="admin")
    again = await desk.open_case(later)
    assert replace(again, opened_at=0) == replace(later, opened_at=0)
    assert not again.closed_by_itself
    assert await desk.cases(RAFFLE, 10) == [again]
    assert await desk.cases(RAFFLE, 10, is_open=False) == []


async def test_what_a_person_has_settled_stays_settled_whatever_they_wrote(
    desk: PaymentDesk,
) -> None:
    first = await desk.open_case(a_case())
    done = await desk.resolve_case(first.id, f"keep by {ANA}: {BY_ITSELF}")
    assert await desk.open_case(first) == done
    assert await desk.cases(RAFFLE, 10) == []


async def test_beside_an_open_case_of_its_kind_none_is_opened_anew(desk: PaymentDesk) -> None:
    old = await desk.open_case(a_case())
    await desk.resolve_case(old.id, f"{BY_ITSELF}payment 1 is settled")
    new = await desk.open_case(a_case())
    assert await desk.open_case(old) == new
    assert await desk.cases(RAFFLE, 10) == [new]


async def test_all_open_cases_are_read_page_by_page(desk: PaymentDesk) -> None:
    opened = [await desk.open_case(a_case(payment_id=uuid4())) for _ in range(7)]
    stray = a_case(kind="unknown_reference", raffle_id=None, payment_id=None)
    opened.append(await desk.open_case(stray))
    await desk.resolve_case(opened.pop().id, "sent back by hand")
    found: list[MoneyCase] = []
    while page := await desk.open_cases(found[-1].id if found else None, 3):
        found += page
    assert found == sorted(opened, key=lambda case: case.id)


async def test_the_most_urgent_case_comes_first(desk: PaymentDesk) -> None:
    for hours in (2, 1, 3):
        await desk.open_case(a_case(payment_id=uuid4(), deadline=NOW + hours * HOUR))
    listed = await desk.cases(None, 2)
    assert [case.deadline for case in listed] == [NOW + HOUR, NOW + 2 * HOUR]


# -- methods -------------------------------------------------------------------------------------


def method(raffle_id: UUID | None, provider: str, enabled: bool, **fields: object) -> Method:
    made = Method(raffle_id=raffle_id, provider=provider, enabled=enabled, changed_by=ANA)
    return replace(made, **fields)


async def test_methods_are_set_for_the_platform_and_for_a_raffle(desk: PaymentDesk) -> None:
    for setting in (
        method(None, "stripe", True, priority=1),
        method(None, "sinpe", True, priority=5),
        method(None, "sinpe", False, priority=5),
        method(RAFFLE, "sinpe", True, settings={"phone": "8888 8888"}),
        method(uuid4(), "stripe", False),
    ):
        await desk.set_method(setting)
    shown = [(m.raffle_id, m.provider, m.enabled) for m in await desk.methods(RAFFLE)]
    assert shown == [(RAFFLE, "sinpe", True), (None, "sinpe", False), (None, "stripe", True)]
    assert (await desk.methods(RAFFLE))[0].settings == {"phone": "8888 8888"}
    assert [m.provider for m in await desk.methods(None)] == ["sinpe", "stripe"]


async def test_every_change_of_a_method_is_kept_with_who_made_it(desk: PaymentDesk) -> None:
    await desk.set_method(method(None, "stripe", True))
    await desk.set_method(method(None, "stripe", False, changed_by=None))
    await desk.set_method(method(RAFFLE, "stripe", True))
    changes = await desk.method_changes(None, 10)
    assert [(m.enabled, m.changed_by) for m in changes] == [(False, None), (True, ANA)]
    assert all(m.changed_at > 0 for m in changes)
    assert len(await desk.method_changes(None, 1)) == 1
    assert len(await desk.method_changes(RAFFLE, 10)) == 1
