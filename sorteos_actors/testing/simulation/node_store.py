"""One node's way to PostgreSQL: slow at times, cut off, its answers lost; never kinder than the real one.

A commit reaches the truth some time after it was sent, whatever becomes of its sender meanwhile: a node
that was frozen or killed may have a statement under way.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import trio

from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.ports import (
    Activation,
    Batch,
    JournalRow,
    News,
    Picture,
    Position,
    Tenure,
)
from sorteos_actors.raffle import Millis, Raffle, RaffleStatus, RaffleTerms
from sorteos_actors.testing.simulation.truth import Truth

T = TypeVar("T")
GIVE_UP_SECONDS = 5.0


class NodeStore:
    """The `RaffleStore` of one node. `gate` waits while the node is frozen."""

    def __init__(
        self, truth: Truth, chance: random.Random, gate: Callable[[], Awaitable[None]]
    ) -> None:
        self.is_cut_off = False
        self.lose_answers = 0.0
        """How likely a commit is never answered."""
        self.slow_seconds = 0.0
        """How much longer a commit may take."""
        self._truth = truth
        self._chance = chance
        self._gate = gate

    async def commit(self, batch: Batch) -> Millis:
        """See `RaffleStore`."""
        truth, chance = self._truth, self._chance
        is_lost = chance.random() < self.lose_answers
        is_applied = chance.random() < 0.5
        try:
            await self._travel(self.slow_seconds)
        except trio.Cancelled:
            # Whoever sent it is gone; the statement may be under way all the same.
            if is_applied and not truth.is_away and not self.is_cut_off:
                truth.apply(batch)
                truth.seen["commits of the dead"] += 1
            raise
        if is_lost:
            if is_applied:
                truth.apply(batch)
            truth.seen[f"commit answers lost, {'' if is_applied else 'not '}applied"] += 1
            await trio.sleep(chance.uniform(0, 1))
            await self._gate()
            raise StoreUnavailable("the answer to COMMIT was lost")
        truth.apply(batch)
        return await self._back(truth.now())

    async def carry(self, statement: Callable[[], Awaitable[T]]) -> T:
        """One statement about money, which commits by itself, on the same bad road as a commit."""
        truth, chance = self._truth, self._chance
        is_lost = chance.random() < self.lose_answers
        is_applied = chance.random() < 0.5
        try:
            await self._travel()
        except trio.Cancelled:
            if is_applied and not truth.is_away and not self.is_cut_off:
                with trio.CancelScope(shield=True):
                    await statement()
            raise
        if not is_lost:
            return await self._back(await statement())
        if is_applied:
            await statement()
        truth.seen["answers about money lost"] += 1
        await trio.sleep(chance.uniform(0, 1))
        await self._gate()
        raise StoreUnavailable("the answer was lost")

    async def activate(
        self, raffle_id: UUID, *, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """See `RaffleStore`."""
        await self._travel()
        activation = self._truth.take_over(raffle_id, node, url, warm)
        return await self._back(activation)

    async def _travel(self, more_seconds: float = 0.0) -> None:
        """To the server. Raises `StoreUnavailable`."""
        await self._gate()
        await trio.sleep(self._chance.uniform(0.0002, 0.002) + self._chance.random() * more_seconds)
        if self.is_cut_off or self._truth.is_away:
            await trio.sleep(self._chance.uniform(0.01, GIVE_UP_SECONDS))
            await self._gate()
            raise StoreUnavailable("PostgreSQL cannot be reached")

    async def _back(self, answer: T) -> T:
        await trio.sleep(self._chance.uniform(0.0001, 0.001))
        await self._gate()
        return answer

    async def _read(self, question: Awaitable[T]) -> T:
        try:
            await self._travel()
        except BaseException:
            question.close()  # type: ignore[attr-defined]
            raise
        return await self._back(await question)

    # -- reads ---------------------------------------------------------------------------------

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """See `RaffleStore`."""
        await self._read(self._truth.create(terms, status=status))

    async def load(self, raffle_id: UUID) -> Raffle:
        """See `RaffleStore`."""
        return await self._read(self._truth.load(raffle_id))

    async def confirm(self, position: Position, raffle_id: UUID) -> Millis:
        """See `RaffleStore`."""
        return await self._read(self._truth.confirm(position, raffle_id))

    async def tenure(self, raffle_id: UUID) -> Tenure | None:
        """See `RaffleStore`."""
        return await self._read(self._truth.tenure(raffle_id))

    async def positions(self, raffle_ids: Sequence[UUID]) -> Mapping[UUID, Position]:
        """See `RaffleStore`."""
        return await self._read(self._truth.positions(raffle_ids))

    async def picture(self, raffle_id: UUID) -> Picture:
        """See `RaffleStore`."""
        return await self._read(self._truth.picture(raffle_id))

    async def news(self, raffle_id: UUID, after: int, limit: int, users: Sequence[UUID]) -> News:
        """See `RaffleStore`."""
        return await self._read(self._truth.news(raffle_id, after, limit, users))

    async def quarantine(self, raffle_id: UUID, reason: str) -> None:
        """See `RaffleStore`."""
        await self._read(self._truth.quarantine(raffle_id, reason))

    async def journal(self, raffle_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """See `RaffleStore`."""
        return await self._read(self._truth.journal(raffle_id, after, limit))

    async def overdue(self, older_than_ms: int, limit: int) -> list[UUID]:
        """See `RaffleStore`."""
        return await self._read(self._truth.overdue(older_than_ms, limit))

    async def ping(self) -> Millis:
        """See `RaffleStore`."""
        return await self._read(self._truth.ping())
