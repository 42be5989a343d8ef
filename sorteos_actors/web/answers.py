"""From results to HTTP answers, and from a request to what it carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace
from quart import Response, request

from sorteos_actors.actors.mailbox import Answer
from sorteos_actors.protocol import encode
from sorteos_actors.protocol.decode import decode_body
from sorteos_actors.protocol.messages import ReservationView, reservation_view
from sorteos_actors.protocol.refusals import retry_after
from sorteos_actors.protocol.timestamps import parse_rfc3339
from sorteos_actors.raffle import (
    Millis,
    Phase,
    RaffleTerms,
    Rejection,
    RejectionCode,
    Reservation,
)
from sorteos_actors.raffle.rejections import Param
from sorteos_actors.web.auth import Identity, InvalidToken
from sorteos_actors.web.services import Services

T = TypeVar("T")


class Refused(Exception):
    """Ends a request with a refusal."""

    def __init__(self, code: RejectionCode, params: Mapping[str, Param] | None = None) -> None:
        super().__init__(code)
        self.rejection = Rejection(code, dict(params or {}))


def json_response(value: object, status: int = 200) -> Response:
    """Any value that msgspec can encode, as JSON."""
    return Response(msgspec.json.encode(value), status, content_type="application/json")


def problem_response(rejection: Rejection, *, status: int | None = None) -> Response:
    """A refusal as ``application/problem+json``, with `Retry-After` where there is one."""
    status = encode.STATUS[rejection.code] if status is None else status
    response = Response(
        encode.problem(rejection, status), status, content_type="application/problem+json"
    )
    seconds = retry_after(rejection)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def reservation_response(answer: Answer, services: Services, status: int = 200) -> Response:
    """The reservation that a command left, or the refusal."""
    if isinstance(answer, Rejection):
        return problem_response(answer)
    assert answer.reservation is not None
    view = shown_reservation(answer.terms, answer.reservation, services)
    return json_response({"reservation": view}, status)


def shown_reservation(
    terms: RaffleTerms, reservation: Reservation, services: Services
) -> ReservationView:
    """A reservation for its owner, with the ticket that it may have become."""
    view = reservation_view(terms, reservation, services.clock.now())
    is_bought = reservation.phase is Phase.COMPLETED
    return replace(
        view, ticket=services.tickets.code(terms.id, reservation.id) if is_bought else None
    )


async def body(type_: type[T]) -> T:
    """The request's JSON body, strictly checked. Raises `BadMessage`, which becomes a 400."""
    data = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    return decode_body(data, type_)


def identity(services: Services) -> Identity:
    """Who is asking. Refuses with `unauthenticated` when nobody we know."""
    found = identity_or_none(services)
    if found is None:
        raise Refused(RejectionCode.UNAUTHENTICATED)
    return found


def identity_or_none(services: Services) -> Identity | None:
    """Who is asking, if anybody says so. A bad token is refused, not ignored."""
    try:
        return services.tokens.from_header(request.headers.get("Authorization"))
    except InvalidToken:
        raise Refused(RejectionCode.UNAUTHENTICATED) from None


def uuid_or_404(text: str) -> UUID:
    """An id in a path; what is not an id does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise Refused(RejectionCode.NOT_FOUND) from None


def instant(field: str, text: str | None) -> Millis | None:
    """A time in a body, if it is there; what is not a time is refused, and named."""
    try:
        return None if text is None else parse_rfc3339(text)
    except ValueError:
        raise Refused(RejectionCode.BAD_REQUEST, {"field": field}) from None


def whole_number(name: str, default: int, low: int, high: int) -> int:
    """A number in the query, within its bounds."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise Refused(RejectionCode.BAD_REQUEST, {"field": name})
    return int(text)
