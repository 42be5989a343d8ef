"""`PaymentStore` in memory, on the rows that the commits of a `MemoryStore` write too.

As in PostgreSQL each method has its effect in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.errors import ReferenceTaken
from sorteos_actors.ports.payment_store import (
    Awaiting,
    EventKey,
    Receipt,
    Received,
    Refund,
    RefundState,
    Transfer,
    TransferKind,
)
from sorteos_actors.ports.payments import Observation, Payment, merged
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.memory_post import MemoryPost
from sorteos_actors.testing.memory_store import MemoryStore

_FACTS: Final = (
    *("reference", "authorised", "captured", "refunded", "paid_currency", "failed_as"),
    "cancelled",
)
"""What makes a payment due when it changes."""
_DAY_MS: Final[Millis] = 86_400_000


class MemoryPayments:
    """See `PaymentStore`. `post` has the inbox, whose events `merge` processes."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._money = store.money
        self.post = MemoryPost(store)
        self._refunds: list[Refund] = []
        self._receipts: dict[UUID, Receipt] = {}
        self.phones: dict[UUID, str] = {}
        """What people have said of themselves, which elsewhere `Accounts` keeps."""

    async def create(self, payment: Payment, lease_ms: int = 0) -> Payment:
        """See `PaymentStore`."""
        await self._reach()
        known = self._row(payment.raffle_id, payment.id)
        if known is not None:
            return known
        self._check_reference(payment)
        now = self._store.now()
        new = replace(payment, created_at=now, updated_at=now, next_check_at=now)
        self._money.payments[payment.raffle_id, payment.id] = new
        self._money.leases[payment.raffle_id, payment.id] = ("", now + lease_ms)
        return new

    async def get(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """See `PaymentStore`."""
        await self._reach()
        return self._row(raffle_id, payment_id)

    async def look_up(self, payment_id: UUID) -> Payment | None:
        """See `PaymentStore`."""
        await self._reach()
        found = [p for p in self._money.payments.values() if p.id == payment_id]
        return min(found, key=lambda p: p.created_at, default=None)

    async def find(
        self, provider: str, account: str, reference: str | None, payment_id: UUID | None
    ) -> Payment | None:
        """See `PaymentStore`."""
        await self._reach()
        own = [
            p
            for p in self._money.payments.values()
            if (p.provider, p.account) == (provider, account)
        ]
        by_reference = [p for p in own if reference is not None and p.reference == reference]
        return next(iter([*by_reference, *(p for p in own if p.id == payment_id)]), None)

    async def of_reservation(self, raffle_id: UUID, reservation_id: UUID) -> list[Payment]:
        """See `PaymentStore`."""
        await self._reach()
        about = (raffle_id, reservation_id)
        found = [
            p for p in self._money.payments.values() if (p.raffle_id, p.reservation_id) == about
        ]
        return sorted(found, key=lambda p: (p.created_at, p.id))

    async def of_user(self, user_id: UUID, limit: int) -> list[Payment]:
        """See `PaymentStore`."""
        await self._reach()
        found = [p for p in self._money.payments.values() if p.user_id == user_id]
        return sorted(found, key=lambda p: (p.created_at, p.id), reverse=True)[:limit]

    async def in_review(self, raffle_id: UUID, limit: int) -> list[Payment]:
        """See `PaymentStore`."""
        await self._reach()
        found = [
            p
            for p in self._money.payments.values()
            if p.raffle_id == raffle_id
            and p.claims_paid
            and not (p.applied or p.captured or p.failed_as)
        ]
        return sorted(found, key=lambda p: (p.created_at, p.id))[:limit]

    async def received(
        self, raffle_id: UUID, limit: int, *, before: UUID | None = None, number: int | None = None
    ) -> list[Received]:
        """See `PaymentStore`."""
        await self._reach()
        known = None if before is None else self._row(raffle_id, before)
        if before is not None and known is None:
            return []
        found = [
            p
            for p in self._money.payments.values()
            if p.raffle_id == raffle_id
            and (p.captured > 0 or p.applied == "sold")
            and (number is None or (p.applied is not None and number in p.numbers))
            and (known is None or (p.created_at, p.id) < (known.created_at, known.id))
        ]
        found.sort(key=lambda p: (p.created_at, p.id), reverse=True)
        by_hand = {r.payment_id for r in self._refunds if r.state == "manual"}
        return [Received(p, p.id in by_hand) for p in found[:limit]]

    async def awaited(
        self,
        provider: str,
        account: str,
        *,
        codes: Sequence[str],
        phone: str | None,
        amount: int,
        limit: int,
    ) -> list[Awaiting]:
        """See `PaymentStore`."""
        await self._reach()
        now, found = self._store.now(), []
        for p in self._money.payments.values():
            if not p.waits_for_person or (p.provider, p.account) != (provider, account):
                continue
            said = self.phones.get(p.user_id)
            age = now - p.created_at
            by_code = age < 60 * _DAY_MS and p.details.get("code") in codes
            is_open = age < 2 * _DAY_MS and not (p.applied or p.captured)
            digits = "".join(char for char in said or "" if char.isdigit())[-8:]
            by_phone = is_open and phone is not None and digits == phone
            if by_code or by_phone or (is_open and p.amount == amount):
                found.append(((not by_code, not by_phone, p.created_at, p.id), Awaiting(p, said)))
        return [one for _, one in sorted(found, key=lambda pair: pair[0])[:limit]]

    async def merge(
        self,
        raffle_id: UUID,
        payment_id: UUID,
        seen: Observation,
        event: EventKey | None = None,
    ) -> Payment | None:
        """See `PaymentStore`."""
        await self._reach()
        before = self._row(raffle_id, payment_id)
        if before is None:
            return None
        after = merged(before, seen)
        self._check_reference(after)
        if after != before:
            is_news = any(getattr(after, name) != getattr(before, name) for name in _FACTS)
            if is_news and after.is_settled:
                after = replace(after, next_check_at=None, attempts=0)
                self._money.leases.pop((raffle_id, payment_id), None)
            is_due = is_news and not after.is_settled
            after = self._money.keep(after, self._store.now(), is_due=is_due)
        self._enter(before, after, seen.currency)
        if event is not None:
            self.post.mark_processed(event)
        return after

    async def want_cancel(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """See `PaymentStore`."""
        return await self._change(raffle_id, payment_id, lambda p: replace(p, cancel_wanted=True))

    async def claim_paid(
        self, raffle_id: UUID, payment_id: UUID, details: Mapping[str, Any]
    ) -> Payment | None:
        """See `PaymentStore`."""

        def claim(payment: Payment) -> Payment:
            return replace(payment, claims_paid=True, details={**payment.details, **details})

        return await self._change(raffle_id, payment_id, claim)

    async def refuse(self, raffle_id: UUID, payment_id: UUID, why: str) -> Payment | None:
        """See `PaymentStore`."""

        def refused(payment: Payment) -> Payment:
            if payment.applied is not None:
                return payment
            now = self._store.now()
            return replace(payment, applied="refused", applied_why=why, applied_at=now)

        return await self._change(raffle_id, payment_id, refused)

    async def due(self, node: str, limit: int, lease_ms: int) -> list[Payment]:
        """See `PaymentStore`."""
        await self._reach()
        now = self._store.now()
        found = [
            payment
            for key, payment in self._money.payments.items()
            if payment.next_check_at is not None
            and payment.next_check_at <= now
            and self._money.leases.get(key, ("", 0))[1] <= now
        ]
        found.sort(key=lambda p: (p.next_check_at or 0, p.id))
        taken = [replace(payment, attempts=payment.attempts + 1) for payment in found[:limit]]
        for payment in taken:
            self._money.payments[payment.raffle_id, payment.id] = payment
            self._money.leases[payment.raffle_id, payment.id] = (node, now + lease_ms)
        return taken

    async def schedule(self, payment: Payment, at: Millis | None) -> None:
        """See `PaymentStore`."""
        await self._reach()
        key = (payment.raffle_id, payment.id)
        known = self._money.payments.get(key)
        self._money.leases.pop(key, None)
        if known is not None and known.version == payment.version:
            self._money.payments[key] = replace(known, next_check_at=at)

    # -- refunds, the ledger, pictures --------------------------------------------------------

    async def next_refund(self, raffle_id: UUID, payment_id: UUID, reason: str) -> Refund | None:
        """See `PaymentStore`."""
        await self._reach()
        payment = self._row(raffle_id, payment_id)
        made = self._refunds_of(raffle_id, payment_id)
        if payment is None or (made and made[-1].state != "done"):
            return made[-1] if made else None
        kept = payment.price_kept if payment.applied == "sold" else 0
        owed = 0 if payment.applied is None else payment.captured - kept
        asked = max(made[-1].total if made else 0, payment.refunded)
        if owed <= asked:
            return None
        refund = Refund(
            raffle_id=raffle_id,
            payment_id=payment_id,
            n=len(made) + 1,
            amount=owed - asked,
            total=owed,
            reason=reason,
            key=f"refund-{payment_id}-{len(made) + 1}",
            state="wanted",
        )
        self._refunds.append(refund)
        return refund

    async def refund_is(self, refund: Refund, state: RefundState) -> None:
        """See `PaymentStore`."""
        await self._reach()
        about = (refund.raffle_id, refund.payment_id, refund.n)
        self._refunds = [
            replace(r, state=state)
            if (r.raffle_id, r.payment_id, r.n) == about and r.state != "done"
            else r
            for r in self._refunds
        ]

    async def refunds(self, raffle_id: UUID, payment_id: UUID) -> list[Refund]:
        """See `PaymentStore`."""
        await self._reach()
        return self._refunds_of(raffle_id, payment_id)

    async def ledger(self, raffle_id: UUID) -> list[Transfer]:
        """See `PaymentStore`."""
        await self._reach()
        return [transfer for of, transfer in self._money.transfers if of == raffle_id]

    async def add_receipt(self, receipt: Receipt) -> None:
        """See `PaymentStore`."""
        await self._reach()
        self._receipts.setdefault(receipt.id, receipt)

    async def receipts(self, raffle_id: UUID, payment_id: UUID) -> list[Receipt]:
        """See `PaymentStore`."""
        await self._reach()
        about = (raffle_id, payment_id)
        return [r for r in self._receipts.values() if (r.raffle_id, r.payment_id) == about]

    async def receipt_count(self, raffle_id: UUID, payment_id: UUID) -> int:
        """See `PaymentStore`."""
        return len(await self.receipts(raffle_id, payment_id))

    # -- one step ------------------------------------------------------------------------------

    async def _reach(self) -> None:
        await self._store.reach()

    async def _change(
        self, raffle_id: UUID, payment_id: UUID, change: Callable[[Payment], Payment]
    ) -> Payment | None:
        await self._reach()
        payment = self._row(raffle_id, payment_id)
        if payment is None:
            return None
        return self._money.keep(change(payment), self._store.now())

    def _row(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        return self._money.payments.get((raffle_id, payment_id))

    def _check_reference(self, payment: Payment) -> None:
        """No two payments have the same reference with the same account of a provider."""
        if payment.reference is None:
            return
        theirs = (payment.provider, payment.account, payment.reference)
        for other in self._money.payments.values():
            if (other.provider, other.account, other.reference) == theirs and (
                (other.raffle_id, other.id) != (payment.raffle_id, payment.id)
            ):
                raise ReferenceTaken(payment.reference)

    def _enter(self, before: Payment, after: Payment, currency: str) -> None:
        """Money that came or went, and refunds that have arrived."""
        till = f"provider:{after.provider}:{after.account}"
        came, went = after.captured - before.captured, after.refunded - before.refunded
        moves: tuple[tuple[str, str, int, TransferKind, int], ...] = (
            (till, "suspense", came, "captured", after.captured),
            ("suspense", till, went, "refunded", after.refunded),
        )
        for debit, credit, amount, kind, total in moves:
            transfer = Transfer(
                debit=debit,
                credit=credit,
                amount=amount,
                currency=currency,
                payment_id=after.id,
                kind=kind,
                total=total,
            )
            self._money.enter(after.raffle_id, transfer)
        if went:
            self._refunds = [
                replace(refund, state="done")
                if (refund.raffle_id, refund.payment_id) == (after.raffle_id, after.id)
                and refund.total <= after.refunded
                else refund
                for refund in self._refunds
            ]

    def _refunds_of(self, raffle_id: UUID, payment_id: UUID) -> list[Refund]:
        about = (raffle_id, payment_id)
        return [r for r in self._refunds if (r.raffle_id, r.payment_id) == about]
