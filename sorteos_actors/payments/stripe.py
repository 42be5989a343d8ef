"""Cards by Stripe: PaymentIntents that are authorised first and captured when the numbers are sold.

The card is typed into Stripe's own fields in the browser; no part of it comes here. Every object of
Stripe's is read again with our key before it is believed, and its amounts are converted exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from sorteos_actors.errors import ForgedWebhook, ProviderRefused, ProviderUnavailable
from sorteos_actors.payments import signature
from sorteos_actors.payments.api import Answer, Api, ReplayedFailure
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.stripe_objects import (
    Event,
    Intent,
    Intents,
    Refund,
    Refunds,
    accepts,
    observe,
    payment_id,
    read,
    to_units,
)
from sorteos_actors.ports.payments import (
    Capabilities,
    Charge,
    Observation,
    ObservedStatus,
    Payment,
    WebhookEvent,
)
from sorteos_actors.raffle import Millis

LIVE_API: Final = "https://api.stripe.com"
_VERSION: Final = "2024-06-20"
"""The shape of Stripe's objects that this file was written for."""
_WITH_CHARGE: Final = {"expand[]": "latest_charge"}
_PAGES_OF_REFUNDS: Final = 20


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of one Stripe account. Several webhook secrets: an old one is valid while it is replaced."""

    secret_key: Secret
    publishable_key: str
    webhook_secrets: tuple[Secret, ...]
    account: str = ""
    """``acct_…``; without it ``live`` or ``test``."""
    api_base: str = LIVE_API

    @property
    def is_live(self) -> bool:
        """Whether the key moves real money."""
        return "_live_" in self.secret_key.reveal()[:16]


class Stripe:
    """The `Provider` port on Stripe's API."""

    name = "stripe"
    capabilities = Capabilities(
        immediate=True,
        two_steps=True,
        can_cancel=True,
        partial_refund=True,
        refund_by_api=True,
        needs_review=False,
        longest_settle_ms=15 * 60_000,
    )

    def __init__(self, settings: StripeSettings, api: Api) -> None:
        self._settings = settings
        self._api = api
        self.account = settings.account or ("live" if settings.is_live else "test")

    def accepts(self, currency: str) -> bool:
        """Whether a raffle in this currency can be paid here."""
        return accepts(currency)

    async def start(self, charge: Charge, key: str) -> Observation:
        """Make the intent. Its client secret, in `action`, lets this buyer's browser pay it."""
        form = {
            "amount": str(to_units(charge.amount, charge.currency)),
            "currency": charge.currency.lower(),
            "capture_method": "manual",
            "payment_method_types[0]": "card",
            "description": charge.description[:500],
            "metadata[payment_id]": str(charge.payment_id),
            "metadata[raffle_id]": str(charge.raffle_id),
            "metadata[reservation_id]": str(charge.reservation_id),
        }
        return self._observe(await self._post("/v1/payment_intents", form, key), [])

    async def inspect(self, payment: Payment) -> Observation:
        """The intent as Stripe has it.

        Without its reference it is searched for, by our id. Search lags by up to a minute, so
        finding nothing is `unknown` and not an end.
        """
        intent = await self._find(payment)
        if intent is None:
            return _nothing("unknown", payment)
        return self._observe(intent, await self._refunds(intent))

    async def capture(self, payment: Payment, key: str) -> Observation:
        """Take the authorised money. Raises `ProviderRefused` when it can be had no more."""
        intent = await self._find(payment)
        if intent is None:
            raise ProviderUnavailable("stripe does not know the payment yet")
        if intent.status == "requires_capture":
            intent = await self._act(intent, "capture", key)
        if intent.status not in ("succeeded", "canceled"):
            raise ProviderRefused(f"intent_{intent.status}")
        return self._observe(intent, await self._refunds(intent))

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """Give the buyer's money free, and make sure that none will come.

        An intent that nobody has heard of was shown to no browser: nobody can pay it.
        """
        intent = await self._find(payment)
        if intent is None:
            return _nothing("cancelled", payment)
        if intent.status not in ("succeeded", "canceled"):
            intent = await self._act(intent, "cancel", key)
        return self._observe(intent, await self._refunds(intent))

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """Send back a part or all of it. `refunded` counts what has arrived only."""
        intent = await self._find(payment)
        if intent is None:
            raise ProviderUnavailable("stripe does not know the payment yet")
        form = {
            "payment_intent": intent.id,
            "amount": str(to_units(amount, payment.currency)),
            "metadata[payment_id]": str(payment.id),
        }
        await self._ask("POST", "/v1/refunds", form=form, key=key)
        return await self.inspect(payment)

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """What a webhook hints at, once it is known to be Stripe's, ours, and of now."""
        header = headers.get("stripe-signature", "")
        signature.check(header, self._settings.webhook_secrets, body, now)
        try:
            event = msgspec.json.decode(body, type=Event)
        except msgspec.MsgspecError:
            raise ForgedWebhook("the event cannot be read") from None
        if event.livemode is not self._settings.is_live:
            raise ForgedWebhook("the event is of the other mode")
        if event.account not in (None, self._settings.account or None):
            raise ForgedWebhook("the event is of another account")
        about = event.data.object
        reference = about.id if about.object == "payment_intent" else about.payment_intent
        return WebhookEvent(
            account=self.account,
            event_id=event.id,
            reference=reference,
            payment_id=payment_id(about.metadata),
            kind=event.type,
            created_at=event.created * 1000,
        )

    async def _find(self, payment: Payment) -> Intent | None:
        if payment.reference is not None:
            path = f"/v1/payment_intents/{quote(payment.reference, safe='')}"
            return read(await self._ask("GET", path, query=_WITH_CHARGE), Intent)
        query = {
            "query": f'metadata["payment_id"]:"{payment.id}"',
            "limit": "1",
            "expand[]": "data.latest_charge",
        }
        found = read(await self._ask("GET", "/v1/payment_intents/search", query=query), Intents)
        return found.data[0] if found.data else None

    async def _act(self, intent: Intent, what: str, key: str) -> Intent:
        """Capture or cancel. When it is refused because the intent has moved on, where it is now.

        Stripe keeps a failure of its own for the key. Once a look has shown that nothing was done,
        one more key is no risk: an intent is captured or cancelled once only, whatever the key.
        """
        path = f"/v1/payment_intents/{intent.id}"
        try:
            return await self._post(f"{path}/{what}", {}, key)
        except (ProviderRefused, ReplayedFailure) as failure:
            now = read(await self._ask("GET", path, query=_WITH_CHARGE), Intent)
            if now.status != intent.status:
                return now
            if isinstance(failure, ProviderRefused):
                raise
        return await self._post(f"{path}/{what}", {}, f"{key}-2")

    async def _refunds(self, intent: Intent) -> list[Refund]:
        """All refunds of an intent, when there is any."""
        if intent.latest_charge is None or intent.amount_received == 0:
            return []
        refunds: list[Refund] = []
        query = {"payment_intent": intent.id, "limit": "100"}
        for _ in range(_PAGES_OF_REFUNDS):
            page = read(await self._ask("GET", "/v1/refunds", query=query), Refunds)
            refunds += page.data
            if not page.has_more or not page.data:
                return refunds
            query["starting_after"] = page.data[-1].id
        raise ProviderUnavailable("stripe has more refunds of one payment than can be")

    async def _post(self, path: str, form: dict[str, str], key: str) -> Intent:
        return read(await self._ask("POST", path, form=form | _WITH_CHARGE, key=key), Intent)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """The body of a good answer. Raises `ProviderRefused` with Stripe's own word for the reason."""
        headers = {
            "Authorization": f"Bearer {self._settings.secret_key.reveal()}",
            "Stripe-Version": _VERSION,
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = await self._api.call(method, path, headers=headers, query=query, form=form)
        if not answer.is_good:
            raise ProviderRefused(_reason(answer))
        return answer.body

    def _observe(self, intent: Intent, refunds: list[Refund]) -> Observation:
        return observe(intent, refunds, self._settings.publishable_key)


def _reason(answer: Answer) -> str:
    error = answer.body.get("error")
    if isinstance(error, dict):
        for name in ("decline_code", "code", "type"):
            if isinstance(error.get(name), str):
                return str(error[name])
    return f"http_{answer.status}"


def _nothing(status: ObservedStatus, payment: Payment) -> Observation:
    """What is known of a payment that Stripe cannot find."""
    return Observation(
        reference=None,
        payment_id=payment.id,
        status=status,
        amount=payment.amount,
        currency=payment.currency,
    )
