"""What the server says, as bytes. Sentences here are for developers; people's words live in clients."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec

from sorteos_actors.protocol.messages import Ref, raffle_view, reservation_view
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.raffle import (
    Millis,
    RaffleSummary,
    RaffleTerms,
    Rejection,
    RejectionCode,
    Reservation,
)
from sorteos_actors.raffle.model import STATE_NAMES

STATUS: Final[dict[RejectionCode, int]] = {
    RejectionCode.BAD_REQUEST: 400,
    RejectionCode.UNKNOWN_NUMBER: 400,
    RejectionCode.UNAUTHENTICATED: 401,
    RejectionCode.FORBIDDEN: 403,
    RejectionCode.NOT_FOUND: 404,
    RejectionCode.NUMBERS_TAKEN: 409,
    RejectionCode.TOO_MANY_NUMBERS: 409,
    RejectionCode.ALREADY_RESERVED: 409,
    RejectionCode.WRONG_PHASE: 409,
    RejectionCode.RAFFLE_NOT_ACTIVE: 409,
    RejectionCode.RESERVATION_EXPIRED: 410,
    RejectionCode.PAYLOAD_TOO_LARGE: 413,
    RejectionCode.RATE_LIMITED: 429,
    RejectionCode.UNAVAILABLE: 503,
}
"""HTTP status of every code."""

MESSAGES: Final[dict[RejectionCode, str]] = {
    RejectionCode.BAD_REQUEST: "The request is malformed; params say where. Do not repeat it as it is.",
    RejectionCode.UNKNOWN_NUMBER: "This raffle has no such number; numbers are printed with zeros.",
    RejectionCode.UNAUTHENTICATED: "A valid token is needed: POST /api/v1/auth/guest gives one.",
    RejectionCode.FORBIDDEN: "This person may not do that.",
    RejectionCode.NOT_FOUND: "There is no such thing.",
    RejectionCode.NUMBERS_TAKEN: "Some numbers are taken; params.numbers lists every one.",
    RejectionCode.TOO_MANY_NUMBERS: "More than params.limit numbers for one person, or for one list.",
    RejectionCode.ALREADY_RESERVED: "One live reservation a person; continue params.reservation_id.",
    RejectionCode.WRONG_PHASE: "The reservation is in a phase that does not allow this.",
    RejectionCode.RAFFLE_NOT_ACTIVE: "The raffle does not sell now; params.status says why.",
    RejectionCode.RESERVATION_EXPIRED: "The reservation's time is over and its numbers are free.",
    RejectionCode.PAYLOAD_TOO_LARGE: "The request is too large.",
    RejectionCode.RATE_LIMITED: "Too many requests; repeat after params.retry_after_ms.",
    RejectionCode.UNAVAILABLE: "Not now; repeat the same command after params.retry_after_ms.",
}
"""A sentence that a developer can act on, for every code."""


def hello(summary: RaffleSummary, now: Millis) -> bytes:
    """The first message of a v2 socket."""
    return _json(
        {
            "type": "hello",
            "raffle": raffle_view(summary),
            "epoch": summary.epoch,
            "seq": summary.seq,
            "server_time": rfc3339(now),
        }
    )


def reply_ok(
    ref: Ref | None,
    seq: int,
    terms: RaffleTerms,
    reservation: Reservation | None,
    now: Millis,
) -> bytes:
    """A command had its effect, visible from `seq` on."""
    view = None if reservation is None else reservation_view(terms, reservation, now)
    return _json({"type": "reply", "ref": ref, "ok": True, "seq": seq, "reservation": view})


def reply_error(ref: Ref | None, rejection: Rejection) -> bytes:
    """A command was refused."""
    return _json({"type": "reply", "ref": ref, "ok": False, "error": _error(rejection)})


def pong(ref: Ref | None, t0: int | float | str | None, now: Millis) -> bytes:
    """The time."""
    answer: dict[str, object] = {"type": "pong", "t0": t0, "server_time": rfc3339(now)}
    if ref is not None:
        answer["ref"] = ref
    return _json(answer)


def push_reservation(
    terms: RaffleTerms, reservation: Reservation, reason: str, now: Millis
) -> bytes:
    """News of a reservation, for its owner only."""
    view = reservation_view(terms, reservation, now)
    return _json({"type": "reservation", "reservation": view, "reason": reason})


def push_raffle(summary: RaffleSummary) -> bytes:
    """The raffle's status or dates changed."""
    return _json({"type": "raffle", "raffle": raffle_view(summary)})


def problem(rejection: Rejection, status: int) -> bytes:
    """``application/problem+json`` with the contract's fields beside the standard's."""
    phrase = HTTPStatus(status).phrase
    standard = {"type": "about:blank", "title": phrase, "status": status}
    return _json(standard | _error(rejection))


def legacy_number_update(
    terms: RaffleTerms, number: int, state: int, user_id: UUID | None = None
) -> bytes:
    """One number changed, in the seed's words. `user_id` is for that person's own sockets only."""
    data = {"number_id": terms.label(number), "status": STATE_NAMES[state]}
    if user_id is not None:
        data["user_id"] = str(user_id)
    return _json({"type": "number_update", "raffle_id": terms.id, "data": data})


def legacy_reservation_expired(
    terms: RaffleTerms, reservation_id: UUID, numbers: tuple[int, ...]
) -> bytes:
    """A reservation's time is over, in the seed's words."""
    data = {"reservation_id": reservation_id, "number_ids": [terms.label(n) for n in numbers]}
    return _json({"type": "reservation_expired", "raffle_id": terms.id, "data": data})


def legacy_reservation_created(terms: RaffleTerms, reservation: Reservation, now: Millis) -> bytes:
    """A reservation was made, in the seed's words, for its owner only."""
    view = reservation_view(terms, reservation, now)
    return _json({"type": "reservation_created", "raffle_id": terms.id, "data": view})


def _error(rejection: Rejection) -> dict[str, object]:
    return {
        "code": rejection.code.value,
        "message": MESSAGES[rejection.code],
        "params": rejection.params,
    }


_json = msgspec.json.Encoder().encode
