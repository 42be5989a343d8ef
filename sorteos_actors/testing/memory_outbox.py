"""`Outbox` in memory."""

from __future__ import annotations

from msgspec.structs import replace

from sorteos_actors.ports.mail import RECEIPT, OutboxItem, Outcome
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.memory_store import MemoryStore


class MemoryOutbox:
    """See `Outbox`. What commits and decisions put into it is in the store's `money`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._items = store.money.outbox
        self._not_before: dict[int, Millis] = {}
        self.outcomes: dict[int, tuple[Outcome, str | None]] = {}
        """What became of mails, and why."""
        self.errors: dict[int, str] = {}
        """Why mails wait."""

    async def due(self, limit: int, lease_ms: int, *, urgent: bool = False) -> list[OutboxItem]:
        """See `Outbox`."""
        await self._store.reach()
        due = [one for one in self._items.values() if self._due_at(one) <= self._store.now()]
        due = [one for one in due if not (urgent and one.kind == RECEIPT)]
        due.sort(key=self._due_at)
        taken = [replace(one, attempts=one.attempts + 1) for one in due[:limit]]
        for one in taken:
            self._items[one.id] = one
            self._not_before[one.id] = self._store.now() + lease_ms
        return sorted(taken, key=lambda one: one.id)

    async def finish(self, item: OutboxItem, outcome: Outcome, error: str | None = None) -> None:
        """See `Outbox`."""
        await self._store.reach()
        self._end(item, outcome, error)

    async def postpone(self, item: OutboxItem, by_ms: int, error: str | None = None) -> None:
        """See `Outbox`."""
        await self._store.reach()
        if item.id in self._items:
            self._not_before[item.id] = self._store.now() + by_ms
            if error is not None:
                self.errors[item.id] = error

    async def skip_untouched(self, older_than_ms: int, reason: str) -> int:
        """See `Outbox`."""
        await self._store.reach()
        before = self._store.now() - older_than_ms
        old = [one for one in self._items.values() if self._due_at(one) <= before]
        for one in old:
            self._end(one, "skipped", reason)
        return len(old)

    async def waiting(self, at_most: int) -> int:
        """See `Outbox`."""
        await self._store.reach()
        return min(len(self._items), at_most)

    def _due_at(self, item: OutboxItem) -> Millis:
        return self._not_before.get(item.id, item.created_at)

    def _end(self, item: OutboxItem, outcome: Outcome, error: str | None) -> None:
        if self._items.pop(item.id, None) is not None:
            self.outcomes[item.id] = (outcome, error)
