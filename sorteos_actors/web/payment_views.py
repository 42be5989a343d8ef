"""From a payment's row to what each person may see of it."""

from __future__ import annotations

from typing import Final

from sorteos_actors.payments.registry import priority_of
from sorteos_actors.payments.sinpe import suggestions
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports import Contact, ReservationRecord
from sorteos_actors.ports.payment_store import Method, MoneyCase
from sorteos_actors.ports.payments import Payment, Provider
from sorteos_actors.protocol.payment_messages import (
    CaseView,
    MethodSwitchView,
    MethodWord,
    PaymentView,
    ReceivedView,
    ReviewView,
    SuggestionView,
)
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.protocol.views import ContactView
from sorteos_actors.raffle import Millis, RaffleTerms

_TO_DO: Final = frozenset({PaymentStatus.STARTING, PaymentStatus.PENDING, PaymentStatus.REVIEW})


def payment_view(
    payment: Payment,
    terms: RaffleTerms,
    record: ReservationRecord | None,
    now: Millis,
    *,
    for_owner: bool,
) -> PaymentView:
    """PAYMENT. What the buyer has to do is shown to nobody else: it may let who has it pay."""
    status = status_of(payment)
    shows_action = for_owner and status in _TO_DO and not payment.is_over
    expires_at = None
    if payment.live and record is not None and record.terms.id == payment.raffle_id:
        expires_at = record.reservation.expires_at
    return PaymentView(
        id=payment.id,
        raffle_id=payment.raffle_id,
        reservation_id=payment.reservation_id,
        provider=payment.provider,
        status=status.value,
        amount=payment.amount,
        currency=payment.currency,
        number_ids=[terms.label(number) for number in payment.numbers],
        action=dict(payment.action) if shows_action and payment.action is not None else None,
        reason=payment.failed_as or payment.applied_why,
        refunded=payment.refunded,
        sold_as=payment.sold_as,
        needs_review=payment.waits_for_person,
        created_at=rfc3339(payment.created_at),
        expires_at=None if expires_at is None else rfc3339(expires_at),
        expires_in_ms=0 if expires_at is None else max(0, expires_at - now),
        server_time=rfc3339(now),
    )


def review_view(
    payment: Payment,
    terms: RaffleTerms,
    record: ReservationRecord | None,
    receipts: int,
    contact: Contact | None,
    now: Millis,
) -> ReviewView:
    """A payment with all that helps to find its money."""
    return ReviewView(
        payment=payment_view(payment, terms, record, now, for_owner=False),
        user_id=payment.user_id,
        code=payment.details.get("code"),
        declared_reference=payment.details.get("declared_reference"),
        suggestion=_suggested(payment),
        receipts=[f"/api/v1/payments/{payment.id}/receipts/{n + 1}" for n in range(receipts)],
        contact=_contact_view(contact),
    )


def received_view(
    payment: Payment,
    terms: RaffleTerms,
    record: ReservationRecord | None,
    contact: Contact | None,
    now: Millis,
    *,
    by_hand: bool,
) -> ReceivedView:
    """A payment that has brought money; `by_hand`: a person sends back what goes back."""
    return ReceivedView(
        payment=payment_view(payment, terms, record, now, for_owner=False),
        user_id=payment.user_id,
        contact=_contact_view(contact),
        reference=payment.reference,
        captured=payment.captured,
        paid_currency=payment.paid_currency,
        unit_price=payment.unit_price,
        returned_ids=[terms.label(number) for number in payment.returned],
        refund_by_hand=by_hand,
        decided_at=None if payment.applied_at is None else rfc3339(payment.applied_at),
    )


def _contact_view(contact: Contact | None) -> ContactView | None:
    return None if contact is None else ContactView(contact.name, contact.phone, contact.email)


def _suggested(payment: Payment) -> SuggestionView | None:
    for told in suggestions(payment).values():
        return SuggestionView(told.reference, told.bank, told.amount, told.matched_by)
    return None


def case_view(case: MoneyCase) -> CaseView:
    """A case."""
    return CaseView(
        id=case.id,
        kind=case.kind,
        raffle_id=case.raffle_id,
        payment_id=case.payment_id,
        amount=case.amount,
        currency=case.currency,
        owner=case.owner,
        deadline=rfc3339(case.deadline),
        facts=dict(case.facts),
        opened_at=rfc3339(case.opened_at),
    )


def switch_view(
    provider: Provider, currency: str, rows: list[Method], offered: frozenset[str]
) -> MethodSwitchView:
    """A method with what was set about it; `offered` are the names of those that buyers can choose."""
    everywhere = next((row for row in rows if row.raffle_id is None), None)
    here = next((row for row in rows if row.raffle_id is not None), None)
    return MethodSwitchView(
        provider=provider.name,
        priority=priority_of(provider.name, [row for row in (everywhere, here) if row is not None]),
        takes_currency=provider.accepts(currency),
        offered=provider.name in offered,
        here=None if here is None else _word(here),
        everywhere=None if everywhere is None else _word(everywhere),
    )


def _word(row: Method) -> MethodWord:
    return MethodWord(
        enabled=row.enabled,
        priority=row.priority,
        settings=dict(row.settings),
        changed_by=row.changed_by,
        changed_at=rfc3339(row.changed_at),
    )
