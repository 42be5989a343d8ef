"""``/money-cases``: money that a person has to look at, and what they decide."""

from __future__ import annotations

from typing import Final

from quart import Blueprint, Response

from sorteos_actors.payments import cases, sinpe
from sorteos_actors.ports.payment_store import MoneyCase
from sorteos_actors.ports.payments import Payment
from sorteos_actors.protocol.payment_messages import ResolutionBody
from sorteos_actors.raffle import RaffleTerms, Rejection, RejectionCode
from sorteos_actors.web.answers import (
    Refused,
    body,
    identity,
    json_response,
    problem_response,
    uuid_or_404,
)
from sorteos_actors.web.auth import Identity, Role
from sorteos_actors.web.give_back import GiveBack
from sorteos_actors.web.payment_access import PaymentAccess
from sorteos_actors.web.payment_views import case_view
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

_MOST_LISTED: Final = 200
_GOES_BACK: Final = frozenset({"overpaid", "underpaid", "wrong_currency", "stuck"})
"""Cases whose money is sent back by the decision itself; that of the others has gone already, or
somebody says here that they have sent it."""


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("money_cases", __name__, url_prefix="/api/v1")
    money = services.money
    access = PaymentAccess(services)
    give_back = GiveBack(services)

    @routes.get("/raffles/<raffle_id>/money-cases")
    async def of_raffle(raffle_id: str) -> Response:
        terms = await access.managed_raffle(raffle_id, identity(services))
        found = await money.desk.cases(terms.id, _MOST_LISTED)
        return json_response({"cases": [case_view(case) for case in found]})

    @routes.get("/money-cases")
    async def of_all() -> Response:
        if identity(services).role is not Role.ADMIN:
            raise Refused(RejectionCode.FORBIDDEN)
        found = await money.desk.cases(None, _MOST_LISTED)
        return json_response({"cases": [case_view(case) for case in found]})

    @routes.post("/money-cases/<case_id>/resolve")
    async def resolve(case_id: str) -> Response:
        asker = identity(services)
        case = await money.desk.case(uuid_or_404(case_id))
        if case is None:
            raise Refused(RejectionCode.NOT_FOUND)
        await _check_manages(case, asker)
        asked = await body(ResolutionBody)
        decided = f"{asked.resolution} by "
        about = None
        if asked.resolution == "refund" and case.payment_id is not None:
            about, terms = await access.managed(str(case.payment_id), asker)
            # Before the case is settled: whoever repeats this after a crash does the same again.
            if case.resolved_at is None:
                refused = await _send_back(case, about, terms, asked.note, asker)
                if refused is not None:
                    return problem_response(refused)
        words = f"{decided}{asker.user_id}: {asked.note}"
        settled = await money.desk.resolve_case(case.id, words) or await money.desk.case(case.id)
        if settled is None or not (settled.resolution or "").startswith(decided):
            # They still see it open, and may be about to send money that has bought numbers, or
            # that somebody else has decided to keep.
            raise Refused(RejectionCode.WRONG_PHASE)
        if about is not None and case.kind == "refund_failed":
            # Only now: while this case is open, it stands for whatever else is to be sent by hand.
            await _go_on(about)
        return json_response({"case": case_view(settled)})

    async def _check_manages(case: MoneyCase, asker: Identity) -> None:
        if case.raffle_id is not None:
            await access.managed_raffle(str(case.raffle_id), asker)
        elif asker.role is not Role.ADMIN:
            raise Refused(RejectionCode.FORBIDDEN)

    async def _send_back(
        case: MoneyCase, payment: Payment, terms: RaffleTerms, note: str, asker: Identity
    ) -> Rejection | None:
        if case.kind == "refund_failed":
            await _was_sent(case, payment)
        elif case.kind in _GOES_BACK and (payment.money_here or payment.applied == "sold"):
            given = await give_back(payment, terms, payment.numbers, note, asker.user_id)
            return given if isinstance(given, Rejection) else None
        return None

    async def _was_sent(case: MoneyCase, payment: Payment) -> None:
        """The refund that was a person's to send has been sent: that of this case, and no later one."""
        key = case.facts.get(cases.REFUND_KEY)
        for refund in await money.payments.refunds(payment.raffle_id, payment.id):
            if refund.state == "manual" and key in (None, refund.key):
                seen = sinpe.refunded_by_hand(payment, refund.total)
                await money.payments.merge(payment.raffle_id, payment.id, seen)

    async def _go_on(was: Payment) -> None:
        """Do what follows from what was sent, and tell the buyer."""
        payment = await money.payments.get(was.raffle_id, was.id)
        if payment is not None:
            await money.cashier.settle(payment, was=was)

    return routes
