"""What follows from a bank's notification that money has come: a payment is paid, or a person looks.

    notification ─▶ match ─┬─ one payment, and its raffle says `auto_match` ─▶ paid, as if approved
                           ├─ one payment                                 ─▶ a suggestion for its review
                           └─ none, or not for certain                    ─▶ a case with the likeliest

A bank's reference pays once. Each step may be repeated: a crash leaves the notification in the inbox.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sorteos_actors.errors import ReferenceTaken
from sorteos_actors.payments import cases, sinpe, sinpe_notice
from sorteos_actors.payments.cashier import Raffles
from sorteos_actors.payments.sinpe_code import codes_in, phone_digits
from sorteos_actors.payments.sinpe_matcher import (
    SKEW_MS,
    AlreadyKnown,
    Awaited,
    Match,
    Unmatched,
    match,
)
from sorteos_actors.payments.sinpe_notice import BankNotice
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payment_store import (
    Awaiting,
    InboxEvent,
    PaymentDesk,
    PaymentPost,
    PaymentStore,
)
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Rejection, RejectionCode, commands

MOST_COMPARED: Final = 500
"""Those with the code or the phone come first, so that no certain payment is left out."""
_AGAIN_MS: Final = 1_000


class BankNotices:
    """Takes the events of the inbox that are bank notifications."""

    def __init__(
        self,
        phone: str,
        raffles: Raffles,
        *,
        store: PaymentStore,
        post: PaymentPost,
        desk: PaymentDesk,
        clock: Clock,
    ) -> None:
        self._phone = phone_digits(phone)
        self._raffles = raffles
        self._store = store
        self._post = post
        self._desk = desk
        self._clock = clock

    async def take(self, event: InboxEvent) -> tuple[Payment, Payment] | None:
        """The payment that it has paid, before and after; None when it has paid none by itself.

        Raises `StoreUnavailable`; then the event comes again.
        """
        notice = sinpe_notice.read(event.body)
        key = event.key
        used = await self._store.find(key.provider, key.account, key.event_id, None)
        compared = await self._compared(event, notice)
        verdict = match(
            notice.transfer,
            [_awaited(one) for one in compared.values()],
            () if used is None else (key.event_id,),
        )
        match verdict:
            case AlreadyKnown():
                await self._post.processed(key)
                return None
            case Unmatched():
                await self._open_case(event, notice, verdict, compared)
                return None
            case Match():
                payment = compared[verdict.payment_id].payment
                if await self._pays_by_itself(payment):
                    return await self._pay(event, notice, verdict, payment)
                await self._suggest(event, notice, verdict, payment)
                return None

    async def _compared(self, event: InboxEvent, notice: BankNotice) -> dict[UUID, Awaiting]:
        """Payments whose buyers were told to send money to the phone that has got it."""
        found = await self._store.awaited(
            event.key.provider,
            event.key.account,
            codes=sorted(codes_in(notice.description)),
            phone=phone_digits(notice.phone),
            amount=notice.amount,
            limit=MOST_COMPARED,
        )
        to = phone_digits(notice.to) if notice.to else self._phone
        return {one.payment.id: one for one in found if to and _asked_phone(one.payment) == to}

    async def _pays_by_itself(self, payment: Payment) -> bool:
        """The raffle's own word comes first, then the platform's; without any a person decides.

        A payment for which a person has been shown another transfer is that person's.
        """
        if sinpe.suggestions(payment):
            return False
        rows = await self._desk.methods(payment.raffle_id)
        said = [
            row.settings.get(sinpe.AUTO_MATCH) for row in rows if row.provider == payment.provider
        ]
        return next(filter(None, said), "off") == "on"

    async def _pay(
        self, event: InboxEvent, notice: BankNotice, found: Match, payment: Payment
    ) -> tuple[Payment, Payment] | None:
        seen = sinpe.matched(payment, found, notice.amount, notice.currency, self._clock.now())
        try:
            learned = await self._store.merge(payment.raffle_id, payment.id, seen)
        except ReferenceTaken:
            learned = None  # Just now, by somebody's approval of another payment.
        if learned is None or learned.reference != found.reference:
            # This payment was paid meanwhile by another transfer. Looked at again, this one is a
            # person's; and it would be forgotten, had the merge itself processed the event.
            await self._post.postpone(event.key, _AGAIN_MS, "paid meanwhile")
            return None
        await self._post.processed(event.key)
        return payment, learned

    async def _suggest(
        self, event: InboxEvent, notice: BankNotice, found: Match, payment: Payment
    ) -> None:
        """The money is there, says a bank: the numbers wait for the organizer, as for a receipt."""
        now = self._clock.now()
        told = sinpe.Suggestion(
            reference=notice.reference,
            bank=notice.bank,
            amount=notice.amount,
            matched_by=found.confidence.value,
            told_at=now,
        )
        said = sinpe.suggested(found.reference, told)
        claimed = await self._store.claim_paid(payment.raffle_id, payment.id, said)
        if claimed is None:
            return
        # Whoever writes last sees all of them; one may be approved, and a person sees to the others.
        transfers = sinpe.suggestions(claimed)
        first = claimed.reference if claimed.captured else next(iter(transfers))
        for key, other in transfers.items():
            if key != first:
                await self._desk.open_case(cases.second_transfer(claimed, key, other, now))
        if claimed.live:
            until = now + sinpe.SETTLE_MS
            review = commands.StartReview(payment.reservation_id, payment.id, until)
            answer = await self._raffles.call(payment.raffle_id, review, payment.user_id)
            if isinstance(answer, Rejection) and answer.code is RejectionCode.UNAVAILABLE:
                await self._post.postpone(event.key, _AGAIN_MS, answer.code.value)
                return
        await self._post.processed(event.key)

    async def _open_case(
        self,
        event: InboxEvent,
        notice: BankNotice,
        verdict: Unmatched,
        compared: dict[UUID, Awaiting],
    ) -> None:
        raffles = {key: one.payment.raffle_id for key, one in compared.items()}
        case = cases.unmatched_transfer(notice, verdict, raffles, self._clock.now())
        await self._desk.open_case(case)
        await self._post.processed(event.key, verdict.why.value)


def _awaited(one: Awaiting) -> Awaited:
    """A payment that was paid, or that somebody has rejected, is only ever a candidate."""
    payment = one.payment
    is_open = not (payment.captured or payment.applied or payment.failed_as)
    return Awaited(
        payment_id=payment.id,
        amount=payment.amount,
        currency=payment.currency,
        code=payment.details.get("code", ""),
        since=payment.created_at,
        until=payment.created_at + (sinpe.SETTLE_MS if is_open else -SKEW_MS - 1),
        phone=one.phone,
    )


def _asked_phone(payment: Payment) -> str | None:
    return None if payment.action is None else payment.action.get("phone")
