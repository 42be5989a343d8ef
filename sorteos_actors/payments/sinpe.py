"""SINPE Móvil by hand: the buyer sends the exact amount by phone, the organizer says that it has come.

Nobody can be asked: what is known is what people have said. So this provider talks to no network, and
its facts come from `approved` and `rejected`, which turn an organizer's recorded word into an
observation, and from `matched`, which does so with a bank's notification. A picture of a receipt is
never proof; it helps the organizer to look for the money.
"""

# ruff: noqa: ARG002 - the port's shape; whoever cannot be asked needs no keys.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from sorteos_actors.errors import ProviderRefused
from sorteos_actors.payments import sinpe_notice
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.sinpe_code import codes, phone_digits, reference_key
from sorteos_actors.payments.sinpe_matcher import Match
from sorteos_actors.ports.payments import (
    Capabilities,
    Charge,
    Observation,
    Payment,
    WebhookEvent,
    as_known,
)
from sorteos_actors.raffle import Millis

CURRENCY: Final = "CRC"
AUTO_MATCH: Final = "auto_match"
"""The setting that lets a certain match pay without anybody's word: ``on``, or else ``off``."""
SETTLE_MS: Final = 24 * 3_600_000
_MAX_REASON: Final = 200
_TRANSFER: Final = "transfer "


class Codes(Protocol):
    """Gives each open payment a code that no other open payment has."""

    async def take(self, payment_id: UUID, candidates: Iterator[str]) -> str:
        """The first of the candidates that is free, or the one that this payment has already."""


class MemoryCodes:
    """The `Codes` port for one process."""

    def __init__(self) -> None:
        self._taken: dict[str, UUID] = {}

    async def take(self, payment_id: UUID, candidates: Iterator[str]) -> str:
        """The first code that is free or this payment's own."""
        return next(
            code for code in candidates if self._taken.setdefault(code, payment_id) == payment_id
        )


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What an organizer says of money that has come: as it stands in their bank's notification."""

    reference: str
    amount: int
    by: UUID
    at: Millis
    currency: str = CURRENCY
    bank: str = ""


class Sinpe:
    """The `Provider` port for SINPE Móvil by hand."""

    name = "sinpe"
    account = "sinpe"
    """One for the whole country, as references are: a transfer pays one payment, whoever's phone it was."""
    capabilities = Capabilities(
        immediate=False,
        two_steps=False,
        can_cancel=True,
        partial_refund=True,
        refund_by_api=False,
        needs_review=True,
        longest_settle_ms=SETTLE_MS,
    )

    def __init__(self, taken: Codes, webhook_secrets: Sequence[Secret] = ()) -> None:
        self._codes = taken
        self._secrets = webhook_secrets

    def accepts(self, currency: str) -> bool:
        """SINPE Móvil moves colones only."""
        return currency == CURRENCY

    async def start(self, charge: Charge, key: str) -> Observation:
        """Say how to pay: to which phone, how much, and the code to write with it."""
        phone, name = charge.settings.get("phone"), charge.settings.get("name")
        if phone_digits(phone) is None or not self.accepts(charge.currency):
            raise ProviderRefused("not_configured")
        code = await self._codes.take(charge.payment_id, codes(charge.payment_id))
        action = {
            "type": "sinpe",
            "phone": phone_digits(phone),
            "name": name or "",
            "amount": charge.amount,
            "currency": charge.currency,
            "code": code,
        }
        return Observation(
            reference=None,
            payment_id=charge.payment_id,
            status="pending",
            amount=charge.amount,
            currency=charge.currency,
            action=action,
            details={"code": code},
        )

    async def inspect(self, payment: Payment) -> Observation:
        """What people have said so far: nobody else knows more."""
        return as_known(payment)

    async def capture(self, payment: Payment, key: str) -> Observation:
        """Nothing to do: money that has come is there."""
        return as_known(payment)

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """Nobody waits any more. Money that comes all the same is late money, by `approved`."""
        known = as_known(payment)
        return known if known.captured else msgspec.structs.replace(known, status="cancelled")

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """A refund is a transfer that the organizer makes; `refunded_by_hand` tells of it."""
        raise ProviderRefused("by_hand")

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """A bank's notification, signed by whoever forwards it. Without a secret there are none."""
        return sinpe_notice.opened(headers, body, self._secrets, self.account, now)


def declared(reference: str, bank: str = "") -> dict[str, Any]:
    """Details of a payment whose buyer says that it is paid. Raises `NotAReference`.

    Not the payment's reference yet: who names another's reference first must not have it.
    """
    return {"declared_reference": reference_key(reference, bank)}


def approved(payment: Payment, approval: Approval) -> Observation:
    """The money has come: exactly as much as the organizer saw, under a reference that pays once.

    Raises `NotAReference`, and `ValueError` for an amount that is none.
    """
    if approval.amount <= 0:
        raise ValueError("an approval is of some money")
    return msgspec.structs.replace(
        as_known(payment),
        reference=reference_key(approval.reference, approval.bank),
        status="captured",
        currency=approval.currency,
        captured=approval.amount,
        details={"approved_by": str(approval.by), "approved_at": approval.at},
    )


def matched(payment: Payment, found: Match, amount: int, currency: str, at: Millis) -> Observation:
    """The money has come, as a bank says: what `approved` is by an organizer's word."""
    return msgspec.structs.replace(
        as_known(payment),
        reference=found.reference,
        status="captured",
        currency=currency,
        captured=amount,
        details={"matched_by": found.confidence.value, "matched_at": at},
    )


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that a bank has told of, for whoever approves the payment that it is for."""

    reference: str
    bank: str
    amount: int
    matched_by: str
    told_at: Millis


def suggested(key: str, suggestion: Suggestion) -> dict[str, Any]:
    """Details of a payment to which a transfer is added; `key` is its reference, as it pays once."""
    return {f"{_TRANSFER}{key}": msgspec.to_builtins(suggestion)}


def suggestions(payment: Payment) -> dict[str, Suggestion]:
    """The transfers that a bank has told of for this payment, by their keys, the first one first."""
    told = {
        name.removeprefix(_TRANSFER): msgspec.convert(words, Suggestion)
        for name, words in payment.details.items()
        if name.startswith(_TRANSFER)
    }
    return dict(sorted(told.items(), key=lambda pair: (pair[1].told_at, pair[0])))


def rejected(payment: Payment, reason: str, by: UUID, at: Millis) -> Observation:
    """No money has come, and the organizer does not wait for it any longer.

    For a payment whose money has come, what is known: it stays paid.
    """
    known = as_known(payment)
    if known.captured:
        return known
    details = {"rejected_by": str(by), "rejected_at": at, "rejected_why": reason[:_MAX_REASON]}
    return msgspec.structs.replace(known, status="failed", failed_as="rejected", details=details)


def refunded_by_hand(payment: Payment, total: int) -> Observation:
    """The organizer has sent back `total` in all."""
    return msgspec.structs.replace(as_known(payment), refunded=total)
