"""Whose payment it is, and who else may see or decide it."""

from __future__ import annotations

from sorteos_actors.payments.status import status_of
from sorteos_actors.ports import ReservationRecord
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import RaffleTerms, RejectionCode
from sorteos_actors.web.answers import Refused, identity, uuid_or_404
from sorteos_actors.web.auth import Identity, may_see
from sorteos_actors.web.services import Services


class PaymentAccess:
    """Every method refuses with `not_found`, `forbidden` or `unauthenticated`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def own_reservation(self, text: str) -> ReservationRecord:
        """A reservation of who is asking."""
        user_id = identity(self._services).user_id
        record = await self._services.queries.reservation(uuid_or_404(text))
        if record is None:
            raise Refused(RejectionCode.NOT_FOUND)
        if record.reservation.user_id != user_id:
            raise Refused(RejectionCode.FORBIDDEN)
        return record

    async def own(self, text: str) -> tuple[Payment, RaffleTerms]:
        """A payment of who is asking."""
        asker = identity(self._services)
        payment, terms = await self._found(text)
        if payment.user_id != asker.user_id:
            raise Refused(RejectionCode.FORBIDDEN)
        return payment, terms

    async def visible(self, text: str, asker: Identity) -> tuple[Payment, RaffleTerms]:
        """A payment of who is asking, or of a raffle that they manage."""
        payment, terms = await self._found(text)
        if payment.user_id != asker.user_id and not asker.may_manage(terms.organizer_id):
            raise Refused(RejectionCode.FORBIDDEN)
        return payment, terms

    async def managed(self, text: str, asker: Identity) -> tuple[Payment, RaffleTerms]:
        """A payment of a raffle that they manage."""
        payment, terms = await self._found(text)
        if not asker.may_manage(terms.organizer_id):
            raise Refused(RejectionCode.FORBIDDEN)
        return payment, terms

    async def managed_raffle(self, text: str, asker: Identity) -> RaffleTerms:
        """A raffle that they manage."""
        summary = await self._services.queries.raffle(uuid_or_404(text))
        if summary is None or not may_see(asker, summary):
            raise Refused(RejectionCode.NOT_FOUND)
        if not asker.may_manage(summary.terms.organizer_id):
            raise Refused(RejectionCode.FORBIDDEN)
        return summary.terms

    async def cancel(self, payment: Payment) -> Payment:
        """Nobody waits for it any more; as it is once its provider was asked to let go."""
        money = self._services.money
        wanted = await money.payments.want_cancel(payment.raffle_id, payment.id)
        return payment if wanted is None else await money.cashier.settle(wanted)

    def wrong_status(self, payment: Payment) -> Refused:
        """That this cannot be done with a payment that stands where it does."""
        return Refused(RejectionCode.WRONG_PHASE, {"status": status_of(payment).value})

    async def _found(self, text: str) -> tuple[Payment, RaffleTerms]:
        payment = await self._services.money.payments.look_up(uuid_or_404(text))
        if payment is None:
            raise Refused(RejectionCode.NOT_FOUND)
        summary = await self._services.queries.raffle(payment.raffle_id)
        assert summary is not None
        return payment, summary.terms
