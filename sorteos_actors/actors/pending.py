"""What commits have changed since the last tick: the last state of each number wins."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import trio

from sorteos_actors.actors.publication import Publication
from sorteos_actors.ports import PrivatePush


class Pending:
    """Publications on their way into one delta."""

    def __init__(self) -> None:
        self.since = trio.current_time()
        """Trio's clock when the first of them came."""
        self.changes: dict[int, int] = {}
        self.expired: list[tuple[UUID, tuple[int, ...]]] = []
        self.private: list[PrivatePush] = []
        self.raffle_changed = False

    @property
    def is_visible(self) -> bool:
        """Whether a viewer would see any of it; if not, it may wait longer."""
        return bool(self.changes or self.expired) or self.raffle_changed

    def add(self, publication: Publication, private: Sequence[PrivatePush]) -> None:
        """One more; `private` is what the feeds of other nodes must hear of it."""
        self.changes.update(publication.changes)
        self.expired += publication.expired
        self.private += private
        self.raffle_changed |= publication.raffle_changed
