"""What the actors need from the world, as Protocol classes.

Adapters never import the actors, the actors never import an adapter; `main` brings them together.
Each method says what is atomic, what is durable, and what a caller may repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from sorteos_actors.raffle import (
    Event,
    Millis,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Reservation,
)


class Activation(msgspec.Struct, frozen=True):
    """A raffle loaded under a fresh epoch."""

    raffle: Raffle
    epoch: int
    server_time: Millis


class JournalEntry(msgspec.Struct, frozen=True):
    """One event and who caused it (None: the system itself)."""

    event: Event
    who: UUID | None


class JournalRow(msgspec.Struct, frozen=True):
    """A journal entry as it was committed."""

    seq: int
    epoch: int
    at: Millis
    entry: JournalEntry


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one commit writes. `seq` is the position *before* it.

    `reservations` holds the state, after the batch, of every reservation that the entries touch.
    Counters, status and `last_outage_at` are the raffle's values after the batch.
    """

    raffle_id: UUID
    epoch: int
    seq: int
    entries: Sequence[JournalEntry]
    reservations: Sequence[Reservation]
    status: RaffleStatus
    reserved_count: int
    sold_count: int
    last_outage_at: Millis


class RaffleStore(Protocol):
    """The durable truth of raffles, written by their owners only."""

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """Make a raffle with all numbers available. Constant cost, whatever its size.

        Repeating it with the same id changes nothing. Raises `StoreUnavailable`.
        """

    async def activate(self, raffle_id: UUID, *, node: str, url: str) -> Activation:
        """Take the raffle under a new epoch, and only then load it.

        The epoch is greater than any before, also after a restore. From this moment every commit
        of an older epoch raises `Deposed`. Raises `RaffleNotFound`, `StoreUnavailable`.
        """

    async def commit(self, batch: Batch) -> Millis:
        """Write the batch in one atomic, fenced statement; returns PostgreSQL's time.

        When it returns, the batch is durable. Raises `Deposed` and `GuardViolated` (nothing was
        written) or `StoreUnavailable` (outcome unknown). A cancelled commit is unknown too.
        """

    async def quarantine(self, raffle_id: UUID, reason: str) -> None:
        """Pause an active raffle from outside its actor, with a journal entry, under a new epoch."""

    async def journal(self, raffle_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """Entries with ``seq > after`` in order, at most `limit`."""

    async def overdue(self, older_than_ms: int, limit: int) -> list[UUID]:
        """Raffles with something due for longer than `older_than_ms`: a wake-up list."""

    async def ping(self) -> Millis:
        """PostgreSQL's time. Raises `StoreUnavailable`."""


class ReservationRecord(msgspec.Struct, frozen=True):
    """A reservation together with the terms of its raffle."""

    terms: RaffleTerms
    reservation: Reservation


class Queries(Protocol):
    """Reads for pages; always of committed state. Each raises `StoreUnavailable`."""

    async def raffle(self, raffle_id: UUID) -> RaffleSummary | None:
        """One raffle."""

    async def raffles(
        self,
        *,
        statuses: Sequence[RaffleStatus],
        organizer_id: UUID | None,
        limit: int,
        offset: int,
    ) -> tuple[list[RaffleSummary], int]:
        """A page of raffles, newest first, and how many there are in all.

        Those with one of `statuses`, plus every raffle of `organizer_id` when it is given.
        """

    async def reservation(self, reservation_id: UUID) -> ReservationRecord | None:
        """One reservation, live or ended."""

    async def live_reservation(self, raffle_id: UUID, user_id: UUID) -> ReservationRecord | None:
        """The one live reservation of a person in a raffle."""

    async def reservations_of(self, user_id: UUID, limit: int) -> list[ReservationRecord]:
        """A person's reservations, newest first."""


class Accounts(Protocol):
    """People who told us who they are."""

    async def remember_guest(self, user_id: UUID, name: str | None, phone: str | None) -> None:
        """Keep what a guest said. Repeating it changes nothing. Raises `StoreUnavailable`."""


class Clock(Protocol):
    """PostgreSQL's time, estimated on the monotonic clock. A node's wall clock never decides."""

    def now(self) -> Millis:
        """The best estimate of PostgreSQL's time."""

    def deadline(self, at: Millis) -> float:
        """When trio's clock will show that instant; for ``trio.move_on_at``."""

    def sample(self, server_time: Millis, sent: float, received: float) -> None:
        """Learn from an answer: PostgreSQL's time, and trio's clock before and after."""


class Ids(Protocol):
    """Fresh identities and chance."""

    def uuid(self) -> UUID:
        """An id that nobody has."""

    def entropy(self) -> int:
        """64 random bits."""


class Lease(Protocol):
    """Which node should run a raffle. A hint for routing: safety is the epoch's business."""

    async def acquire(self, raffle_id: UUID) -> bool:
        """Try to become the owner; False when another node is."""

    def is_held(self, raffle_id: UUID) -> bool:
        """Whether we may still act as owner, by the monotonic clock. Never blocks."""

    async def release(self, raffle_id: UUID) -> None:
        """Give it back; harmless when we no longer hold it."""


class Bus(Protocol):
    """Carries a raffle's encoded frames to the feeds of other nodes. Delivery is not trusted."""

    def publish(
        self, raffle_id: UUID, epoch: int, seq_from: int, seq_to: int, frames: bytes
    ) -> None:
        """Send what viewers receive, as it is. Never blocks; may lose."""
