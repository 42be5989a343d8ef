"""A node on its own: it owns every raffle, and nobody else listens."""

from __future__ import annotations

from uuid import UUID


class LoneLease:
    """The `Lease` port where no other node could want a raffle."""

    async def acquire(self, raffle_id: UUID) -> bool:  # noqa: ARG002 - the port's shape
        """Always ours."""
        return True

    def is_held(self, raffle_id: UUID) -> bool:  # noqa: ARG002 - the port's shape
        """Always ours. What may be written is decided by the fence in PostgreSQL."""
        return True

    async def release(self, raffle_id: UUID) -> None:
        """Nothing to give back."""


class LoneBus:
    """The `Bus` port where no other node has viewers."""

    def publish(
        self, raffle_id: UUID, epoch: int, seq_from: int, seq_to: int, frames: bytes
    ) -> None:
        """Nobody to tell."""
