"""SIGINT and SIGTERM, for as long as a program runs on trio.

Python tells of a signal by an exception, wherever the program happens to be. In the middle of trio that
leaves a program that never ends; in the middle of asyncpg, a connection whose next answer from
PostgreSQL crashes the process. So both are heard from the first instant, as an event.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

logger = logging.getLogger(__name__)


class StopSignals:
    """Whether and when somebody asked the program to stop."""

    def __init__(self, scope: trio.CancelScope) -> None:
        self._scope = scope
        self._asked = trio.Event()
        self._is_awaited = False

    @property
    def were_given(self) -> bool:
        """Whether somebody has asked."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Until somebody asks. Whoever waits takes it upon themselves to end in order."""
        self._is_awaited = True
        await self._asked.wait()

    async def _hear(self, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                if self.were_given:
                    logger.warning("asked twice: what was begun is cut off")
                if self.were_given or not self._is_awaited:
                    self._scope.cancel()
                self._asked.set()


@asynccontextmanager
async def open_stop_signals() -> AsyncIterator[StopSignals]:
    """Hear them until the block ends; in it no signal raises anything.

    The block is cancelled, and ends quietly, by a signal for which nobody waits yet, and by the second.
    """
    async with trio.open_nursery() as nursery:
        signals = StopSignals(nursery.cancel_scope)
        await nursery.start(signals._hear)
        yield signals
        nursery.cancel_scope.cancel()
