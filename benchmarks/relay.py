"""The fan-out of a node that does not own the raffle: it passes on what the owner's feed has sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import trio

from benchmarks.fanout import (
    NUMBER_COUNT,
    Viewer,
    feed_cost,
    has_reached,
    open_viewers,
    publications_for,
    summary_at,
    until,
)
from benchmarks.figures import Figure
from sorteos_actors.actors.alone import LoneBus
from sorteos_actors.actors.audience import Subscriber
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.publication import Publication
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.envelopes import pack, read_update
from sorteos_actors.ports import FeedUpdate

VIEWERS = 2000


class _Recorder:
    """A bus that keeps what was said, as the bytes that would travel."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def delivers(self, raffle_id: UUID) -> bool:  # noqa: ARG002 - the port's shape
        return True

    def publish(self, raffle_id: UUID, update: FeedUpdate) -> None:  # noqa: ARG002 - the port's
        if update.frames:
            self.said.append(pack(update))

    def follow(self, raffle_id: UUID, on_update: Callable[[FeedUpdate], None]) -> None:
        raise NotImplementedError

    def unfollow(self, raffle_id: UUID) -> None:
        raise NotImplementedError


def figure(*, quick: bool) -> Figure:
    """CPU a frame and viewer on a relay, against the owner's in turn."""
    return trio.run(_figure, quick)


async def _figure(quick: bool) -> Figure:
    rounds, frames = (1, 5) if quick else (5, 15)
    relayed: list[float] = []
    owned: list[float] = []
    async with open_viewers(VIEWERS) as viewers:
        for turn in range(rounds):
            publications = publications_for(frames, turn)
            owned.append(await feed_cost(viewers, publications))
            relayed.append(await _relay_cost(viewers, await _said(publications)))
    return Figure(
        what=f"fan-out on another node, {VIEWERS:,} viewers, CPU a frame and viewer",
        unit="µs",
        ours=tuple(relayed),
        baseline=tuple(owned),
        ratio_at_most=1.2,
    )


async def _said(publications: Sequence[Publication]) -> list[bytes]:
    """What an owner's feed gives to the bus, update by update."""
    recorder = _Recorder()
    feed = Feed(publications[0].summary.terms.id, ServerClock(), recorder)
    feed.reset(summary_at(0), bytearray(NUMBER_COUNT))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        for index, publication in enumerate(publications, start=1):
            feed.publish(publication)
            await until(lambda wanted=index: len(recorder.said) == wanted)  # type: ignore[misc]
        nursery.cancel_scope.cancel()
    return recorder.said


async def _relay_cost(viewers: Sequence[Viewer], said: Sequence[bytes]) -> float:
    """CPU in µs per frame and viewer, from the message to the last write; waiting is free."""
    updates = [read_update(data) for data in said]
    first = summary_at(0)
    feed = Feed(first.terms.id, ServerClock(), LoneBus())
    feed.reset(first, bytearray(NUMBER_COUNT), is_source=False)
    subscribers = [Subscriber(viewer) for viewer in viewers]
    for subscriber in subscribers:
        feed.join(subscriber)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        await trio.sleep(0.1)
        begin = time.process_time()
        for data, update in zip(said, updates, strict=True):
            feed.relay(read_update(data))
            await until(partial(has_reached, subscribers[-1], update.seq_to))
        used = time.process_time() - begin
        nursery.cancel_scope.cancel()
    return used / (len(said) * len(viewers)) * 1e6
