"""Cases close themselves when their matter is settled elsewhere, and no other case does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import trio
from msgspec.structs import replace

from sorteos_actors.clock import ServerClock
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.payments import cases, sinpe
from sorteos_actors.payments.answered_cases import MOST_SECONDS, PAGE, QUIET_MS, AnsweredCases
from sorteos_actors.payments.audit import EVERY_SECONDS, LOOK_SECONDS, Auditor
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.status import PaymentStatus
from sorteos_actors.ports.audits import AuditReport, Findings
from sorteos_actors.ports.payment_store import BY_ITSELF, MoneyCase
from sorteos_actors.ports.payments import Payment
from sorteos_actors.testing.memory_desk import MemoryDesk
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.simulate import simulate
from tests.contract.money import a_payment, seen
from tests.simulation.test_bank_notices import BETO, PRICE, Counter, at_the_counter
from tests.simulation.test_cashier import status
from tests.simulation.till import Till, at_the_till

NUMBER = "123456789"
QUIET_SECONDS = QUIET_MS / 1000


# -- transfers ---------------------------------------------------------------------------------------


async def approved(counter: Counter, payment: Payment, bank: str) -> Payment:
    """The organizer says that the transfer with the number has come, from this bank."""
    said = sinpe.Approval(
        reference=NUMBER, bank=bank, amount=PRICE, by=BETO, at=counter.clock.now()
    )
    seen = sinpe.approved(await counter.now(payment), said)
    learned = await counter.payments.merge(payment.raffle_id, payment.id, seen)
    assert learned is not None
    return await counter.cashier.settle(learned)


def closer(of: Counter | Till) -> AnsweredCases:
    return AnsweredCases(of.payments, of.desk, of.clock)


@pytest.mark.parametrize("is_swept", [False, True], ids=["at once", "by the next sweep"])
def test_a_transfer_that_nobody_knew_is_answered_by_the_payment_that_is_approved_with_it(
    is_swept: bool,
) -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        for bank in ("BCR", "BNCR"):
            await counter.told(payment, description="gracias", reference=NUMBER, bank=bank)
        assert len(await counter.cases()) == 2
        paid = await approved(counter, payment, "bcr")
        await (closer(counter).sweep() if is_swept else closer(counter).paid(paid))
        [left] = await counter.cases()
        assert left.facts["bank"] == "BNCR"
        [closed] = await counter.desk.cases(None, 9, is_open=False)
        assert closed.resolution == f"{BY_ITSELF}the money of payment {payment.id}"

    at_the_counter(scene)


def test_without_the_store_an_approval_is_one_all_the_same_and_the_case_waits_for_a_sweep() -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        await counter.told(payment, description="gracias", reference=NUMBER, bank="BCR")
        paid, closes = await approved(counter, payment, "BCR"), closer(counter)
        counter.store.down()
        await closes.paid(paid)
        counter.store.up()
        assert len(await counter.cases()) == 1
        await closes.sweep()
        assert await counter.cases() == []

    at_the_counter(scene)


def test_of_two_transfers_for_one_payment_the_one_that_did_not_pay_is_a_persons() -> None:
    async def scene(counter: Counter) -> None:
        payment = await counter.begin(7)
        for reference in ("111111111", NUMBER):
            await counter.told(payment, reference=reference, bank="BCR")
        [second] = await counter.cases()
        assert second.facts["reference"] == NUMBER
        # The organizer approves with the second one, which was a case, and not with the first.
        now = counter.clock.now()
        for case in cases.other_transfers(await counter.now(payment), f"BCR:{NUMBER}", now):
            await counter.desk.open_case(case)
        await closer(counter).paid(await approved(counter, payment, "BCR"))
        assert [case.facts["reference"] for case in await counter.cases()] == ["111111111"]

    at_the_counter(scene)


# -- payments ----------------------------------------------------------------------------------------


def test_a_sale_whose_money_comes_after_all_needs_nobody_any_more() -> None:
    async def scene(till: Till) -> None:
        payment = await till.pay(await till.reserve(7), 7, mode=SandboxMode.CAPTURE_REFUSED)
        async with till.open_cashier():
            await trio.sleep(3_600)
            [case] = await till.cases()
            assert case.kind == "stuck"
            closes = closer(till)
            await closes.sweep()
            assert await till.cases() == [case]
            taken = await till.now(payment)
            told = seen("captured", taken.amount, taken.currency)
            await till.payments.merge(taken.raffle_id, taken.id, told)
            await trio.sleep(1)
            assert await status(till, payment) is PaymentStatus.PAID
            await closes.sweep()
            assert await till.cases() == [case], "whoever is deciding it still may"
            await trio.sleep(QUIET_SECONDS)
            await closes.sweep()
            assert await till.cases() == []
        [closed] = await till.desk.cases(None, 9, is_open=False)
        assert closed.resolution == f"{BY_ITSELF}payment {payment.id} is settled"

    at_the_till(scene)


# -- the sweep ---------------------------------------------------------------------------------------


class Inbox:
    """Many open cases of payments that are settled."""

    def __init__(self, many: int) -> None:
        self.many = many
        self.store = MemoryStore()
        self.payments, self.desk = MemoryPayments(self.store), MemoryDesk(self.store)
        self.clock = ServerClock()
        self.raffle = uuid4()
        self.looked: list[UUID] = []
        self.look_seconds = 0.0
        self._get: Any = self.payments.get
        self.payments.get = self.get  # type: ignore[method-assign]

    async def get(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        await trio.sleep(self.look_seconds)
        self.looked.append(payment_id)
        found: Payment | None = await self._get(raffle_id, payment_id)
        return found

    def closer(self) -> AnsweredCases:
        return AnsweredCases(self.payments, self.desk, self.clock)

    async def fill(self, *, settled: bool) -> None:
        for _ in range(self.many):
            payment = a_payment(self.raffle, 1, id=uuid4(), reservation_id=uuid4())
            await self.payments.create(payment)
            if settled:
                gone = seen("captured", 100_000, refunded=100_000)
                await self.payments.merge(self.raffle, payment.id, gone)
            await self.desk.open_case(cases.stuck(payment, 0))
        await trio.sleep(QUIET_SECONDS)
        self.clock.sample(self.store.now(), trio.current_time(), trio.current_time())

    async def open(self) -> list[MoneyCase]:
        return await self.desk.cases(None, 10_000)


def with_an_inbox(many: int, scene: Callable[[Inbox], Awaitable[None]]) -> None:
    async def main() -> None:
        await scene(Inbox(many))

    simulate(main)


def test_a_case_whose_trouble_comes_again_in_the_instant_it_is_closed_is_open() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=True)
        [case] = await inbox.open()
        close = inbox.desk.resolve_case

        async def close_while_more_money_comes(case_id: UUID, resolution: str) -> MoneyCase | None:
            assert case.payment_id is not None
            await inbox.payments.merge(inbox.raffle, case.payment_id, seen("captured", 150_000))
            return await close(case_id, resolution)

        inbox.desk.resolve_case = close_while_more_money_comes  # type: ignore[method-assign]
        await inbox.closer().sweep()
        assert [each.id for each in await inbox.open()] == [case.id]

    with_an_inbox(1, scene)


@pytest.mark.parametrize("many", [1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_every_open_case_is_looked_at_however_many_there_are(many: int) -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=True)
        await inbox.closer().sweep()
        assert await inbox.open() == []

    with_an_inbox(many, scene)


def test_a_slow_sweep_ends_in_time_and_the_next_one_goes_on_where_it_ended() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=False)
        inbox.look_seconds, sweeper = 1.0, inbox.closer()
        longest = 0.0
        for _ in range(2 * PAGE):
            if len(set(inbox.looked)) == inbox.many:
                break
            began = trio.current_time()
            await sweeper.sweep()
            longest = max(longest, trio.current_time() - began)
        assert len(inbox.looked) == len(set(inbox.looked)) == inbox.many, "each of them once"
        assert longest <= MOST_SECONDS + inbox.look_seconds
        await sweeper.sweep()
        assert len(inbox.looked) > inbox.many, "and then from the beginning"

    with_an_inbox(PAGE + 5, scene)


def test_after_an_outage_a_sweep_goes_on_with_the_case_that_it_was_at() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=False)
        sweeper, failing = inbox.closer(), inbox.many // 2

        async def get(raffle_id: UUID, payment_id: UUID) -> Payment | None:
            if len(inbox.looked) == failing:
                raise StoreUnavailable("away")
            return await inbox.get(raffle_id, payment_id)

        inbox.payments.get = get  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            await sweeper.sweep()
        inbox.payments.get = inbox.get  # type: ignore[method-assign]
        await sweeper.sweep()
        assert len(inbox.looked) == len(set(inbox.looked)) == inbox.many

    with_an_inbox(9, scene)


def test_any_number_of_nodes_may_sweep_at_once_and_each_case_is_closed_once() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=True)
        closed: list[MoneyCase] = []
        resolve: Any = inbox.desk.resolve_case

        async def counted(case_id: UUID, resolution: str) -> MoneyCase | None:
            await trio.sleep(0.01)
            done: MoneyCase | None = await resolve(case_id, resolution)
            closed.extend([done] if done else [])
            return done

        inbox.desk.resolve_case = counted  # type: ignore[method-assign]
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(inbox.closer().sweep)
        assert len(closed) == inbox.many
        assert await inbox.open() == []

    with_an_inbox(20, scene)


def test_a_person_who_was_first_has_the_last_word() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=True)
        [case] = await inbox.open()
        done = await inbox.desk.resolve_case(case.id, "keep by somebody: agreed")
        await inbox.closer().sweep()
        assert await inbox.desk.cases(None, 9, is_open=False) == [done]
        assert done is not None
        assert await inbox.desk.open_case(replace(case, amount=1)) == done

    with_an_inbox(1, scene)


# -- every minute ------------------------------------------------------------------------------------


class Minutes:
    """The `Audits` port: what was asked, and whose turn it is."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.open_then: list[int] = []
        self.desk: MemoryDesk | None = None
        self._claimed = -EVERY_SECONDS

    async def claim(self, every_ms: int) -> bool:
        is_due = trio.current_time() - self._claimed >= every_ms / 1000
        if is_due:
            self._claimed = trio.current_time()
        return is_due

    async def ask(self) -> Findings:
        self.asked.append(trio.current_time())
        if self.desk is not None:
            self.open_then.append(len(await self.desk.cases(None, 1000)))
        return {}

    async def answer(self, findings: Findings) -> None:
        pass

    async def latest(self) -> AuditReport:
        return AuditReport(None, None, {})


def test_answered_cases_are_closed_every_minute_before_it_is_asked_who_waits_too_long() -> None:
    async def scene(inbox: Inbox) -> None:
        await inbox.fill(settled=True)
        minutes = Minutes()
        minutes.desk = inbox.desk
        with trio.move_on_after(3 * (EVERY_SECONDS + 2 * LOOK_SECONDS)):
            await Auditor(minutes, inbox.closer()).run()
        assert len(minutes.open_then) >= 3
        assert set(minutes.open_then) == {0}

    with_an_inbox(5, scene)


def test_the_money_is_audited_also_when_the_cases_cannot_be_read() -> None:
    async def scene(inbox: Inbox) -> None:
        minutes = Minutes()
        inbox.store.down()
        with trio.move_on_after(EVERY_SECONDS):
            await Auditor(minutes, inbox.closer()).run()
        assert len(minutes.asked) == 1

    with_an_inbox(0, scene)
