"""Every order of what may happen to a payment, with a death at every call, told by webhooks or not.

A cashier does nothing but call the database, the bank and the raffle: a death at any of its awaits is a
death before or after one of these calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import permutations
from uuid import UUID

import pytest
import trio

from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.sandbox_ledger import SandboxCharge, SandboxMode
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Phase
from tests.simulation.till import PRICE, Died, Fuse, Till, at_the_till

CHECKOUT_SECONDS = 10
WORK_SECONDS = 1.5
REST_SECONDS = 200
HAPPENINGS = ("expire", "pay", "cancel")
STORIES = [story for length in range(4) for story in permutations(HAPPENINGS, length)]


@pytest.mark.parametrize("after", [False, True], ids=["dies before", "dies after"])
@pytest.mark.parametrize("is_told", [True, False], ids=["webhooks", "no webhooks"])
@pytest.mark.parametrize("story", STORIES, ids=" ".join)
def test_in_every_order_and_with_every_death_the_money_ends_well(
    story: tuple[str, ...], is_told: bool, after: bool
) -> None:
    at = 0
    died = True
    while died:
        at += 1
        died = _play(story, is_told, Fuse(at, after=after))
    assert at > 4


def _play(story: tuple[str, ...], is_told: bool, fuse: Fuse) -> bool:
    """Whether the process died on the way."""
    deaths: list[bool] = []

    async def scene(till: Till) -> None:
        reservation = await till.reserve(7)
        payment, charge = till.attempt(reservation, 7, mode=SandboxMode.ABANDONED)

        async def begin() -> None:
            cashier = till.cashier(fuse)
            checkout = Checkout(cashier._store, cashier._raffles, cashier)
            await checkout.begin(cashier._providers["sandbox"], payment, charge)

        await _unless_it_dies(deaths, begin)
        for what in story:
            await _happen(till, payment, what, is_told)
            await _unless_it_dies(deaths, lambda: _work(till, fuse))
        await _rest(till, payment)
        await _judge(till, payment, reservation)

    at_the_till(scene, checkout_seconds=CHECKOUT_SECONDS)
    return bool(deaths)


async def _unless_it_dies(deaths: list[bool], act: Callable[[], Awaitable[None]]) -> None:
    try:
        await act()
    except* Died:
        deaths.append(True)


async def _work(till: Till, fuse: Fuse) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(till.cashier(fuse).run)
        await trio.sleep(WORK_SECONDS)
        nursery.cancel_scope.cancel()


async def _happen(till: Till, payment: Payment, what: str, is_told: bool) -> None:
    if what == "expire":
        await trio.sleep(CHECKOUT_SECONDS)
    elif what == "cancel":
        await till.payments.want_cancel(payment.raffle_id, payment.id)
    else:
        charge = await till.bank._ledger.read(payment.id)
        if charge is None:
            return
        # Of a bank that had said "cancelled", only the webhook can tell that it was not.
        must_be_told = charge.status == "cancelled"
        await till.bank._change(payment.id, _paid)
        if is_told or must_be_told:
            await till.deliver(till.posted[-1])


def _paid(charge: SandboxCharge | None) -> SandboxCharge:
    assert charge is not None
    return charge.authorise() if charge.status == "pending" else charge.capture()


async def _rest(till: Till, payment: Payment) -> None:
    """A healthy process takes over, and works until nothing is due."""
    async with till.open_cashier():
        for _ in range(REST_SECONDS):
            await trio.sleep(1)
            row = await till.payments.get(payment.raffle_id, payment.id)
            is_done = row is None or (row.next_check_at is None and not row.live)
            if is_done and not await till.reserved() and not till.payments.post.unprocessed:
                return
    raise AssertionError(f"not at rest: {row}")


async def _judge(till: Till, payment: Payment, reservation: UUID) -> None:
    row = await till.payments.get(payment.raffle_id, payment.id)
    charge = await till.bank._ledger.read(payment.id)
    here = 0 if charge is None else charge.captured - charge.refunded
    is_paid = row is not None and status_of(row) is PaymentStatus.PAID
    assert (await till.sold(), here) == ((1, PRICE) if is_paid else (0, 0))
    assert await till.cases() == []
    phase = await till.phase(reservation)
    assert phase in (Phase.EXPIRED, Phase.CANCELLED) or (is_paid and phase is Phase.COMPLETED)
