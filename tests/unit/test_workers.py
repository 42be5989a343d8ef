"""Workers without processes: when they start again, where their sockets are, what they are told."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, suppress
from uuid import uuid4

import httpx
import msgspec
import pytest

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
