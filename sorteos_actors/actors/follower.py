"""Keeps a raffle's feed true on a node that does not run its actor.

First it listens, then it loads the board: what was said in between is applied on top. From there on
it accepts an update only when it begins at our position. A gap costs one read of the journal, however
many viewers there are; too large a gap, or a newer epoch, costs one read of the board. Silence is a
fault, not peace: the owner says where it stands at least every second, and when it is not heard, the
registry compares our position with PostgreSQL's, once a second for all raffles of the node together.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Final
from uuid import UUID

import trio

from sorteos_actors import metrics
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.publication import Publication
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.ports import Bus, Clock, FeedUpdate, Position, RaffleStore

logger = logging.getLogger(__name__)

SILENT_SECONDS: Final = 3.0
MOST_NEWS: Final = 300
MOST_WAITING: Final = 1024
"""Updates that may wait while the board is loaded. The oldest are dropped: they will be a gap."""
RETRY_SECONDS: Final = 0.5


class Follower:
    """Feeds one feed from the bus and the journal. `run` is its life."""

    def __init__(
        self,
        raffle_id: UUID,
        feed: Feed,
        *,
        store: RaffleStore,
        bus: Bus,
        clock: Clock,
        outage: OutageMeter,
    ) -> None:
        self.ready = trio.Event()
        """Set once the feed shows a committed position."""
        self._raffle_id = raffle_id
        self._feed = feed
        self._store = store
        self._bus = bus
        self._clock = clock
        self._outage = outage
        self._epoch = 0
        self._seq = 0
        self._waiting: deque[FeedUpdate] = deque(maxlen=MOST_WAITING)
        self._is_behind = True
        self._wake = trio.Event()
        self._heard_at = float("-inf")

    @property
    def is_silent(self) -> bool:
        """Whether the owner was not heard for so long that only PostgreSQL can say where it stands."""
        return trio.current_time() - self._heard_at > SILENT_SECONDS

    def compare(self, position: Position) -> None:
        """Where PostgreSQL says that the raffle stands: when that is not here, catch up."""
        if self.ready.is_set() and (position.epoch, position.seq) != (self._epoch, self._seq):
            self._fall_behind()

    async def run(self) -> None:
        """Follow until cancelled. Raises `RaffleNotFound`."""
        self._bus.follow(self._raffle_id, self._take)
        try:
            while True:
                try:
                    await self._follow()
                except StoreUnavailable:
                    self._outage.failed()
                    await trio.sleep(RETRY_SECONDS)
        finally:
            self._bus.unfollow(self._raffle_id)

    async def _follow(self) -> None:
        while True:
            if not self.ready.is_set():
                await self._load()
                self.ready.set()
            while self._waiting:
                self._apply(self._waiting.popleft())
            if self._is_behind:
                await self._catch_up()
            if not (self._waiting or self._is_behind):
                await self._wake.wait()
                self._wake = trio.Event()

    def _take(self, update: FeedUpdate) -> None:
        if (
            update.epoch >= self._epoch
        ):  # A deposed owner may still speak: that is as good as silence.
            self._heard_at = trio.current_time()
        self._waiting.append(update)
        self._wake.set()

    def _apply(self, update: FeedUpdate) -> None:
        if (update.epoch, update.seq_to) <= (self._epoch, self._seq):
            return
        if update.epoch == self._epoch and update.seq_from <= self._seq and update.frames:
            self._feed.relay(update)
            self._seq = update.seq_to
        else:
            metrics.BUS_GAPS.inc()
            self._fall_behind()

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._wake.set()

    async def _catch_up(self) -> None:
        """From the journal, when it is the same epoch and not too much; else by the board."""
        self._is_behind = False
        try:
            news = await self._store.news(
                self._raffle_id, self._seq, MOST_NEWS, tuple(self._feed.users)
            )
            if news.summary.epoch != self._epoch or not news.is_whole:
                await self._load()
            elif news.summary.seq > self._seq:
                self._feed.publish(Publication.of_news(news, self._clock.now()))
                self._seq = news.summary.seq
        except BaseException:
            self._is_behind = True
            raise

    async def _load(self) -> None:
        picture = await self._store.picture(self._raffle_id)
        self._outage.answered()
        self._is_behind = False
        summary = picture.summary
        self._epoch, self._seq = summary.epoch, summary.seq
        self._feed.reset(summary, picture.board, is_source=False)
