"""A bank says that money has come: it pays one payment or a person looks, and a reference counts once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import trio
from msgspec.structs import replace

from sorteos_actors.errors import ForgedWebhook, StoreUnavailable
from sorteos_actors.payments import signature, sinpe
from sorteos_actors.payments.bank_notices import BankNotices
from sorteos_actors.payments.cashier import Cashier
from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.inbox import Inbox
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.sinpe import MemoryCodes, Sinpe
from sorteos_actors.payments.sinpe_notice import HEADER
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payment_store import Method, MoneyCase
from sorteos_actors.ports.payments import Payment, charge_for
from sorteos_actors.raffle import Phase, RaffleStatus, RaffleTerms, Rejection, commands
from sorteos_actors.testing.memory_desk import MemoryDesk
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode, open_node
from sorteos_actors.testing.simulate import simulate

ANA, BETO = UUID(int=0xA), UUID(int=0xB)
SECRET = Secret("a-secret-of-the-forwarder-of-tests")
PHONE = "8888-7777"
PRICE = 100_000
REFERENCE = "2026112510283000123456789"
HOUR_MS = 3_600_000


class Counter:
    """One raffle that is paid by SINPE, its organizer's forwarder, and its cashier."""

    def __init__(self, store: MemoryStore, node: SimulatedNode, terms: RaffleTerms) -> None:
        self.store, self.node, self.terms, self.clock = store, node, terms, node.clock
        self.payments, self.desk = MemoryPayments(store), MemoryDesk(store)
        self.sinpe = Sinpe(MemoryCodes(), [SECRET])
        kept: Any = {"store": self.payments, "post": self.payments.post, "desk": self.desk}
        notices = BankNotices(PHONE, node.registry, **kept, clock=node.clock)
        providers = {"sinpe": self.sinpe}
        self.cashier = Cashier(
            *("node", providers, node.registry),
            **kept,
            clock=node.clock,
            takers={"sinpe": notices},
        )
        self.inbox = Inbox(providers, self.payments.post, self.cashier, node.clock)

    async def begin(
        self, *numbers: int, who: UUID = ANA, phone: str = PHONE, terms: RaffleTerms | None = None
    ) -> Payment:
        """Somebody has been told how to pay."""
        terms, reservation_id = terms or self.terms, uuid4()
        for command in (
            commands.ReserveNumbers(who, reservation_id, numbers),
            commands.StartCheckout(who, reservation_id),
        ):
            answer = await self.node.registry.call(terms.id, command, who)
            assert not isinstance(answer, Rejection), answer
        payment = Payment(
            raffle_id=terms.id,
            id=uuid4(),
            reservation_id=reservation_id,
            user_id=who,
            provider="sinpe",
            account=self.sinpe.account,
            amount=PRICE * len(numbers),
            currency="CRC",
            numbers=numbers,
            unit_price=PRICE,
            waits_for_person=True,
        )
        charge = charge_for(payment, description="Rifa", return_url="")
        charge = replace(charge, settings={"phone": phone})
        checkout = Checkout(self.payments, self.node.registry, self.cashier)
        begun = await checkout.begin(self.sinpe, payment, charge)
        assert not isinstance(begun, Rejection), begun
        return begun

    async def pays_by_itself(self, said: str = "on", raffle_id: UUID | None = None) -> None:
        """Whether a match needs nobody's word."""
        settings = {sinpe.AUTO_MATCH: said}
        raffle_id = raffle_id or self.terms.id
        method = Method(raffle_id=raffle_id, provider="sinpe", enabled=True, settings=settings)
        await self.desk.set_method(method)

    async def told(self, payment: Payment, **changes: Any) -> None:
        """The bank tells of a transfer for this payment, but for the changes; and it is seen to."""
        await self.tell(self.notice(payment, **changes))

    def notice(self, payment: Payment, **changes: Any) -> dict[str, Any]:
        words = {
            "reference": REFERENCE,
            "amount": payment.amount,
            "at": _time(self.clock.now()),
            "description": f"Rifa {payment.details['code']}",
        }
        return words | changes

    async def tell(self, notice: Mapping[str, Any], seconds: float = 3) -> None:
        body = msgspec.json.encode(notice)
        await self.inbox.take("sinpe", self.sealed(body), body)
        await self.work(seconds)

    def sealed(self, body: bytes, *, secret: Secret = SECRET, late_ms: int = 0) -> dict[str, str]:
        return {HEADER: signature.sign([secret], body, self.clock.now() - late_ms)}

    async def work(self, seconds: float) -> None:
        """The cashier works for a while."""
        with trio.move_on_after(seconds):
            await self.cashier.run()

    async def now(self, payment: Payment) -> Payment:
        found = await self.payments.get(payment.raffle_id, payment.id)
        assert found is not None
        return found

    async def status(self, payment: Payment) -> PaymentStatus:
        return status_of(await self.now(payment))

    async def cases(self) -> list[MoneyCase]:
        return await self.desk.cases(None, 10)

    async def phase(self, payment: Payment) -> Phase:
        record = await self.store.reservation(payment.reservation_id)
        assert record is not None
        return record.reservation.phase


