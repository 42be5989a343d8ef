"""A node on its own: it owns every raffle, and nobody else listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from sorteos_actors.errors import PeerGone
from sorteos_actors.ports import Answer, FeedUpdate, Moved, Notice, Owner
from sorteos_actors.raffle import Command


class LoneLease:
    """The `Lease` port where no other node could want a raffle."""

    def __init__(self) -> None:
        self.on_lost: Callable[[UUID], None] = lambda _: None

    async def acquire(self, raffle_id: UUID) -> Owner | None:  # noqa: ARG002 - the port's shape
        """Always ours."""
        return None

    async def seize(self, raffle_id: UUID, dead: Owner) -> Owner | None:  # noqa: ARG002
        """Always ours."""
        return None

    async def holder(self, raffle_id: UUID) -> Owner | None:  # noqa: ARG002
        """Nobody else."""
        return None

    def confirm(self, raffle_id: UUID, epoch: int) -> None:
        """Nothing carries it."""

    def is_held(self, raffle_id: UUID) -> bool:  # noqa: ARG002 - the port's shape
        """Always ours. What may be written is decided by the fence in PostgreSQL."""
        return True

    async def release(self, raffle_id: UUID) -> None:
        """Nothing to give back."""

    async def hand_over(self, raffle_id: UUID, heir: Owner) -> bool:  # noqa: ARG002
        """There is nobody."""
        return False


class LoneBus:
    """The `Bus` port where no other node has viewers."""

    def delivers(self, raffle_id: UUID) -> bool:  # noqa: ARG002 - the port's shape
        """There is nobody to miss anything."""
        return True

    def publish(self, raffle_id: UUID, update: FeedUpdate) -> None:
        """Nobody to tell."""

    def follow(self, raffle_id: UUID, on_update: Callable[[FeedUpdate], None]) -> None:
        """Nobody speaks."""

    def unfollow(self, raffle_id: UUID) -> None:
        """Nobody spoke."""


class LonePeers:
    """The `Peers` port without any."""

    def __init__(self, me: Owner) -> None:
        self.me = me

    async def call(
        self,
        owner: Owner,
        raffle_id: UUID,  # noqa: ARG002 - the port's shape
        command: Command,  # noqa: ARG002
        who: UUID | None,  # noqa: ARG002
    ) -> Answer | Moved:
        """There is no other node."""
        raise PeerGone(owner.node)

    def heirs(self) -> Sequence[Owner]:
        """Nobody."""
        return ()

    async def prepare(self, heir: Owner, raffle_id: UUID) -> bool:  # noqa: ARG002
        """Nobody loads anything."""
        return False

    def give(self, heir: Owner, raffle_id: UUID) -> None:
        """Nobody to give it to."""

    def tell(self, notice: Notice) -> None:
        """Nobody else has pages."""

    async def connections(self) -> Mapping[str, Mapping[UUID, int]]:
        """No other node has sockets."""
        return {}
