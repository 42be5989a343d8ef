"""Begins an attempt to pay: written down, waited for, and only then asked of the provider.

    row ─▶ the raffle's actor: the reservation waits for it ─▶ provider ─▶ facts ─▶ the cashier goes on

A crash in between leaves a row that is due. Whoever repeats the request goes on where it stopped: the
row, the actor's command and the provider's key are the same again.
"""

from __future__ import annotations

import logging
from typing import Final

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.calls import within
from sorteos_actors.payments.cashier import LEASE_MS, Cashier, Raffles
from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.ports.payments import (
    Charge,
    Observation,
    ObservedStatus,
    Payment,
    Provider,
)
from sorteos_actors.raffle import Rejection, RejectionCode, commands

logger = logging.getLogger(__name__)

_UNDECIDED: Final = frozenset({RejectionCode.UNAVAILABLE, RejectionCode.RATE_LIMITED})


class Checkout:
    """Begins payments."""

    def __init__(self, store: PaymentStore, raffles: Raffles, cashier: Cashier) -> None:
        self._store = store
        self._raffles = raffles
        self._cashier = cashier

    async def begin(self, provider: Provider, new: Payment, charge: Charge) -> Payment | Rejection:
        """The attempt as it is once the provider has been asked, and what follows from that is done.

        Repeating it is safe. Raises `StoreUnavailable`.
        """
        payment = await self._store.create(new, LEASE_MS)
        if payment.is_over or payment.applied is not None or payment.cancel_wanted:
            return payment
        start = commands.StartPayment(payment.user_id, payment.reservation_id, payment.id)
        answer = await self._raffles.call(payment.raffle_id, start, payment.user_id)
        if isinstance(answer, Rejection):
            if answer.code not in _UNDECIDED:
                await self._merge(payment, _nothing(payment, "cancelled"))
            return answer
        return await self._cashier.settle(await self._ask(provider, payment, charge))

    async def _ask(self, provider: Provider, payment: Payment, charge: Charge) -> Payment:
        try:
            seen = await within(provider.start(charge, f"{payment.id}:start"))
        except ProviderUnavailable:
            return await self._again(payment)  # The cashier looks what became of it.
        except ProviderRefused as refusal:
            try:
                seen = await self._refused(provider, payment, refusal)
            except ProviderUnavailable:
                return await self._again(payment)  # Perhaps there is a charge behind the no.
        learned = await self._merge(payment, seen)
        if learned.is_over and seen.status in ("pending", "authorised"):
            return await self._let_go(provider, learned)
        return learned

    async def _let_go(self, provider: Provider, payment: Payment) -> Payment:
        """It was cancelled as one that nobody had begun, while it was being begun."""
        try:
            seen = await within(provider.cancel(payment, f"{payment.id}:cancel-begun"))
        except (ProviderUnavailable, ProviderRefused) as error:
            # At worst the buyer's bank keeps the amount reserved for some days: nobody captures it.
            logger.warning("payment %s stays reserved: %s", payment.id, type(error).__name__)
            return payment
        return await self._merge(payment, seen)

    async def _refused(
        self, provider: Provider, payment: Payment, refusal: ProviderRefused
    ) -> Observation:
        """A no may be to a repeat only; unless there is such an object, nothing was begun.

        Raises `ProviderUnavailable`: then nobody can say.
        """
        try:
            seen = await within(provider.inspect(payment))
        except ProviderRefused:
            seen = _nothing(payment, "unknown")
        return _nothing(payment, "failed", refusal.code) if seen.status == "unknown" else seen

    async def _merge(self, payment: Payment, seen: Observation) -> Payment:
        learned = await self._store.merge(payment.raffle_id, payment.id, seen)
        return learned or payment

    async def _again(self, payment: Payment) -> Payment:
        return await self._store.get(payment.raffle_id, payment.id) or payment


def _nothing(payment: Payment, status: ObservedStatus, failed_as: str | None = None) -> Observation:
    """That there is no object at the provider, and what that means."""
    return Observation(
        reference=None,
        payment_id=payment.id,
        status=status,
        amount=payment.amount,
        currency=payment.currency,
        failed_as=failed_as,
    )
