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
    if payment.captured < payment.amount:
        return _after_sale_of_less(payment)
    if payment.is_settled:
        return Step.REST
    # More than is owed: somebody has sent money back at the provider, or the buyer has taken it.
    return Step.CASE if payment.refunded > payment.refund_wanted else Step.REFUND


def _after_sale_of_less(payment: Payment) -> Step:
    """Money that was only reserved, or of which somebody at the provider has taken but a part."""
    here = payment.captured - payment.refunded
    worth = payment.amount - payment.refund_wanted
    if here == worth:
        # Numbers that were given back before their price was taken cost nobody anything.
        return Step.REST if payment.is_over or payment.captured else Step.CANCEL
    if here < worth:
        return Step.CASE if payment.is_over else Step.CAPTURE
    # Of all numbers given back all money goes back; of some, a person must reckon.
    return Step.REFUND if worth == 0 else Step.CASE


def _after_refusal(payment: Payment) -> Step:
    if payment.live:
        return Step.END
    if payment.captured > payment.refunded:
        return Step.REFUND
    return Step.REST if payment.is_over or payment.captured else Step.CANCEL
