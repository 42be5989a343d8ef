"""The place of a worker, with workers that do as the test says."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import msgspec
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from sorteos_actors.errors import CannotStart
from sorteos_actors.main import Foundations
from sorteos_actors.node import Farewell
from sorteos_actors.ports import Owner
from sorteos_actors.workers.link import Order
from sorteos_actors.workers.place import Place
from sorteos_actors.workers.process import Worker

ORDER = Order(0, "127.0.0.1", None, Foundations("postgresql://h/d", None, "s"))


class Actor(Worker):
    """A worker that does as the test says."""

    def __init__(self, number: int, listener: socket.socket) -> None:
        super().__init__(number, msgspec.structs.replace(ORDER, listener=listener.fileno()), ())
        self.listener = listener
        self.farewells: list[Farewell] = []

    def serve(self) -> None:
        self.node = Owner("node", "http://node")
        self.served_since = trio.current_time()
        self.settled.set()

    def end(self) -> None:
        self.ended.set()
        self.settled.set()

    async def leave(self, farewell: Farewell) -> None:
        self.farewells.append(farewell)
        self.end()


class Stage:
    """A place, kept, and everybody who ever was in it."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self.sockets: list[socket.socket] = []
        self.place = Place(1, self.bind, self.start)

    def bind(self) -> socket.socket:
        self.sockets.append(socket.socket())
        return self.sockets[-1]

    def start(self, number: int, listener: socket.socket) -> Worker:
        self.actors.append(Actor(number, listener))
        return self.actors[-1]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.place.close()


@pytest.fixture
async def kept(stage: Stage, nursery: trio.Nursery) -> Stage:
    """With one who serves."""
    nursery.start_soon(stage.place.keep)
    await wait_all_tasks_blocked()
    stage.actors[0].serve()
    await wait_all_tasks_blocked()
    assert stage.place.has_served.is_set()
    return stage


async def test_who_dies_is_followed_by_another_on_a_new_socket(
    kept: Stage, autojump_clock: MockClock
) -> None:
    kept.actors[0].end()
    await wait_all_tasks_blocked()
    assert kept.sockets[0].fileno() == -1  # Nobody waits in a dead one's queue.
    await trio.sleep(0.11)
    assert len(kept.actors) == 2
    assert kept.actors[1].listener is kept.sockets[1]


async def test_a_successor_has_the_same_socket_and_the_old_one_leaves_when_it_serves(
    kept: Stage, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    outcome: list[bool] = []
    nursery.start_soon(replace, kept, outcome)
    await wait_all_tasks_blocked()
    old, new = kept.actors
    assert (new.listener, old.farewells) == (old.listener, [])
    new.serve()
    await trio.sleep(10)
    assert old.farewells == [Farewell(accepts=False, also=frozenset({"later"}))]
    assert outcome == [True]
    assert kept.place.worker is new
    assert len(kept.actors) == 2
    new.end()  # It is kept like the first.
    await trio.sleep(10)
    assert len(kept.actors) == 3


async def test_a_successor_that_does_not_serve_leaves_the_old_one_where_it_is(
    kept: Stage, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    outcome: list[bool] = []
    nursery.start_soon(replace, kept, outcome)
    await wait_all_tasks_blocked()
    kept.actors[1].end()
    await trio.sleep(10)
    assert outcome == [False]
    assert kept.place.worker is kept.actors[0]
    assert kept.actors[0].farewells == []
    assert len(kept.actors) == 2


async def test_when_the_old_one_dies_before_its_successor_serves_there_is_one_in_the_end(
    kept: Stage, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    nursery.start_soon(replace, kept, [])
    await wait_all_tasks_blocked()
    kept.actors[0].end()
    await trio.sleep(10)
    kept.actors[1].serve()
    await trio.sleep(10)
    assert len(kept.actors) == 2
    assert kept.place.worker is kept.actors[1]


async def test_a_place_that_waits_for_its_next_worker_needs_no_successor(
    kept: Stage, autojump_clock: MockClock
) -> None:
    kept.actors[0].end()
    await wait_all_tasks_blocked()
    assert await kept.place.replace(frozenset())
    assert len(kept.actors) == 1


async def test_a_place_where_nobody_ever_serves_is_given_up(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async def fail_at_once() -> None:
        while True:
            await trio.sleep(0.01)
            stage.actors[-1].end()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(fail_at_once)
        with pytest.raises(CannotStart, match="Worker 1 ended 5 times before it served"):
            await stage.place.keep()
        nursery.cancel_scope.cancel()
    assert len(stage.actors) == 5


async def replace(stage: Stage, outcome: list[bool]) -> None:
    outcome.append(await stage.place.replace(frozenset({"later"})))
