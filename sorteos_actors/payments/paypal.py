"""PayPal: orders that the buyer approves there, authorised first, captured when the numbers are sold.

An approval moves no money: an order becomes an authorisation only when we say so, which `inspect` does
as soon as it finds one approved. So an order that nobody wants any more is over without asking anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import trio

from sorteos_actors.errors import ForgedWebhook, ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.api import Answer, Api, CredentialsRefused
from sorteos_actors.payments.paypal_objects import (
    Event,
    Order,
    accepts,
    observe,
    read,
    to_money,
)
from sorteos_actors.payments.paypal_signature import Verifier
from sorteos_actors.payments.secret import Secret
from sorteos_actors.ports.payments import (
    Capabilities,
    Charge,
    Observation,
    ObservedStatus,
    Payment,
    WebhookEvent,
)
from sorteos_actors.raffle import Millis

LIVE_API: Final = "https://api-m.paypal.com"
TEST_API: Final = "https://api-m.sandbox.paypal.com"
_EARLY_SECONDS: Final = 60.0


class PayPalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of one PayPal application."""

    client_id: str
    secret: Secret
    webhook_id: str
    api_base: str

    @property
    def is_live(self) -> bool:
        """Whether the application moves real money."""
        return urlsplit(self.api_base).hostname == urlsplit(LIVE_API).hostname


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


