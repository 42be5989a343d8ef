"""Money: what is known of a payment, and what is asked of whoever moves it.

A `Payment` holds facts, and each of them only grows. Whoever learns something from a provider has an
`Observation`, and merges it: in any order, any number of times, the facts end the same. What follows
from them is decided elsewhere, from the facts alone.

Amounts are integers in the minor units of their currency. No part of a card is ever in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sorteos_actors.raffle import Millis

ObservedStatus = Literal["pending", "authorised", "captured", "failed", "cancelled", "unknown"]
"""What a provider says of its object. `failed` and `cancelled` are definite: no money will come.

`unknown` is a provider that cannot find it, which may be only for now.
"""

Applied = Literal["sold", "refused"]
"""What the money bought: numbers, or nothing, and then it goes back."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can do; how long numbers are held follows from it."""

    immediate: bool
    """The buyer hears within seconds whether it worked."""
    two_steps: bool
    """Money is reserved first (authorised) and taken (captured) when the numbers are sold."""
    can_cancel: bool
    """It can promise that no money will come any more."""
    partial_refund: bool
    refund_by_api: bool
    """Without it a person sends refunds, and says so."""
    needs_review: bool
    """A person says whether the money has come."""
    longest_settle_ms: int
    """From the buyer's "paid" until it must be known."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is asked to collect. Everything is from our database."""

    payment_id: UUID
    raffle_id: UUID
    reservation_id: UUID
    amount: int
    currency: str
    numbers: tuple[int, ...]
    description: str
    return_url: str
    settings: Mapping[str, Any] = {}
    """The method's settings for this raffle, where they differ from the installation's: whose phone."""
    options: Mapping[str, str] = {}
    """What the buyer chose within the method; each provider says which, and checks them."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of one payment, at one moment. Amounts in units of `currency`."""

    reference: str | None
    """The provider's own id of it."""
    payment_id: UUID | None
    """The payment that its object names as ours."""
    status: ObservedStatus
    amount: int
    """What the object asks for, paid or not."""
    currency: str
    authorised: int = 0
    """The most that was ever reserved, whatever became of it."""
    captured: int = 0
    """All that was ever taken."""
    refunded: int = 0
    """All that has arrived back."""
    failed_as: str | None = None
    """The provider's word for why, when it failed."""
    action: Mapping[str, Any] | None = None
    """What the buyer must do next, for their own page."""
    details: Mapping[str, Any] = {}
    """Whatever else is worth keeping; never card data, never a secret."""


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified message of a provider: a hint to look at a payment, and not a fact by itself."""

    account: str
    event_id: str
    reference: str | None
    payment_id: UUID | None
    kind: str
    created_at: Millis


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay one reservation: what was agreed, and what is known by now."""

    raffle_id: UUID
    id: UUID
    reservation_id: UUID
    user_id: UUID
    provider: str
    account: str
    amount: int
    currency: str
    numbers: tuple[int, ...]
    unit_price: int
    waits_for_person: bool = False
    """Once the buyer says "paid", a person confirms it, and the provider need not be asked."""

    reference: str | None = None
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    paid_currency: str | None = None
    """The currency of the provider's object; nothing is exact while it is another than ours."""
    failed_as: str | None = None
    cancelled: bool = False

    cancel_wanted: bool = False
    """Nobody waits for the money any more: the deadline passed, or the buyer left."""
    claims_paid: bool = False
    """The buyer says that the money was sent."""
    returned: tuple[int, ...] = ()
    """Numbers that it has bought and that were given back."""
    refund_wanted: int = 0
    """What those have cost."""
    live: bool = False
    """The reservation waits for this payment. Written together with the reservation, by its actor."""
    applied: Applied | None = None
    applied_why: str | None = None
    sold_as: UUID | None = None
    """The reservation that it has paid; another than `reservation_id` when the money came late."""
    applied_at: Millis | None = None

    action: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = {}
    next_check_at: Millis | None = None
    """When somebody must look at it again; None when nothing is to be done."""
    attempts: int = 0
    """How often it was looked at since something was last learned."""
    version: int = 0
    """Grows with every change: who acts on an old one cannot put a newer one to rest."""
    created_at: Millis = 0
    updated_at: Millis = 0

    @property
    def is_over(self) -> bool:
        """Whether the provider has said that no more money will come."""
        return self.cancelled or self.failed_as is not None

    @property
    def ended(self) -> bool:
        """Whether no reservation waits for it."""
        return not self.live

    @property
    def price_kept(self) -> int:
        """The price of the numbers that it has bought and that were not given back."""
        return self.amount - self.refund_wanted

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: it has bought numbers, is paid in full, and owes nothing."""
        is_paid = self.applied == "sold" and self.captured >= self.amount
        return is_paid and self.refunded == self.refund_wanted

    @property
    def money_here(self) -> int:
        """What the provider holds for us, reserved or taken, and not given back."""
        reserved = 0 if self.is_over else self.authorised
        return max(reserved, self.captured) - self.refunded

    @property
    def is_exact(self) -> bool:
        """Whether the money that is here is what was asked: the amount, in the currency.

        Where nothing was asked for, it is here from the provider's first word.
        """
        return self.paid_currency == self.currency and self.money_here == self.amount


def charge_for(payment: Payment, *, description: str, return_url: str) -> Charge:
    """What its provider is asked to collect."""
    return Charge(
        payment_id=payment.id,
        raffle_id=payment.raffle_id,
        reservation_id=payment.reservation_id,
        amount=payment.amount,
        currency=payment.currency,
        numbers=payment.numbers,
        description=description,
        return_url=return_url,
    )


def merged(payment: Payment, seen: Observation) -> Payment:
    """The payment with what was seen of it. Pure; the order of merging does not matter.

    `reference`, `action` and `details` are no facts: the first reference stays, the others are the
    latest. Bookkeeping (`version`, `next_check_at`) is left to whoever keeps the row. Who cannot find
    the payment has said nothing about it.
    """
    if seen.status == "unknown":
        return payment
    failed_as = (seen.failed_as or "failed") if seen.status == "failed" else None
    return replace(
        payment,
        reference=payment.reference or seen.reference,
        authorised=max(payment.authorised, seen.authorised),
        captured=max(payment.captured, seen.captured),
        refunded=max(payment.refunded, seen.refunded),
        paid_currency=_paid_currency(payment, seen),
        failed_as=min(filter(None, (payment.failed_as, failed_as)), default=None),
        cancelled=payment.cancelled or seen.status == "cancelled",
        action=payment.action if seen.action is None else seen.action,
        details={**payment.details, **seen.details},
    )


def as_known(payment: Payment) -> Observation:
    """The facts as an observation of themselves."""
    return Observation(
        reference=payment.reference,
        payment_id=payment.id,
        status="captured" if payment.captured else "pending",
        amount=payment.amount,
        currency=payment.paid_currency or payment.currency,
        captured=payment.captured,
        refunded=payment.refunded,
    )


def _paid_currency(payment: Payment, seen: Observation) -> str | None:
    """A currency that is not ours is never forgotten again."""
    known = (
        {seen.currency} if payment.paid_currency is None else {payment.paid_currency, seen.currency}
    )
    return min(known - {payment.currency}, default=payment.currency)


class Provider(Protocol):
    """Whoever moves money. One object for each account with each company.

    Every `key` is made from the payment's id and written down before the call, so that the same call
    may be repeated after a crash and has one effect. Each method raises `ProviderUnavailable` (outcome
    unknown) and `ProviderRefused` (definite). When cancelled, the call may still have its effect.
    """

    @property
    def name(self) -> str:
        """The method's name in the interface: ``stripe``."""

    @property
    def account(self) -> str:
        """Which account of ours with the company; references are unique within it."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def accepts(self, currency: str) -> bool:
        """Whether a raffle in this currency can be paid here."""

    async def start(self, charge: Charge, key: str) -> Observation:
        """Ask for the money. `action` says what the buyer must do."""

    async def inspect(self, payment: Payment) -> Observation:
        """The object as it is now, found by its reference, or else by our id."""

    async def capture(self, payment: Payment, key: str) -> Observation:
        """Take money that was reserved. Repeating it takes nothing twice."""

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """See that no money comes any more. Tells the truth: cancelled, or captured, being too late."""

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """Send `amount` back. `refunded` counts what has arrived, so it may still be as before."""

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """What a message hints at. Header names are in lower case. Raises `ForgedWebhook`.

        `ProviderUnavailable` when it cannot be judged just now (a certificate that cannot be had):
        it is not accepted, and its sender sends it again.
        """
