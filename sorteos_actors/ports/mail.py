"""Mails that were promised: written down by the statement that gives the reason, sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec

from sorteos_actors.raffle import Millis

Outcome = Literal["sent", "skipped", "failed"]
"""`skipped`: there was nobody to send it to, or nothing to send it with."""

RECEIPT: Final = "receipt"
"""The one kind of mail that may wait; all others bring news of somebody's money."""


class OutboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one buyer. `payload` names the payment, and says what its row will not say later."""

    raffle_id: UUID
    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: Millis = 0


class Outbox(Protocol):
    """What must go out and has not gone. Each method raises `StoreUnavailable`."""

    async def due(self, limit: int, lease_ms: int, *, urgent: bool = False) -> list[OutboxItem]:
        """What must go out, ours for `lease_ms`, oldest first; with `urgent` no receipts."""

    async def finish(self, item: OutboxItem, outcome: Outcome, error: str | None = None) -> None:
        """It is over, once: what is over stays as it is."""

    async def postpone(self, item: OutboxItem, by_ms: int, error: str | None = None) -> None:
        """Not now. `error` is kept in place of the one before; None keeps that."""

    async def skip_untouched(self, older_than_ms: int, reason: str) -> int:
        """Put away what nobody has looked at for so long; how many there were."""

    async def waiting(self, at_most: int) -> int:
        """How many have not gone, counted no further than `at_most`."""
