"""One at a time for each subject, on this node: whoever comes second finds the work done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import trio


class Turns:
    """Locks by id, kept only while somebody holds or awaits them."""

    def __init__(self) -> None:
        self._locks: dict[UUID, trio.Lock] = {}

    @asynccontextmanager
    async def turn(self, key: UUID) -> AsyncIterator[bool]:
        """Hold the turn of `key` for the block. Gives whether somebody else had it before."""
        lock = self._locks.setdefault(key, trio.Lock())
        had_to_wait = lock.locked()
        async with lock:
            try:
                yield had_to_wait
            finally:
                if not lock.statistics().tasks_waiting:
                    del self._locks[key]
