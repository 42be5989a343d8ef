"""Other nodes: who owns a raffle, how one is asked, and how its news travel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from sorteos_actors.raffle import (
    Command,
    Millis,
    RaffleStatus,
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


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """Something that open pages should hear and that changes no board, so it has no position.

    `text` is the message as they receive it. It goes to the sockets of `raffle_id`, of every raffle
    when that is None; and only to those of `user_id` when that is not None.
    """

    text: bytes
    raffle_id: UUID | None = None
    user_id: UUID | None = None


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

    def tell(self, notice: Notice) -> None:
        """Have every other node show it to its pages. Never blocks; may be lost."""

    async def connections(self) -> Mapping[str, Mapping[UUID, int]]:
        """How many sockets watch each raffle at each other node; who stays silent is left out."""