class PayPal:
    """The `Provider` port on PayPal's Orders v2."""

    name = "paypal"
    capabilities = Capabilities(
        immediate=True,
        two_steps=True,
        can_cancel=True,
        partial_refund=True,
        refund_by_api=True,
        needs_review=False,
        longest_settle_ms=15 * 60_000,
    )

    def __init__(self, settings: PayPalSettings, api: Api, verifier: Verifier) -> None:
        self._settings = settings
        self._api = api
        self._verifier = verifier
        self._token: Secret | None = None
        self._token_until = 0.0
        self._one_login = trio.Lock()
        self.account = settings.client_id

    def accepts(self, currency: str) -> bool:
        """Whether a raffle in this currency can be paid here."""
        return accepts(currency)

    async def start(self, charge: Charge, key: str) -> Observation:
        """Make the order. `action` says where the buyer approves it."""
        context = {
            "return_url": charge.return_url,
            "cancel_url": charge.return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        unit = {
            "custom_id": str(charge.payment_id),
            "invoice_id": str(charge.payment_id),
            "description": charge.description[:127],
            "amount": to_money(charge.amount, charge.currency),
        }
        order = {
            "intent": "AUTHORIZE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }
        return observe(read(await self._ask("POST", "/v2/checkout/orders", order, key), Order))

    async def inspect(self, payment: Payment) -> Observation:
        """The order as PayPal has it; one that its buyer has approved is authorised on the way.

        Not when the payment is to be cancelled. An order cannot be found without its reference: that
        is `unknown`, and `start` with the same key brings it again.
        """
        order = await self._find(payment)
        if order is None:
            return _nothing("unknown", payment)
        if order.status != "APPROVED" or order.unit.payments.authorizations or _unwanted(payment):
            return observe(order)
        # The key belongs to this approval: after a declined card the buyer may approve another one.
        key = f"{payment.id}-authorise-{order.update_time}"
        try:
            await self._ask("POST", f"{_path(order.id)}/authorize", {}, key)
        except ProviderRefused as refusal:
            now = observe(await self._order(order.id))
            if now.status != "pending":
                return now
            return msgspec.structs.replace(now, details={"decline": refusal.code})
        return observe(await self._order(order.id))

    async def capture(self, payment: Payment, key: str) -> Observation:
        """Take the authorised money. Raises `ProviderRefused` when it can be had no more."""
        order = await self._find(payment)
        if order is None:
            raise ProviderUnavailable("paypal does not know the payment")
        return await self._act(order, "capture", {"final_capture": True}, key)

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """Void the authorisation. Where there is none, no money can come: only we could take it."""
        order = await self._find(payment)
        if order is None:
            return _nothing("cancelled", payment)
        if observe(order).status == "captured":
            return observe(order)
        if not order.unit.payments.authorizations:
            return msgspec.structs.replace(observe(order), status="cancelled", action=None)
        return await self._act(order, "void", {}, key)

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """Send back a part or all of it. `refunded` counts what has arrived only."""
        order = await self._find(payment)
        if order is None:
            raise ProviderUnavailable("paypal does not know the payment")
        captured = order.part("captures", "COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")
        if captured is None:
            raise ProviderRefused("not_captured")
        path = f"/v2/payments/captures/{quote(captured.id, safe='')}/refund"
        await self._ask("POST", path, {"amount": to_money(amount, payment.currency)}, key)
        return observe(await self._order(order.id))

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """What a webhook hints at, once it is known to be PayPal's, for our webhook, and of now."""
        await self._verifier.check(headers, body, now)
        try:
            event = msgspec.json.decode(body, type=Event)
        except msgspec.MsgspecError:
            raise ForgedWebhook("the event cannot be read") from None
        return WebhookEvent(
            account=self.account,
            event_id=event.id,
            reference=event.order_id,
            payment_id=event.payment_id,
            kind=event.event_type,
            created_at=int(event.create_time.timestamp() * 1000),
        )

    async def _act(self, order: Order, what: str, body: object, key: str) -> Observation:
        """Capture or void the open authorisation, if there is one, and say how the order stands then.

        Refused because the order has moved on: how it stands. Otherwise raises `ProviderRefused`.
        """
        before = observe(order)
        held = order.part("authorizations", "CREATED", "PENDING", "PARTIALLY_CAPTURED")
        if held is None:
            if before.status in ("captured", "cancelled", "failed"):
                return before
            raise ProviderRefused("not_authorised")
        try:
            path = f"/v2/payments/authorizations/{quote(held.id, safe='')}/{what}"
            await self._ask("POST", path, body, key)
        except ProviderRefused:
            now = observe(await self._order(order.id))
            if now.status == before.status:
                raise
            return now
        return observe(await self._order(order.id))

    async def _find(self, payment: Payment) -> Order | None:
        """The order; None when PayPal has none, as it has not kept one that nobody approved."""
        if payment.reference is None:
            return None
        try:
            return await self._order(payment.reference)
        except ProviderRefused as refusal:
            if refusal.code != "RESOURCE_NOT_FOUND" or payment.authorised or payment.captured:
                raise
            return None

    async def _order(self, order_id: str) -> Order:
        return read(await self._ask("GET", _path(order_id)), Order)

    async def _ask(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> dict[str, Any]:
        """The body of a good answer. Raises `ProviderRefused` with PayPal's own word for the reason."""
        for may_log_in_again in (True, False):
            token = await self._log_in()
            headers = {
                "Authorization": f"Bearer {token.reveal()}",
                "Prefer": "return=representation",
            }
            if key is not None:
                headers["PayPal-Request-Id"] = key
            try:
                answer = await self._api.call(method, path, headers=headers, json=body)
            except CredentialsRefused:
                if self._token is token:
                    self._token = None  # It may have been revoked before its time.
                if not may_log_in_again:
                    raise
                continue
            if not answer.is_good:
                raise ProviderRefused(_reason(answer))
            return answer.body
        raise AssertionError

    async def _log_in(self) -> Secret:
        """A token that is valid for a while; at most one call at a time asks for a new one."""
        async with self._one_login:
            if self._token is not None and trio.current_time() < self._token_until:
                return self._token
            basic = httpx.BasicAuth(self._settings.client_id, self._settings.secret.reveal())
            request = next(basic.auth_flow(httpx.Request("POST", self._settings.api_base)))
            answer = await self._api.call(
                "POST",
                "/v1/oauth2/token",
                headers={"Authorization": request.headers["Authorization"]},
                form={"grant_type": "client_credentials"},
            )
            if not answer.is_good:
                raise CredentialsRefused(f"paypal refuses to log us in ({answer.status})")
            token = read(answer.body, _Token)
            self._token = Secret(token.access_token)
            self._token_until = trio.current_time() + token.expires_in - _EARLY_SECONDS
            return self._token


def _path(order_id: str) -> str:
    return f"/v2/checkout/orders/{quote(order_id, safe='')}"


def _unwanted(payment: Payment) -> bool:
    return payment.cancel_wanted or payment.cancelled


def _reason(answer: Answer) -> str:
    details = answer.body.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        issue = details[0].get("issue")
        if isinstance(issue, str):
            return issue
    name = answer.body.get("name")
    return name if isinstance(name, str) else f"http_{answer.status}"


def _nothing(status: ObservedStatus, payment: Payment) -> Observation:
    """What is known of a payment that PayPal cannot find."""
    return Observation(
        reference=payment.reference,
        payment_id=payment.id,
        status=status,
        amount=payment.amount,
        currency=payment.currency,
    )
