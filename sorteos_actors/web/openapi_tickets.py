"""The calls about tickets, as data; see `openapi_routes`."""

from __future__ import annotations

from typing import Any, Final

from sorteos_actors.protocol import messages
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.openapi_route import API, Route
from sorteos_actors.web.schemas import an_object, ref

_C = RejectionCode
_PATH: Final = f"{API}/tickets/{{code}}"


def _ticket(path: str, summary: str, **more: Any) -> Route:
    fields = {"access": "none", "refusals": (_C.NOT_FOUND, _C.UNAVAILABLE), **more}
    return Route(method="get", path=f"{_PATH}{path}", summary=summary, **fields)


TICKET_ROUTES: Final[tuple[Route, ...]] = (
    _ticket(
        "",
        "What a ticket says, for whoever has its code",
        answer=an_object(ticket=ref(messages.TicketView)),
    ),
    _ticket(
        "/qr.svg",
        "The QR code of the address at which the ticket can be checked",
        answer={"type": "string"},
        media="image/svg+xml",
    ),
    _ticket(
        "/ticket.pdf",
        "The ticket to print",
        answer={"type": "string", "format": "binary"},
        media="application/pdf",
        refusals=(_C.BAD_REQUEST, _C.NOT_FOUND, _C.UNAVAILABLE),
        bare=((304, "It is the ticket of If-None-Match"),),
        parameters=("lang", "If-None-Match"),
        has_etag=True,
    ),
)
