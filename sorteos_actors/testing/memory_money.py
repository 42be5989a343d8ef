"""The rows of payments in memory, and what a commit does to them, with the schema's guards.

Shared by `MemoryStore`, whose commits sell and refund, and by `MemoryPayments`, which learns from
providers: as in PostgreSQL, both write the same rows.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.errors import GuardViolated, MoneyMoved
from sorteos_actors.ports.mail import RECEIPT, OutboxItem
from sorteos_actors.ports.payment_store import Transfer
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Millis, RaffleTerms
from sorteos_actors.store.payment_changes import Paid, PaymentChanges

Key = tuple[UUID, UUID]
"""A raffle and a payment."""


class MemoryMoney:
    """Payments, ledger and outbox of all raffles."""

    def __init__(self) -> None:
        self.payments: dict[Key, Payment] = {}
        self.leases: dict[Key, tuple[str, Millis]] = {}
        """Who works on a payment, and until when."""
        self.transfers: list[tuple[UUID, Transfer]] = []
        self.outbox: dict[int, OutboxItem] = {}
        """What has not gone out, by its number."""
        self._posted = 0

    def keep(self, payment: Payment, now: Millis, *, is_due: bool = True) -> Payment:
        """Write a changed row: one version on, and to be looked at from now on.

        As in PostgreSQL, its buyer is told in the same step where their money goes.
        """
        before = self.payments[payment.raffle_id, payment.id]
        if is_due:
            payment = replace(payment, next_check_at=now, attempts=0)
        payment = replace(payment, version=payment.version + 1, updated_at=now)
        self.payments[payment.raffle_id, payment.id] = payment
        for kind, payload in _news(before, payment):
            self.post(payment.raffle_id, kind, payload, now)
        return payment

    def enter(self, raffle_id: UUID, transfer: Transfer) -> None:
        """Add to the ledger, as the constraints of its table allow. Nothing is no transfer."""
        if transfer.amount == 0:
            return
        same = (transfer.payment_id, transfer.kind, transfer.total)
        known = {(t.payment_id, t.kind, t.total) for of, t in self.transfers if of == raffle_id}
        if same in known or transfer.amount < 0 or transfer.debit == transfer.credit:
            raise GuardViolated(f"{transfer} cannot be entered in the ledger")
        self.transfers.append((raffle_id, transfer))

    def post(self, raffle_id: UUID, kind: str, payload: dict[str, Any], now: Millis) -> None:
        """Put something into the outbox."""
        self._posted += 1
        item = OutboxItem(
            raffle_id=raffle_id,
            id=self._posted,
            kind=kind,
            payload=payload,
            attempts=0,
            created_at=now,
        )
        self.outbox[item.id] = item

    # -- commits -----------------------------------------------------------------------------

    def guard(self, terms: RaffleTerms, changes: PaymentChanges) -> None:
        """What the schema would refuse of a commit. Changes nothing."""
        for payment_id, reservation_id in changes.started.items():
            if self._row(terms, payment_id).reservation_id != reservation_id:
                raise GuardViolated(f"payment {payment_id} is for something else")
        for payment_id in changes.stopped:
            self._row(terms, payment_id)
        self._guard_live(terms, changes)
        for sale in changes.paid:
            if not _covers(self.payments.get((terms.id, sale.payment_id)), sale, terms):
                raise MoneyMoved(f"the money of {sale} is not here", "payment_covers_it")
        bought = {sale.payment_id: sale for sale in changes.paid}
        for payment_id, numbers in changes.returned.items():
            payment = self.payments.get((terms.id, payment_id))
            if payment is None or (payment.applied != "sold" and payment_id not in bought):
                raise MoneyMoved(f"{payment_id} has bought nothing", "payment_covers_it")
            if not {*payment.returned}.isdisjoint(numbers):
                raise MoneyMoved(f"{numbers} went back before", "payment_covers_it")
            if not {*numbers} <= {*payment.numbers} or len({*numbers}) < len(numbers):
                raise GuardViolated(f"{payment_id} has not bought {numbers}")

    def _guard_live(self, terms: RaffleTerms, changes: PaymentChanges) -> None:
        live = {
            payment.reservation_id: payment.id
            for (raffle_id, payment_id), payment in self.payments.items()
            if raffle_id == terms.id and payment.live and payment_id not in changes.stopped
        }
        for payment_id, reservation_id in changes.started.items():
            if live.setdefault(reservation_id, payment_id) != payment_id:
                raise GuardViolated(f"{reservation_id} waits for two payments")

    def apply(self, terms: RaffleTerms, changes: PaymentChanges, now: Millis) -> None:
        """What a commit that passed the guards writes."""
        for payment_id in changes.stopped:
            self.keep(replace(self._row(terms, payment_id), live=False), now, is_due=False)
        for payment_id in changes.started:
            self.keep(replace(self._row(terms, payment_id), live=True), now)
        for payment_id in changes.overdue:
            self.keep(replace(self._row(terms, payment_id), cancel_wanted=True), now)
        for sale in changes.paid:
            self._sell(terms, sale, now)
        for payment_id, numbers in changes.returned.items():
            payment = self._row(terms, payment_id)
            price = payment.unit_price * len(numbers)
            payment = replace(
                payment,
                returned=payment.returned + numbers,
                refund_wanted=payment.refund_wanted + price,
            )
            self.keep(payment, now)
            self.enter(
                terms.id,
                Transfer(
                    debit="sales",
                    credit="suspense",
                    amount=price,
                    currency=terms.currency,
                    payment_id=payment_id,
                    kind="returned",
                    total=payment.refund_wanted,
                ),
            )

    def _sell(self, terms: RaffleTerms, sale: Paid, now: Millis) -> None:
        for (raffle_id, _), other in list(self.payments.items()):
            is_for_it = raffle_id == terms.id and other.reservation_id == sale.reservation_id
            if is_for_it and other.live and other.id != sale.payment_id:
                self.keep(replace(other, live=False, cancel_wanted=True), now)
        payment = replace(
            self._row(terms, sale.payment_id),
            applied="sold",
            applied_at=now,
            sold_as=sale.reservation_id,
            live=False,
        )
        self.keep(payment, now)
        self.enter(
            terms.id,
            Transfer(
                debit="suspense",
                credit="sales",
                amount=sale.amount,
                currency=terms.currency,
                payment_id=sale.payment_id,
                kind="sold",
                total=sale.amount,
            ),
        )
        about = {"payment_id": str(sale.payment_id), "reservation_id": str(sale.reservation_id)}
        self.post(terms.id, RECEIPT, about, now)

    def _row(self, terms: RaffleTerms, payment_id: UUID) -> Payment:
        payment = self.payments.get((terms.id, payment_id))
        if payment is None:
            raise GuardViolated(f"payment {payment_id} is not there")
        return payment


def _covers(payment: Payment | None, sale: Paid, terms: RaffleTerms) -> bool:
    """Whether exactly the money of this sale is here, and has bought nothing yet."""
    return (
        payment is not None
        and payment.applied is None
        and sale.reservation_id in (payment.reservation_id, payment.id)
        and (payment.numbers, payment.amount) == (sale.numbers, sale.amount)
        and payment.currency == terms.currency
        and payment.is_exact
    )


def _news(before: Payment, after: Payment) -> list[tuple[str, dict[str, Any]]]:
    """What the trigger on the table of payments writes about a change: a kind of mail, and its facts."""
    about: dict[str, Any] = {"payment_id": str(after.id)}
    why, numbers, amount = after.applied_why, after.numbers, 0
    if after.applied == "refused":
        was = after.refunded if before.applied is None else before.money_here + before.refunded
        amount = after.money_here + after.refunded - was
    elif after.refund_wanted > before.refund_wanted:
        why, numbers = "numbers_returned", after.returned[len(before.returned) :]
        amount = after.refund_wanted - before.refund_wanted
    elif (
        (after.failed_as and before.failed_as is None and after.claims_paid)
        and after.waits_for_person
        and after.applied is None
        and not after.captured
    ):
        return [("rejected", about)]
    if amount <= 0:
        return []
    currency = after.paid_currency or after.currency
    money = {"why": why, "amount": amount, "currency": currency, "numbers": list(numbers)}
    return [("refund", about | money)]
