"""Fan-out: the CPU that one frame costs for one viewer.

The same loopback sockets, whose far ends are read by a second process, are written to in two ways
in turn: by our feed through outboxes, and with the WebSocket library's `send_message` to each. Only
this process's CPU is counted, in user and kernel mode; on loopback that includes the kernel's work
for the receiver. A third way, the bare system call, shows what no Python could go below.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final
from uuid import uuid4

import trio
from trio_websocket import WebSocketConnection, wrap_server_stream

from benchmarks.figures import Figure, Result
from benchmarks.servers import ROOT, Stage
from sorteos_actors.actors.alone import LoneBus
from sorteos_actors.actors.audience import Subscriber
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.publication import Publication
from sorteos_actors.clock import ServerClock
from sorteos_actors.protocol import board
from sorteos_actors.protocol.close_codes import CloseCode
from sorteos_actors.protocol.websocket_frames import binary_frame
from sorteos_actors.raffle import RaffleStatus, RaffleSummary, RaffleTerms
from sorteos_actors.raffle.model import RESERVED
from sorteos_actors.web.outbox import Outbox, tune

NUMBER_COUNT: Final = 10_000
CHANGES: Final = 20
VIEWERS: Final = (1000, 5000)


class Viewer:
    """One accepted socket, ready to be written to in either way. The `Sink` of a feed."""

    def __init__(
        self, stream: trio.SocketStream, websocket: WebSocketConnection, nursery: trio.Nursery
    ) -> None:
        self.fd = stream.socket.fileno()
        self.websocket = websocket
        self._outbox = Outbox(stream, nursery)

    @property
    def blocked_since(self) -> float | None:
        """See `Outbox`."""
        return self._outbox.blocked_since

    def offer(self, frames: Sequence[bytes]) -> bool:
        """See `Outbox.offer`."""
        return self._outbox.offer(frames)

    def push(self, frame: bytes) -> None:
        """See `Outbox.push`."""
        self._outbox.push(frame)

    def close(self, code: CloseCode) -> None:
        """Nobody should be sent away here."""
        raise RuntimeError(f"the feed gave up a viewer: {code}")


def run(stage: Stage) -> Result:
    """Baseline and ours in turn, for each number of viewers."""
    return trio.run(_run, stage.quick)


async def _run(quick: bool) -> Result:
    rounds, scale = (1, 0.3) if quick else (5, 1.0)
    figures: list[Figure] = []
    size = 0
    async with open_viewers(max(VIEWERS)) as viewers:
        for count in VIEWERS:
            frames = max(3, int(20_000 * scale) // count)
            ours: list[float] = []
            baseline: list[float] = []
            bare: list[float] = []
            for turn in range(rounds):
                publications = list(publications_for(frames, turn))
                payloads = [delta(publication) for publication in publications]
                size = len(payloads[0])
                baseline.append(await _library(viewers[:count], payloads))
                ours.append(await feed_cost(viewers[:count], publications))
                bare.append(await _bare(viewers[:count], payloads))
            figures.append(
                Figure(
                    what=f"{count:,} viewers, CPU a frame and viewer",
                    unit="µs",
                    ours=tuple(ours),
                    baseline=tuple(baseline),
                    at_most=12,
                    ratio_at_most=0.2,
                )
            )
            figures.append(
                Figure(
                    what=f"{count:,} viewers, against the bare system call",
                    unit="µs",
                    ours=tuple(ours),
                    baseline=tuple(bare),
                )
            )
    return Result(
        name="fanout",
        title="Fan-out: CPU of one frame to one viewer",
        method=(
            f"Deltas of {CHANGES} numbers ({size} bytes), written to loopback sockets that a "
            "second process reads. Ours: Feed and Outbox. Baseline: trio-websocket's "
            "`send_message` to each; then, for comparison, `os.write` and nothing else."
        ),
        figures=figures,
    )


async def _library(viewers: Sequence[Viewer], payloads: Sequence[bytes]) -> float:
    """CPU in µs per frame and viewer, with the library's own way to send."""
    begin = time.process_time()
    for payload in payloads:
        for viewer in viewers:
            await viewer.websocket.send_message(payload)
    return (time.process_time() - begin) / (len(payloads) * len(viewers)) * 1e6


