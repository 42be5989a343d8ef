"""Whatever happens to the money, it ends as numbers sold or as money given back, by itself."""

from __future__ import annotations

import pytest
import trio

from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Phase, RaffleStatus, Rejection, RejectionCode, commands
from tests.simulation.till import ANA, BETO, PRICE, Till, at_the_till

CHECKOUT_SECONDS = 300.0


async def status(till: Till, payment: Payment) -> PaymentStatus:
    return status_of(await till.now(payment))


def test_an_approved_payment_is_paid_when_the_buyer_hears_of_it() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7, 8)
        payment = await till.pay(reservation, 7, 8)
        assert status_of(payment) is PaymentStatus.PAID
        assert (payment.captured, payment.sold_as) == (2 * PRICE, reservation)
        assert await till.phase(reservation) is Phase.COMPLETED
        assert await till.sold() == 2

    at_the_till(scene)


def test_after_a_decline_the_buyer_tries_again_at_once_on_the_same_clock() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        before = await till.store.reservation(reservation)
        first = await till.pay(reservation, 7, mode=SandboxMode.DECLINE)
        assert status_of(first) is PaymentStatus.DECLINED
        after = await till.store.reservation(reservation)
        assert before is not None
        assert after is not None
        assert after.reservation == before.reservation
        second = await till.pay(reservation, 7)
        assert status_of(second) is PaymentStatus.PAID

    at_the_till(scene)


@pytest.mark.parametrize("mode", [SandboxMode.SLOW, SandboxMode.WEBHOOKS_LOST])
def test_what_no_webhook_tells_is_found_by_asking(mode: SandboxMode) -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=mode)
        async with till.open_cashier():
            await trio.sleep(20)
        assert await status(till, payment) is PaymentStatus.PAID

    at_the_till(scene)


@pytest.mark.parametrize("mode", [SandboxMode.TIMEOUT, SandboxMode.FAILURE_REPLAYED])
def test_an_answer_that_was_lost_after_the_charge_charges_once_and_sells(mode: SandboxMode) -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=mode)
        async with till.open_cashier():
            await trio.sleep(30)
        paid = await till.now(payment)
        assert (status_of(paid), paid.captured) == (PaymentStatus.PAID, PRICE)

    at_the_till(scene)


@pytest.mark.parametrize(
    "mode", [SandboxMode.OVERPAID, SandboxMode.UNDERPAID, SandboxMode.WRONG_CURRENCY]
)
def test_wrong_money_that_is_only_reserved_is_let_go_and_sells_nothing(mode: SandboxMode) -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=mode)
        assert status_of(payment) is PaymentStatus.CANCELLED
        assert (await till.sold(), await till.cases()) == (0, [])
        assert await till.phase(reservation) is Phase.CHECKOUT

    at_the_till(scene)


def test_money_that_is_gone_after_the_sale_is_a_persons_case_and_stays_one() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.CAPTURE_REFUSED)
        assert [case.kind for case in await till.cases()] == ["stuck"]
        await till.cashier().settle(await till.now(payment))
        assert len(await till.cases()) == 1
        # The organizer takes the numbers back: nothing is owed, for nothing was paid.
        give_back = commands.RefundNumbers(reservation, payment.id, ANA, (7,))
        answer = await till.registry.call(till.terms.id, give_back, None)
        assert not isinstance(answer, Rejection), answer
        settled = await till.cashier().settle(await till.now(payment))
        assert settled.refunded == 0
        assert await till.sold() == 0

    at_the_till(scene)


def test_a_reservation_that_is_being_paid_is_released_only_after_the_confirmed_cancel() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.CANCEL_FAILS)
        await trio.sleep(CHECKOUT_SECONDS + 1)
        assert await till.phase(reservation) is Phase.PAYMENT_REVIEW
        assert await till.reserved() == 1
        async with till.open_cashier():
            while not (await till.now(payment)).cancelled:
                assert await till.reserved() == 1
                await trio.sleep(0.5)
            await trio.sleep(2)
        assert await till.phase(reservation) is Phase.EXPIRED
        assert await till.reserved() == 0

    at_the_till(scene)