def _time(millis: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)).isoformat()


def at_the_counter(scene: Callable[[Counter], Awaitable[None]], *, seed: int = 0) -> None:
    """Play a scene in a raffle of a hundred numbers."""

    async def main() -> None:
        store = MemoryStore()
        terms = await a_raffle(store)
        async with open_node(store) as node:
            await scene(Counter(store, node, terms))
            unseen = await MemoryPayments(store).post.incoming(10, 0)
            assert unseen == [], "every notification is seen to"

    simulate(main, seed=seed)


async def a_raffle(store: MemoryStore) -> RaffleTerms:
    terms = RaffleTerms(
        id=uuid4(),
        organizer_id=uuid4(),
        title="Rifa",
        number_count=100,
        price=PRICE,
        currency="CRC",
        checkout_ms=300_000,
    )
    await store.create(terms, status=RaffleStatus.ACTIVE)
    return terms


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"description": "", "phone": "+506 7000-0001"},
        {"phone": "7000 0001", "to": "88887777"},
    ],
    ids=["by its code", "by the buyer's phone", "by both"],
)
def test_a_certain_transfer_pays_by_itself_where_the_raffle_allows_it(
    changes: dict[str, str],
) -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        counter.payments.phones[ANA] = "7000-0001"
        payment = await counter.begin(7, 8)
        await counter.begin(9, 10, who=BETO)
        await counter.told(payment, **changes)
        paid = await counter.now(payment)
        assert (status_of(paid), paid.reference) == (PaymentStatus.PAID, REFERENCE)
        assert paid.captured == 2 * PRICE
        assert await counter.phase(payment) is Phase.COMPLETED
        assert await counter.cases() == []

    at_the_counter(scene)


def test_without_the_raffles_leave_it_is_a_suggestion_and_the_numbers_wait_for_the_organizer() -> (
    None
):
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        await counter.told(payment, bank="BCR", reference="BCR-123456")
        waits = await counter.now(payment)
        assert (status_of(waits), waits.captured) == (PaymentStatus.REVIEW, 0)
        [(key, said)] = sinpe.suggestions(waits).items()
        assert (key, said.matched_by) == ("BCR:BCR123456", "code")
        assert await counter.phase(payment) is Phase.PAYMENT_REVIEW
        assert [p.id for p in await counter.payments.in_review(counter.terms.id, 9)] == [payment.id]
        # What the organizer then approves is what the bank has said.
        approval = sinpe.Approval(
            reference=said.reference,
            bank=said.bank,
            amount=said.amount,
            by=BETO,
            at=counter.clock.now(),
        )
        seen = sinpe.approved(waits, approval)
        learned = await counter.payments.merge(payment.raffle_id, payment.id, seen)
        assert learned is not None
        assert status_of(await counter.cashier.settle(learned)) is PaymentStatus.PAID

    at_the_counter(scene)


@pytest.mark.parametrize("seed", range(4))
def test_of_several_transfers_for_one_payment_the_first_is_suggested_and_each_other_is_a_case(
    seed: int,
) -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        references = [str(digit) * 25 for digit in (1, 2, 3)]
        for reference in references[seed % 3 :] + references[: seed % 3]:
            body = msgspec.json.encode(counter.notice(payment, reference=reference))
            await counter.inbox.take("sinpe", counter.sealed(body), body)
        await counter.work(5)
        await counter.told(payment, reference="4" * 25)
        first, *others = sinpe.suggestions(await counter.now(payment))
        found = await counter.cases()
        assert sorted(case.facts["reference"] for case in found) == sorted(others)
        assert {*others, first} == {*references, "4" * 25}
        assert {case.raffle_id for case in found} == {counter.terms.id}
        # Also where matches pay by themselves from now on, none of them is forgotten.
        await counter.pays_by_itself()
        await counter.told(payment, reference="5" * 25)
        assert len(await counter.cases()) == len(others) + 1
        assert await counter.status(payment) is PaymentStatus.REVIEW

    at_the_counter(scene, seed=seed)


