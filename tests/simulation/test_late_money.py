"""Late money: its buyer hears within five seconds, and a refund begins within sixty. In virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import trio

from sorteos_actors.errors import ProviderUnavailable
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.status import PaymentStatus
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Rejection, RejectionCode
from tests.simulation.test_cashier import late_money, status, the_bank_takes_it_anyway
from tests.simulation.till import BETO, Till, at_the_till

TOLD_SECONDS = 5.0
BEGUN_SECONDS = 60.0


class Stopwatch:
    """When money was known to be there, and when the bank was first asked to send it back."""

    def __init__(self, till: Till) -> None:
        self.known: dict[UUID, float] = {}
        self.begun: dict[UUID, float] = {}
        self.refunds_fail = 0
        """How many more times the bank does not answer."""
        self.answer_seconds = 0.0
        """How long the bank takes to say how a payment stands."""
        self._merge: Any = till.payments.merge
        self._refund: Any = till.bank.refund
        self._inspect: Any = till.bank.inspect
        till.payments.merge = self.merge  # type: ignore[method-assign]
        till.bank.refund = self.refund  # type: ignore[method-assign]
        till.bank.inspect = self.inspect  # type: ignore[method-assign]

    async def merge(self, *args: Any, **more: Any) -> Payment | None:
        learned: Payment | None = await self._merge(*args, **more)
        if learned is not None and learned.captured and not learned.live:
            self.known.setdefault(learned.id, trio.current_time())
        return learned

    async def refund(self, payment: Payment, amount: int, key: str) -> Any:
        self.begun.setdefault(payment.id, trio.current_time())
        if self.refunds_fail:
            self.refunds_fail -= 1
            raise ProviderUnavailable("no answer")
        return await self._refund(payment, amount, key)

    async def inspect(self, payment: Payment) -> Any:
        await trio.sleep(self.answer_seconds)
        return await self._inspect(payment)

    def check(self, till: Till, *payments: Payment) -> None:
        """Both bounds, for each of these payments."""
        told = {id_: at for at, id_, said in reversed(till.told) if said is PaymentStatus.LATE}
        for payment in payments:
            known = self.known[payment.id]
            assert told[payment.id] - known <= TOLD_SECONDS
            assert self.begun[payment.id] - known <= BEGUN_SECONDS


def said(till: Till, payment: Payment) -> list[PaymentStatus]:
    """What its buyer was told, in order."""
    return [word for _, id_, word in till.told if id_ == payment.id]


def test_money_that_buys_nothing_any_more_is_told_of_and_on_its_way_back_in_time() -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7, 8)
        await till.reserve(8, who=BETO)
        watch, till.told[:] = Stopwatch(till), []
        async with till.open_cashier():
            await trio.sleep(60)  # The cashier is idle, and has been for a while.
            before = trio.current_time()
            await the_bank_takes_it_anyway(till, payment)
            await trio.sleep(BEGUN_SECONDS)
        watch.check(till, payment)
        assert till.told[0][0] - before <= TOLD_SECONDS
        assert said(till, payment) == ["late", "refunding", "refunded"]

    at_the_till(scene)


def test_money_whose_numbers_are_free_is_told_of_as_sold() -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7)
        till.told.clear()
        await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(5)
        assert said(till, payment) == ["late", "paid"]

    at_the_till(scene)


def test_while_the_raffle_cannot_be_reached_the_buyer_hears_all_the_same() -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7)
        await till.reserve(7, who=BETO)
        watch, till.told[:] = Stopwatch(till), []
        call: Callable[..., Awaitable[Any]] = till.registry.call
        back_at = trio.current_time() + 20

        async def away(*args: Any) -> Any:
            if trio.current_time() < back_at:
                return Rejection(RejectionCode.UNAVAILABLE)
            return await call(*args)

        monkeyed: Any = till.registry
        monkeyed.call = away
        await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(BEGUN_SECONDS + 20)
        watch.check(till, payment)

    at_the_till(scene)


@pytest.mark.parametrize("failures", [1, 4])
def test_a_bank_that_does_not_answer_is_asked_in_time_and_again_until_it_does(
    failures: int,
) -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7)
        await till.reserve(7, who=BETO)
        watch = Stopwatch(till)
        watch.refunds_fail = failures
        await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(180)
        watch.check(till, payment)
        assert await status(till, payment) is PaymentStatus.REFUNDED

    at_the_till(scene)


def test_a_crowd_of_late_payers_at_a_slow_bank_all_hear_in_time() -> None:
    async def scene(till: Till) -> None:
        late = []
        for number in range(100):
            who = UUID(int=number + 1)
            reservation = await till.reserve(number, who=who)
            mode = SandboxMode.ABANDONED
            late.append(await till.pay(reservation, number, who=who, mode=mode))
            await till.payments.want_cancel(till.terms.id, late[-1].id)
        async with till.open_cashier():
            await trio.sleep(310)  # All time is over, and everything was let go.
        for number in range(100):
            await till.reserve(number, who=UUID(int=0xC000 + number))
        watch = Stopwatch(till)
        watch.answer_seconds = 1.0
        for payment in late:
            await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(BEGUN_SECONDS)
        watch.check(till, *late)
        assert {await status(till, payment) for payment in late} == {PaymentStatus.REFUNDED}

    at_the_till(scene)


def test_who_waits_for_a_reservation_is_told_by_the_reservation_alone() -> None:
    async def scene(till: Till) -> None:
        for number, mode in enumerate((SandboxMode.APPROVE, SandboxMode.DECLINE, SandboxMode.SLOW)):
            who = UUID(int=number + 1)
            await till.pay(await till.reserve(number, who=who), number, who=who, mode=mode)
        async with till.open_cashier():
            await trio.sleep(30)
        assert await till.sold() == 2
        assert till.told == []

    at_the_till(scene)
