"""Stripe's objects as far as we read them, and the facts that they tell."""

from __future__ import annotations

from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.money import NotPayable, rescale
from sorteos_actors.ports.payments import Observation, ObservedStatus
from sorteos_actors.raffle.currency import exponent

T = TypeVar("T")
_UNITS: Final = {"ISK": 2, "MGA": 0}
"""Where Stripe's smallest unit is not that of ISO 4217."""
_UNCLEAR: Final = frozenset({"UGX"})
"""Called a currency with and without decimals by Stripe's own pages: a hundredfold charge is no risk."""

_STATUSES: Final[dict[str, ObservedStatus]] = {
    "requires_capture": "authorised",
    "succeeded": "captured",
    "canceled": "cancelled",
}
"""Every other state of an intent is `pending`: a buyer, a bank or a second card is awaited."""


class LastError(msgspec.Struct, frozen=True):
    """Why the latest attempt at a card did not work."""

    code: str | None = None
    decline_code: str | None = None

    @property
    def reason(self) -> str:
        """The most exact word for it."""
        return self.decline_code or self.code or "declined"


class Charge(msgspec.Struct, frozen=True):
    """The charge behind an intent."""

    disputed: bool = False
    """The cardholder's bank has taken the money back."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A PaymentIntent, its latest charge expanded."""

    id: str
    status: str
    amount: int
    currency: str
    amount_capturable: int = 0
    amount_received: int = 0
    client_secret: str | None = None
    metadata: dict[str, str] = {}
    last_payment_error: LastError | None = None
    latest_charge: Charge | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back."""

    id: str
    amount: int
    status: str | None


class Refunds(msgspec.Struct, frozen=True):
    """A page of refunds."""

    data: list[Refund]
    has_more: bool = False


class Intents(msgspec.Struct, frozen=True):
    """What a search has found."""

    data: list[Intent]


class EventObject(msgspec.Struct, frozen=True):
    """The object that an event is about: an intent, or something that belongs to one."""

    id: str
    object: str
    payment_intent: str | None = None
    metadata: dict[str, str] = {}


class EventData(msgspec.Struct, frozen=True):
    """The envelope of the object."""

    object: EventObject


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's body. `created` in seconds; `account` only when another account's event is passed on."""

    id: str
    type: str
    created: int
    livemode: bool
    data: EventData
    account: str | None = None


def read(body: dict[str, Any], kind: type[T]) -> T:
    """The body as that object. Raises `ProviderUnavailable` when it is not one."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError:
        raise ProviderUnavailable("stripe answered something else than expected") from None


def accepts(currency: str) -> bool:
    """Whether amounts of this currency can be said to Stripe without doubt."""
    return currency not in _UNCLEAR


def to_units(amount: int, currency: str) -> int:
    """Our minor units in Stripe's. Raises `ProviderRefused` when Stripe cannot take that amount."""
    if not accepts(currency):
        raise ProviderRefused("unsupported_currency")
    own = exponent(currency)
    try:
        units = rescale(amount, own, _UNITS.get(currency, own))
    except NotPayable:
        raise ProviderRefused("amount_not_payable") from None
    if own == 3 and units % 10:
        raise ProviderRefused("amount_not_payable")  # Cards know two decimals even there.
    return units


def from_units(units: int, currency: str) -> int:
    """Stripe's units in ours. Raises `ProviderUnavailable` for an amount that is no amount."""
    own = exponent(currency)
    try:
        return rescale(units, _UNITS.get(currency, own), own)
    except NotPayable:
        raise ProviderUnavailable("stripe answered a fraction of a minor unit") from None


def payment_id(metadata: dict[str, str]) -> UUID | None:
    """The payment of ours that the object was made for."""
    try:
        return UUID(metadata.get("payment_id", ""))
    except ValueError:
        return None


def observe(intent: Intent, refunds: list[Refund], publishable_key: str) -> Observation:
    """The facts that an intent tells.

    A declined card does not end the intent: its buyer may try another one in the same fields, so
    it stays `pending`, with ``details["decline"]``. Only `canceled` says that no money will come.
    """
    currency = intent.currency.upper()
    status = _STATUSES.get(intent.status, "pending")
    details: dict[str, Any] = {}
    if status == "pending" and intent.last_payment_error is not None:
        details["decline"] = intent.last_payment_error.reason
    if intent.latest_charge is not None and intent.latest_charge.disputed:
        details["disputed"] = True
    failed = [refund.id for refund in refunds if refund.status in ("failed", "canceled")]
    if failed:
        details["failed_refunds"] = failed
    done = sum(refund.amount for refund in refunds if refund.status == "succeeded")
    action = None
    if status == "pending" and intent.client_secret is not None:
        action = {
            "type": "stripe",
            "client_secret": intent.client_secret,
            "publishable_key": publishable_key,
        }
    return Observation(
        reference=intent.id,
        payment_id=payment_id(intent.metadata),
        status=status,
        amount=from_units(intent.amount, currency),
        currency=currency,
        authorised=from_units(max(intent.amount_capturable, intent.amount_received), currency),
        captured=from_units(intent.amount_received, currency),
        refunded=from_units(done, currency),
        action=action,
        details=details,
    )
