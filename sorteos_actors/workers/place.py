"""The place of one worker: it is never empty for long."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Final

import trio

from sorteos_actors.errors import CannotStart
from sorteos_actors.node import Farewell
from sorteos_actors.workers.process import Worker
from sorteos_actors.workers.restarts import MOST_FALSE_STARTS, Restarts

logger = logging.getLogger(__name__)


class Place:
    """A socket, and whoever serves its connections. `bind` makes the socket, `start` a worker on it."""

    def __init__(
        self,
        number: int,
        bind: Callable[[], socket.socket],
        start: Callable[[int, socket.socket], Worker],
    ) -> None:
        self.number: Final = number
        self.worker: Worker | None = None
        """Who is here now, or was here last."""
        self.has_served = trio.Event()
        self._bind = bind
        self._start = start
        self._socket = bind()
        self._changing = trio.Lock()

    def close(self) -> None:
        """Give the socket back. Workers keep theirs."""
        self._socket.close()

    async def keep(self) -> None:
        """Keep a worker here until cancelled. Raises `CannotStart` when none ever serves."""
        restarts = Restarts()
        while True:
            self.worker = worker = self._start(self.number, self._socket)
            await worker.settled.wait()
            if worker.is_serving:
                self.has_served.set()
            worker = await self._wait_until_vacant(worker)
            # A dead worker's share of new connections goes to the others, and does not wait here.
            self._socket.close()
            self._socket = self._bind()
            now, since = trio.current_time(), worker.served_since
            pause = restarts.pause_after(now, None if since is None else now - since)
            if pause is None:
                raise CannotStart(
                    f"Worker {self.number} ended {MOST_FALSE_STARTS} times before it served. "
                    "What it said is above."
                )
            logger.warning(
                "%s ended with status %s; another one follows in %.1f s",
                *(worker, worker.status, pause),
            )
            await trio.sleep(pause)

    async def _wait_until_vacant(self, worker: Worker) -> Worker:
        """Until whoever is here ends without having been replaced; who that was."""
        while True:
            await worker.ended.wait()
            async with self._changing:  # A successor may be on its way.
                assert self.worker is not None
                if self.worker is worker:
                    return worker
                worker = self.worker

    async def replace(self, not_heirs: frozenset[str]) -> bool:
        """Put a new worker in the place of the one that serves, and see the old one off.

        The old one hands its raffles to anybody but `not_heirs`. False when the new one does not
        serve: the old one stays. A place that waits for its next worker anyway is left alone.
        """
        async with self._changing:
            old = self.worker
            if old is None or not old.is_serving:
                return True
            new = self._start(self.number, self._socket)
            await new.settled.wait()
            if not new.is_serving:
                return False
            self.worker = new
        await old.leave(Farewell(accepts=False, also=not_heirs))
        return True
