"""The payments of a raffle that have brought money, for whoever answers for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from quart import request

from sorteos_actors.ports.payments import Payment
from sorteos_actors.protocol.payment_messages import ReceivedView
from sorteos_actors.raffle import RaffleTerms, Rejection, RejectionCode
from sorteos_actors.web.answers import Refused, whole_number
from sorteos_actors.web.commands import numbers_of
from sorteos_actors.web.payment_views import received_view
from sorteos_actors.web.services import Services

PAGE: Final = 50
MOST: Final = 200


class ReceivedPayments:
    """Callable, within a request: it says with `before`, `limit` and `number` which of them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, terms: RaffleTerms) -> list[ReceivedView]:
        """A page of them, newest first. Refuses what is no payment, no count or no number."""
        limit = whole_number("limit", PAGE, 1, MOST)
        number = _number(terms)
        before = await self._before(terms)
        money, now = self._services.money, self._services.clock.now()
        page = await money.payments.received(terms.id, limit, before=before, number=number)
        buyers = {each.payment.user_id for each in page}
        contacts = await self._services.accounts.contacts(buyers)
        views = []
        for each in page:
            payment = each.payment
            record = None
            if payment.live:
                record = await self._services.queries.reservation(payment.reservation_id)
            contact = contacts.get(payment.user_id)
            by_hand = each.refund_by_hand or self._goes_back_by_hand(payment)
            views.append(received_view(payment, terms, record, contact, now, by_hand=by_hand))
        return views

    def _goes_back_by_hand(self, payment: Payment) -> bool:
        """Whether its provider, as far as we still have one, sends nothing back by itself."""
        provider = self._services.money.methods.providers.get(payment.provider)
        return provider is None or not provider.capabilities.refund_by_api

    async def _before(self, terms: RaffleTerms) -> UUID | None:
        """The last payment of the page before."""
        text = request.args.get("before")
        if text is None:
            return None
        try:
            before = UUID(text)
        except ValueError:
            raise Refused(RejectionCode.BAD_REQUEST, {"field": "before"}) from None
        if await self._services.money.payments.get(terms.id, before) is None:
            raise Refused(RejectionCode.BAD_REQUEST, {"field": "before"})
        return before


def _number(terms: RaffleTerms) -> int | None:
    """The number that is looked for."""
    label = request.args.get("number")
    if label is None:
        return None
    found = numbers_of(terms, [label])
    if isinstance(found, Rejection):
        raise Refused(found.code, found.params)
    return found[0]
