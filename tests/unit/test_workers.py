"""Workers without processes: when they start again, where their sockets are, who replaces whom."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from uuid import uuid4

import httpx
import msgspec
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from sorteos_actors import cli
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.courier import ADDRESSEE, Courier
from sorteos_actors.cluster.envelopes import Ask
from sorteos_actors.errors import CannotStart, PeerGone
from sorteos_actors.main import Foundations
from sorteos_actors.node import Farewell
from sorteos_actors.ports import Owner
from sorteos_actors.raffle import commands
from sorteos_actors.workers.addresses import NodeUrls, find_shared_port
from sorteos_actors.workers.link import Link, Order, Ready
from sorteos_actors.workers.place import Place
from sorteos_actors.workers.process import Worker
from sorteos_actors.workers.restarts import Restarts

ORDER = Order(0, "127.0.0.1", None, Foundations("postgresql://h/d", None, "s"))


# -- when the next one starts --------------------------------------------------------------------


def test_pauses_double_up_to_five_seconds() -> None:
    restarts = Restarts()
    pauses = [restarts.pause_after(100.0 * n, None) for n in range(8)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
    for n in range(2000):
        assert restarts.pause_after(1000.0 + 100 * n, 1.0) == 5.0


def test_after_a_life_of_ten_seconds_the_pauses_begin_anew() -> None:
    restarts = Restarts()
    for n in range(4):
        restarts.pause_after(n, 9.9)
    assert restarts.pause_after(50, 10.0) == pytest.approx(0.1)


def test_five_ends_in_thirty_seconds_without_ever_serving_are_hopeless() -> None:
    restarts = Restarts()
    assert all(restarts.pause_after(7.5 * n, None) for n in range(4))
    assert restarts.pause_after(30.0, None) is None


def test_five_ends_in_a_longer_time_are_not() -> None:
    restarts = Restarts()
    assert all(restarts.pause_after(7.6 * n, None) for n in range(20))


def test_a_place_that_has_served_is_never_given_up() -> None:
    restarts = Restarts()
    assert restarts.pause_after(0, 0.1)
    assert all(restarts.pause_after(n, None) for n in range(20))


# -- sockets -------------------------------------------------------------------------------------


def test_workers_have_the_node_urls_port_and_those_after_it_and_one_to_spare() -> None:
    urls = NodeUrls("http://node1:9000", 2, 8080)
    one, two, three = (f"http://node1:{port}" for port in (9000, 9001, 9002))
    assert (urls.lend(2), urls.lend(1)) == (two, one)
    assert urls.lend(2) == three  # It replaces the one that is still there.
    urls.give_back(two)
    urls.give_back(one)
    assert urls.lend(1) == one
    urls.give_back(three)
    assert (urls.lend(2), urls.lend(1)) == (two, three)


def test_without_a_node_url_none_is_lent() -> None:
    urls = NodeUrls(None, 2, 8080)
    assert urls.lend(1) is None
    urls.give_back(None)
    assert urls.lend(1) is None


def test_a_node_url_without_a_port_and_one_of_ip_version_6() -> None:
    assert NodeUrls("http://node1", 1, 8080).lend(1) == "http://node1:80"
    assert NodeUrls("http://[fd00::1]", 1, 8080).lend(1) == "http://[fd00::1]:80"
    assert NodeUrls("http://[fd00::1]:9000", 1, 8080).lend(1) == "http://[fd00::1]:9000"


@pytest.mark.parametrize("url", ["http://n:8080", "http://n:8078", "http://n:65534"])
def test_a_node_url_that_leaves_no_room_is_a_sentence(url: str) -> None:
    with pytest.raises(CannotStart, match="NODE_URL must leave room"):
        NodeUrls(url, 2, 8080)


def test_a_port_that_another_instance_shares_among_its_workers_is_taken() -> None:
    port = find_shared_port("127.0.0.1", 0)
    with port.bind() as worker:
        worker.listen()
        with pytest.raises(CannotStart, match=f"Port {port.address[1]} on 127.0.0.1"):
            find_shared_port(*port.address)


def test_connections_go_to_those_sockets_only_that_listen() -> None:
    port = find_shared_port("127.0.0.1", 0)
    with ExitStack() as stack:
        reserved, one, other = (stack.enter_context(port.bind()) for _ in range(3))
        one.listen()
        other.listen()
        for sock in (one, other):
            sock.setblocking(False)
        for _ in range(64):
            stack.enter_context(socket.create_connection(port.address))
        assert (accepted(one) > 0) + (accepted(other) > 0) == 2
        other.close()
        for _ in range(16):
            stack.enter_context(socket.create_connection(port.address))
        assert accepted(one) == 16
        assert reserved.getsockname() == port.address


def accepted(listener: socket.socket) -> int:
    count = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


# -- a place and its workers ---------------------------------------------------------------------


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


# -- the link ------------------------------------------------------------------------------------


async def test_a_link_carries_messages_whole_and_its_end_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    async with Link(ours) as parent:
        async with Link(theirs) as worker:
            order = msgspec.structs.replace(ORDER, node_url="http://n:1", listener=7)
            assert await parent.send(order)
            assert await parent.send(Farewell(accepts=False, also=None))
            assert await parent.send(Farewell(also=frozenset({"a", "b"})))
            assert await worker.receive(Order) == order
            assert await worker.receive(Farewell) == Farewell(accepts=False, also=None)
            assert await worker.receive(Farewell) == Farewell(also=frozenset({"a", "b"}))
        assert await parent.receive(Ready) is None
        assert not await parent.send(Farewell())


def test_a_link_from_the_command_line_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sorteos_actors.logs.set_up", lambda *_: None)
    with open(os.devnull) as no_socket:
        assert cli.run(["serve", "--link", str(no_socket.fileno())]) == 1
    assert "--link is for" in capsys.readouterr().err


# -- who has the address of a dead node ----------------------------------------------------------


async def test_who_has_a_dead_nodes_address_proves_that_it_is_dead() -> None:
    meant: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        meant.append(request.headers[ADDRESSEE])
        return httpx.Response(410)

    clock = ServerClock()
    clock.sample(1, 0, 0)
    courier = Courier(b"key", clock)
    courier._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    async with courier:
        ask = Ask(1, "me", uuid4(), commands.ExpireDue(), None, 1000)
        with pytest.raises(PeerGone):
            await courier.carry(Owner("the dead", "http://node"), ask, 1.0)
    assert meant == ["the dead"]
