"""Boards that are watched everywhere while the cluster suffers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

import trio

from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.follow import Follower


class Viewer:
    """One board at one place, over as many connections as it takes."""

    def __init__(self, url: str, raffle_id: UUID, place: str) -> None:
        self.raffle_id = raffle_id
        self.place = place
        self.complaint: str | None = None
        """Why it gave up, which no viewer should ever have to."""
        self.went_back: str | None = None
        self._follower = Follower(
            url, raffle_id, on_change=self._note, pause=lambda _: random.uniform(0.05, 0.5)
        )
        self._furthest = (0, 0)

    @property
    def connections(self) -> int:
        """How many times it came up."""
        return self._follower.connections

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and seq of what it shows."""
        return self._follower.board.epoch, self._follower.board.seq

    @property
    def cells(self) -> bytes:
        """What it shows."""
        return bytes(self._follower.board.cells)

    async def watch(self) -> None:
        """Until cancelled."""
        try:
            await self._follower.run()
        except Complaint as complaint:
            self.complaint = str(complaint)

    def _note(self, _: object) -> None:
        if self.position < self._furthest:
            self.went_back = f"from {self._furthest} to {self.position}"
        self._furthest = max(self._furthest, self.position)


async def watch_everywhere(
    viewers: Sequence[Viewer], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """All of them, until cancelled."""
    async with trio.open_nursery() as nursery:
        for viewer in viewers:
            nursery.start_soon(viewer.watch)
        task_status.started()
