"""What a bank really did: its charges, apart from whatever anybody believes of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import trio

from sorteos_actors.payments.sandbox_ledger import Change, SandboxCharge


class Vault:
    """The `SandboxLedger` of one bank. `on_refund` looks at every charge of which money went back."""

    def __init__(self, on_refund: Callable[[SandboxCharge], None]) -> None:
        self.charges: dict[UUID, SandboxCharge] = {}
        self.let_go: set[UUID] = set()
        """Payments of which the bank has said that no money will come."""
        self._on_refund = on_refund

    async def read(self, payment_id: UUID) -> SandboxCharge | None:
        """See `SandboxLedger`."""
        await trio.lowlevel.checkpoint()
        return self.charges.get(payment_id)

    async def change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """See `SandboxLedger`."""
        await trio.lowlevel.checkpoint()
        before = self.charges.get(payment_id)
        charge = self.charges[payment_id] = change(before)
        if charge.status in ("failed", "cancelled"):
            self.let_go.add(payment_id)
        if before is not None and charge.refunded > before.refunded:
            self._on_refund(charge)
        return charge

    def may_still_pay(self, payment_id: UUID) -> bool:
        """Whether there is a charge of which the bank never said that no money will come."""
        return payment_id in self.charges and payment_id not in self.let_go
