"""What costs nothing: the way to "pay" a raffle whose price is zero.

The sale takes the same way as one with money: an attempt, the guard of the commit, a receipt. Only
the provider's word is known beforehand: nothing was asked for, and all of it is here.
"""

# ruff: noqa: ARG002 - the port's shape; nobody is called.

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sorteos_actors.errors import ForgedWebhook, ProviderRefused
from sorteos_actors.ports.payments import (
    Capabilities,
    Charge,
    Observation,
    ObservedStatus,
    Payment,
    WebhookEvent,
)
from sorteos_actors.raffle import Millis


class Free:
    """The `Provider` port where there is nothing to pay. It takes no money and can send none back."""

    name = "free"
    account = "free"
    capabilities = Capabilities(
        immediate=True,
        two_steps=False,
        can_cancel=True,
        partial_refund=True,
        refund_by_api=True,
        needs_review=False,
        longest_settle_ms=0,
    )

    def accepts(self, currency: str) -> bool:
        """Nothing is the same in every currency."""
        return True

    async def start(self, charge: Charge, key: str) -> Observation:
        """Taken at once. Raises `ProviderRefused` for numbers that do cost something."""
        if charge.amount != 0:
            raise ProviderRefused("not_free")
        return _seen(charge.payment_id, charge.currency, "captured")

    async def inspect(self, payment: Payment) -> Observation:
        """Asked for, so it is there."""
        return _seen(payment.id, payment.currency, "captured")

    async def capture(self, payment: Payment, key: str) -> Observation:
        """There is nothing to take."""
        return _seen(payment.id, payment.currency, "captured")

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """Nobody waits any more, and nothing can come."""
        return _seen(payment.id, payment.currency, "cancelled")

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """Never asked for: what cost nothing owes nothing."""
        raise ProviderRefused("not_free")

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """Nobody sends any."""
        raise ForgedWebhook("free")


def _seen(payment_id: UUID, currency: str, status: ObservedStatus) -> Observation:
    return Observation(
        reference=None, payment_id=payment_id, status=status, amount=0, currency=currency
    )
