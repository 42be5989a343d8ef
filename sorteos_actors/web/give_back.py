"""Sends the money of a payment back: with the numbers that it bought, or without having bought any."""

from __future__ import annotations

import logging
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports.payments import Payment, as_known
from sorteos_actors.raffle import RaffleTerms, Rejection, commands
from sorteos_actors.web.services import Services

logger = logging.getLogger(__name__)


class GiveBack:
    """Callable; repeating a call sends nothing twice."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(
        self, payment: Payment, terms: RaffleTerms, numbers: tuple[int, ...], why: str, by: UUID
    ) -> Payment | Rejection:
        """The payment as it is once its refund was asked for. Raises `StoreUnavailable`."""
        money = self._services.money
        logger.info("payment %s goes back, by %s: %s", payment.id, by, why)
        await self._write_down(payment, numbers, why, by)
        was = payment
        if payment.applied != "sold":
            refused = await money.payments.refuse(payment.raffle_id, payment.id, "by_person")
            payment = refused or payment
        if payment.applied == "sold":  # Perhaps since it was read: then its numbers go back too.
            rejected = await self._return(payment, terms, numbers, by)
            if rejected is not None:
                return rejected
            payment = await money.payments.get(payment.raffle_id, payment.id) or payment
        return await money.cashier.settle(payment, was=was)

    async def _write_down(
        self, payment: Payment, numbers: tuple[int, ...], why: str, by: UUID
    ) -> None:
        """Who has decided it, and why: before anything moves."""
        decision = {"by": str(by), "why": why, "numbers": numbers}
        at = self._services.clock.now()
        note = replace(as_known(payment), details={f"refund_asked_{at}": decision})
        await self._services.money.payments.merge(payment.raffle_id, payment.id, note)

    async def _return(
        self, payment: Payment, terms: RaffleTerms, numbers: tuple[int, ...], by: UUID
    ) -> Rejection | None:
        """Through the raffle's actor, but for numbers that have gone back before."""
        assert payment.sold_as is not None
        left = tuple(number for number in numbers if number not in payment.returned)
        if not left:
            return None
        command = commands.RefundNumbers(payment.sold_as, payment.id, payment.user_id, left)
        answer = await self._services.registry.call(terms.id, command, by)
        return answer if isinstance(answer, Rejection) else None
