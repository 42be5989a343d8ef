"""A running raffle and money: numbers wait for it, are sold for it, and go back for it."""

from __future__ import annotations

from uuid import UUID, uuid4

import trio

from sorteos_actors.actors.mailbox import Reply
from sorteos_actors.payments.settlement import sale_of
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import (
    Command,
    Phase,
    RaffleStatus,
    Rejection,
    RejectionCode,
    commands,
)
from sorteos_actors.raffle.commands import ReserveNumbers, StartCheckout
from sorteos_actors.raffle.model import AVAILABLE, SOLD
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode
from tests.contract.money import a_payment, seen
from tests.simulation.test_actor_runtime import ALICE, BOB, on_a_node, phase_of, reserve


async def ready_to_pay(
    node: SimulatedNode, store: MemoryStore, raffle_id: UUID, user: UUID, number: int
) -> tuple[MemoryPayments, Payment]:
    """A reservation in checkout that waits for a payment of which nobody has heard yet."""
    payments, reservation = MemoryPayments(store), UUID(int=number + 1)
    await reserve(node.registry, raffle_id, user, number, reservation=reservation)
    call = node.registry.call
    assert isinstance(await call(raffle_id, StartCheckout(user, reservation), user), Reply)
    payment = await payments.create(
        a_payment(
            raffle_id,
            number,
            id=UUID(int=1000 + number),
            reservation_id=reservation,
            user_id=user,
            amount=100,
            unit_price=100,
        )
    )
    start = commands.StartPayment(user, reservation, payment.id)
    assert isinstance(await call(raffle_id, start, user), Reply)
    return payments, payment


def test_numbers_wait_for_their_money_beyond_the_deadline_and_go_when_none_comes() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        payments, payment = await ready_to_pay(node, store, raffle_id, ALICE, 7)
        await trio.sleep(3600)
        assert await phase_of(store, payment.reservation_id) is Phase.PAYMENT_REVIEW
        assert isinstance(await reserve(node.registry, raffle_id, BOB, 7), Rejection)
        overdue = await payments.get(raffle_id, payment.id)
        assert overdue is not None
        assert overdue.cancel_wanted
        end = commands.EndPayment(payment.reservation_id, payment.id)
        assert isinstance(await node.registry.call(raffle_id, end, None), Reply)
        assert isinstance(await reserve(node.registry, raffle_id, BOB, 7), Reply)

    on_a_node(scene)


def test_the_answer_to_a_sale_shows_what_was_bought_also_when_the_money_came_late() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        payments, payment = await ready_to_pay(node, store, raffle_id, ALICE, 7)
        end = commands.EndPayment(payment.reservation_id, payment.id)
        await trio.sleep(3600)
        await node.registry.call(raffle_id, end, None)
        await payments.merge(raffle_id, payment.id, seen("captured", 100))
        for _ in range(2):
            answer = await node.registry.call(raffle_id, sale_of(payment), None)
            assert isinstance(answer, Reply)
            assert answer.reservation is not None
            assert (answer.reservation.id, answer.reservation.phase) == (
                payment.id,
                Phase.COMPLETED,
            )

    on_a_node(scene)


def test_money_that_is_gone_when_it_is_applied_breaks_nothing() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        answers: list[object] = []

        async def call(command: Command, who: UUID | None) -> None:
            answers.append(await node.registry.call(raffle_id, command, who))

        _, payment = await ready_to_pay(node, store, raffle_id, ALICE, 7)
        for index in range(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call, sale_of(payment), None)
                user, numbers = UUID(int=500 + index), (20 + index,)
                nursery.start_soon(call, ReserveNumbers(user, uuid4(), numbers), user)
            one, other = answers[-2:]
            refused, done = (one, other) if isinstance(one, Rejection) else (other, one)
            assert isinstance(refused, Rejection)
            assert refused.code is RejectionCode.UNAVAILABLE
            assert isinstance(done, Reply)
        raffle = await store.raffle(raffle_id)
        assert raffle is not None
        assert raffle.status is RaffleStatus.ACTIVE
        assert await phase_of(store, payment.reservation_id) is not Phase.COMPLETED

    on_a_node(scene)


def test_a_watcher_sees_late_money_take_its_numbers_and_a_refund_give_them_back() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await node.registry.feed(raffle_id)
        assert not isinstance(feed, Rejection)
        payments, payment = await ready_to_pay(node, store, raffle_id, ALICE, 7)
        await node.registry.call(
            raffle_id, commands.EndPayment(payment.reservation_id, payment.id), None
        )
        cancel = commands.CancelReservation(ALICE, payment.reservation_id)
        assert isinstance(await node.registry.call(raffle_id, cancel, ALICE), Reply)
        assert feed.states()[7] == AVAILABLE
        await payments.merge(raffle_id, payment.id, seen("captured", 100))
        await node.registry.call(raffle_id, sale_of(payment), None)
        assert feed.states()[7] == SOLD
        refund = commands.RefundNumbers(payment.id, payment.id, ALICE, (7,))
        assert isinstance(await node.registry.call(raffle_id, refund, None), Reply)
        assert feed.states()[7] == AVAILABLE

    on_a_node(scene)
