"""Run a whole node, or many, in one process on a virtual clock, the same way every time.

Ten minutes cost milliseconds: the clock jumps whenever everybody waits. Trio's scheduler takes its
random choices from a seed, and so does `random`, by which the product spreads its back-offs: a failing
run can be repeated. The switch for that is a private
name of trio (which is pinned); a test notices when it disappears.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
import trio.testing

T = TypeVar("T")


def simulate(main: Callable[[], Awaitable[T]], *, seed: int = 0) -> T:
    """Run `main` to its end on a MockClock that jumps, scheduled deterministically from `seed`."""
    runner = trio._core._run
    before = (runner._ALLOW_DETERMINISTIC_SCHEDULING, runner._r)
    chance = random.getstate()
    random.seed(seed)
    runner._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]
    runner._r = random.Random(seed)  # noqa: S311 - repeatable on purpose
    try:
        clock = trio.testing.MockClock(autojump_threshold=0)
        return trio.run(main, clock=clock)
    finally:
        runner._ALLOW_DETERMINISTIC_SCHEDULING, runner._r = before  # type: ignore[misc]
        random.setstate(chance)
