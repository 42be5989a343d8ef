"""Closes the cases whose matter was settled elsewhere, so that nobody sends money a second time.

    case                                        is answered once
    unknown_reference                           a payment holds this money, all of it, by its reference
    stuck, refund_failed, overpaid,             the payment is at rest, and the money that is here is
    underpaid, wrong_currency                   the price of the numbers that its buyer has
    paid_twice, disputed                        a person says so

Money that was paid twice goes back by itself, and its case is there so that somebody sees it arrive. A
dispute has a term at the bank and another side to it, of which the facts say nothing.

A case is closed once, whoever comes first, and is opened anew when its trouble comes again. So any
number of nodes may look at the same time.
"""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

import trio

from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.payments.cases import id_of_money, money_of
from sorteos_actors.payments.settlement import Step, next_step
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payment_store import (
    BY_ITSELF,
    CaseKind,
    MoneyCase,
    PaymentDesk,
    PaymentStore,
)
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Millis

logger = logging.getLogger(__name__)

PAGE: Final = 100
MOST_SECONDS: Final = 10.0
"""For one look at the open cases. Those that are left are looked at first the next time."""
QUIET_MS: Final[Millis] = 60_000
"""A payment has to be at rest for so long: whoever is just deciding its case writes down why."""

_ABOUT_A_PAYMENT: Final[frozenset[CaseKind]] = frozenset(
    {"stuck", "refund_failed", "overpaid", "underpaid", "wrong_currency"}
)


def answer(case: MoneyCase, payment: Payment, now: Millis) -> str | None:
    """The resolution of an open case, when this payment settles it; else None. Pure."""
    if case.resolved_at is not None:
        return None
    if case.kind == "unknown_reference" and _holds_its_money(payment, case):
        return f"{BY_ITSELF}the money of payment {payment.id}"
    is_about_it = case.kind in _ABOUT_A_PAYMENT and case.payment_id == payment.id
    if is_about_it and now - payment.updated_at >= QUIET_MS and _is_all_right(payment):
        return f"{BY_ITSELF}payment {payment.id} is settled"
    return None


def _holds_its_money(payment: Payment, case: MoneyCase) -> bool:
    """Whether it is the same money. What becomes of it is the payment's from then on, also its refund.

    By the case's id, which is made from the reference as payments keep it: the same number of another
    bank is another transfer. A part of the money leaves the case open.
    """
    if payment.reference is None or not payment.captured:
        return False
    same = case.id == id_of_money(payment.provider, payment.account, payment.reference)
    # Whoever tells of a payment that is none of ours does not say how much it is of.
    here = (payment.captured, payment.paid_currency)
    return same and (not case.amount or (case.amount, case.currency) == here)


def _is_all_right(payment: Payment) -> bool:
    worth = payment.price_kept if payment.applied == "sold" else 0
    is_exact = payment.captured - payment.refunded == worth
    return is_exact and next_step(payment) is Step.REST


class AnsweredCases:
    """One a node. `sweep` looks at all open cases, `paid` at that of one payment's money."""

    def __init__(self, payments: PaymentStore, desk: PaymentDesk, clock: Clock) -> None:
        self._payments = payments
        self._desk = desk
        self._clock = clock
        self._after: UUID | None = None

    async def sweep(self) -> None:
        """Close what is answered, as far as the time allows; the next sweep goes on from there.

        Raises `StoreUnavailable`; after that too. When cancelled, a case may be closed or not.
        """
        until = trio.current_time() + MOST_SECONDS
        while True:
            page = await self._desk.open_cases(self._after, PAGE)
            for case in page:
                if trio.current_time() >= until:
                    return
                payment = await self._payment_for(case)
                if payment is not None:
                    await self._close(case, payment)
                self._after = case.id
            if len(page) < PAGE:
                break
        self._after = None

    async def paid(self, payment: Payment) -> None:
        """Close the case of the money that has just paid this payment, if there is one.

        When the store cannot be reached the log says so, and the next sweep does it.
        """
        if payment.reference is None:
            return
        case_id = id_of_money(payment.provider, payment.account, payment.reference)
        try:
            case = await self._desk.case(case_id)
            if case is not None:
                await self._close(case, payment)
        except StoreUnavailable as error:
            logger.warning("case %s waits for PostgreSQL: %s", case_id, error)

    async def _payment_for(self, case: MoneyCase) -> Payment | None:
        """The payment that may settle it."""
        if case.kind in _ABOUT_A_PAYMENT and case.raffle_id and case.payment_id:
            return await self._payments.get(case.raffle_id, case.payment_id)
        money = money_of(case) if case.kind == "unknown_reference" else None
        return None if money is None else await self._payments.find(*money, None)

    async def _close(self, case: MoneyCase, payment: Payment) -> None:
        resolution = answer(case, payment, self._clock.now())
        if resolution is None:
            return
        if await self._desk.resolve_case(case.id, resolution) is None:
            return
        logger.info("case %s (%s) is closed %s", case.id, case.kind, resolution)
        # While it was open it stood for all of its kind: what began meanwhile has no other case.
        newer = await self._payments.get(payment.raffle_id, payment.id)
        if newer is None or answer(case, newer, self._clock.now()) is None:
            await self._desk.open_case(case)
