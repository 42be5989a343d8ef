"""Every byte in order, whoever writes it, however slowly it is read."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from sorteos_actors.web.outbox import MAX_PENDING_BYTES, Outbox


@asynccontextmanager
async def a_pair() -> AsyncIterator[tuple[Outbox, trio.SocketStream, trio.Nursery]]:
    """An outbox, the other end of its socket, and the nursery, with small kernel buffers."""
    ours, theirs = map(trio.socket.from_stdlib_socket, socket.socketpair())
    for sock in (ours, theirs):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    async with trio.open_nursery() as nursery:
        outbox, peer = Outbox(trio.SocketStream(ours), nursery), trio.SocketStream(theirs)
        try:
            yield outbox, peer, nursery
        finally:
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await outbox.aclose()
                await peer.aclose()


async def read_exactly(stream: trio.SocketStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = await stream.receive_some(size - len(data))
        assert more
        data += more
    return data


async def test_a_clean_outbox_writes_at_once() -> None:
    async with a_pair() as (outbox, peer, _nursery):
        assert outbox.offer([b"abc", b"def"])
        outbox.push(b"ghi")
        assert outbox.blocked_since is None
        assert await read_exactly(peer, 9) == b"abcdefghi"


async def test_a_torn_write_is_finished_before_anything_else_goes_out() -> None:
    async with a_pair() as (outbox, peer, nursery):
        big = bytes(range(256)) * 1000
        assert outbox.offer([big])
        assert outbox.blocked_since is not None
        assert not outbox.offer([b"refused"])
        outbox.push(b"reply")
        nursery.start_soon(outbox.send_all, b"pong")
        expected = big + b"replypong"
        assert await read_exactly(peer, len(expected)) == expected
        await trio.testing.wait_all_tasks_blocked()


async def test_any_mix_of_writers_keeps_every_frame_whole_and_in_order() -> None:
    chance = random.Random(7)
    async with a_pair() as (outbox, peer, _nursery):
        sent: list[bytes] = []

        async def write() -> None:
            for index in range(2000):
                frame = b"<%d:" % index + b"x" * chance.choice([0, 10, 3000, 20_000]) + b">"
                kind = chance.randrange(3)
                if kind == 0:
                    if outbox.offer([frame]):
                        sent.append(frame)
                elif kind == 1 and outbox._pending_bytes < 500_000:
                    outbox.push(frame)
                    sent.append(frame)
                elif kind == 2:
                    sent.append(frame)
                    await outbox.send_all(frame)
                if chance.random() < 0.3:
                    await trio.lowlevel.checkpoint()
            await outbox.wait_send_all_might_not_block()
            await outbox.aclose()  # The reader's end of the stream.

        received = bytearray()

        async def read() -> None:
            while data := await peer.receive_some(chance.choice([100, 5000, 60_000])):
                received.extend(data)

        async with trio.open_nursery() as both:
            both.start_soon(write)
            both.start_soon(read)
    assert bytes(received) == b"".join(sent)
    assert len(sent) > 1000


async def test_a_drained_outbox_says_so() -> None:
    async with a_pair() as (outbox, peer, _nursery):
        drained = trio.Event()
        outbox.on_drained = drained.set
        outbox.offer([b"x" * 100_000])
        await read_exactly(peer, 100_000)
        await drained.wait()
        assert outbox.blocked_since is None
        assert outbox.offer([b"y"])


async def test_a_drained_outbox_may_be_filled_again_from_its_own_callback() -> None:
    async with a_pair() as (outbox, peer, _nursery):
        left = 5

        def refill() -> None:
            nonlocal left
            if left:
                left -= 1
                assert outbox.offer([b"z" * 50_000])

        outbox.on_drained = refill
        outbox.offer([b"z" * 50_000])
        assert await read_exactly(peer, 300_000) == b"z" * 300_000


async def test_replies_to_someone_who_never_reads_are_bounded() -> None:
    async with a_pair() as (outbox, _peer, _nursery):
        overflows = 0

        def overflow() -> None:
            nonlocal overflows
            overflows += 1

        outbox.on_overflow = overflow
        for _ in range(MAX_PENDING_BYTES // 10_000 + 50):
            outbox.push(b"r" * 10_000)
        assert overflows
        assert outbox._pending_bytes <= MAX_PENDING_BYTES


async def test_nothing_follows_a_close_frame() -> None:
    async with a_pair() as (outbox, peer, _nursery):
        await outbox.send_all(b"\x88\x02\x03\xe8")
        assert not outbox.offer([b"late"])
        outbox.push(b"late")
        await outbox.aclose()
        assert await peer.receive_some() == b"\x88\x02\x03\xe8"
        assert await peer.receive_some() == b""


async def test_writing_to_a_peer_who_left_raises_for_the_library_and_is_quiet_for_the_feed() -> (
    None
):
    async with a_pair() as (outbox, peer, _nursery):
        await peer.aclose()
        outbox.offer([b"a" * 10])
        outbox.offer([b"a" * 10])
        with pytest.raises(trio.BrokenResourceError):
            await outbox.send_all(b"pong")
