"""The runtime of raffles on a virtual clock: timers, gates, crashes, and the promise of an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
import trio

from sorteos_actors.actors import raffle_actor
from sorteos_actors.actors.mailbox import Reply
from sorteos_actors.actors.registry import Registry
from sorteos_actors.errors import Deposed
from sorteos_actors.ports import Activation, Batch
from sorteos_actors.raffle import (
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleTerms,
    Rejection,
    RejectionCode,
    commands,
    decide,
    evolve,
)
from sorteos_actors.raffle.commands import (
    CancelReservation,
    ReserveNumbers,
    StartCheckout,
)
from sorteos_actors.raffle.events import ReservationExpired
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode, Viewer, open_node
from sorteos_actors.testing.simulate import simulate

ALICE, BOB = UUID(int=0xA), UUID(int=0xB)


def the_terms(number_count: int = 100, **fields: int | None) -> RaffleTerms:
    return RaffleTerms(
        id=uuid4(),
        organizer_id=uuid4(),
        title="Rifa",
        number_count=number_count,
        price=100,
        currency="CRC",
        **fields,  # type: ignore[arg-type]
    )


def on_a_node(
    scene: Callable[[SimulatedNode, MemoryStore, UUID], Awaitable[None]],
    *,
    number_count: int = 100,
    seed: int = 0,
    mailbox_capacity: int = 2048,
    idle_seconds: float = 300,
    **fields: int | None,
) -> None:
    """Play a scene on a fresh node with one active raffle."""

    async def main() -> None:
        store = MemoryStore()
        terms = the_terms(number_count, **fields)
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(
            store, mailbox_capacity=mailbox_capacity, idle_seconds=idle_seconds
        ) as node:
            await scene(node, store, terms.id)

    simulate(main, seed=seed)


async def reserve(
    registry: Registry, raffle_id: UUID, user: UUID, *numbers: int, reservation: UUID | None = None
) -> Reply | Rejection:
    command = ReserveNumbers(user, reservation or uuid4(), numbers)
    return await registry.call(raffle_id, command, user)


async def phase_of(store: MemoryStore, reservation_id: UUID) -> Phase:
    record = await store.reservation(reservation_id)
    assert record is not None
    return record.reservation.phase


def test_an_unpaid_reservation_frees_its_numbers_after_ten_minutes() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        reply = await reserve(node.registry, raffle_id, ALICE, 1, 2)
        assert isinstance(reply, Reply)
        assert reply.reservation is not None
        await trio.sleep(599)
        assert await phase_of(store, reply.reservation.id) is Phase.SELECTION
        await trio.sleep(1.25)
        assert await phase_of(store, reply.reservation.id) is Phase.EXPIRED
        assert isinstance(await reserve(node.registry, raffle_id, BOB, 1, 2), Reply)

    on_a_node(scene)


def test_checkout_gives_five_minutes_from_the_tap_and_then_expires() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        reply = await reserve(node.registry, raffle_id, ALICE, 1)
        assert isinstance(reply, Reply)
        assert reply.reservation is not None
        await trio.sleep(540)
        command = StartCheckout(ALICE, reply.reservation.id)
        assert isinstance(await node.registry.call(raffle_id, command, ALICE), Reply)
        await trio.sleep(299)
        assert await phase_of(store, reply.reservation.id) is Phase.CHECKOUT
        await trio.sleep(1.25)
        assert await phase_of(store, reply.reservation.id) is Phase.EXPIRED

    on_a_node(scene)


def test_a_viewer_sees_an_expiry_without_asking() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await node.registry.feed(raffle_id)
        assert not isinstance(feed, Rejection)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        await reserve(node.registry, raffle_id, ALICE, 7)
        await trio.sleep(1)
        assert viewer.board.state(7) == 1
        await trio.sleep(600)
        assert viewer.board.state(7) == 0

    on_a_node(scene)


def test_sales_close_by_themselves() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        assert isinstance(await reserve(node.registry, raffle_id, ALICE, 1), Reply)
        now = await store.ping()
        record = await store.raffle(raffle_id)
        assert record is not None
        assert record.terms.sales_close_at is not None
        await trio.sleep((record.terms.sales_close_at - now) / 1000 + 1)
        answer = await reserve(node.registry, raffle_id, BOB, 2)
        assert isinstance(answer, Rejection)
        assert answer.code is RejectionCode.RAFFLE_NOT_ACTIVE
        closed = await store.raffle(raffle_id)
        assert closed is not None
        assert closed.status is RaffleStatus.CLOSED

    async def main() -> None:
        store = MemoryStore()
        terms = the_terms(100, sales_close_at=await store.ping() + 60_000)
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:
            await scene(node, store, terms.id)

    simulate(main)


def test_two_people_want_one_number_at_the_same_instant_and_one_wins() -> None:
    for seed in range(20):

        async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
            answers: list[Reply | Rejection] = []

            async def want(user: UUID) -> None:
                answers.append(await reserve(node.registry, raffle_id, user, 5, 6))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(want, ALICE)
                nursery.start_soon(want, BOB)
            refused = [a for a in answers if isinstance(a, Rejection)]
            assert len(refused) == 1
            assert refused[0].code is RejectionCode.NUMBERS_TAKEN
            assert refused[0].params["numbers"] == ["05", "06"]

        on_a_node(scene, seed=seed)


def test_ten_tabs_of_one_person_make_one_reservation() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        answers: list[Reply | Rejection] = []

        async def tab(number: int) -> None:
            answers.append(await reserve(node.registry, raffle_id, ALICE, number))

        async with trio.open_nursery() as nursery:
            for number in range(10):
                nursery.start_soon(tab, number)
        assert sum(isinstance(a, Reply) for a in answers) == 1
        codes = {a.code for a in answers if isinstance(a, Rejection)}
        assert codes == {RejectionCode.ALREADY_RESERVED}

    on_a_node(scene)


def test_a_thousand_buyers_on_a_hundred_numbers_sell_none_twice() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        won: list[tuple[int, ...]] = []

        async def buyer(index: int) -> None:
            answer = await reserve(
                node.registry, raffle_id, UUID(int=1000 + index), index % 100, (index * 7) % 100
            )
            if isinstance(answer, Reply):
                assert answer.reservation is not None
                won.append(answer.reservation.numbers)

        async with trio.open_nursery() as nursery:
            for index in range(1000):
                nursery.start_soon(buyer, index)
        numbers = [n for numbers in won for n in numbers]
        assert len(numbers) == len(set(numbers))
        summary = await store.raffle(raffle_id)
        assert summary is not None
        assert summary.reserved_count == len(numbers)

    on_a_node(scene)


@pytest.mark.parametrize("applied", [True, False])
def test_a_commit_without_an_answer_is_unknown_and_the_retry_tells_the_truth(applied: bool) -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await node.registry.feed(raffle_id)
        assert not isinstance(feed, Rejection)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        reservation_id = uuid4()
        store.fail_next_commit(applied=applied)
        first = await reserve(node.registry, raffle_id, ALICE, 3, reservation=reservation_id)
        assert isinstance(first, Rejection)
        assert first.code is RejectionCode.UNAVAILABLE
        again = await reserve(node.registry, raffle_id, ALICE, 3, reservation=reservation_id)
        assert isinstance(again, Reply)
        assert again.reservation is not None
        assert again.reservation.numbers == (3,)
        assert again.seq == 1
        await trio.sleep(1)
        assert viewer.board.state(3) == 1

    on_a_node(scene)


def test_nothing_is_said_before_the_commit_returns() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await node.registry.feed(raffle_id)
        assert not isinstance(feed, Rejection)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        store.latency = 2.0
        answers: list[Reply | Rejection] = []

        async def want(user: UUID) -> None:
            answers.append(await reserve(node.registry, raffle_id, user, 4))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(want, ALICE)
            nursery.start_soon(want, BOB)
            await trio.sleep(1.9)
            # Not even the loser's refusal: it rests on a commit that may never become true.
            assert answers == []
            assert viewer.board.state(4) == 0
        assert len(answers) == 2

    on_a_node(scene)


def test_a_full_mailbox_answers_at_once_and_says_when_to_come_back() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        await node.registry.feed(raffle_id)
        store.latency = 1.0
        refused: list[float] = []

        async def buyer(index: int) -> None:
            started = trio.current_time()
            answer = await reserve(node.registry, raffle_id, UUID(int=100 + index), index)
            if isinstance(answer, Rejection):
                assert answer.code is RejectionCode.UNAVAILABLE
                assert isinstance(answer.params["retry_after_ms"], int)
                refused.append(trio.current_time() - started)

        async with trio.open_nursery() as nursery:
            for index in range(50):
                nursery.start_soon(buyer, index)
        assert len(refused) == 40
        assert max(refused) < 0.1

    on_a_node(scene, mailbox_capacity=10)


def test_a_caller_gets_an_answer_also_when_the_actor_dies() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        await node.registry.feed(raffle_id)
        store.latency = 0.5
        answers: list[Reply | Rejection] = []

        async def buyer(index: int) -> None:
            answers.append(await reserve(node.registry, raffle_id, UUID(int=100 + index), index))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(buyer, 0)
            await trio.sleep(0.1)
            store.down()
            for index in range(1, 20):
                nursery.start_soon(buyer, index)
        assert len(answers) == 20
        assert all(isinstance(a, Rejection) for a in answers)

    on_a_node(scene)


def test_a_deposed_actor_stops_and_its_successor_answers() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        assert isinstance(await reserve(node.registry, raffle_id, ALICE, 1), Reply)
        await store.activate(raffle_id, node="another", url="")
        first = await reserve(node.registry, raffle_id, BOB, 2)
        assert isinstance(first, Rejection)
        assert first.code is RejectionCode.UNAVAILABLE
        assert isinstance(await reserve(node.registry, raffle_id, BOB, 2), Reply)

    on_a_node(scene)


def test_an_outage_costs_nobody_a_hold() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        reply = await reserve(node.registry, raffle_id, ALICE, 1)
        assert isinstance(reply, Reply)
        assert reply.reservation is not None
        await trio.sleep(590)
        store.down()
        await trio.sleep(60)
        store.up()
        await trio.sleep(8)
        assert await phase_of(store, reply.reservation.id) is Phase.SELECTION
        record = await store.reservation(reply.reservation.id)
        assert record is not None
        longer = record.reservation.expires_at - reply.reservation.expires_at
        assert 60_000 <= longer <= 62_500
        await trio.sleep(70)
        assert await phase_of(store, reply.reservation.id) is Phase.EXPIRED

    on_a_node(scene)


def test_the_sweeper_wakes_a_raffle_that_nobody_visits() -> None:
    async def main() -> None:
        store = MemoryStore()
        terms = the_terms()
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:
            reply = await reserve(node.registry, terms.id, ALICE, 1)
            assert isinstance(reply, Reply)
            assert reply.reservation is not None
        # The node was killed with the hold alive; another one starts long after.
        await trio.sleep(3600)
        async with open_node(store) as node:
            await trio.sleep(1)
            assert await phase_of(store, reply.reservation.id) is Phase.EXPIRED

    simulate(main)


def test_an_idle_raffle_leaves_memory_and_comes_back_when_asked() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        reply = await reserve(node.registry, raffle_id, ALICE, 1)
        assert isinstance(reply, Reply)
        assert reply.reservation is not None
        await node.registry.call(raffle_id, CancelReservation(ALICE, reply.reservation.id), ALICE)
        assert node.registry.active_count == 1
        await trio.sleep(61)
        assert node.registry.active_count == 0
        assert isinstance(await reserve(node.registry, raffle_id, ALICE, 1), Reply)

    on_a_node(scene, idle_seconds=60)


def test_a_raffle_with_viewers_or_holds_stays_in_memory() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await node.registry.feed(raffle_id)
        assert not isinstance(feed, Rejection)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        await trio.sleep(1000)
        assert node.registry.active_count == 1
        feed.leave(viewer.subscriber)
        await trio.sleep(1000)
        assert node.registry.active_count == 0

    on_a_node(scene, idle_seconds=60)


def test_a_command_that_breaks_decide_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(raffle, command, now):  # type: ignore[no-untyped-def]
        if isinstance(command, ReserveNumbers) and command.numbers == (13,):
            raise ZeroDivisionError
        return decide(raffle, command, now)

    monkeypatch.setattr(raffle_actor, "decide", poisoned)

    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        answer = await reserve(node.registry, raffle_id, ALICE, 13)
        assert isinstance(answer, Rejection)
        assert answer.code is RejectionCode.BAD_REQUEST
        good = await reserve(node.registry, raffle_id, BOB, 14)
        assert isinstance(good, Reply)

    on_a_node(scene)


def test_the_one_command_that_breaks_a_batch_is_found_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def poisoned(raffle, event):  # type: ignore[no-untyped-def]
        if getattr(event, "numbers", None) == (13,):
            raise ZeroDivisionError
        evolve(raffle, event)

    monkeypatch.setattr(raffle_actor, "evolve", poisoned)

    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        await node.registry.feed(raffle_id)
        answers: dict[int, Reply | Rejection] = {}

        async def buyer(number: int) -> None:
            user = UUID(int=100 + number)
            answers[number] = await reserve(node.registry, raffle_id, user, number)

        async with trio.open_nursery() as nursery:
            for number in (11, 12, 13, 14, 15):
                nursery.start_soon(buyer, number)
        guilty = answers.pop(13)
        assert isinstance(guilty, Rejection)
        assert guilty.code is RejectionCode.BAD_REQUEST
        assert all(isinstance(a, Reply) for a in answers.values())
        # One message, however often it is sent, does not take the raffle down.
        same = uuid4()
        for _ in range(10):
            again = await reserve(node.registry, raffle_id, ALICE, 13, reservation=same)
            assert isinstance(again, Rejection)
            assert again.code is RejectionCode.BAD_REQUEST
        assert isinstance(await reserve(node.registry, raffle_id, BOB, 20), Reply)

    on_a_node(scene)


class BrokenFor(MemoryStore):
    """A store whose commits of one raffle always meet a bug of ours."""

    victim: UUID | None = None

    async def commit(self, batch: Batch) -> Millis:
        if batch.raffle_id == self.victim:
            raise RuntimeError("a bug")
        return await super().commit(batch)


def test_a_raffle_that_keeps_crashing_is_quarantined_and_the_others_do_not_notice() -> None:
    async def main() -> None:
        store = BrokenFor()
        good, bad = the_terms(), the_terms()
        for terms in (good, bad):
            await store.create(terms, status=RaffleStatus.ACTIVE)
        store.victim = bad.id
        async with open_node(store) as node:
            answers = []
            for index in range(12):
                answers.append(await reserve(node.registry, bad.id, UUID(int=index), index))
                assert isinstance(
                    await reserve(node.registry, good.id, UUID(int=index), index), Reply
                )
            last = answers[-1]
            assert isinstance(last, Rejection)
            assert last.code is RejectionCode.RAFFLE_NOT_ACTIVE
            assert last.params["status"] == "paused"
            paused = await store.raffle(bad.id)
            assert paused is not None
            assert paused.status is RaffleStatus.PAUSED
            store.victim = None
            resume = commands.ResumeRaffle(bad.organizer_id)
            assert isinstance(await node.registry.call(bad.id, resume, bad.organizer_id), Reply)
            assert isinstance(await reserve(node.registry, bad.id, ALICE, 50), Reply)

    simulate(main)


def test_a_raffle_that_breaks_on_its_own_timer_is_quarantined_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def poisoned(raffle, event):  # type: ignore[no-untyped-def]
        if isinstance(event, ReservationExpired):
            raise ZeroDivisionError
        evolve(raffle, event)

    monkeypatch.setattr(raffle_actor, "evolve", poisoned)

    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        assert isinstance(await reserve(node.registry, raffle_id, ALICE, 1), Reply)
        await trio.sleep(630)
        paused = await store.raffle(raffle_id)
        assert paused is not None
        assert paused.status is RaffleStatus.PAUSED

    on_a_node(scene)


def test_an_actor_that_keeps_failing_is_restarted_ever_more_slowly() -> None:
    activations: list[float] = []

    class Deposing(MemoryStore):
        async def activate(
            self, raffle_id: UUID, *, node: str, url: str, warm: Raffle | None = None
        ) -> Activation:
            activations.append(trio.current_time())
            return await super().activate(raffle_id, node=node, url=url, warm=warm)

        async def commit(self, batch: Batch) -> Millis:
            raise Deposed

    async def main() -> None:
        store = Deposing()
        terms = the_terms()
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node, trio.open_nursery() as nursery:

            async def insist() -> None:
                while True:
                    await reserve(node.registry, terms.id, ALICE, 1)
                    await trio.sleep(0.01)

            nursery.start_soon(insist)
            await trio.sleep(25)
            nursery.cancel_scope.cancel()

    simulate(main)
    assert len(activations) < 15


def test_an_unknown_raffle_is_not_found() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        answer = await reserve(node.registry, uuid4(), ALICE, 1)
        assert isinstance(answer, Rejection)
        assert answer.code is RejectionCode.NOT_FOUND

    on_a_node(scene)


def test_draining_finishes_what_waits_and_takes_nothing_new() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        await node.registry.feed(raffle_id)
        store.latency = 0.2
        answers: list[Reply | Rejection] = []

        async def buyer(index: int) -> None:
            answers.append(await reserve(node.registry, raffle_id, UUID(int=100 + index), index))

        async with trio.open_nursery() as nursery:
            for index in range(5):
                nursery.start_soon(buyer, index)
            await trio.sleep(0.01)
            await node.registry.drain()
        assert all(isinstance(a, Reply) for a in answers)
        late = await reserve(node.registry, raffle_id, ALICE, 50)
        assert isinstance(late, Rejection)
        assert late.code is RejectionCode.UNAVAILABLE

    on_a_node(scene)


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    def trace(seed: int) -> list[int]:
        order: list[int] = []

        async def main() -> None:
            async def step(index: int) -> None:
                for _ in range(3):
                    await trio.lowlevel.checkpoint()
                    order.append(index)

            async with trio.open_nursery() as nursery:
                for index in range(8):
                    nursery.start_soon(step, index)

        simulate(main, seed=seed)
        return order

    assert trace(1) == trace(1)
    assert len({tuple(trace(seed)) for seed in range(10)}) > 1
