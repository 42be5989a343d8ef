"""Money that a person has to look at: who answers for it, until when, and what is known. Pure.

A case has an id made from what it is about, so that the same trouble, met again after a crash or on
another node, is the same case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from sorteos_actors.payments.sinpe import Sinpe, Suggestion, suggestions
from sorteos_actors.payments.sinpe_code import NotAReference, reference_key
from sorteos_actors.payments.sinpe_matcher import Unmatched
from sorteos_actors.payments.sinpe_notice import BankNotice
from sorteos_actors.ports.payment_store import CaseKind, InboxEvent, MoneyCase, Refund
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Millis

DAY_MS: Final[Millis] = 86_400_000
HOUR_MS: Final[Millis] = 3_600_000
REFUND_KEY: Final = "refund"
"""The fact that says which refund a person has to send."""
_NAMESPACE: Final = UUID("5d0f1f5e-6a4b-4a7e-9a51-8a52b1d3c0aa")


def about(payment: Payment, now: Millis) -> MoneyCase:
    """Money that is not what was asked."""
    if payment.paid_currency not in (None, payment.currency):
        kind: CaseKind = "wrong_currency"
    elif payment.applied == "sold":
        kind = "disputed" if payment.refunded > payment.refund_wanted else "stuck"
    elif payment.money_here > payment.amount:
        kind = "overpaid"
    else:
        kind = "underpaid"
    return _case(kind, payment, payment.money_here, now + DAY_MS)


def paid_twice(payment: Payment, now: Millis) -> MoneyCase:
    """A second payment of what was paid already; its money goes back by itself."""
    return _case("paid_twice", payment, payment.money_here, now + DAY_MS)


def stuck(payment: Payment, now: Millis) -> MoneyCase:
    """A step that does not succeed for many minutes."""
    return _case("stuck", payment, payment.money_here, now + HOUR_MS)


def refund_by_hand(payment: Payment, refund: Refund, now: Millis) -> MoneyCase:
    """Money that only a person can send back. What is owed after one was settled is another case."""
    about_what = f"{refund.key} {payment.captured} {payment.refund_wanted}"
    case = _case("refund_failed", payment, refund.amount, now + DAY_MS, about_what)
    return replace(case, facts={**case.facts, REFUND_KEY: refund.key})


def unknown_reference(event: InboxEvent, now: Millis) -> MoneyCase:
    """A verified message about a payment that is none of ours."""
    key = event.key
    return MoneyCase(
        id=id_of_money(key.provider, key.account, str(event.reference)),
        kind="unknown_reference",
        raffle_id=None,
        payment_id=None,
        amount=0,
        currency="",
        owner="admin",
        deadline=now + DAY_MS,
        facts={
            "provider": key.provider,
            "account": key.account,
            "kind": event.kind,
            "reference": event.reference,
        },
    )


def unmatched_transfer(
    notice: BankNotice, verdict: Unmatched, raffles: Mapping[UUID, UUID], now: Millis
) -> MoneyCase:
    """Money that no payment can be said to be paid with. `raffles`: that of each candidate.

    When its code or phone points to a raffle, its organizer decides, and hears of no other raffle.
    """
    likeliest = next(iter(verdict.candidates), None)
    is_pointed = likeliest is not None and (likeliest.has_code or likeliest.has_phone)
    raffle_id = raffles[likeliest.payment_id] if likeliest and is_pointed else None
    shown = [c for c in verdict.candidates if raffle_id in (None, raffles[c.payment_id])]
    return MoneyCase(
        id=id_of_money(Sinpe.name, Sinpe.account, verdict.reference),
        kind="unknown_reference",
        raffle_id=raffle_id,
        payment_id=None,
        amount=notice.amount,
        currency=notice.currency,
        owner="admin" if raffle_id is None else "organizer",
        deadline=now + DAY_MS,
        facts={
            "provider": "sinpe",
            "reference": notice.reference,
            "bank": notice.bank,
            "why": verdict.why.value,
            "candidates": [msgspec.to_builtins(candidate) for candidate in shown],
        },
    )


def second_transfer(
    payment: Payment, key: str, told: Suggestion, now: Millis, why: str = "second_transfer"
) -> MoneyCase:
    """A transfer for a payment for which another one has come, or been approved."""
    return MoneyCase(
        id=id_of_money(Sinpe.name, Sinpe.account, key),
        kind="unknown_reference",
        raffle_id=payment.raffle_id,
        payment_id=None,
        amount=told.amount,
        currency=payment.currency,
        owner="organizer",
        deadline=now + DAY_MS,
        facts={
            "provider": payment.provider,
            "reference": told.reference,
            "bank": told.bank,
            "why": why,
            "candidates": [{"payment_id": str(payment.id)}],
        },
    )


def other_transfers(payment: Payment, paid_with: str | None, now: Millis) -> list[MoneyCase]:
    """Whatever else a bank has told of for a payment that is paid with one of those transfers.

    Nothing when it is paid with none of them: that may be one of them, written another way.
    """
    told = suggestions(payment)
    others = {key: one for key, one in told.items() if key != paid_with and paid_with in told}
    return [second_transfer(payment, key, one, now) for key, one in others.items()]


def rejected_transfers(payment: Payment, now: Millis) -> list[MoneyCase]:
    """Whatever a bank has told of for a payment of which a person says that no money has come."""
    told = suggestions(payment)
    return [second_transfer(payment, key, one, now, "rejected") for key, one in told.items()]


def id_of_money(provider: str, account: str, reference: str) -> UUID:
    """The id of the case of money that is no payment's. `reference` is as payments keep it."""
    where = provider if provider == Sinpe.name else f"{provider} {account}"
    return uuid5(_NAMESPACE, f"unknown_reference {where} {reference}")


def money_of(case: MoneyCase) -> tuple[str, str, str] | None:
    """Provider, account and reference of the money that a case `unknown_reference` is about.

    As payments keep them. None where its facts do not say.
    """
    facts = case.facts
    provider, reference = facts.get("provider"), facts.get("reference")
    account, bank = facts.get("account"), facts.get("bank", "")
    if provider == Sinpe.name:
        try:
            return provider, Sinpe.account, reference_key(str(reference), str(bank))
        except NotAReference:
            return None
    return (provider, account, reference) if provider and account and reference else None


def _case(
    kind: CaseKind, payment: Payment, amount: int, deadline: Millis, about_what: str = ""
) -> MoneyCase:
    return MoneyCase(
        id=uuid5(_NAMESPACE, f"{kind} {payment.id} {about_what}"),
        kind=kind,
        raffle_id=payment.raffle_id,
        payment_id=payment.id,
        amount=amount,
        currency=payment.paid_currency or payment.currency,
        owner="organizer",
        deadline=deadline,
        facts={
            "asked": payment.amount,
            "captured": payment.captured,
            "refunded": payment.refunded,
            "provider": payment.provider,
            "reference": payment.reference,
        },
    )
