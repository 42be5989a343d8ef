"""A circuit breaker: Redis that hurts is left alone for a while. Pure; the caller brings the time.

    closed ──failures in a row──▶ open ──after a pause──▶ half-open ──one trial──▶ closed, or open

Open means that nobody waits for Redis: calls fail at once, owners go on by PostgreSQL's epoch,
viewers of other nodes follow the journal. That is a way of working, not a fault of this node.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

FAILURES: Final = 2
"""In a row. Two calls of half a second fail before a lease that is renewed every second is in doubt."""
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 4.0


class State(StrEnum):
    """What the breaker lets through: everything, nothing, or one trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """One Redis as seen by one node."""

    def __init__(self) -> None:
        self.state = State.CLOSED
        self._failures = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._opened_at = 0.0

    def admits(self, now: float) -> bool:
        """Whether a call may be made now. After a pause one is, as a trial: report how it went."""
        if self.state is State.OPEN and now >= self._opened_at + self._pause:
            self.state = State.HALF_OPEN
            return True
        return self.state is State.CLOSED

    def succeeded(self) -> None:
        """A call was answered in time."""
        self.state = State.CLOSED
        self._failures = 0
        self._pause = FIRST_PAUSE_SECONDS

    def failed(self, now: float) -> None:
        """A call failed, or took too long."""
        self._failures += 1
        if self.state is State.HALF_OPEN:
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        elif self._failures < FAILURES or self.state is State.OPEN:
            return
        self.state = State.OPEN
        self._opened_at = now

    def abandoned(self, now: float) -> None:
        """A call was cancelled before anything was known of it: another trial may be made."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN
            self._opened_at = now - self._pause
