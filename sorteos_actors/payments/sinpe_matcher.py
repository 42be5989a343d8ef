"""Which open payment an incoming transfer pays. Pure: the bank's word in, a verdict out.

A transfer is a payment's only when the amount is exact, the time is the payment's, and its code or the
buyer's phone says so. Anything less is for a person to decide, with the likeliest payments first.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from sorteos_actors.payments.sinpe_code import codes_in, phone_digits, reference_key
from sorteos_actors.raffle import Millis

SKEW_MS: Final = 60_000
"""Banks write the minute, not the second: a transfer may seem to come before its payment."""
MOST_CANDIDATES: Final = 5
_CODE, _PHONE, _AMOUNT, _TIME = 8, 4, 2, 1


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Money that has come in, as a bank tells it. `amount` in minor units."""

    reference: str
    amount: int
    currency: str = "CRC"
    at: Millis
    description: str = ""
    phone: str | None = None
    bank: str = ""


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """An open payment: `phone` is the buyer's, `until` the end of its review."""

    payment_id: UUID
    amount: int
    currency: str
    code: str
    since: Millis
    until: Millis
    phone: str | None = None


class Confidence(StrEnum):
    """What a match rests on."""

    CODE_AND_PHONE = "code_and_phone"
    CODE = "code"
    PHONE = "phone"


class Why(StrEnum):
    """Why no payment can be said to be the transfer's."""

    UNKNOWN_REFERENCE = "unknown_reference"
    """Neither its code nor its phone belongs to an open payment."""
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    WRONG_CURRENCY = "wrong_currency"
    LATE = "late"
    """The payment's time was over, or had not begun."""
    AMBIGUOUS = "ambiguous"
    """It could be more than one payment's."""


class Match(msgspec.Struct, frozen=True):
    """This payment is paid. `reference` is the key that may be used once only."""

    payment_id: UUID
    reference: str
    confidence: Confidence


class Candidate(msgspec.Struct, frozen=True):
    """A payment that a person may think of, and what of it agrees with the transfer."""

    payment_id: UUID
    has_code: bool
    has_phone: bool
    has_amount: bool
    is_in_time: bool

    @property
    def score(self) -> int:
        """How likely it is, for the order."""
        return (
            _CODE * self.has_code
            + _PHONE * self.has_phone
            + _AMOUNT * self.has_amount
            + _TIME * self.is_in_time
        )


class Unmatched(msgspec.Struct, frozen=True):
    """For a person: the likeliest payments first. None at all is money of unknown origin."""

    reference: str
    why: Why
    candidates: tuple[Candidate, ...] = ()


class AlreadyKnown(msgspec.Struct, frozen=True):
    """The transfer with this reference was told before. Nothing is to be done."""

    reference: str


Verdict = Match | Unmatched | AlreadyKnown


def match(transfer: Transfer, awaited: Sequence[Awaited], known: Container[str]) -> Verdict:
    """Whose money it is. `known` holds the keys of all references that were ever told.

    The order of `awaited` does not matter. Raises `NotAReference`.
    """
    key = reference_key(transfer.reference, transfer.bank)
    if key in known:
        return AlreadyKnown(key)
    codes, phone = codes_in(transfer.description), phone_digits(transfer.phone)
    compared = {
        payment.payment_id: (payment, _compare(transfer, payment, codes, phone))
        for payment in awaited
    }
    all_candidates = [candidate for _, candidate in compared.values()]
    exact = [c for c in all_candidates if c.has_amount and c.is_in_time]
    named = [c for c in all_candidates if c.has_code]
    by_code = [c for c in exact if c.has_code]
    by_phone = [c for c in exact if c.has_phone]
    if len(named) == len(by_code) == 1:
        found = by_code[0]
        sure = Confidence.CODE_AND_PHONE if found.has_phone else Confidence.CODE
        return Match(found.payment_id, key, sure)
    if not named and len(by_phone) == 1:
        return Match(by_phone[0].payment_id, key, Confidence.PHONE)

    def rank(candidate: Candidate) -> tuple[int, int, int, UUID]:
        payment = compared[candidate.payment_id][0]
        distance = abs(payment.amount - transfer.amount)
        return -candidate.score, distance, payment.since, payment.payment_id

    likely = sorted((c for c in all_candidates if c.score >= _AMOUNT), key=rank)
    pointed = named or [c for c in all_candidates if c.has_phone]
    why = _why(transfer, [compared[c.payment_id][0] for c in pointed])
    return Unmatched(key, why, tuple(likely[:MOST_CANDIDATES]))


def _compare(
    transfer: Transfer, payment: Awaited, codes: frozenset[str], phone: str | None
) -> Candidate:
    return Candidate(
        payment.payment_id,
        has_code=payment.code in codes,
        has_phone=phone is not None and phone == phone_digits(payment.phone),
        has_amount=(payment.amount, payment.currency) == (transfer.amount, transfer.currency),
        is_in_time=payment.since - SKEW_MS <= transfer.at <= payment.until,
    )


def _why(transfer: Transfer, payments: Sequence[Awaited]) -> Why:
    """The reason, by the payments that the transfer's code, or else its phone, points to."""
    if not payments:
        return Why.UNKNOWN_REFERENCE
    if len(payments) > 1:
        return Why.AMBIGUOUS
    payment = payments[0]
    if payment.currency != transfer.currency:
        return Why.WRONG_CURRENCY
    if transfer.amount != payment.amount:
        return Why.UNDERPAID if transfer.amount < payment.amount else Why.OVERPAID
    return Why.LATE
