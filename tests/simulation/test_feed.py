"""What viewers see: no gap, no repeat, no identity, and no viewer who slows another one down."""

from __future__ import annotations

import random
from uuid import UUID, uuid4

import msgspec
import pytest
import trio
import trio.testing

from sorteos_actors.actors import feed as feeds
from sorteos_actors.actors.alone import LoneBus
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.mailbox import Reply
from sorteos_actors.clock import ServerClock
from sorteos_actors.protocol import board
from sorteos_actors.protocol.close_codes import TOO_SLOW
from sorteos_actors.raffle import RaffleStatus, Rejection
from sorteos_actors.raffle.commands import CancelReservation, PauseRaffle, ReserveNumbers
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode, Viewer
from sorteos_actors.testing.simulate import simulate
from tests.simulation.test_actor_runtime import on_a_node, reserve


async def the_feed(node: SimulatedNode, raffle_id: UUID) -> Feed:
    feed = await node.registry.feed(raffle_id)
    assert not isinstance(feed, Rejection)
    return feed


def states(viewer: Viewer, count: int) -> list[int]:
    return [viewer.board.state(n) for n in range(count)]


def test_the_first_change_after_a_quiet_time_goes_out_at_once() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        await trio.sleep(10)
        await reserve(node.registry, raffle_id, UUID(int=1), 1)
        before = trio.current_time()
        await trio.testing.wait_all_tasks_blocked()
        assert viewer.board.state(1) == 1
        assert trio.current_time() == before

    on_a_node(scene)


def test_a_hot_raffle_is_shown_twenty_times_a_second_and_the_last_state_wins() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        for index in range(200):
            user, reservation = UUID(int=index + 1), uuid4()
            await reserve(node.registry, raffle_id, user, 5, reservation=reservation)
            await node.registry.call(raffle_id, CancelReservation(user, reservation), user)
            await trio.sleep(0.01)
        await trio.sleep(1)
        assert viewer.board.state(5) == 0
        assert viewer.deltas <= 2.0 / (1 / feeds.MAX_HZ) + 3
        assert viewer.board.seq == 400

    on_a_node(scene)


def test_a_stalled_viewer_delays_nobody_and_catches_up_in_one_write() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        quick, slow = Viewer(), Viewer()
        feed.join(quick.subscriber)
        feed.join(slow.subscriber)
        slow.stall()
        for number in range(30):
            await reserve(node.registry, raffle_id, UUID(int=number + 1), number)
            await trio.sleep(0.1)
        assert states(quick, 100) == [1] * 30 + [0] * 70
        assert states(slow, 100) == [0] * 100
        slow.go_on()
        feed.drained(slow.subscriber)
        assert states(slow, 100) == states(quick, 100)
        assert slow.snapshots == 1

    on_a_node(scene)


def test_a_viewer_behind_the_ring_gets_a_snapshot() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        slow = Viewer()
        feed.join(slow.subscriber)
        slow.stall()
        for number in range(20):
            await reserve(node.registry, raffle_id, UUID(int=number + 1), number)
            await trio.sleep(0.1)
        for _ in range(15):
            feed._ring.forget_oldest()
        slow.go_on()
        feed.drained(slow.subscriber)
        assert slow.snapshots == 2
        assert states(slow, 100) == [1] * 20 + [0] * 80

    on_a_node(scene)


def test_a_viewer_who_does_not_read_for_a_minute_is_closed_as_too_slow() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        slow = Viewer()
        feed.join(slow.subscriber)
        slow.stall()
        await trio.sleep(59)
        codes = [slow.closed_with]
        await trio.sleep(3)
        codes.append(slow.closed_with)
        assert codes == [None, TOO_SLOW]
        assert not feed.has_subscribers

    on_a_node(scene)


def test_joining_in_the_middle_of_changes_misses_none() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        viewers = []
        for number in range(60):
            await reserve(node.registry, raffle_id, UUID(int=number + 1), number)
            viewer = Viewer()
            feed.join(viewer.subscriber)
            viewers.append(viewer)
            if number % 7 == 0:
                await trio.sleep(0.03)
        await trio.sleep(1)
        for viewer in viewers:
            assert states(viewer, 100) == [1] * 60 + [0] * 40
            assert viewer.texts[0]["type"] == "hello"

    on_a_node(scene)


