"""Time and chance."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from sorteos_actors.raffle import (
    Millis,
)


class Clock(Protocol):
    """PostgreSQL's time, estimated on the monotonic clock. A node's wall clock never decides."""

    def now(self) -> Millis:
        """The best estimate of PostgreSQL's time."""

    def deadline(self, at: Millis) -> float:
        """When trio's clock will show that instant; for ``trio.move_on_at``."""

    def sample(self, server_time: Millis, sent: float, received: float) -> None:
        """Learn from an answer: PostgreSQL's time, and trio's clock before and after."""


class Ids(Protocol):
    """Fresh identities and chance."""

    def uuid(self) -> UUID:
        """An id that nobody has."""

    def entropy(self) -> int:
        """64 random bits."""
