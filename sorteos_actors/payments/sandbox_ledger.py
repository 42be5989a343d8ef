"""What the sandbox knows of its charges, as if it were a company of its own with its own database."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sorteos_actors.ports.payments import Observation, ObservedStatus
from sorteos_actors.raffle import Millis


class SandboxMode(StrEnum):
    """How a charge goes. Each is something that a real provider has done to somebody."""

    APPROVE = "approve"
    DECLINE = "decline"
    SLOW = "slow"
    """Approved after a while, or after some looks."""
    ABANDONED = "abandoned"
    """The buyer never decides: pending until it is cancelled."""
    TIMEOUT = "timeout"
    """Every first call has its effect, and its answer is lost."""
    FAILURE_REPLAYED = "failure_replayed"
    """As `timeout`, but repeating the call with its key repeats the failure for ever: only a look helps."""
    WEBHOOKS_TWICE = "webhooks_twice"
    WEBHOOKS_REORDERED = "webhooks_reordered"
    WEBHOOKS_LOST = "webhooks_lost"
    OVERPAID = "overpaid"
    UNDERPAID = "underpaid"
    WRONG_CURRENCY = "wrong_currency"
    CANCEL_FAILS = "cancel_fails"
    """Pending; the first three cancels have no answer and no effect."""
    CANCEL_TOO_LATE = "cancel_too_late"
    """Pending; the money is taken just before the first cancel."""
    CAPTURE_REFUSED = "capture_refused"
    """Authorised, and gone when it should be taken."""
    REFUND_REFUSED = "refund_refused"


class SandboxCharge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge. Frozen: what happens to it makes a new one.

    `amount` in `currency` is what the buyer's bank moves, whatever we had asked for.
    """

    payment_id: UUID
    mode: SandboxMode
    amount: int
    currency: str
    created_at: Millis
    status: ObservedStatus = "pending"
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    failed_as: str | None = None
    looks: int = 0
    cancels: int = 0
    keys: frozenset[str] = frozenset()
    """The keys of calls that had their effect."""
    news: int = 0
    """How often its state has changed: the number of its next webhook."""

    @property
    def reference(self) -> str:
        """The sandbox's own id of it."""
        return f"sbx_{self.payment_id.hex}"

    def authorise(self) -> SandboxCharge:
        """The buyer's bank has agreed."""
        return replace(self, status="authorised", authorised=self.amount, news=self.news + 1)

    def capture(self) -> SandboxCharge:
        """The money is taken."""
        return replace(
            self,
            status="captured",
            authorised=self.amount,
            captured=self.amount,
            news=self.news + 1,
        )

    def end(self, status: ObservedStatus, failed_as: str | None = None) -> SandboxCharge:
        """No money comes any more."""
        return replace(self, status=status, failed_as=failed_as, news=self.news + 1)

    def refund(self, amount: int, key: str) -> SandboxCharge:
        """Some of it goes back."""
        return replace(
            self, refunded=self.refunded + amount, keys=self.keys | {key}, news=self.news + 1
        )

    def observed(self) -> Observation:
        """What the sandbox tells of it."""
        waits = self.status == "pending"
        return Observation(
            reference=self.reference,
            payment_id=self.payment_id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            authorised=self.authorised,
            captured=self.captured,
            refunded=self.refunded,
            failed_as=self.failed_as,
            action={"type": "wait"} if waits else None,
            details={"mode": self.mode.value},
        )


Change = Callable[[SandboxCharge | None], SandboxCharge]
"""From the charge as it is (None: there is none) to the charge as it shall be. May raise."""


class SandboxLedger(Protocol):
    """Keeps the charges, the same for every node."""

    async def read(self, payment_id: UUID) -> SandboxCharge | None:
        """The charge of a payment. Raises `StoreUnavailable`."""

    async def change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """Apply `change` while nobody else touches the charge, and give its result.

        When `change` raises, nothing is written and its error comes out. It may be called more
        than once. Raises `StoreUnavailable`.
        """


class MemoryLedger:
    """The `SandboxLedger` port for one process."""

    def __init__(self) -> None:
        self._charges: dict[UUID, SandboxCharge] = {}

    async def read(self, payment_id: UUID) -> SandboxCharge | None:
        """The charge of a payment."""
        return self._charges.get(payment_id)

    async def change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """Apply the change."""
        charge = self._charges[payment_id] = change(self._charges.get(payment_id))
        return charge
