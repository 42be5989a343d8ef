"""What to do next about a payment: a pure function of what is known of it.

    next_step(payment) -> Step

A payment's row holds facts that only grow. Whoever learns one, from a webhook, an answer or a poll,
merges it, and asks here what follows. So the order and the number of messages do not matter, and a
crash between two steps is healed by asking again: nothing else remembers where a payment stood.

    ASK      what became of it is for the provider to say
    SELL     the money is there, exactly: the raffle's actor decides about the numbers
    CAPTURE  the numbers are sold, the money is only reserved: take it
    CANCEL   nobody waits for it any more: let the provider confirm that no money will come
    END      no money came and none will: tell the actor, which may let the numbers go
    REFUND   money that bought nothing goes back
    CASE     a person must look: the amount or the currency is not what was asked
    WAIT     a person acts (buyer or organizer), or nothing is due yet
    REST     all is done
"""

from __future__ import annotations

from enum import StrEnum

from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle.commands import CompleteReservation


class Step(StrEnum):
    """One thing to do; see the table above."""

    ASK = "ask"
    SELL = "sell"
    CAPTURE = "capture"
    CANCEL = "cancel"
    END = "end"
    REFUND = "refund"
    CASE = "case"
    WAIT = "wait"
    REST = "rest"


def sale_of(payment: Payment) -> CompleteReservation:
    """What the step SELL asks of the raffle."""
    return CompleteReservation(
        reservation_id=payment.reservation_id,
        payment_id=payment.id,
        user_id=payment.user_id,
        numbers=payment.numbers,
        unit_price=payment.unit_price,
        amount=payment.amount,
        currency=payment.currency,
    )


def next_step(payment: Payment) -> Step:
    """The one step that brings this payment nearer to its end."""
    if payment.applied == "sold":
        return _after_sale(payment)
    if payment.applied == "refused":
        return _after_refusal(payment)
    has_paid = payment.money_here > 0 or (payment.amount == 0 and not payment.is_over)
    if has_paid and payment.is_exact:
        return Step.SELL
    if payment.money_here > 0:
        return _wrong_money(payment)
    has_gone_back = 0 < payment.captured <= payment.refunded
    if payment.is_over or has_gone_back:
        return Step.REST if payment.ended else Step.END
    if payment.cancel_wanted:
        return Step.CANCEL
    return Step.WAIT if payment.claims_paid and payment.waits_for_person else Step.ASK


def _wrong_money(payment: Payment) -> Step:
    """Money that is only reserved is simply let go; money that was taken is a person's to judge."""
    return Step.CASE if payment.captured > payment.refunded else Step.CANCEL


def _after_sale(payment: Payment) -> Step:
    """The money that is here must be the price of the numbers that the buyer still has."""
    here = payment.captured - payment.refunded
    if here > payment.price_kept:
        return Step.REFUND
    if here < payment.price_kept:
        # Money that was only reserved may be gone after the sale; or somebody has taken it back.
        may_come = payment.captured < payment.amount and not payment.is_over
        return Step.CAPTURE if may_come else Step.CASE
    # Numbers that were given back before their price was taken cost nobody anything.
    is_reserved = payment.authorised > 0 and not payment.captured and not payment.is_over
    return Step.CANCEL if is_reserved else Step.REST


def _after_refusal(payment: Payment) -> Step:
    if payment.live:
        return Step.END
    if payment.captured > payment.refunded:
        return Step.REFUND
    return Step.REST if payment.is_over or payment.captured else Step.CANCEL
