"""``/reservations``: the same commands as over the socket, for those who come by HTTP."""

from __future__ import annotations

from quart import Blueprint, Response, request

from sorteos_actors.ports import ReservationRecord
from sorteos_actors.protocol import messages
from sorteos_actors.raffle import Command, Rejection, RejectionCode, commands
from sorteos_actors.web.answers import (
    Refused,
    body,
    identity,
    instant,
    json_response,
    reservation_response,
    shown_reservation,
    uuid_or_404,
)
from sorteos_actors.web.commands import numbers_of
from sorteos_actors.web.keys import id_from_key
from sorteos_actors.web.payment_access import PaymentAccess
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.visibility import may_see_now

_MOST_LISTED = 200


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("reservations", __name__, url_prefix="/api/v1/reservations")

    async def own(text: str) -> ReservationRecord:
        user_id = identity(services).user_id
        record = await services.queries.reservation(uuid_or_404(text))
        if record is None:
            raise Refused(RejectionCode.NOT_FOUND)
        if record.reservation.user_id != user_id:
            raise Refused(RejectionCode.FORBIDDEN)
        return record

    async def call(record: ReservationRecord, command: Command) -> Response:
        answer = await services.registry.call(record.terms.id, command, record.reservation.user_id)
        return reservation_response(answer, services)

    def numbers(record: ReservationRecord, label: str) -> tuple[int, ...]:
        found = numbers_of(record.terms, [label])
        if isinstance(found, Rejection):
            raise Refused(found.code, found.params)
        return found

    @routes.post("")
    async def create() -> Response:
        asker = identity(services)
        user_id = asker.user_id
        asked = await body(messages.ReservationBody)
        feed = await services.registry.feed(asked.raffle_id)
        if isinstance(feed, Rejection):
            raise Refused(feed.code, feed.params)
        if not await may_see_now(services, asker, feed):
            raise Refused(RejectionCode.NOT_FOUND)
        wanted = numbers_of(feed.summary.terms, asked.number_ids)
        if isinstance(wanted, Rejection):
            raise Refused(wanted.code, wanted.params)
        reservation_id = id_from_key(user_id, asked.raffle_id, services.ids)
        command = commands.ReserveNumbers(user_id, reservation_id, wanted)
        answer = await services.registry.call(asked.raffle_id, command, user_id)
        return reservation_response(answer, services, 201)

    @routes.get("/me")
    async def mine() -> Response:
        records = await services.queries.reservations_of(identity(services).user_id, _MOST_LISTED)
        views = [shown_reservation(r.terms, r.reservation, services) for r in records]
        return json_response({"reservations": views})

    @routes.get("/<reservation_id>")
    async def show(reservation_id: str) -> Response:
        record = await own(reservation_id)
        view = shown_reservation(record.terms, record.reservation, services)
        return json_response({"reservation": view})

    @routes.post("/<reservation_id>/add-number")
    async def add(reservation_id: str) -> Response:
        record = await own(reservation_id)
        asked = await body(messages.AddNumberBody)
        r = record.reservation
        return await call(
            record, commands.AddNumbers(r.user_id, r.id, numbers(record, asked.number_id))
        )

    @routes.delete("/<reservation_id>/numbers/<number_id>")
    async def remove(reservation_id: str, number_id: str) -> Response:
        record = await own(reservation_id)
        r = record.reservation
        return await call(
            record, commands.RemoveNumbers(r.user_id, r.id, numbers(record, number_id))
        )

    @routes.post("/<reservation_id>/move-to-checkout")
    async def checkout(reservation_id: str) -> Response:
        record = await own(reservation_id)
        r = record.reservation
        return await call(record, commands.StartCheckout(r.user_id, r.id))

    @routes.post("/<reservation_id>/extend")
    async def extend(reservation_id: str) -> Response:
        record = await own(reservation_id)
        r = record.reservation
        asked = messages.ExtendBody()
        if await request.get_data():
            asked = await body(messages.ExtendBody)
        seen = instant("expires_at", asked.expires_at)
        return await call(record, commands.ExtendReservation(r.user_id, r.id, seen))

    @routes.post("/<reservation_id>/cancel")
    async def cancel(reservation_id: str) -> Response:
        record = await own(reservation_id)
        r = record.reservation
        if r.payment_id is not None and r.phase.is_live:
            # Its provider is asked to let go first; until it has, the refusal says that it is paid.
            payment = await services.money.payments.get(record.terms.id, r.payment_id)
            if payment is not None:
                await PaymentAccess(services).cancel(payment)
        return await call(record, commands.CancelReservation(r.user_id, r.id))

    return routes
