"""PostgreSQL: the durable truth of raffles, and what is read of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from sorteos_actors.ports.cluster import Owner
from sorteos_actors.raffle import (
    Event,
    Millis,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Reservation,
)


class Tenure(msgspec.Struct, frozen=True):
    """Who took a raffle last, as PostgreSQL knows, and for how long it has had it."""

    owner: Owner
    since_ms: Millis


class Position(msgspec.Struct, frozen=True):
    """Where a raffle stands: the fence."""

    epoch: int
    seq: int


class Picture(msgspec.Struct, frozen=True):
    """What everybody may see of a raffle at one committed position: one byte a number."""

    summary: RaffleSummary
    board: bytearray


class Activation(msgspec.Struct, frozen=True):
    """A raffle loaded under a fresh epoch. `since` is when its owner before us had taken it."""

    raffle: Raffle
    epoch: int
    server_time: Millis
    since: Millis = 0


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

    `reservations` holds the state, after the batch, of every reservation that the entries touch; of
    one that ended before it and gave numbers back, only if it is still known.
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


class News(msgspec.Struct, frozen=True):
    """What happened to a raffle after a position: all of it, unless there are more than the limit.

    `reservations` are those of the asked users that the entries speak of, as they are now.
    """

    summary: RaffleSummary
    rows: Sequence[JournalRow]
    reservations: Sequence[Reservation]

    @property
    def is_whole(self) -> bool:
        """Whether the rows lead up to the summary."""
        return not self.rows or self.rows[-1].seq == self.summary.seq


class RaffleStore(Protocol):
    """The durable truth of raffles, written by their owners only."""

    async def create(self, terms: RaffleTerms, *, status: RaffleStatus) -> None:
        """Make a raffle with all numbers available. Constant cost, whatever its size.

        Repeating it with the same id changes nothing. Raises `StoreUnavailable`.
        """

    async def activate(
        self, raffle_id: UUID, *, node: str, url: str, warm: Raffle | None = None
    ) -> Activation:
        """Take the raffle under a new epoch, and only then load it.

        The epoch is greater than any before, also after a restore. From this moment every commit
        of an older epoch raises `Deposed`. With `warm`, a raffle that was loaded by `load` and
        belongs to the caller, only what has happened since is read, if that is not too much.
        Raises `RaffleNotFound`, `StoreUnavailable`.
        """

    async def load(self, raffle_id: UUID) -> Raffle:
        """The raffle as it is now, without taking it. Raises `RaffleNotFound`, `StoreUnavailable`."""

    async def commit(self, batch: Batch) -> Millis:
        """Write the batch in one atomic, fenced statement; returns PostgreSQL's time.

        When it returns, the batch is durable. Raises `Deposed`, `MoneyMoved` and `GuardViolated`
        (nothing was written) or `StoreUnavailable` (outcome unknown). A cancelled commit is unknown
        too.
        """

    async def confirm(self, position: Position, raffle_id: UUID) -> Millis:
        """That the raffle still stands there, so that an answer without effect is true as well.

        Returns PostgreSQL's time. Raises `Deposed`, `StoreUnavailable`.
        """

    async def tenure(self, raffle_id: UUID) -> Tenure | None:
        """Who took the raffle last; None when nobody ever did. Raises `StoreUnavailable`."""

    async def positions(self, raffle_ids: Sequence[UUID]) -> Mapping[UUID, Position]:
        """Where raffles stand, in one cheap question. Raises `StoreUnavailable`."""

    async def picture(self, raffle_id: UUID) -> Picture:
        """The whole board. Raises `RaffleNotFound`, `StoreUnavailable`."""

    async def news(self, raffle_id: UUID, after: int, limit: int, users: Sequence[UUID]) -> News:
        """What happened after a position. Raises `RaffleNotFound`, `StoreUnavailable`."""

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


class TicketRecord(msgspec.Struct, frozen=True):
    """A purchase: a completed reservation, and which of its numbers are still its own, in order."""

    terms: RaffleTerms
    reservation: Reservation
    owned: tuple[int, ...]


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

    async def ticket(self, raffle_id: UUID, reservation_id: UUID) -> TicketRecord | None:
        """What a completed reservation has bought; None when there is no such purchase."""


Language = Literal["es", "en", "pt"]
"""What we write in."""


class Contact(msgspec.Struct, frozen=True):
    """How a person can be reached; `phone` in E.164."""

    name: str | None
    phone: str | None
    email: str | None = None
    language: Language | None = None
    """None: they have not said."""


class Accounts(Protocol):
    """People who told us who they are. Each raises `StoreUnavailable`."""

    async def remember_guest(self, user_id: UUID, name: str | None, phone: str | None) -> None:
        """Keep what a guest said. Repeating it changes nothing."""

    async def contact(self, user_id: UUID) -> Contact | None:
        """What a person said last; of a guest who has not, what they came in with, if anything.

        A guest's phone is left out when it is no valid number.
        """

    async def contacts(self, user_ids: Collection[UUID]) -> dict[UUID, Contact]:
        """The same of many people at once; who has said nothing is left out."""

    async def keep_contact(self, user_id: UUID, contact: Contact) -> None:
        """Keep this in place of what was said before; name and phone must be there."""
