"""`PaymentPost` in memory: the inbox of webhooks."""

from __future__ import annotations

from msgspec.structs import replace

from sorteos_actors.ports.payment_store import EventKey, InboxEvent
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.memory_store import MemoryStore


class MemoryPost:
    """See `PaymentPost`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._open: dict[EventKey, InboxEvent] = {}
        self._received: set[EventKey] = set()
        self._not_before: dict[EventKey, Millis] = {}
        self.errors: dict[EventKey, str | None] = {}
        """Why events led nowhere, or not yet."""

    async def receive(self, event: InboxEvent) -> bool:
        """See `PaymentPost`."""
        await self._store.reach()
        if event.key in self._received:
            return False
        self._received.add(event.key)
        self._open[event.key] = event
        return True

    async def incoming(self, limit: int, lease_ms: int) -> list[InboxEvent]:
        """See `PaymentPost`."""
        await self._store.reach()
        taken = [e for e in self._open.values() if self._is_due(e.key)][:limit]
        for index, event in enumerate(taken):
            taken[index] = self._open[event.key] = replace(event, attempts=event.attempts + 1)
            self._not_before[event.key] = self._store.now() + lease_ms
        return taken

    async def processed(self, key: EventKey, error: str | None = None) -> None:
        """See `PaymentPost`."""
        await self._store.reach()
        self.mark_processed(key, error)

    @property
    def unprocessed(self) -> list[EventKey]:
        """Events that wait."""
        return [*self._open]

    def mark_processed(self, key: EventKey, error: str | None = None) -> None:
        """What `processed` does, in one step."""
        if self._open.pop(key, None) is not None:
            self.errors[key] = error

    async def postpone(self, key: EventKey, by_ms: int, error: str) -> None:
        """See `PaymentPost`."""
        await self._store.reach()
        if key in self._open:
            self._not_before[key] = self._store.now() + by_ms
            self.errors[key] = error

    def _is_due(self, key: EventKey) -> bool:
        return self._not_before.get(key, 0) <= self._store.now()
