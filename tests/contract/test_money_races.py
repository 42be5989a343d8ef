"""A commit that writes a payment while others write the same row: both have their effect."""

from __future__ import annotations

from uuid import UUID, uuid4

import trio

from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.raffle.commands import (
    CompleteReservation,
    EndPayment,
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
)
from tests.builders import ANA
from tests.contract.conftest import ARaffle
from tests.contract.money import a_payment, seen

ROUNDS = 30


async def test_a_payment_that_everybody_touches_is_still_started_ended_sold_and_returned(
    payments: PaymentStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle(max_numbers_per_user=1000)
    raffle_id = owner.raffle.terms.id

    async def touch(payment_id: UUID, reservation_id: UUID, is_over: trio.Event) -> None:
        """As repeats of the request, webhooks and cashiers do."""
        same = a_payment(raffle_id, 1, id=payment_id, reservation_id=reservation_id)
        while not is_over.is_set():
            found = await payments.create(same)
            await payments.merge(raffle_id, payment_id, seen("captured", 100_000, reference=None))
            await payments.schedule(found, None)

    for _ in range(ROUNDS):
        payment_id, reservation_id = uuid4(), uuid4()
        await payments.create(a_payment(raffle_id, 1, id=payment_id, reservation_id=reservation_id))
        captured = seen("captured", 100_000, reference=None)
        await payments.merge(raffle_id, payment_id, captured)
        async with trio.open_nursery() as nursery:
            is_over = trio.Event()
            for _ in range(3):
                nursery.start_soon(touch, payment_id, reservation_id, is_over)
            await owner.do(ReserveNumbers(ANA, reservation_id, (1,)))
            await owner.do(StartCheckout(ANA, reservation_id))
            for _ in range(3):
                await owner.do(StartPayment(ANA, reservation_id, payment_id))
                await owner.do(EndPayment(reservation_id, payment_id))
            await owner.do(
                CompleteReservation(
                    reservation_id=reservation_id,
                    payment_id=payment_id,
                    user_id=ANA,
                    numbers=(1,),
                    unit_price=100_000,
                    amount=100_000,
                    currency="CRC",
                )
            )
            await owner.do(RefundNumbers(reservation_id, payment_id, ANA, (1,)))
            is_over.set()
        row = await payments.get(raffle_id, payment_id)
        assert row is not None
        assert (row.applied, row.live, row.refund_wanted) == ("sold", False, 100_000)