async def feed_cost(viewers: Sequence[Viewer], publications: Sequence[Publication]) -> float:
    """CPU in µs per frame and viewer, from publication to the last write; waiting is free."""
    feed = Feed(publications[0].summary.terms.id, ServerClock(), LoneBus())
    feed.reset(summary_at(0), bytearray(NUMBER_COUNT))
    subscribers = [Subscriber(viewer) for viewer in viewers]
    for subscriber in subscribers:
        feed.join(subscriber)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        await trio.sleep(0.1)  # The snapshots of the joiners are on their way to the readers.
        begin = time.process_time()
        for publication in publications:
            feed.publish(publication)
            await until(partial(has_reached, subscribers[-1], publication.summary.seq))
        used = time.process_time() - begin
        nursery.cancel_scope.cancel()
    behind = sum(subscriber.seq != publications[-1].summary.seq for subscriber in subscribers)
    if behind:
        raise RuntimeError(f"{behind} viewers were passed over: their reader is too slow")
    return used / (len(publications) * len(viewers)) * 1e6


async def _bare(viewers: Sequence[Viewer], payloads: Sequence[bytes]) -> float:
    """CPU in µs of a write and nothing else: the floor of this machine."""
    used = 0.0
    for payload in payloads:
        frame = binary_frame(payload)
        begin = time.process_time()
        for viewer in viewers:
            os.write(viewer.fd, frame)
        used += time.process_time() - begin
        await trio.sleep(0.02)  # Let the readers catch up.
    return used / (len(payloads) * len(viewers)) * 1e6


def has_reached(subscriber: Subscriber, seq: int) -> bool:
    return subscriber.seq == seq


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await trio.sleep(0.005)


@asynccontextmanager
async def open_viewers(count: int) -> AsyncIterator[list[Viewer]]:
    """So many accepted sockets, their far ends in a process of their own."""
    viewers: list[Viewer] = []
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
    port = listener.socket.getsockname()[1]
    reader = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.drain", str(port), str(count)], cwd=ROOT
    )
    try:
        async with trio.open_nursery() as nursery:

            async def accept(stream: trio.SocketStream) -> None:
                tune(stream.socket)
                request = await wrap_server_stream(nursery, stream)
                viewers.append(Viewer(stream, await request.accept(), nursery))
                await trio.sleep_forever()  # Returning would close the stream.

            nursery.start_soon(
                partial(trio.serve_listeners, accept, [listener], handler_nursery=nursery)
            )
            with trio.fail_after(120):
                await until(lambda: len(viewers) == count or reader.poll() is not None)
            if len(viewers) < count:
                raise RuntimeError("the reading process ended")
            yield viewers
            nursery.cancel_scope.cancel()
    finally:
        reader.terminate()
        reader.wait()


_TERMS: Final = RaffleTerms(
    id=uuid4(),
    organizer_id=uuid4(),
    title="fan-out",
    number_count=NUMBER_COUNT,
    price=1,
    currency="CRC",
)


def summary_at(seq: int) -> RaffleSummary:
    return RaffleSummary(
        terms=_TERMS,
        status=RaffleStatus.ACTIVE,
        epoch=1,
        seq=seq,
        reserved_count=seq,
        sold_count=0,
    )


def publications_for(count: int, seed: int) -> list[Publication]:
    """So many commits of a raffle, each of which reserves `CHANGES` numbers."""
    source = random.Random(seed)
    return [
        Publication(
            summary=summary_at((turn + 1) * CHANGES),
            changes=dict.fromkeys(source.sample(range(NUMBER_COUNT), CHANGES), RESERVED),
            expired=(),
            private=(),
            raffle_changed=False,
            at=0,
        )
        for turn in range(count)
    ]


def delta(publication: Publication) -> bytes:
    """What the feed encodes for it."""
    summary = publication.summary
    return board.delta(summary.epoch, summary.seq - CHANGES, summary.seq, publication.changes)