@pytest.mark.parametrize(
    ("everywhere", "here", "pays"),
    [("on", None, True), ("on", "off", False), ("off", "on", True), (None, "", False)],
)
def test_the_raffles_own_word_comes_before_the_platforms(
    everywhere: str | None, here: str | None, pays: bool
) -> None:
    async def scene(counter: Counter) -> None:
        for raffle_id, said in ((None, everywhere), (counter.terms.id, here)):
            if said is not None:
                settings = {sinpe.AUTO_MATCH: said}
                row = Method(raffle_id=raffle_id, provider="sinpe", enabled=True, settings=settings)
                await counter.desk.set_method(row)
        payment = await counter.begin(7)
        await counter.told(payment)
        assert (await counter.status(payment) is PaymentStatus.PAID) is pays

    at_the_counter(scene)


def test_the_same_notification_any_number_of_times_pays_once() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        for _ in range(20):
            await counter.tell(counter.notice(payment), seconds=0.2)
        paid = await counter.now(payment)
        assert (status_of(paid), paid.captured) == (PaymentStatus.PAID, PRICE)
        assert await counter.cases() == []

    at_the_counter(scene)


def test_a_transfer_that_the_organizer_has_approved_already_teaches_nothing() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        approval = sinpe.Approval(
            reference=REFERENCE, amount=PRICE, by=BETO, at=counter.clock.now()
        )
        seen = sinpe.approved(payment, approval)
        learned = await counter.payments.merge(payment.raffle_id, payment.id, seen)
        assert learned is not None
        await counter.cashier.settle(learned)
        await counter.told(payment)
        assert await counter.status(payment) is PaymentStatus.PAID
        assert await counter.cases() == []

    at_the_counter(scene)


def test_a_second_transfer_for_what_is_paid_is_a_persons_and_is_never_swallowed() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        await counter.told(payment)
        await counter.told(payment, reference="9" * 25)
        [case] = await counter.cases()
        assert (case.kind, case.amount, case.raffle_id) == (
            "unknown_reference",
            PRICE,
            counter.terms.id,
        )
        assert case.facts["reference"] == "9" * 25
        assert [c["payment_id"] for c in case.facts["candidates"]] == [str(payment.id)]
        assert (await counter.now(payment)).captured == PRICE

    at_the_counter(scene)


def test_two_transfers_for_one_payment_at_the_same_moment_pay_once_and_leave_a_case() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        for reference in (REFERENCE, "9" * 25):
            body = msgspec.json.encode(counter.notice(payment, reference=reference))
            await counter.inbox.take("sinpe", counter.sealed(body), body)
        await counter.work(10)
        paid = await counter.now(payment)
        assert (status_of(paid), paid.captured) == (PaymentStatus.PAID, PRICE)
        [case] = await counter.cases()
        assert {case.facts["reference"], paid.reference} == {REFERENCE, "9" * 25}

    at_the_counter(scene)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": PRICE - 1}, "underpaid"),
        ({"amount": PRICE + 1}, "overpaid"),
        ({"currency": "USD"}, "wrong_currency"),
        ({"description": "SR-3333"}, "unknown_reference"),
        ({"description": "gracias"}, "unknown_reference"),
        ({"description": "gracias", "phone": "7999-9999"}, "unknown_reference"),
    ],
)
def test_what_is_not_certain_is_a_case_with_the_likeliest_payments_and_nobodys_name(
    changes: dict[str, Any], why: str
) -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        counter.payments.phones[ANA] = "7000-0001"
        payment = await counter.begin(7)
        await counter.told(payment, **changes)
        assert await counter.status(payment) is PaymentStatus.PENDING
        [case] = await counter.cases()
        assert (case.kind, case.facts["why"]) == ("unknown_reference", why)
        is_pointed = why != "unknown_reference"
        assert case.raffle_id == (counter.terms.id if is_pointed else None)
        assert case.owner == ("organizer" if is_pointed else "admin")
        assert [c["payment_id"] for c in case.facts["candidates"]] == [str(payment.id)]
        words = msgspec.json.encode(case).decode()
        for secret in ("7000-0001", "7999-9999", str(ANA), "gracias", "SR-"):
            assert secret not in words

    at_the_counter(scene)


@pytest.mark.parametrize("hours", [-1, 25])
def test_a_transfer_of_another_time_than_its_payments_is_a_case(hours: int) -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        await counter.told(payment, at=_time(counter.clock.now() + hours * HOUR_MS))
        assert (await counter.now(payment)).captured == 0
        assert [case.facts["why"] for case in await counter.cases()] == ["late"]

    at_the_counter(scene)


def test_money_that_went_to_another_phone_pays_nothing_of_ours() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7, phone="6000-0000")
        await counter.told(payment)
        assert (await counter.now(payment)).captured == 0
        [case] = await counter.cases()
        assert (case.facts["why"], case.facts["candidates"]) == ("unknown_reference", [])
        await counter.told(payment, reference="9" * 25, to="6000 0000")
        assert await counter.status(payment) is PaymentStatus.PAID

    at_the_counter(scene)


