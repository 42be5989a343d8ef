"""Takes webhooks in: verified, written down, and only then acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sorteos_actors.payments.cashier import Cashier
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payment_store import EventKey, InboxEvent, PaymentPost
from sorteos_actors.ports.payments import Provider

_KEPT: Final = frozenset({"content-type", "user-agent", "request-id", "paypal-transmission-id"})
"""Headers worth keeping for whoever looks into it later: none that proves anything."""


class Inbox:
    """One a node."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        post: PaymentPost,
        cashier: Cashier,
        clock: Clock,
    ) -> None:
        self._providers = providers
        self._post = post
        self._cashier = cashier
        self._clock = clock

    def knows(self, provider: str) -> bool:
        """Whether there is such a provider."""
        return provider in self._providers

    async def take(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep a genuine message; durable when this returns. Header names are in lower case.

        Raises `ForgedWebhook`, `ProviderUnavailable` and `StoreUnavailable`; then nothing was kept.
        """
        event = await self._providers[provider].webhook(headers, body, self._clock.now())
        is_new = await self._post.receive(
            InboxEvent(
                key=EventKey(provider, event.account, event.event_id),
                kind=event.kind,
                reference=event.reference,
                payment_id=event.payment_id,
                headers={name: value for name, value in headers.items() if name in _KEPT},
                body=body,
            )
        )
        if is_new:
            self._cashier.wake()
