"""Why not. A refusal is a value: a stable code and the facts a client needs to act on it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Param = str | int | list[str]


class RejectionCode(StrEnum):
    """Every reason to refuse; the same codes over HTTP and WebSocket."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_NUMBER = "unknown_number"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NUMBERS_TAKEN = "numbers_taken"
    TOO_MANY_NUMBERS = "too_many_numbers"
    ALREADY_RESERVED = "already_reserved"
    WRONG_PHASE = "wrong_phase"
    RAFFLE_NOT_ACTIVE = "raffle_not_active"
    RESERVATION_EXPIRED = "reservation_expired"
    PAYMENT_IN_PROGRESS = "payment_in_progress"
    ALREADY_PAID = "already_paid"
    WRONG_AMOUNT = "wrong_amount"
    METHOD_NOT_OFFERED = "method_not_offered"
    REFERENCE_TAKEN = "reference_taken"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class Rejection(msgspec.Struct, frozen=True, tag="rejection"):
    """A refusal: what rule, and with which facts."""

    code: RejectionCode
    params: dict[str, Param] = {}
