"""``/payments``: choosing a method, paying, and saying "I have paid"."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID, uuid5

from msgspec.structs import replace
from quart import Blueprint, Response, request

from sorteos_actors.payments import sinpe
from sorteos_actors.payments.registry import Offered
from sorteos_actors.payments.sinpe_code import NotAReference
from sorteos_actors.ports import ReservationRecord
from sorteos_actors.ports.payment_store import Receipt
from sorteos_actors.ports.payments import Charge, Payment, charge_for
from sorteos_actors.protocol.payment_messages import (
    MethodView,
    PaymentBody,
    PaymentView,
    ReceiptBody,
)
from sorteos_actors.raffle import RaffleTerms, Rejection, RejectionCode, commands
from sorteos_actors.web.answers import (
    Refused,
    body,
    identity,
    identity_or_none,
    json_response,
    problem_response,
    uuid_or_404,
)
from sorteos_actors.web.auth import may_see
from sorteos_actors.web.images import image_type
from sorteos_actors.web.keys import id_from_key
from sorteos_actors.web.payment_access import PaymentAccess
from sorteos_actors.web.payment_views import payment_view
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

MOST_RECEIPTS: Final = 5
_MAX_DESCRIPTION: Final = 200


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("payments", __name__, url_prefix="/api/v1")
    money = services.money
    access = PaymentAccess(services)

    async def offered(terms: RaffleTerms) -> list[Offered]:
        rows = await money.desk.methods(terms.id)
        platform = [row for row in rows if row.raffle_id is None]
        own = [row for row in rows if row.raffle_id is not None]
        return money.methods.offered(platform, own, terms.price, terms.currency)

    async def shown(payment: Payment, terms: RaffleTerms) -> PaymentView:
        record = await services.queries.reservation(payment.reservation_id)
        return payment_view(payment, terms, record, services.clock.now(), for_owner=True)

    @routes.get("/payment-methods")
    async def methods() -> Response:
        key = uuid_or_404(request.args.get("raffle", ""))
        summary = await services.queries.raffle(key)
        if summary is None or not may_see(identity_or_none(services), summary):
            raise Refused(RejectionCode.NOT_FOUND)
        views = [_method_view(method) for method in await offered(summary.terms)]
        return json_response({"methods": views})

    @routes.post("/reservations/<reservation_id>/payments")
    async def pay(reservation_id: str) -> Response:
        record = await access.own_reservation(reservation_id)
        asked = await body(PaymentBody)
        r, terms = record.reservation, record.terms
        payment_id = id_from_key(r.user_id, r.id, services.ids)
        known = await money.payments.get(terms.id, payment_id)
        method = _chosen(await offered(terms), asked.provider, known)
        new = _new_payment(payment_id, record, method)
        if known is None:
            _check_free_for(record)
        charge = replace(
            _charge(new, terms, money.public_url or request.host_url.rstrip("/")),
            settings=method.settings,
            options=asked.options,
        )
        begun = await money.checkout.begin(method.provider, new, charge)
        if isinstance(begun, Rejection):
            return problem_response(begun)
        return json_response({"payment": await shown(begun, terms)}, 201)

    @routes.get("/reservations/<reservation_id>/payments")
    async def attempts(reservation_id: str) -> Response:
        """A page that was closed finds here what it had begun, and what became of it."""
        record = await access.own_reservation(reservation_id)
        r, terms = record.reservation, record.terms
        found = await money.payments.of_reservation(terms.id, r.id)
        if r.payment_id is not None and r.payment_id not in {one.id for one in found}:
            # Its money had come late for another reservation, and has bought this one.
            bought_it = await money.payments.get(terms.id, r.payment_id)
            found += [] if bought_it is None else [bought_it]
        now = services.clock.now()
        views = [payment_view(one, terms, record, now, for_owner=True) for one in reversed(found)]
        return json_response({"payments": views})

    def _chosen(methods: list[Offered], name: str, known: Payment | None) -> Offered:
        """A method that is switched off takes no new payments; one that was begun goes on."""
        for method in methods:
            if method.provider.name == name and known is None:
                return method
        provider = money.methods.providers.get(name)
        if known is None or provider is None or known.provider != name:
            raise Refused(RejectionCode.METHOD_NOT_OFFERED, {"provider": name})
        settings = next((m.settings for m in methods if m.provider is provider), {})
        return Offered(provider=provider, priority=0, settings=settings)

    @routes.get("/payments/<payment_id>")
    async def show(payment_id: str) -> Response:
        asker = identity(services)
        payment, terms = await access.visible(payment_id, asker)
        view = await shown(payment, terms)
        if payment.user_id != asker.user_id:
            view = replace(view, action=None)
        return json_response({"payment": view})

    @routes.post("/payments/<payment_id>/cancel")
    async def cancel(payment_id: str) -> Response:
        """Another method is wanted, or none: the provider has the last word."""
        payment, terms = await access.own(payment_id)
        if payment.applied is None and not payment.is_over:
            payment = await access.cancel(payment)
        return json_response({"payment": await shown(payment, terms)})

    @routes.post("/payments/<payment_id>/receipt")
    async def receipt(payment_id: str) -> Response:
        payment, terms = await access.own(payment_id)
        if not payment.waits_for_person or payment.applied is not None or payment.captured:
            raise access.wrong_status(payment)
        details: dict[str, object] = {}
        if (request.mimetype or "").startswith("image/"):
            await _keep_picture(payment)
        else:
            details = _declared(await body(ReceiptBody))
        claimed = await money.payments.claim_paid(payment.raffle_id, payment.id, details)
        payment = claimed or payment
        if payment.live:
            settle_ms = money.methods.providers[payment.provider].capabilities.longest_settle_ms
            until = services.clock.now() + settle_ms
            review = commands.StartReview(payment.reservation_id, payment.id, until)
            answer = await services.registry.call(payment.raffle_id, review, payment.user_id)
            if isinstance(answer, Rejection) and answer.code is RejectionCode.UNAVAILABLE:
                return problem_response(answer)
        money.cashier.wake()
        return json_response({"payment": await shown(payment, terms)})

    async def _keep_picture(payment: Payment) -> None:
        data = await request.get_data(cache=True, as_text=False, parse_form_data=False)
        kind = image_type(data)
        if kind is None:
            reason = "a picture is PNG, JPEG or WebP"
            raise Refused(RejectionCode.BAD_REQUEST, {"reason": reason})
        digest = hashlib.sha256(data)
        new_id = uuid5(payment.id, digest.hexdigest())
        kept = await money.payments.receipts(payment.raffle_id, payment.id)
        if len(kept) >= MOST_RECEIPTS and new_id not in {one.id for one in kept}:
            raise Refused(RejectionCode.BAD_REQUEST, {"reason": "no more pictures", "limit": 5})
        await money.payments.add_receipt(
            Receipt(
                id=new_id,
                raffle_id=payment.raffle_id,
                payment_id=payment.id,
                content_type=kind,
                content=data,
                sha256=digest.digest(),
            )
        )

    return routes


def _declared(said: ReceiptBody) -> dict[str, object]:
    try:
        return sinpe.declared(said.reference, said.bank)
    except NotAReference:
        raise Refused(RejectionCode.BAD_REQUEST, {"field": "reference"}) from None


def _check_free_for(record: ReservationRecord) -> None:
    """Seen before a row is written: an attempt beside a live one only leaves rubbish."""
    live = record.reservation.payment_id
    if live is not None and record.reservation.phase.is_live:
        raise Refused(RejectionCode.PAYMENT_IN_PROGRESS, {"payment_id": str(live)})


def _new_payment(payment_id: UUID, record: ReservationRecord, method: Offered) -> Payment:
    """All of it from our own rows: what it costs is never the client's word."""
    r = record.reservation
    return Payment(
        raffle_id=record.terms.id,
        id=payment_id,
        reservation_id=r.id,
        user_id=r.user_id,
        provider=method.provider.name,
        account=method.provider.account,
        amount=r.total_amount,
        currency=record.terms.currency,
        numbers=r.numbers,
        unit_price=r.unit_price,
        waits_for_person=method.provider.capabilities.needs_review,
    )


def _charge(payment: Payment, terms: RaffleTerms, base: str) -> Charge:
    labels = ", ".join(terms.label(number) for number in payment.numbers)
    return charge_for(
        payment,
        description=f"{terms.title}: {labels}"[:_MAX_DESCRIPTION],
        return_url=f"{base}/checkout/{payment.reservation_id}",
    )


def _method_view(method: Offered) -> MethodView:
    can = method.provider.capabilities
    return MethodView(
        provider=method.provider.name,
        priority=method.priority,
        immediate=can.immediate,
        needs_review=can.needs_review,
        longest_settle_ms=can.longest_settle_ms,
    )