def test_two_buyers_with_one_phone_and_one_amount_are_a_persons_to_tell_apart() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        counter.payments.phones |= {ANA: "7000-0001", BETO: "7000-0001"}
        first, second = await counter.begin(7), await counter.begin(8, who=BETO)
        await counter.told(first, description="", phone="7000-0001")
        [case] = await counter.cases()
        assert case.facts["why"] == "ambiguous"
        assert {c["payment_id"] for c in case.facts["candidates"]} == {
            str(first.id),
            str(second.id),
        }

    at_the_counter(scene)


def test_an_organizer_sees_no_payment_of_another_raffle_in_a_case() -> None:
    async def scene(counter: Counter) -> None:
        other = await a_raffle(counter.store)
        payment = await counter.begin(7)
        await counter.begin(7, who=BETO, terms=other)
        await counter.told(payment, amount=PRICE, at=_time(counter.clock.now() - HOUR_MS))
        [case] = await counter.cases()
        assert case.raffle_id == counter.terms.id
        assert [c["payment_id"] for c in case.facts["candidates"]] == [str(payment.id)]

    at_the_counter(scene)


@pytest.mark.parametrize(("is_free", "ends"), [(True, "paid"), (False, "refunding")])
def test_money_sent_in_time_and_told_of_late_takes_the_numbers_again_or_goes_back(
    is_free: bool, ends: str
) -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        notice = counter.notice(payment)
        await counter.work(310)
        assert await counter.phase(payment) is Phase.EXPIRED
        if not is_free:
            await counter.begin(7, who=BETO)
        await counter.tell(notice)
        assert await counter.status(payment) == ends
        assert [case.kind for case in await counter.cases()] == (
            [] if is_free else ["refund_failed"]
        )

    at_the_counter(scene)


def test_what_a_person_has_rejected_is_not_paid_by_itself() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        seen = sinpe.rejected(payment, "no llegó", BETO, counter.clock.now())
        await counter.payments.merge(payment.raffle_id, payment.id, seen)
        await counter.told(payment)
        assert (await counter.now(payment)).captured == 0
        assert [case.facts["why"] for case in await counter.cases()] == ["late"]

    at_the_counter(scene)


def test_an_outage_of_the_database_loses_no_notification() -> None:
    async def scene(counter: Counter) -> None:
        await counter.pays_by_itself()
        payment = await counter.begin(7)
        body = msgspec.json.encode(counter.notice(payment))
        await counter.inbox.take("sinpe", counter.sealed(body), body)
        counter.store.down()
        with pytest.raises(StoreUnavailable):  # Nothing is acknowledged that was not kept.
            await counter.inbox.take("sinpe", counter.sealed(body), body)
        await counter.work(10)
        counter.store.up()
        await counter.work(90)
        assert await counter.status(payment) is PaymentStatus.PAID

    at_the_counter(scene)


@pytest.mark.parametrize(
    ("forger", "late_ms"),
    [
        (Secret("somebody-elses-secret-of-32-letters"), 0),
        (SECRET, 301_000),
        (SECRET, -301_000),
    ],
    ids=["forged", "stale", "future"],
)
def test_a_notification_that_is_not_of_our_forwarder_and_of_now_is_not_even_kept(
    forger: Secret, late_ms: int
) -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        body = msgspec.json.encode(counter.notice(payment))
        headers = counter.sealed(body, secret=forger, late_ms=late_ms)
        for sent, words in ((headers, body), ({}, body), (counter.sealed(body), body + b" ")):
            with pytest.raises(ForgedWebhook):
                await counter.inbox.take("sinpe", sent, words)
        assert await counter.payments.post.incoming(10, 0) == []

    at_the_counter(scene)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "12"},
        {"reference": ""},
        {"amount": 0},
        {"amount": -5},
        {"amount": "1000"},
        {"at": "2026-01-31T18:02:00"},
        {"at": "yesterday"},
        {"currency": "colones"},
        {"description": "x" * 501},
    ],
)
def test_a_notification_that_says_nothing_sensible_is_refused(changes: dict[str, Any]) -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        body = msgspec.json.encode(counter.notice(payment, **changes))
        with pytest.raises(ForgedWebhook, match="cannot be read"):
            await counter.inbox.take("sinpe", counter.sealed(body), body)

    at_the_counter(scene)


def test_without_a_secret_nobody_is_believed() -> None:
    async def scene(counter: Counter) -> None:
        body = b"{}"
        with pytest.raises(ForgedWebhook):
            await Sinpe(MemoryCodes()).webhook(counter.sealed(body), body, counter.clock.now())

    at_the_counter(scene)
