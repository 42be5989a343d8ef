"""``/tickets``: what a ticket says, for whoever holds it or is shown it. Its code is the only key."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from quart import Blueprint, Response, request

from sorteos_actors.ports import TicketRecord
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.protocol.views import TicketRaffleView, TicketView
from sorteos_actors.raffle import Millis, RaffleStatus, RejectionCode
from sorteos_actors.tickets import qr
from sorteos_actors.tickets.document import LANGUAGES
from sorteos_actors.tickets.press import Press, PressBusy
from sorteos_actors.tickets.ticket import Ticket, ticket_of
from sorteos_actors.web.answers import Refused, json_response
from sorteos_actors.web.routes.health import package_version
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets

_PICTURE_SECONDS: Final = 7 * 24 * 3600
"""A code always means the same ticket; a browser that keeps the picture can show it offline."""
_BUSY_MS: Final = 2000


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("tickets", __name__, url_prefix="/api/v1/tickets")
    press = Press()

    def base() -> str:
        """Where people find us: as configured, or else where this request came to."""
        return services.money.public_url or request.host_url.rstrip("/")

    async def found(code: str) -> tuple[TicketRecord, Ticket]:
        named = services.tickets.read(code)
        record = None if named is None else await services.queries.ticket(*named)
        if record is None:
            raise Refused(RejectionCode.NOT_FOUND)
        return record, ticket_of(record, services.tickets, base())

    @routes.get("/<code>")
    async def show(code: str) -> Response:
        record, ticket = await found(code)
        raffle = await services.queries.raffle(record.terms.id)
        if raffle is None:
            raise Refused(RejectionCode.NOT_FOUND)
        view = _view(ticket, record, raffle.status, services.clock.now())
        return json_response({"ticket": view})

    @routes.get("/<code>/qr.svg")
    async def picture(code: str) -> Response:
        _, ticket = await found(code)
        response = Response(qr.svg(ticket.address), content_type="image/svg+xml")
        response.headers["Cache-Control"] = f"private, max-age={_PICTURE_SECONDS}"
        return response

    @routes.get("/<code>/ticket.pdf")
    async def document(code: str) -> Response:
        language = request.args.get("lang", LANGUAGES[0])
        if language not in LANGUAGES:
            raise Refused(RejectionCode.BAD_REQUEST, {"field": "lang"})
        _, ticket = await found(code)
        etag = _etag(ticket, language)
        if request.if_none_match.contains(etag):
            response = Response(b"", 304)
        else:
            response = Response(await _printed(ticket, language), content_type="application/pdf")
            response.headers["Content-Disposition"] = (
                f'attachment; filename="boleto-{ticket.code[-8:]}.pdf"'
            )
        response.set_etag(etag)
        # To be asked for each time: its numbers may have been refunded.
        response.headers["Cache-Control"] = "private, no-cache"
        return response

    async def _printed(ticket: Ticket, language: str) -> bytes:
        try:
            return await press.pdf(ticket, language)
        except PressBusy:
            raise Refused(RejectionCode.UNAVAILABLE, {"retry_after_ms": _BUSY_MS}) from None

    return routes


def _view(ticket: Ticket, record: TicketRecord, status: RaffleStatus, now: Millis) -> TicketView:
    terms = record.terms
    return TicketView(
        code=ticket.code,
        status=ticket.status.value,
        raffle=TicketRaffleView(
            id=terms.id,
            title=terms.title,
            status=status.value,
            draw_at=None if terms.draw_at is None else rfc3339(terms.draw_at),
        ),
        number_ids=list(ticket.labels),
        refunded=ticket.refunded,
        sold_at=rfc3339(ticket.sold_at),
        server_time=rfc3339(now),
    )


def _etag(ticket: Ticket, language: str) -> str:
    """The same for the same bytes: drawing has no other source, and changes with a release only."""
    source = (package_version(), language, ticket)
    return hashlib.sha256(msgspec.json.encode(source)).hexdigest()[:32]
