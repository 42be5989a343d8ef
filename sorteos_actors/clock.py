"""PostgreSQL's time, carried on trio's monotonic clock.

Every answer of PostgreSQL brings a sample: its clock, and how long the answer took. The true offset
lies within half of that, so the quickest of the last samples is the best one. A node's wall clock is
never asked: it may be wrong by an hour and no deadline moves. On a MockClock everything follows it.
"""

from __future__ import annotations

import logging
from collections import deque

import trio

from sorteos_actors.raffle import Millis

logger = logging.getLogger(__name__)

_SAMPLES = 64
_ALARM_MS = 1000


class ServerClock:
    """The `Clock` port on top of trio's clock."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)
        self._offset_ms = 0.0

    def now(self) -> Millis:
        """PostgreSQL's time in milliseconds; before the first sample, trio's clock."""
        return int(trio.current_time() * 1000 + self._offset_ms)

    def deadline(self, at: Millis) -> float:
        """Trio's clock at that instant, rounded up so that a wait never ends too early."""
        return (at - self._offset_ms + 1) / 1000

    def sample(self, server_time: Millis, sent: float, received: float) -> None:
        """Learn from one answer. A jump back of over a second is reported and not believed."""
        round_trip = received - sent
        offset = server_time - (sent + received) * 500
        if self._samples and offset < self._offset_ms - _ALARM_MS - round_trip * 1000:
            logger.error("PostgreSQL's clock jumped back by %.0f ms", self._offset_ms - offset)
            return
        self._samples.append((round_trip, offset))
        self._offset_ms = min(self._samples)[1]
