"""How long PostgreSQL was away, so that nobody loses a hold to our fault.

From the last answer before a failure to the first one after it, on the monotonic clock. What counts
is noted here by whoever talks to the store; the supervisors read what is owed to the holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec
import trio

from sorteos_actors import metrics
from sorteos_actors.ports import Clock
from sorteos_actors.raffle import Millis, commands

logger = logging.getLogger(__name__)

_SHORTEST_SECONDS = 1.0
"""Shorter than the noise of a retry: not worth an event in every raffle."""


class Outage(msgspec.Struct, frozen=True):
    """A time without PostgreSQL that is over."""

    started_at: Millis
    length_ms: int


class OutageMeter:
    """Watches one store. `answered` and `failed` are cheap and may be called often."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_answer: float | None = None
        self._down_since: float | None = None
        self.last: Outage | None = None
        self.on_recovery: Callable[[], None] = lambda: None
        """Called when an outage that counts has ended. Set once, by the registry."""

    @property
    def is_down(self) -> bool:
        """Whether the last thing we heard was a failure."""
        return self._down_since is not None

    @property
    def seconds_since_answer(self) -> float:
        """How long ago PostgreSQL last answered; infinite when it never did."""
        if self._last_answer is None:
            return float("inf")
        return trio.current_time() - self._last_answer

    def failed(self) -> None:
        """The store did not answer."""
        if self._down_since is None:
            now = trio.current_time()
            self._down_since = now if self._last_answer is None else self._last_answer
            logger.error("PostgreSQL does not answer")

    def answered(self) -> None:
        """The store answered. If that ends an outage long enough to count, it is `last` now."""
        now = trio.current_time()
        self._last_answer = now
        if self._down_since is None:
            return
        length = now - self._down_since
        self._down_since = None
        metrics.OUTAGE_SECONDS.inc(length)
        logger.warning("PostgreSQL answers again after %.1f s", length)
        if length < _SHORTEST_SECONDS:
            return
        length_ms = int(length * 1000)
        self.last = Outage(self._clock.now() - length_ms, length_ms)
        self.on_recovery()

    def owed(self, since: Millis = 0) -> commands.ExtendDeadlines | None:
        """What a raffle that is loaded now is owed for the last outage.

        Nothing when somebody has taken it after the outage began (`since`): for them there was none.
        A raffle takes it once: it remembers until when it was made good, and younger holds are left
        alone.
        """
        if self.last is None or since > self.last.started_at:
            return None
        return commands.ExtendDeadlines(self.last.length_ms, self.last.started_at)
