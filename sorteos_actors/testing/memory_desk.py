"""`PaymentDesk` in memory: cases for people, and which methods are offered."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports.payment_store import Method, MoneyCase
from sorteos_actors.testing.memory_store import MemoryStore


class MemoryDesk:
    """See `PaymentDesk`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._cases: dict[UUID, MoneyCase] = {}
        self._methods: dict[tuple[UUID | None, str], Method] = {}
        self._changes: list[Method] = []

    async def open_case(self, case: MoneyCase) -> MoneyCase:
        """See `PaymentDesk`."""
        await self._store.reach()
        about = (case.payment_id, case.kind)
        for known in self._cases.values():
            is_open = known.resolved_at is None and known.payment_id is not None
            if is_open and (known.payment_id, known.kind) == about:
                return known
        same = self._cases.get(case.id)
        if same is not None and not same.closed_by_itself:
            return same
        self._cases[case.id] = replace(case, opened_at=self._store.now())
        return self._cases[case.id]

    async def cases(
        self, raffle_id: UUID | None, limit: int, *, is_open: bool = True
    ) -> list[MoneyCase]:
        """See `PaymentDesk`."""
        await self._store.reach()
        found = [
            case
            for case in self._cases.values()
            if (case.resolved_at is None) is is_open and raffle_id in (None, case.raffle_id)
        ]
        return sorted(found, key=lambda case: (case.deadline, case.id))[:limit]

    async def open_cases(self, after: UUID | None, limit: int) -> list[MoneyCase]:
        """See `PaymentDesk`."""
        await self._store.reach()
        found = [
            case
            for case in self._cases.values()
            if case.resolved_at is None and (after is None or case.id > after)
        ]
        return sorted(found, key=lambda case: case.id)[:limit]

    async def case(self, case_id: UUID) -> MoneyCase | None:
        """See `PaymentDesk`."""
        await self._store.reach()
        return self._cases.get(case_id)

    async def resolve_case(self, case_id: UUID, resolution: str) -> MoneyCase | None:
        """See `PaymentDesk`."""
        await self._store.reach()
        case = self._cases.get(case_id)
        if case is None or case.resolved_at is not None:
            return None
        done = replace(case, resolved_at=self._store.now(), resolution=resolution)
        self._cases[case_id] = done
        return done

    async def set_method(self, method: Method) -> None:
        """See `PaymentDesk`."""
        await self._store.reach()
        method = replace(method, changed_at=self._store.now())
        self._methods[method.raffle_id, method.provider] = method
        self._changes.append(method)

    async def methods(self, raffle_id: UUID | None) -> list[Method]:
        """See `PaymentDesk`."""
        await self._store.reach()
        found = [m for m in self._methods.values() if m.raffle_id in (None, raffle_id)]
        return sorted(found, key=lambda m: (m.raffle_id is None, -m.priority, m.provider))

    async def method_changes(self, raffle_id: UUID | None, limit: int) -> list[Method]:
        """See `PaymentDesk`."""
        await self._store.reach()
        return [m for m in reversed(self._changes) if m.raffle_id == raffle_id][:limit]