def test_a_cancel_that_comes_too_late_sells_what_was_paid() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.CANCEL_TOO_LATE)
        async with till.open_cashier():
            await trio.sleep(CHECKOUT_SECONDS + 10)
        assert await status(till, payment) is PaymentStatus.PAID
        assert await till.phase(reservation) is Phase.COMPLETED

    at_the_till(scene)


async def late_money(till: Till, *numbers: int) -> Payment:
    """A payment whose reservation has ended, and whose bank takes the money all the same."""
    reservation = await till.reserve(*numbers)
    payment = await till.pay(reservation, *numbers, mode=SandboxMode.ABANDONED)
    cancelled = await till.payments.want_cancel(payment.raffle_id, payment.id)
    assert cancelled is not None
    await trio.sleep(CHECKOUT_SECONDS + 1)
    async with till.open_cashier():
        await trio.sleep(5)
    assert await till.phase(reservation) is Phase.EXPIRED
    return await till.now(payment)


async def the_bank_takes_it_anyway(till: Till, payment: Payment) -> None:
    charge = await till.bank._ledger.read(payment.id)
    assert charge is not None
    await till.bank._change(payment.id, lambda _: charge.capture())
    await till.deliver(till.posted[-1])


def test_late_money_takes_the_numbers_again_when_they_are_free() -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7, 8)
        await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(2)
        paid = await till.now(payment)
        assert (status_of(paid), paid.sold_as) == (PaymentStatus.PAID, payment.id)
        assert await till.sold() == 2

    at_the_till(scene)


def test_late_money_goes_back_by_itself_when_a_number_is_somebody_elses() -> None:
    async def scene(till: Till) -> None:
        payment = await late_money(till, 7, 8)
        theirs = await till.reserve(8, who=BETO)
        await the_bank_takes_it_anyway(till, payment)
        async with till.open_cashier():
            await trio.sleep(5)
        back = await till.now(payment)
        assert (status_of(back), back.applied_why) == (PaymentStatus.REFUNDED, "numbers_taken")
        assert await till.phase(theirs) is Phase.CHECKOUT
        assert await till.sold() == 0

    at_the_till(scene)


def test_a_refund_that_the_bank_refuses_is_a_persons_to_send() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.REFUND_REFUSED)
        give_back = commands.RefundNumbers(reservation, payment.id, ANA, (7,))
        await till.registry.call(till.terms.id, give_back, None)
        async with till.open_cashier():
            await trio.sleep(120)
        assert [case.kind for case in await till.cases()] == ["refund_failed"]
        assert [r.state for r in await till.payments.refunds(till.terms.id, payment.id)] == [
            "manual"
        ]

    at_the_till(scene)


def test_who_comes_too_late_to_send_money_back_says_that_it_is_back() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7)
        give_back = commands.RefundNumbers(reservation, payment.id, ANA, (7,))
        await till.registry.call(till.terms.id, give_back, None)
        as_it_was = await till.now(payment)
        assert status_of(await till.cashier().settle(as_it_was)) is PaymentStatus.REFUNDED
        # Another node has read it before, and goes on only now.
        assert status_of(await till.cashier().settle(as_it_was)) is PaymentStatus.REFUNDED
        assert till.told[-1][1:] == (payment.id, PaymentStatus.REFUNDED)

    at_the_till(scene)


def test_who_has_paid_twice_gets_the_second_money_back() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        first = await till.pay(reservation, 7, mode=SandboxMode.ABANDONED)
        # The first attempt ends, a second one pays, and then the first bank takes its money too.
        await till.payments.want_cancel(first.raffle_id, first.id)
        await till.cashier().settle(await till.now(first))
        second = await till.pay(reservation, 7)
        assert status_of(second) is PaymentStatus.PAID
        await the_bank_takes_it_anyway(till, first)
        async with till.open_cashier():
            await trio.sleep(5)
        assert await status(till, first) is PaymentStatus.REFUNDED
        assert await status(till, second) is PaymentStatus.PAID
        assert [case.kind for case in await till.cases()] == ["paid_twice"]

    at_the_till(scene)


