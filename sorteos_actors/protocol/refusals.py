"""Every refusal on the wire, in one table: its HTTP status, and a sentence for developers.

Clients act on the code and the params; the words that people read live in the clients' catalogues.
"""

from __future__ import annotations

from math import ceil
from typing import Final

from sorteos_actors.raffle import Rejection, RejectionCode

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
    RejectionCode.PAYMENT_IN_PROGRESS: 409,
    RejectionCode.ALREADY_PAID: 409,
    RejectionCode.WRONG_AMOUNT: 409,
    RejectionCode.METHOD_NOT_OFFERED: 409,
    RejectionCode.REFERENCE_TAKEN: 409,
    RejectionCode.PAYLOAD_TOO_LARGE: 413,
    RejectionCode.RATE_LIMITED: 429,
    RejectionCode.UNAVAILABLE: 503,
}
"""HTTP status of every code."""

MESSAGES: Final[dict[RejectionCode, str]] = {
    RejectionCode.BAD_REQUEST: "The request is malformed; params say where. Change it.",
    RejectionCode.UNKNOWN_NUMBER: "No such numbers in this raffle; they have leading zeros.",
    RejectionCode.UNAUTHENTICATED: "A valid token is needed: POST /api/v1/auth/guest gives one.",
    RejectionCode.FORBIDDEN: "This person may not do that.",
    RejectionCode.NOT_FOUND: "There is no such thing.",
    RejectionCode.NUMBERS_TAKEN: "Some numbers are taken; params.numbers lists every one.",
    RejectionCode.TOO_MANY_NUMBERS: "More than params.limit numbers for one person, or one list.",
    RejectionCode.ALREADY_RESERVED: "One live reservation a person: use params.reservation_id.",
    RejectionCode.WRONG_PHASE: "The reservation is in a phase that does not allow this.",
    RejectionCode.RAFFLE_NOT_ACTIVE: "The raffle does not sell now; params.status says why.",
    RejectionCode.RESERVATION_EXPIRED: "The reservation's time is over and its numbers are free.",
    RejectionCode.PAYMENT_IN_PROGRESS: "A payment is under way: end params.payment_id first.",
    RejectionCode.ALREADY_PAID: "Another payment has paid this reservation; this money goes back.",
    RejectionCode.WRONG_AMOUNT: "Not what it costs: params.amount of params.currency, exactly.",
    RejectionCode.METHOD_NOT_OFFERED: "This raffle is not paid that way now; look at the methods.",
    RejectionCode.REFERENCE_TAKEN: "Another payment has this reference: a transfer pays once.",
    RejectionCode.PAYLOAD_TOO_LARGE: "The request is too large.",
    RejectionCode.RATE_LIMITED: "Too many requests; repeat after params.retry_after_ms.",
    RejectionCode.UNAVAILABLE: "Not now; repeat the same command after params.retry_after_ms.",
}
"""A sentence that a developer can act on, for every code."""

_NOT_ENOUGH: Final = "Not enough free numbers fit; params.available says how many do."
_COME_BACK: Final = frozenset({RejectionCode.RATE_LIMITED, RejectionCode.UNAVAILABLE})


def message_for(rejection: Rejection) -> str:
    """The sentence for this refusal: a quick pick that found too few has one of its own."""
    if rejection.code is RejectionCode.NUMBERS_TAKEN and "available" in rejection.params:
        return _NOT_ENOUGH
    return MESSAGES[rejection.code]


def retry_after(rejection: Rejection) -> int | None:
    """Whole seconds for the `Retry-After` header; None for a refusal that waiting does not cure."""
    hint = rejection.params.get("retry_after_ms")
    if isinstance(hint, int):
        return max(1, ceil(hint / 1000))
    return 1 if rejection.code in _COME_BACK else None
