"""Who may speak for people to another node, and what becomes of a command that goes by HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.courier import (
    ADDRESSEE,
    MOST_SKEW_MS,
    PATH,
    SIGNATURE,
    Courier,
    internal_key,
    is_signed,
    sign,
)
from sorteos_actors.cluster.envelopes import Ask, Told, pack, read_ask
from sorteos_actors.errors import PeerGone, PeerSilent
from sorteos_actors.ports import Moved, Owner
from sorteos_actors.raffle import Rejection, RejectionCode
from sorteos_actors.raffle.commands import FindReservation

KEY = internal_key("the secret of the cluster, long enough")
NOW = 1_700_000_000_000
ASK = Ask(7, "beto", UUID(int=1), FindReservation(UUID(int=2)), None, NOW + 2000)
TOLD = Told(7, Rejection(RejectionCode.NOT_FOUND))


# -- the signature ---------------------------------------------------------------------------------


def test_a_fresh_signature_of_the_same_body_is_good() -> None:
    assert is_signed(KEY, b"body", sign(KEY, b"body", NOW), NOW)


@pytest.mark.parametrize("skew", [-MOST_SKEW_MS, -1, 1, MOST_SKEW_MS])
def test_clocks_may_differ_a_little(skew: int) -> None:
    assert is_signed(KEY, b"body", sign(KEY, b"body", NOW + skew), NOW)


@pytest.mark.parametrize("skew", [-MOST_SKEW_MS - 1, MOST_SKEW_MS + 1, -86_400_000])
def test_an_old_signature_and_one_of_the_future_are_refused(skew: int) -> None:
    assert not is_signed(KEY, b"body", sign(KEY, b"body", NOW + skew), NOW)


def test_a_signature_is_for_one_body_one_key_and_one_time() -> None:
    signature = sign(KEY, b"body", NOW)
    assert not is_signed(KEY, b"another body", signature, NOW)
    assert not is_signed(KEY, b"", signature, NOW)
    assert not is_signed(internal_key("another secret"), b"body", signature, NOW)
    _, _, mac = signature.partition(".")
    assert not is_signed(KEY, b"body", f"{NOW + 1}.{mac}", NOW)


def test_the_time_cannot_be_moved_into_the_body() -> None:
    signature = sign(KEY, b"1.body", NOW)
    _, _, mac = signature.partition(".")
    assert not is_signed(KEY, b"body", f"{NOW}1.{mac}", NOW * 10 + 1)


def test_the_key_is_not_that_of_peoples_tokens() -> None:
    assert internal_key("secret") != b"secret"
    assert internal_key("secret") == internal_key("secret")
    assert internal_key("secret") != internal_key("another")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ".",
        "no time",
        f"{NOW}",
        f"{NOW}.",
        f"-{NOW}.00",
        f"{NOW}.é",
        f"+{NOW}.{'0' * 64}",
        "\u0661" * 13 + ".00",
        "9" * 5000 + ".00",
    ],
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not is_signed(KEY, b"body", signature, NOW)


@given(st.text(max_size=100))
def test_no_text_is_a_signature_by_chance(text: str) -> None:
    assert not is_signed(KEY, b"body", text, NOW)
    assert not is_signed(KEY, b"body", f"{NOW}.{text}", NOW)


@given(st.binary(max_size=200), st.integers(NOW - MOST_SKEW_MS, NOW + MOST_SKEW_MS))
def test_what_was_signed_is_signed(body: bytes, at: int) -> None:
    assert is_signed(KEY, body, sign(KEY, body, at), NOW)


# -- the way ---------------------------------------------------------------------------------------


def response(status: int, body: bytes = b"") -> bytes:
    return (
        b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        % (
            status,
            len(body),
        )
        + body
    )


@asynccontextmanager
async def a_neighbour(answer: bytes | None) -> AsyncIterator[tuple[Owner, list[bytes]]]:
    """A node that says these bytes to every request (None: nothing), and what it was asked."""
    requests: list[bytes] = []

    async def serve(stream: trio.SocketStream) -> None:
        request = b""
        while not request.endswith(pack(ASK)):
            request += await stream.receive_some()
        requests.append(request)
        if answer is None:
            await trio.sleep_forever()
        else:
            await stream.send_all(answer)

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        port = listener.socket.getsockname()[1]
        yield Owner("ana", f"http://127.0.0.1:{port}", 7), requests
        nursery.cancel_scope.cancel()


@pytest.fixture
async def courier() -> AsyncIterator[Courier]:
    async with Courier(KEY, the_clock()) as courier:
        yield courier


def the_clock() -> ServerClock:
    clock = ServerClock()
    clock.sample(NOW, trio.current_time(), trio.current_time())
    return clock


async def test_a_command_arrives_signed_and_its_answer_comes_back(courier: Courier) -> None:
    async with a_neighbour(response(200, pack(TOLD))) as (ana, requests):
        assert await courier.carry(ana, ASK, 2) == TOLD.answer
    head, _, body = requests[0].partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    headers = {name.lower(): value for name, value in headers.items()}
    assert head.startswith(f"POST {PATH} ".encode())
    assert read_ask(body) == ASK
    assert is_signed(KEY, body, headers[SIGNATURE.lower()], the_clock().now())
    assert headers[ADDRESSEE.lower()] == "ana"


async def test_an_answer_may_be_that_the_raffle_has_moved(courier: Courier) -> None:
    moved = Moved(Owner("caro", "http://caro", 9))
    async with a_neighbour(response(200, pack(Told(7, moved)))) as (ana, _):
        assert await courier.carry(ana, ASK, 2) == moved


@pytest.mark.parametrize(
    "answer",
    [
        response(403),
        response(400),
        response(500),
        response(503),
        response(200, b"another version"),
        response(200),
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\ncut",
    ],
)
async def test_a_node_that_gives_no_answer_is_silent_and_not_gone(
    courier: Courier, answer: bytes
) -> None:
    async with a_neighbour(answer) as (ana, _):
        with pytest.raises(PeerSilent):
            await courier.carry(ana, ASK, 2)


async def test_a_node_that_says_nothing_is_silent_after_the_time(courier: Courier) -> None:
    async with a_neighbour(None) as (ana, _):
        began = trio.current_time()
        with pytest.raises(PeerSilent):
            await courier.carry(ana, ASK, 0.2)
        assert 0.2 <= trio.current_time() - began < 1


async def test_an_address_that_belongs_to_another_by_now_is_a_node_that_is_gone(
    courier: Courier,
) -> None:
    async with a_neighbour(response(410)) as (ana, _):
        with pytest.raises(PeerGone):
            await courier.carry(ana, ASK, 2)


async def test_a_node_whose_port_refuses_is_gone(courier: Courier) -> None:
    async with a_neighbour(None) as (ana, _):
        pass
    with pytest.raises(PeerGone):
        await courier.carry(ana, ASK, 2)
    with pytest.raises(PeerGone):  # By all the addresses of its name.
        await courier.carry(Owner("ana", ana.url.replace("127.0.0.1", "localhost")), ASK, 2)


async def test_a_name_that_nobody_has_is_a_silent_node(courier: Courier) -> None:
    with pytest.raises(PeerSilent):
        await courier.carry(Owner("ana", "http://nobody.invalid:1"), ASK, 2)


async def test_one_dead_node_does_not_make_the_next_silent_one_dead(courier: Courier) -> None:
    async with a_neighbour(None) as (dead, _):
        pass
    async with a_neighbour(b"") as (silent, _):
        try:
            await courier.carry(dead, ASK, 2)
        except PeerGone:
            with pytest.raises(PeerSilent):
                await courier.carry(silent, ASK, 2)
        else:
            pytest.fail("nobody listens there")


async def test_a_proxy_of_the_environment_is_no_way_to_a_neighbour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with (
        Courier(KEY, the_clock()) as courier,
        a_neighbour(response(200, pack(TOLD))) as (ana, _),
    ):
        assert await courier.carry(ana, ASK, 2) == TOLD.answer
