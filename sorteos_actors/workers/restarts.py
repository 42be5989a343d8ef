"""When a worker's place gets its next worker, and when not any more. Pure: time is an argument."""

from __future__ import annotations

from collections import deque
from typing import Final

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0
STABLE_SECONDS: Final = 10.0
"""Who has served for so long was not broken: the pauses begin anew."""
MOST_FALSE_STARTS: Final = 5
FALSE_STARTS_SECONDS: Final = 30.0


class Restarts:
    """What is known of the lives in one place."""

    def __init__(self) -> None:
        self._failures = 0
        self._false_starts: deque[float] = deque(maxlen=MOST_FALSE_STARTS)
        self._has_served = False

    def pause_after(self, now: float, served_seconds: float | None) -> float | None:
        """A life has ended, after having served for some time, or (None) without ever serving.

        Returns how long to wait before the next, or None: give up. A place that once served is
        never given up, for then the cause comes from outside, and goes again.
        """
        if served_seconds is None:
            self._false_starts.append(now)
        else:
            self._has_served = True
            if served_seconds >= STABLE_SECONDS:
                self._failures = 0
        is_hopeless = (
            not self._has_served
            and len(self._false_starts) == MOST_FALSE_STARTS
            and now - self._false_starts[0] <= FALSE_STARTS_SECONDS
        )
        if is_hopeless:
            return None
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10), LONGEST_PAUSE_SECONDS)
        self._failures += 1
        return pause
