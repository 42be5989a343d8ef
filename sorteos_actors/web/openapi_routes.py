"""Every call of the HTTP contract, as data: `openapi` turns it into the document.

A test holds this table against the application's own map of URLs, in both directions.
"""

from __future__ import annotations

from typing import Any, Final

from sorteos_actors.protocol import messages
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.openapi_payments import PAYMENT_ROUTES
from sorteos_actors.web.openapi_route import API, Route
from sorteos_actors.web.openapi_tickets import TICKET_ROUTES
from sorteos_actors.web.schemas import Schema, an_object, ref

_C = RejectionCode

_RAFFLE: Final = an_object(raffle=ref(messages.RaffleView))
_RESERVATION: Final = an_object(reservation=ref(messages.ReservationView))
_MAYBE: Final = an_object(
    reservation={"anyOf": [ref(messages.ReservationView), {"type": "null"}]},
)
_CONTACT: Final = an_object(
    contact={"anyOf": [ref(messages.ContactView), {"type": "null"}]},
)
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_TEXT: Final[Schema] = {"type": "string"}
_PAGING: Final = an_object(page=_COUNT, page_size=_COUNT, total=_COUNT, total_pages=_COUNT)
_NUMBER: Final = an_object(
    id=_TEXT,
    number=_TEXT,
    status={"type": "string", "enum": ["available", "reserved", "sold", "blocked"]},
)
_SHOWN: Final[Schema] = {
    "type": "object",
    "required": ["raffle"],
    "properties": {
        "raffle": ref(messages.RaffleView),
        "numbers": {"type": "array", "items": _NUMBER, "maxItems": 10_000},
    },
}
_HEALTH: Final = an_object(
    status={"type": "string", "enum": ["ok", "unavailable"]},
    node=_TEXT,
    url=_TEXT,
    postgres={"type": "string", "enum": ["up", "down"]},
    redis={"type": "string", "enum": ["up", "half_open", "down", "unused"]},
    draining={"type": "boolean"},
    crash_storm={"type": "boolean"},
    raffles=_COUNT,
    sockets=_COUNT,
)
_STATS: Final = an_object(
    total_connections=_COUNT,
    connections_by_raffle={"type": "object", "additionalProperties": _COUNT},
    nodes=_COUNT,
)
_DIRECTORY: Final = an_object(
    name=_TEXT, version=_TEXT, page=_TEXT, raffles=_TEXT, health=_TEXT, metrics=_TEXT
)
_LOOKED_UP: Final = (_C.NOT_FOUND, _C.UNAVAILABLE)
_STEERED: Final = (_C.FORBIDDEN, _C.NOT_FOUND, _C.RAFFLE_NOT_ACTIVE, _C.UNAVAILABLE)
_OWNED: Final = (_C.FORBIDDEN, _C.NOT_FOUND, _C.UNAVAILABLE)
_MOVED: Final = (*_OWNED, _C.WRONG_PHASE, _C.RESERVATION_EXPIRED)
_TAKEN: Final = (
    _C.BAD_REQUEST,
    _C.UNKNOWN_NUMBER,
    _C.PAYLOAD_TOO_LARGE,
    _C.NUMBERS_TAKEN,
    _C.TOO_MANY_NUMBERS,
    _C.RAFFLE_NOT_ACTIVE,
)
_BODY: Final = (_C.BAD_REQUEST, _C.PAYLOAD_TOO_LARGE)


def _steer(verb: str, summary: str) -> Route:
    path = f"{API}/raffles/{{raffle_id}}/{verb}"
    return Route(method="post", path=path, summary=summary, answer=_RAFFLE, refusals=_STEERED)


def _on_reservation(verb: str, summary: str, **more: Any) -> Route:
    path = f"{API}/reservations/{{reservation_id}}/{verb}"
    fields = {"method": "post", "refusals": _MOVED, **more}
    return Route(path=path, summary=summary, answer=_RESERVATION, **fields)


