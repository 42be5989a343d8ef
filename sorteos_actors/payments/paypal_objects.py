"""PayPal's objects as far as we read them, and the facts that they tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.money import NotPayable, decimal_text, parse_decimal
from sorteos_actors.ports.payments import Observation, ObservedStatus

T = TypeVar("T")
_CURRENCIES: Final = (
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS",
    "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
)  # fmt: skip
_NO_DECIMALS: Final = {"HUF": 0, "JPY": 0, "TWD": 0}


class Money(msgspec.Struct, frozen=True):
    """An amount as PayPal writes it."""

    currency_code: str
    value: str


class Link(msgspec.Struct, frozen=True):
    """Where something can be done."""

    rel: str
    href: str


class Part(msgspec.Struct, frozen=True):
    """An authorisation, a capture or a refund."""

    id: str
    status: str
    amount: Money


class Parts(msgspec.Struct, frozen=True):
    """What has been done with the money of an order."""

    authorizations: list[Part] = []
    captures: list[Part] = []
    refunds: list[Part] = []


class PurchaseUnit(msgspec.Struct, frozen=True):
    """What an order is for. Ours have exactly one."""

    amount: Money
    custom_id: str = ""
    payments: Parts = Parts()


class Order(msgspec.Struct, frozen=True):
    """An order with all that has happened to it."""

    id: str
    status: str
    purchase_units: list[PurchaseUnit]
    links: list[Link] = []
    update_time: str = ""

    @property
    def unit(self) -> PurchaseUnit:
        """The one thing that it is for."""
        if len(self.purchase_units) != 1:
            raise ProviderUnavailable("paypal answered an order that is not ours")
        return self.purchase_units[0]

    def part(self, kind: str, *statuses: str) -> Part | None:
        """The first authorisation or capture in one of these states."""
        parts: list[Part] = getattr(self.unit.payments, kind)
        return next((part for part in parts if part.status in statuses), None)


class RelatedIds(msgspec.Struct, frozen=True):
    """Whom a resource belongs to."""

    order_id: str | None = None


class Supplement(msgspec.Struct, frozen=True):
    """What PayPal says beside a resource."""

    related_ids: RelatedIds = RelatedIds()


class ResourceUnit(msgspec.Struct, frozen=True):
    """A purchase unit, of which only our id matters."""

    custom_id: str = ""


class Resource(msgspec.Struct, frozen=True):
    """What an event is about: an order, an authorisation, a capture or a refund."""

    id: str
    custom_id: str = ""
    supplementary_data: Supplement = Supplement()
    purchase_units: list[ResourceUnit] = []


class Event(msgspec.Struct, frozen=True):
    """A webhook's body."""

    id: str
    event_type: str
    create_time: datetime
    resource: Resource
    resource_type: str = ""

    @property
    def order_id(self) -> str | None:
        """The order, when the event names it."""
        if self.resource_type == "checkout-order":
            return self.resource.id
        return self.resource.supplementary_data.related_ids.order_id

    @property
    def payment_id(self) -> UUID | None:
        """Our own id, when the event carries it."""
        units = self.resource.purchase_units
        return uuid_or_none(self.resource.custom_id or (units[0].custom_id if units else ""))


def uuid_or_none(text: str) -> UUID | None:
    """The id in a field that anybody could have filled."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read(body: dict[str, Any], kind: type[T]) -> T:
    """The body as that object. Raises `ProviderUnavailable` when it is not one."""
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError:
        raise ProviderUnavailable("paypal answered something else than expected") from None


def accepts(currency: str) -> bool:
    """Whether PayPal takes this currency. It does not take the colón."""
    return currency in _CURRENCIES


def to_money(amount: int, currency: str) -> dict[str, str]:
    """An amount as PayPal wants it. Raises `ProviderRefused` when it cannot be said."""
    if not accepts(currency):
        raise ProviderRefused("unsupported_currency")
    try:
        value = decimal_text(amount, currency, _NO_DECIMALS.get(currency))
    except NotPayable:
        raise ProviderRefused("amount_not_payable") from None
    return {"currency_code": currency, "value": value}


def observe(order: Order) -> Observation:
    """The facts that an order tells.

    Until its buyer's approval was made an authorisation, by us, no money is reserved.
    """
    unit = order.unit
    currency = unit.amount.currency_code
    parts = unit.payments
    authorised = _sum(parts.authorizations, currency, "CREATED", "PARTIALLY_CAPTURED", "CAPTURED")
    captured = _sum(parts.captures, currency, "COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")
    status, failed_as = _status(order, authorised, captured)
    failed = [part.id for part in parts.refunds if part.status in ("FAILED", "CANCELLED")]
    return Observation(
        reference=order.id,
        payment_id=uuid_or_none(unit.custom_id),
        status=status,
        amount=_minor(unit.amount, currency),
        currency=currency,
        authorised=authorised,
        captured=captured,
        refunded=_sum(parts.refunds, currency, "COMPLETED"),
        failed_as=failed_as,
        action=_action(order) if status == "pending" else None,
        details={"failed_refunds": failed} if failed else {},
    )


def _status(order: Order, authorised: int, captured: int) -> tuple[ObservedStatus, str | None]:
    """What has become of the money, and why it failed if it did."""
    parts = order.unit.payments
    if captured:
        return "captured", None
    if any(part.status == "PENDING" for part in (*parts.captures, *parts.authorizations)):
        return "pending", None
    if parts.captures:
        return "failed", f"capture_{parts.captures[-1].status.lower()}"
    if authorised:
        return "authorised", None
    if any(part.status == "DENIED" for part in parts.authorizations):
        return "failed", "authorization_denied"
    if parts.authorizations or order.status == "VOIDED":
        return "cancelled", None
    return "pending", None


def _action(order: Order) -> dict[str, Any] | None:
    """Where the buyer approves the order; nothing when that is nowhere at PayPal."""
    for rel in ("payer-action", "approve"):
        for link in order.links:
            if link.rel == rel and _is_paypals(link.href):
                return {"type": "redirect", "url": link.href}
    return None


def _is_paypals(address: str) -> bool:
    """Whether a buyer may be sent there: a log-in form of somebody else's looks the same."""
    try:
        url = urlsplit(address)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    is_plain = url.username is None and url.password is None and port in (None, 443)
    # Browsers take a backslash for a slash, so that the host would be another one for them.
    is_plain = is_plain and address.isascii() and address.isprintable() and "\\" not in address
    return is_plain and url.scheme == "https" and f".{host}".endswith(".paypal.com")


def _sum(parts: list[Part], currency: str, *statuses: str) -> int:
    return sum(_minor(part.amount, currency) for part in parts if part.status in statuses)


def _minor(money: Money, currency: str) -> int:
    if money.currency_code != currency:
        raise ProviderUnavailable("paypal answered two currencies in one order")
    try:
        return parse_decimal(money.value, currency)
    except NotPayable:
        raise ProviderUnavailable("paypal answered an amount that is none") from None
