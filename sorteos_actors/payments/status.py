"""Where a payment stands, in one word for people. Pure, and derived: nothing keeps it."""

from __future__ import annotations

from enum import StrEnum

from sorteos_actors.ports.payments import Payment


class PaymentStatus(StrEnum):
    """What a buyer, or whoever answers them, has to know."""

    STARTING = "starting"
    """The provider was asked and has not answered yet."""
    PENDING = "pending"
    """The buyer has something to do, or the bank has."""
    REVIEW = "review"
    """A person looks at it."""
    AUTHORISED = "authorised"
    """The money is there, and the numbers are being sold."""
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    LATE = "late"
    """The money came when no reservation waited for it: numbers or a refund follow."""
    REFUNDING = "refunding"
    REFUNDED = "refunded"


def status_of(payment: Payment) -> PaymentStatus:
    """The one word."""
    if payment.applied == "sold":
        return _after_sale(payment)
    if payment.captured:
        if payment.captured <= payment.refunded:
            return PaymentStatus.REFUNDED
        if payment.applied == "refused":
            return PaymentStatus.REFUNDING
    if payment.applied == "refused":
        return PaymentStatus.CANCELLED
    if payment.money_here:
        return _with_money(payment)
    if payment.failed_as is not None:
        return PaymentStatus.DECLINED
    if payment.claims_paid:
        # Also when its time is over: a person still looks for the money.
        return PaymentStatus.REVIEW
    if payment.cancelled:
        return PaymentStatus.CANCELLED
    is_known = payment.reference is not None or payment.action is not None
    return PaymentStatus.PENDING if is_known else PaymentStatus.STARTING


def _after_sale(payment: Payment) -> PaymentStatus:
    """Numbers that were given back make it a refund; until all are, the rest stays paid."""
    taken = min(payment.captured, payment.amount)
    if taken - payment.refunded > payment.price_kept:
        return PaymentStatus.REFUNDING
    is_whole = len(payment.returned) == len(payment.numbers)
    return PaymentStatus.REFUNDED if is_whole else PaymentStatus.PAID


def _with_money(payment: Payment) -> PaymentStatus:
    if not payment.is_exact:
        return PaymentStatus.REVIEW if payment.captured else PaymentStatus.PENDING
    return PaymentStatus.AUTHORISED if payment.live else PaymentStatus.LATE
