"""Signals while embedded servers start and stop, when trio does not listen yet or no longer."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """In the block SIGTERM does what Ctrl-C does then, so that blocks end and servers stop."""
    with _handled(_do_as_ctrl_c, signal.SIGTERM):
        yield


@contextmanager
def to_the_end() -> Iterator[None]:
    """The block is not interrupted: an impatient second Ctrl-C must not leave servers behind."""
    with _handled(_wait, signal.SIGINT, signal.SIGTERM):
        yield


def _do_as_ctrl_c(_: int, frame: FrameType | None) -> None:
    # trio and asyncio each have a way of their own to be interrupted, and break by any other.
    how = signal.getsignal(signal.SIGINT)
    if not callable(how):
        raise KeyboardInterrupt
    how(signal.SIGINT, frame)


def _wait(*_: object) -> None:
    logger.info("the embedded servers are stopping; a moment")


@contextmanager
def _handled(
    handler: Callable[[int, FrameType | None], None], *signals: signal.Signals
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are the main thread's business.
        return
    before = [(number, signal.signal(number, handler)) for number in signals]
    try:
        yield
    finally:
        for number, previous in before:
            # None: somebody outside of Python had it, and cannot be put back.
            signal.signal(number, signal.SIG_DFL if previous is None else previous)