def test_a_refused_payment_does_not_keep_its_reservation_waiting() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.ABANDONED)
        await till.payments.refuse(payment.raffle_id, payment.id, "by_admin")
        async with till.open_cashier():
            await trio.sleep(5)
        assert (await till.now(payment)).cancelled
        assert not (await till.now(payment)).live
        assert status_of(await till.pay(reservation, 7)) is PaymentStatus.PAID

    at_the_till(scene)


def test_an_attempt_that_its_beginner_forgot_is_cancelled_and_never_asked_for_again() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment, _ = till.attempt(reservation, 7, mode=SandboxMode.APPROVE)
        await till.payments.create(payment)
        async with till.open_cashier():
            await trio.sleep(120)
        forgotten = await till.now(payment)
        assert (forgotten.cancelled, forgotten.next_check_at) == (True, None)
        assert await till.phase(reservation) is Phase.CHECKOUT

    at_the_till(scene)


def test_a_second_attempt_beside_a_live_one_is_refused_and_leaves_nothing_behind() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        first = await till.pay(reservation, 7, mode=SandboxMode.ABANDONED)
        second, charge = till.attempt(reservation, 7, mode=SandboxMode.APPROVE)
        checkout = Checkout(till.payments, till.registry, till.cashier())
        answer = await checkout.begin(till.bank, second, charge)
        assert isinstance(answer, Rejection)
        assert answer.code is RejectionCode.PAYMENT_IN_PROGRESS
        assert answer.params == {"payment_id": str(first.id)}
        assert (await till.now(second)).cancelled
        assert await till.bank._ledger.read(second.id) is None

    at_the_till(scene)


def test_the_same_attempt_begun_twice_at_once_charges_once() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment, charge = till.attempt(reservation, 7, mode=SandboxMode.APPROVE)
        checkout = Checkout(till.payments, till.registry, till.cashier())
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(checkout.begin, till.bank, payment, charge)
        async with till.open_cashier():
            await trio.sleep(5)
        paid = await till.now(payment)
        assert (status_of(paid), paid.captured) == (PaymentStatus.PAID, PRICE)

    at_the_till(scene)


def test_a_raffle_whose_actor_keeps_failing_does_not_send_the_money_back() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.SLOW)
        cashier = till.cashier()

        class Quarantined:
            async def call(self, *_: object) -> Rejection:
                await trio.lowlevel.checkpoint()
                return Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": RaffleStatus.PAUSED})

        cashier._raffles = Quarantined()
        await trio.sleep(6)
        kept = await cashier.settle(await till.now(payment))
        assert (kept.applied, kept.money_here) == (None, PRICE)
        async with till.open_cashier():
            await trio.sleep(40)
        assert await status(till, payment) is PaymentStatus.PAID

    at_the_till(scene)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1), (1, 0, 1, 0)])
def test_webhooks_in_any_order_and_number_end_the_same(order: tuple[int, ...]) -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7)
        for index in order:
            await till.deliver(till.posted[index])
        async with till.open_cashier():
            await trio.sleep(3)
        paid = await till.now(payment)
        assert (status_of(paid), paid.captured) == (PaymentStatus.PAID, PRICE)
        assert await till.payments.post.incoming(10, 1000) == []
        assert len(await till.payments.ledger(till.terms.id)) == 2

    at_the_till(scene)


def test_a_webhook_about_a_payment_that_is_none_of_ours_is_a_case_and_ends() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        await till.pay(reservation, 7)
        stranger, charge = till.attempt(reservation, 7, mode=SandboxMode.APPROVE)
        await till.bank.start(charge, "elsewhere")
        await till.deliver(till.posted[-1])
        async with till.open_cashier():
            await trio.sleep(3)
        assert [case.kind for case in await till.desk.cases(None, 10)] == ["unknown_reference"]
        assert await till.payments.get(stranger.raffle_id, stranger.id) is None

    at_the_till(scene)


def test_an_outage_of_the_database_ends_no_cashier() -> None:
    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment = await till.pay(reservation, 7, mode=SandboxMode.SLOW)
        async with till.open_cashier():
            till.store.down()
            await trio.sleep(30)
            till.store.up()
            await trio.sleep(60)
        assert await status(till, payment) is PaymentStatus.PAID

    at_the_till(scene)
