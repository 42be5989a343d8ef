"""Processes that die at any call, and banks that answer in ways of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import trio

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payments import Charge, Observation, Payment
from sorteos_actors.raffle import Phase, Rejection, commands
from tests.simulation.till import ANA, PRICE, Died, Fuse, Till, at_the_till


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "mode", [SandboxMode.APPROVE, SandboxMode.DECLINE, SandboxMode.TIMEOUT, SandboxMode.OVERPAID]
)
def test_a_process_that_dies_at_any_call_is_healed_by_the_next_one(
    mode: SandboxMode, after: bool
) -> None:
    """Every call to the database, the bank and the raffle, one after the other, is the last one."""
    at = 0
    died = True
    while died:
        at += 1
        died = dies_once(mode, at, after)
    assert at > 6


def dies_once(mode: SandboxMode, at: int, after: bool) -> bool:
    died = False

    async def scene(till: Till) -> None:
        nonlocal died
        fuse = Fuse(at, after=after)
        reservation = await till.reserve(7)
        payment, charge = till.attempt(reservation, 7, mode=mode)
        cashier = till.cashier(fuse)
        checkout = Checkout(cashier._store, cashier._raffles, cashier)
        try:
            await checkout.begin(cashier._providers["sandbox"], payment, charge)
        except Died:
            died = True
        async with till.open_cashier():
            await trio.sleep(180)
        row = await till.payments.get(payment.raffle_id, payment.id)
        if row is None:
            assert await till.bank._ledger.read(payment.id) is None
            return
        assert row.next_check_at is None
        assert await till.cases() == []
        bought = status_of(row) is PaymentStatus.PAID
        assert bought or not row.captured
        assert await till.phase(reservation) is (Phase.COMPLETED if bought else Phase.EXPIRED)
        assert bought or mode is not SandboxMode.APPROVE or died

    at_the_till(scene, checkout_seconds=30)
    return died


class Bank:
    """The bank, with a call or two of one's own; all the others go to the sandbox."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._till.bank, name)


class BankThatRefusesRepeats(Bank):
    """It does as it is asked, and says no, as to a key that it has seen with other words."""

    async def start(self, charge: Charge, key: str) -> Observation:
        await self._till.bank.start(charge, key)
        raise ProviderRefused("key_in_use")


class BankThatKnowsNobody(Bank):
    """It refuses before there is anything."""

    async def start(self, charge: Charge, key: str) -> Observation:
        await trio.lowlevel.checkpoint()
        raise ProviderRefused("country_not_supported")


class BankThatRefusesRepeatsAndFallsSilent(BankThatRefusesRepeats):
    """As above, and the first look gets no answer."""

    async def inspect(self, payment: Payment) -> Observation:
        self.asked.append("inspect")
        if len(self.asked) == 1:
            raise ProviderUnavailable("500")
        return await self._till.bank.inspect(payment)


class BankThatTakesItsTime(Bank):
    """While it thinks, the cashier gives the payment up."""

    async def start(self, charge: Charge, key: str) -> Observation:
        payments, raffle_id = self._till.payments, charge.raffle_id
        wanted = await payments.want_cancel(raffle_id, charge.payment_id)
        assert wanted is not None
        assert (await self._till.cashier().settle(wanted)).cancelled
        return await self._till.bank.start(charge, key)


class BankWhoseRefundsTravel(Bank):
    """A refund is on its way for a minute."""

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        self.asked.append(key)
        return await self._till.bank.inspect(payment)

    async def arrive(self, payment: Payment, amount: int) -> None:
        await self._till.bank.refund(payment, amount, self.asked[0])


async def begin_at(
    bank: Any, till: Till, reservation: UUID, mode: SandboxMode = SandboxMode.APPROVE
) -> Payment:
    payment, charge = till.attempt(reservation, 7, mode=mode)
    checkout = Checkout(till.payments, till.registry, till.cashier())
    begun = await checkout.begin(bank, payment, charge)
    assert not isinstance(begun, Rejection), begun
    return begun


def test_a_no_to_a_repeat_is_not_a_no_to_the_payment() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        paid = await begin_at(BankThatRefusesRepeats(till), till, reservation)
        assert status_of(paid) is PaymentStatus.PAID

    at_the_till(scene)


def test_a_no_behind_which_nobody_could_look_is_not_believed() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        bank = BankThatRefusesRepeatsAndFallsSilent(till)
        assert status_of(await begin_at(bank, till, reservation)) is PaymentStatus.PAID

    at_the_till(scene)


def test_a_no_with_nothing_behind_it_is_a_decline_and_the_buyer_tries_again() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        refused = await begin_at(BankThatKnowsNobody(till), till, reservation)
        assert (status_of(refused), refused.failed_as) == (
            PaymentStatus.DECLINED,
            "country_not_supported",
        )
        assert status_of(await till.pay(reservation, 7)) is PaymentStatus.PAID

    at_the_till(scene)


def test_what_is_begun_after_it_was_given_up_is_let_go() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        begun = await begin_at(BankThatTakesItsTime(till), till, reservation)
        assert status_of(begun) is PaymentStatus.CANCELLED
        charge = await till.bank._ledger.read(begun.id)
        assert charge is not None
        assert charge.status == "cancelled"
        assert await till.sold() == 0

    at_the_till(scene)


def test_a_refund_that_is_on_its_way_is_not_sent_again() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7)
        bank = BankWhoseRefundsTravel(till)
        give_back = commands.RefundNumbers(reservation, payment.id, ANA, (7,))
        await till.registry.call(till.terms.id, give_back, None)
        async with till.open_cashier() as cashier:
            cashier._providers = {"sandbox": bank}
            await trio.sleep(60)
            assert status_of(await till.now(payment)) is PaymentStatus.REFUNDING
            await bank.arrive(payment, PRICE)
            await trio.sleep(90)
        assert status_of(await till.now(payment)) is PaymentStatus.REFUNDED
        assert len(bank.asked) == 1

    at_the_till(scene)
