"""What organizers and admins do about money: the word that it came, refunds, cases, methods."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from quart import Blueprint, Response, request

from sorteos_actors.errors import ReferenceTaken
from sorteos_actors.payments import cases, sinpe
from sorteos_actors.payments.registry import is_for, wrong_setting
from sorteos_actors.payments.sinpe_code import NotAReference
from sorteos_actors.ports import Notice
from sorteos_actors.ports.payment_store import Method
from sorteos_actors.ports.payments import Observation, Payment
from sorteos_actors.protocol import encode
from sorteos_actors.protocol.payment_messages import (
    ApprovalBody,
    MethodBody,
    RefundBody,
    RejectionBody,
)
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.raffle import RaffleTerms, Rejection, RejectionCode
from sorteos_actors.web.answers import (
    Refused,
    body,
    identity,
    json_response,
    problem_response,
)
from sorteos_actors.web.auth import Identity, Role
from sorteos_actors.web.commands import numbers_of
from sorteos_actors.web.give_back import GiveBack
from sorteos_actors.web.payment_access import PaymentAccess
from sorteos_actors.web.payment_views import payment_view, review_view, switch_view
from sorteos_actors.web.received_payments import ReceivedPayments
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

_MOST_LISTED: Final = 200


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of whoever answers for the money."""
    routes = Blueprint("payment_desk", __name__, url_prefix="/api/v1")
    money = services.money
    access = PaymentAccess(services)
    give_back = GiveBack(services)
    received = ReceivedPayments(services)

    def answered(payment: Payment, terms: RaffleTerms) -> Response:
        view = payment_view(payment, terms, None, services.clock.now(), for_owner=False)
        return json_response({"payment": view})

    def admin() -> Identity:
        asker = identity(services)
        if asker.role is not Role.ADMIN:
            raise Refused(RejectionCode.FORBIDDEN)
        return asker

    async def learn(payment: Payment, seen: Observation) -> Payment:
        try:
            learned = await money.payments.merge(payment.raffle_id, payment.id, seen)
        except ReferenceTaken:
            raise Refused(RejectionCode.REFERENCE_TAKEN) from None
        return payment if learned is None else await money.cashier.settle(learned, was=payment)

    @routes.post("/payments/<payment_id>/approve")
    async def approve(payment_id: str) -> Response:
        asker = identity(services)
        payment, terms = await access.managed(payment_id, asker)
        asked = await body(ApprovalBody)
        if not payment.waits_for_person or payment.applied is not None:
            raise access.wrong_status(payment)
        approval = sinpe.Approval(
            reference=asked.reference,
            amount=asked.amount,
            by=asker.user_id,
            at=services.clock.now(),
            bank=asked.bank,
        )
        try:
            seen = sinpe.approved(payment, approval)
        except NotAReference:
            raise Refused(RejectionCode.BAD_REQUEST, {"field": "reference"}) from None
        # Before the money is here: a crash in between leaves cases that answer themselves.
        paid_with = payment.reference or seen.reference
        for case in cases.other_transfers(payment, paid_with, approval.at):
            await money.desk.open_case(case)
        learned = await learn(payment, seen)
        await money.answered_cases.paid(learned)
        return answered(learned, terms)

    @routes.post("/payments/<payment_id>/reject")
    async def reject(payment_id: str) -> Response:
        asker = identity(services)
        payment, terms = await access.managed(payment_id, asker)
        asked = await body(RejectionBody)
        if not payment.waits_for_person or payment.captured:
            raise access.wrong_status(payment)
        now = services.clock.now()
        for case in cases.rejected_transfers(payment, now):
            await money.desk.open_case(case)
        seen = sinpe.rejected(payment, asked.reason, asker.user_id, now)
        return answered(await learn(payment, seen), terms)

    @routes.post("/payments/<payment_id>/refund")
    async def refund(payment_id: str) -> Response:
        asker = admin()
        payment, terms = await access.managed(payment_id, asker)
        asked = await body(RefundBody)
        numbers = payment.numbers
        if asked.numbers is not None:
            found = numbers_of(terms, asked.numbers)
            if isinstance(found, Rejection):
                return problem_response(found)
            numbers = found
        if not payment.money_here and payment.applied != "sold":
            raise access.wrong_status(payment)
        given = await give_back(payment, terms, numbers, asked.reason, asker.user_id)
        return problem_response(given) if isinstance(given, Rejection) else answered(given, terms)

    @routes.get("/raffles/<raffle_id>/payments")
    async def of_raffle(raffle_id: str) -> Response:
        terms = await access.managed_raffle(raffle_id, identity(services))
        status = request.args.get("status", "review")
        if status == "paid":
            return json_response({"payments": await received(terms)})
        if status != "review":
            raise Refused(RejectionCode.BAD_REQUEST, {"field": "status"})
        now, views = services.clock.now(), []
        for payment in await money.payments.in_review(terms.id, _MOST_LISTED):
            record = None
            if payment.live:
                record = await services.queries.reservation(payment.reservation_id)
            pictures = await money.payments.receipt_count(terms.id, payment.id)
            contact = await services.accounts.contact(payment.user_id)
            views.append(review_view(payment, terms, record, pictures, contact, now))
        return json_response({"payments": views})

    @routes.get("/payments/<payment_id>/receipts/<n>")
    async def picture(payment_id: str, n: str) -> Response:
        payment, _ = await access.visible(payment_id, identity(services))
        kept = await money.payments.receipts(payment.raffle_id, payment.id)
        if not (n.isascii() and n.isdigit() and len(n) < 4 and 1 <= int(n) <= len(kept)):
            raise Refused(RejectionCode.NOT_FOUND)
        one = kept[int(n) - 1]
        return Response(one.content, content_type=one.content_type)

    # -- methods -------------------------------------------------------------------------------

    async def set_method(raffle_id: UUID | None, provider: str, by: UUID) -> Response:
        asked = await body(MethodBody)
        if provider not in money.methods.providers:
            raise Refused(RejectionCode.NOT_FOUND)
        wrong = wrong_setting(provider, asked.settings)
        if wrong is not None:
            raise Refused(RejectionCode.BAD_REQUEST, {"field": wrong})
        method = Method(
            raffle_id=raffle_id,
            provider=provider,
            enabled=asked.enabled,
            priority=asked.priority,
            settings=asked.settings,
            changed_by=by,
        )
        await money.desk.set_method(method)
        services.registry.tell(Notice(encode.push_payment_methods(), raffle_id))
        return json_response({"method": {"provider": provider, **_told(asked)}})

    @routes.get("/raffles/<raffle_id>/payment-methods")
    async def switches(raffle_id: str) -> Response:
        terms = await access.managed_raffle(raffle_id, identity(services))
        rows = await money.desk.methods(terms.id)
        platform = [row for row in rows if row.raffle_id is None]
        own = [row for row in rows if row.raffle_id is not None]
        open_now = money.methods.offered(platform, own, terms.price, terms.currency)
        offered = frozenset(method.provider.name for method in open_now)
        views = [
            switch_view(provider, terms.currency, [r for r in rows if r.provider == name], offered)
            for name, provider in money.methods.providers.items()
            if is_for(provider, terms.price)
        ]
        views.sort(key=lambda view: (-view.priority, view.provider))
        return json_response({"methods": views})

    @routes.put("/raffles/<raffle_id>/payment-methods/<provider>")
    async def set_for_raffle(raffle_id: str, provider: str) -> Response:
        asker = identity(services)
        terms = await access.managed_raffle(raffle_id, asker)
        return await set_method(terms.id, provider, asker.user_id)

    @routes.put("/payment-methods/<provider>")
    async def set_for_all(provider: str) -> Response:
        return await set_method(None, provider, admin().user_id)

    # -- the truth monitor ---------------------------------------------------------------------

    @routes.get("/money/audit")
    async def audit() -> Response:
        admin()
        report = await money.auditor.latest()
        times = {"answered_at": report.answered_at, "clean_at": report.clean_at}
        told = {name: None if at is None else rfc3339(at) for name, at in times.items()}
        return json_response({**told, "findings": report.findings})

    return routes


def _told(asked: MethodBody) -> dict[str, object]:
    return {
        "enabled": asked.enabled,
        "priority": asked.priority,
        "settings": asked.settings,
    }