def test_a_thousand_disconnects_leave_no_gap_and_no_repeat() -> None:
    """Viewers vanish at any instant, come back with their position, and end with the truth."""
    disconnects = 0

    def play(seed: int) -> None:
        async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
            nonlocal disconnects
            chance = random.Random(seed)
            feed = await the_feed(node, raffle_id)
            viewers = [Viewer() for _ in range(10)]
            for viewer in viewers:
                feed.join(viewer.subscriber)
            holds: dict[UUID, UUID] = {}
            for _ in range(60):
                user = UUID(int=chance.randrange(1, 30))
                if user in holds and chance.random() < 0.6:
                    reservation = holds.pop(user)
                    command = CancelReservation(user, reservation)
                    await node.registry.call(raffle_id, command, user)
                else:
                    reservation = uuid4()
                    wanted = ReserveNumbers(user, reservation, (chance.randrange(100),))
                    if isinstance(await node.registry.call(raffle_id, wanted, user), Reply):
                        holds[user] = reservation
                await trio.sleep(chance.choice([0, 0, 0.01, 0.06]))
                for index, viewer in enumerate(viewers):
                    if chance.random() < 0.2:
                        disconnects += 1
                        feed.leave(viewer.subscriber)
                        # The same person with the same page, on a new socket.
                        again = Viewer()
                        again.board = viewer.board
                        again.is_stalled = True
                        feed.join(again.subscriber)
                        again.is_stalled = False
                        epoch, seq = viewer.board.epoch, viewer.board.seq
                        feed.resume(again.subscriber, epoch, seq)
                        again.snapshots = 0
                        viewers[index] = again
            await trio.sleep(2)
            truth = list(feed.states())
            for viewer in viewers:
                assert states(viewer, 100) == truth
                assert viewer.snapshots == 0
                assert not viewer.board.needs_resume

        on_a_node(scene, seed=seed)

    for seed in range(10):
        play(seed)
    assert disconnects >= 1000


def test_a_position_of_another_epoch_gets_a_snapshot() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        await reserve(node.registry, raffle_id, UUID(int=1), 1)
        await trio.sleep(1)
        await store.activate(raffle_id, node="another", url="")
        await reserve(node.registry, raffle_id, UUID(int=2), 2)  # deposed: loads anew
        await reserve(node.registry, raffle_id, UUID(int=2), 2)
        await trio.sleep(1)
        assert viewer.snapshots >= 2
        assert states(viewer, 3) == [0, 1, 1]

    on_a_node(scene)


def test_a_person_gets_news_of_his_reservation_on_all_his_sockets_and_nobody_else_does() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        alice = UUID(int=0xA11CE)
        mine, also_mine, stranger = Viewer(), Viewer(), Viewer()
        for viewer in (mine, also_mine, stranger):
            feed.join(viewer.subscriber)
        feed.identify(mine.subscriber, alice)
        feed.identify(also_mine.subscriber, alice)
        await reserve(node.registry, raffle_id, alice, 9)
        await trio.sleep(601)
        for viewer in (mine, also_mine):
            news = [t["reason"] for t in viewer.texts if t["type"] == "reservation"]
            assert news == ["created", "expired"]
        assert not [t for t in stranger.texts if t["type"] == "reservation"]
        assert str(alice).encode() not in msgspec.json.encode(stranger.texts)

    on_a_node(scene)


def test_everybody_hears_when_the_sale_is_paused() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        viewer = Viewer()
        feed.join(viewer.subscriber)
        await node.registry.call(raffle_id, PauseRaffle(UUID(int=1)), UUID(int=1))
        await trio.sleep(1)
        told = [t["raffle"] for t in viewer.texts if t["type"] == "raffle"]
        assert [r["status"] for r in told if isinstance(r, dict)] == [RaffleStatus.PAUSED]

    on_a_node(scene)


def test_the_seeds_client_and_v2_see_the_same_side_by_side() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        modern, legacy = Viewer(), Viewer(is_legacy=True)
        feed.join(modern.subscriber)
        feed.join(legacy.subscriber)
        for number in range(10):
            await reserve(node.registry, raffle_id, UUID(int=number + 1), number)
        await trio.sleep(1)
        seen: dict[str, str] = {}
        for text in legacy.texts:
            data = text["data"]
            assert isinstance(data, dict)
            assert text["type"] == "number_update"
            assert "user_id" not in data
            seen[data["number_id"]] = data["status"]
        assert seen == {f"{n:02}": "reserved" for n in range(10)}
        assert states(modern, 100) == [1] * 10 + [0] * 90
        await trio.sleep(601)
        expired = [t for t in legacy.texts if t["type"] == "reservation_expired"]
        assert len(expired) == 10

    on_a_node(scene)


def test_a_storm_of_joiners_shares_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        feed = await the_feed(node, raffle_id)
        built = 0
        original = board.snapshots

        def counting(*args):  # type: ignore[no-untyped-def]
            nonlocal built
            built += 1
            return original(*args)

        monkeypatch.setattr(board, "snapshots", counting)
        for index in range(200):
            await reserve(node.registry, raffle_id, UUID(int=index + 1), index)
            feed.join(Viewer().subscriber)
            await trio.sleep(0.001)
        assert built <= 3

    on_a_node(scene, number_count=1000)


def test_many_viewers_lower_the_rate() -> None:
    async def main() -> tuple[float, float]:
        feed = Feed(UUID(int=1), ServerClock(), LoneBus())
        alone = feed.interval
        for _ in range(20_000):
            feed._audience.add(Viewer().subscriber)
        return alone, feed.interval

    alone, crowded = simulate(main)
    assert alone == 1 / feeds.MAX_HZ
    assert 0.3 < crowded < 0.4