def _outside(path: str, summary: str, answer: Schema, **more: Any) -> Route:
    return Route(method="get", path=path, summary=summary, answer=answer, access="none", **more)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="post",
        path=f"{API}/auth/guest",
        summary="Come in as a guest, with a token that lasts 30 days",
        answer=an_object(token=_TEXT, user_id={**_TEXT, "format": "uuid"}, expires_at=_TEXT),
        status=201,
        body=messages.GuestBody,
        access="none",
        refusals=(*_BODY, _C.UNAVAILABLE),
    ),
    Route(
        method="get",
        path=f"{API}/me/contact",
        summary="How the caller can be reached; of a guest at first what they came in with",
        answer=_CONTACT,
        refusals=(_C.UNAVAILABLE,),
    ),
    Route(
        method="put",
        path=f"{API}/me/contact",
        summary="Say how you can be reached, in place of what you said before",
        answer=_CONTACT,
        body=messages.ContactBody,
        refusals=(*_BODY, _C.UNAVAILABLE),
    ),
    Route(
        method="get",
        path=f"{API}/raffles",
        summary="Raffles, newest first, with one's own drafts; with mine=true only one's own",
        answer=an_object(
            raffles={"type": "array", "items": ref(messages.RaffleView)}, pagination=_PAGING
        ),
        access="optional",
        refusals=(_C.BAD_REQUEST, _C.UNAVAILABLE),
        parameters=("page", "page_size", "mine"),
    ),
    Route(
        method="post",
        path=f"{API}/raffles",
        summary="Create a raffle as a draft (organizer, admin)",
        answer=_RAFFLE,
        status=201,
        body=messages.RaffleBody,
        refusals=(*_BODY, _C.FORBIDDEN, _C.UNAVAILABLE),
    ),
    _steer("publish", "Open the sale (its organizer, admin)"),
    _steer("pause", "Stop selling for a while; live reservations go on"),
    _steer("resume", "Sell again"),
    _steer("close", "End the sale for good; live reservations may still finish"),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}",
        summary="One raffle; with include_numbers=true also every number, up to 10,000",
        answer=_SHOWN,
        access="optional",
        refusals=(*_LOOKED_UP, (400, _C.TOO_MANY_NUMBERS)),
        parameters=("include_numbers",),
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/board",
        summary="The board: the binary snapshots of the WebSocket contract, one after the other",
        answer={"type": "string", "format": "binary"},
        access="optional",
        refusals=_LOOKED_UP,
        parameters=("If-None-Match",),
        bare=((304, "The board is still the one of that ETag"),),
        media="application/octet-stream",
        has_etag=True,
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/my-reservation",
        summary="The caller's live reservation in a raffle, or null",
        answer=_MAYBE,
        refusals=_LOOKED_UP,
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/ws/stats",
        summary="Who is connected (admin)",
        answer=_STATS,
        refusals=_OWNED,
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/ws",
        summary="The WebSocket of a raffle; see the AsyncAPI document",
        answer=None,
        status=101,
        access="optional",
        refusals=(_C.BAD_REQUEST, _C.FORBIDDEN, *_LOOKED_UP, (426, _C.BAD_REQUEST)),
        bare=((421, "An upgrade needs a connection of its own: this one spoke HTTP before"),),
    ),
    Route(
        method="post",
        path=f"{API}/reservations",
        summary="Hold numbers, all or none",
        answer=_RESERVATION,
        status=201,
        body=messages.ReservationBody,
        refusals=(
            *_TAKEN,
            _C.ALREADY_RESERVED,
            _C.FORBIDDEN,
            _C.NOT_FOUND,
            _C.WRONG_PHASE,
            _C.RESERVATION_EXPIRED,
            _C.UNAVAILABLE,
        ),
        parameters=("Idempotency-Key",),
    ),
    Route(
        method="get",
        path=f"{API}/reservations/me",
        summary="The caller's reservations, newest first, at most 200",
        answer=an_object(reservations={"type": "array", "items": ref(messages.ReservationView)}),
        refusals=(_C.UNAVAILABLE,),
    ),
    Route(
        method="get",
        path=f"{API}/reservations/{{reservation_id}}",
        summary="One reservation of the caller",
        answer=_RESERVATION,
        refusals=_OWNED,
    ),
    _on_reservation(
        "add-number",
        "Hold one number more; the deadline stays",
        body=messages.AddNumberBody,
        refusals=(*_MOVED, *_TAKEN),
    ),
    _on_reservation(
        "numbers/{number_id}",
        "Let a number go; letting the last one go cancels",
        method="delete",
        refusals=(*_MOVED, _C.UNKNOWN_NUMBER),
    ),
    _on_reservation("move-to-checkout", "Go and pay: the deadline becomes now + checkout time"),
    _on_reservation(
        "extend",
        "More time, once a phase; with expires_at only if that is still the deadline",
        body=messages.ExtendBody,
        body_required=False,
        refusals=(*_MOVED, *_BODY),
    ),
    _on_reservation(
        "cancel",
        "Let everything go; a payment under way is cancelled first, if its provider lets it be",
        refusals=(*_MOVED, _C.PAYMENT_IN_PROGRESS),
    ),
    *PAYMENT_ROUTES,
    *TICKET_ROUTES,
    _outside("/livez", "The process is alive", an_object(status=_TEXT)),
    _outside("/readyz", "This node can commit and wants new work", _HEALTH),
    _outside("/health", "The same as /readyz", _HEALTH),
    _outside("/metrics", "Figures for Prometheus", _TEXT, media="text/plain"),
    _outside("/version", "Name and version", an_object(name=_TEXT, version=_TEXT)),
    _outside(
        "/",
        "Where to go from here; for a browser the client's page",
        _DIRECTORY,
        parameters=("If-None-Match",),
        bare=((304, "The page is still the one of that ETag"),),
        has_page=True,
    ),
)
