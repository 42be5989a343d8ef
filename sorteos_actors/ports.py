"""What the actors need from the world, as Protocol classes.

Adapters never import the actors, the actors never import an adapter; `main` brings them together.
Each method says what is atomic, what is durable, and what a caller may repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from sorteos_actors.raffle import (
    Command,
    Event,
    Millis,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Rejection,
    Reservation,
)


class Owner(msgspec.Struct, frozen=True):
    """A node that runs a raffle's actor, or may. Two owners are the same when `node` is.

    `node` is one life of one process: a restarted one has another. `url` is where it answers other
    nodes. `epoch` is 0 until it has one.
    """

    node: str
    url: str
    epoch: int = 0


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


class Reply(msgspec.Struct, frozen=True, tag="reply"):
    """A command had its effect, now or before, and it is durable.

    `seq` is the position from which on viewers see it; `reservation` is the one it spoke of.
    """

    terms: RaffleTerms
    epoch: int
    seq: int
    reservation: Reservation | None


Answer = Reply | Rejection


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """Not here. `owner` is who has the raffle, as far as the one who was asked knows."""

    owner: Owner | None


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

        When it returns, the batch is durable. Raises `Deposed` and `GuardViolated` (nothing was
        written) or `StoreUnavailable` (outcome unknown). A cancelled commit is unknown too.
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


class PrivatePush(msgspec.Struct, frozen=True):
    """A reservation as it is now, for its owner's eyes."""

    reservation: Reservation
    reason: str


class FeedUpdate(msgspec.Struct, frozen=True, array_like=True):
    """What an owner's feed has sent to its viewers, for the feeds of other nodes.

    `frames` are the bytes that viewers receive, as they are. Without frames it is a *beacon*: the
    head is still there, and nobody has missed anything. `private` is for single persons: it travels
    between nodes only.
    """

    epoch: int
    seq_from: int
    seq_to: int
    status: RaffleStatus
    reserved_count: int
    sold_count: int
    frames: bytes
    changes: Mapping[int, int]
    expired: Sequence[tuple[UUID, tuple[int, ...]]]
    private: Sequence[PrivatePush]
    at: Millis


class Lease(Protocol):
    """Which node should run a raffle. A hint for routing: safety is the epoch's business."""

    on_lost: Callable[[UUID], None]
    """Called when a lease that we had is another's, or in doubt. Set by the registry."""

    async def acquire(self, raffle_id: UUID) -> Owner | None:
        """Try to become the owner: None when we are, else who is. Raises `RedisUnavailable`."""

    async def seize(self, raffle_id: UUID, dead: Owner) -> Owner | None:
        """As `acquire`, and a lease of `dead` does not count. Raises `RedisUnavailable`."""

    async def holder(self, raffle_id: UUID) -> Owner | None:
        """Who has it at this moment, without asking for it. Raises `RedisUnavailable`."""

    def confirm(self, raffle_id: UUID, epoch: int) -> None:
        """We have an epoch now: from here on the lease carries it."""

    def is_held(self, raffle_id: UUID) -> bool:
        """Whether we may still act as owner, by the monotonic clock. Never blocks."""

    async def release(self, raffle_id: UUID) -> None:
        """Give it back; harmless when we no longer hold it. Never fails: it ends by itself."""

    async def hand_over(self, raffle_id: UUID, heir: Owner) -> bool:
        """Give it to another node; False when it was not ours to give. We do not hold it after."""


class Bus(Protocol):
    """Carries a raffle's encoded frames to the feeds of other nodes. Delivery is not trusted."""

    def delivers(self, raffle_id: UUID) -> bool:
        """Whether what is published of a raffle arrives, as far as we know."""

    def publish(self, raffle_id: UUID, update: FeedUpdate) -> None:
        """Send an update. Never blocks; may lose."""

    def follow(self, raffle_id: UUID, on_update: Callable[[FeedUpdate], None]) -> None:
        """Hear a raffle's updates from now on; `on_update` must not block."""

    def unfollow(self, raffle_id: UUID) -> None:
        """Hear them no more."""


class Peers(Protocol):
    """The other nodes: what one asks of another."""

    @property
    def me(self) -> Owner:
        """This node, as others know it."""

    async def call(
        self, owner: Owner, raffle_id: UUID, command: Command, who: UUID | None
    ) -> Answer | Moved:
        """Have another node decide a command. Raises `PeerGone`, `PeerSilent`.

        When cancelled, the command may still have its effect.
        """

    def heirs(self) -> Sequence[Owner]:
        """Nodes that would take raffles from us, least busy first; empty when we are alone."""

    async def prepare(self, heir: Owner, raffle_id: UUID) -> bool:
        """Have another node load a raffle that it will be given. False when it does not answer."""

    def give(self, heir: Owner, raffle_id: UUID) -> None:
        """Tell another node that the raffle is its own now. Never blocks; may be lost."""

    async def connections(self) -> Mapping[str, Mapping[UUID, int]]:
        """How many sockets watch each raffle at each other node; who stays silent is left out."""
