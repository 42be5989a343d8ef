"""Waiting for the very thing that a test asserts next, and for nothing else.

The limit is only there so that a test which fails does so with a sentence. It says nothing about how
fast anything is: a busy machine is no failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import trio

PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.02


def eventually(is_so: Callable[[], object]) -> None:
    """Ask again and again until it is so. Blocks its thread."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS:.0f} s"
        time.sleep(_PAUSE_SECONDS)


async def until(is_so: Callable[[], object]) -> None:
    """As `eventually`, for a task whose neighbours live on meanwhile. Raises `trio.TooSlowError`."""
    with trio.fail_after(PATIENCE_SECONDS):
        while not is_so():
            await trio.sleep(_PAUSE_SECONDS)
