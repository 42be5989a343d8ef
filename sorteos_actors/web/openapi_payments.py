"""The calls about money, as data; see `openapi_routes`."""

from __future__ import annotations

from typing import Any, Final

from sorteos_actors.protocol import payment_messages as messages
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.openapi_route import API, Route
from sorteos_actors.web.schemas import Schema, an_object, ref

_C = RejectionCode
_TEXT: Final[Schema] = {"type": "string"}
_MAYBE_TIME: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}
_LISTED: Final = [ref(messages.ReviewView), ref(messages.ReceivedView)]
_PAYMENT: Final = an_object(payment=ref(messages.PaymentView))
_CASES: Final = an_object(cases={"type": "array", "items": ref(messages.CaseView)})
_METHOD: Final = an_object(
    method=an_object(
        provider=_TEXT,
        enabled={"type": "boolean"},
        priority={"type": "integer"},
        settings={"type": "object", "additionalProperties": _TEXT},
    )
)
_AUDIT: Final = an_object(
    answered_at=_MAYBE_TIME,
    clean_at=_MAYBE_TIME,
    findings={"type": "object", "additionalProperties": {"type": "array"}},
)
_PICTURES: Final = ("image/png", "image/jpeg", "image/webp")
_OWNED: Final = (_C.FORBIDDEN, _C.NOT_FOUND, _C.UNAVAILABLE)
_BODY: Final = (_C.BAD_REQUEST, _C.PAYLOAD_TOO_LARGE)
_DECIDED: Final = (*_OWNED, *_BODY, _C.WRONG_PHASE)


def _on_payment(verb: str, summary: str, **more: Any) -> Route:
    path = f"{API}/payments/{{payment_id}}/{verb}"
    fields = {"method": "post", "answer": _PAYMENT, "refusals": _DECIDED, **more}
    return Route(path=path, summary=summary, **fields)


PAYMENT_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="get",
        path=f"{API}/payment-methods",
        summary="How a raffle can be paid just now, the first choice first",
        answer=an_object(methods={"type": "array", "items": ref(messages.MethodView)}),
        access="optional",
        refusals=(_C.NOT_FOUND, _C.UNAVAILABLE),
        parameters=("raffle",),
    ),
    Route(
        method="post",
        path=f"{API}/reservations/{{reservation_id}}/payments",
        summary="Pay a reservation that is in checkout; one attempt at a time",
        answer=_PAYMENT,
        status=201,
        body=messages.PaymentBody,
        refusals=(
            *_OWNED,
            *_BODY,
            _C.METHOD_NOT_OFFERED,
            _C.PAYMENT_IN_PROGRESS,
            _C.WRONG_PHASE,
            _C.RAFFLE_NOT_ACTIVE,
            _C.RESERVATION_EXPIRED,
        ),
        parameters=("Idempotency-Key",),
    ),
    Route(
        method="get",
        path=f"{API}/reservations/{{reservation_id}}/payments",
        summary="All attempts to pay a reservation, the latest first (its buyer)",
        answer=an_object(payments={"type": "array", "items": ref(messages.PaymentView)}),
        refusals=_OWNED,
    ),
    Route(
        method="get",
        path=f"{API}/payments/{{payment_id}}",
        summary="One payment (its buyer, the raffle's organizer, admin)",
        answer=_PAYMENT,
        refusals=_OWNED,
    ),
    _on_payment(
        "cancel",
        "Give up an attempt, to pay in another way (its buyer)",
        refusals=_OWNED,
    ),
    _on_payment(
        "receipt",
        "Say that it is paid: the bank's reference as JSON, or a picture of up to 2 MiB",
        body=messages.ReceiptBody,
        raw=_PICTURES,
    ),
    _on_payment(
        "approve",
        "The money has come (the raffle's organizer, admin)",
        body=messages.ApprovalBody,
        refusals=(*_DECIDED, _C.REFERENCE_TAKEN),
    ),
    _on_payment(
        "reject",
        "No money has come (the raffle's organizer, admin)",
        body=messages.RejectionBody,
        refusals=(*_DECIDED, _C.REFERENCE_TAKEN),
    ),
    _on_payment(
        "refund",
        "Send money back, and put the numbers on sale again (admin)",
        body=messages.RefundBody,
        refusals=(*_DECIDED, _C.UNKNOWN_NUMBER, _C.RAFFLE_NOT_ACTIVE),
    ),
    Route(
        method="get",
        path=f"{API}/payments/{{payment_id}}/receipts/{{n}}",
        summary="A picture that the buyer has sent, counted from 1",
        answer={"type": "string", "format": "binary"},
        refusals=_OWNED,
        media=_PICTURES[0],
        other_media=_PICTURES[1:],
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/payments",
        summary="What waits for the organizer's word, oldest first, at most 200; or what has "
        "brought money, newest first, page by page (organizer, admin)",
        answer=an_object(payments={"type": "array", "items": {"anyOf": _LISTED}}),
        refusals=(*_OWNED, _C.BAD_REQUEST, _C.UNKNOWN_NUMBER),
        parameters=("status", "before", "limit", "number"),
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/money-cases",
        summary="Money that a person has to look at, the most urgent first (organizer, admin)",
        answer=_CASES,
        refusals=_OWNED,
    ),
    Route(
        method="get",
        path=f"{API}/money-cases",
        summary="The same for all raffles, and for money of none (admin)",
        answer=_CASES,
        refusals=(_C.FORBIDDEN, _C.UNAVAILABLE),
    ),
    Route(
        method="post",
        path=f"{API}/money-cases/{{case_id}}/resolve",
        summary="Decide a case: the money goes back, or nothing moves",
        answer=an_object(case=ref(messages.CaseView)),
        body=messages.ResolutionBody,
        refusals=(*_DECIDED, _C.RAFFLE_NOT_ACTIVE),
    ),
    Route(
        method="get",
        path=f"{API}/raffles/{{raffle_id}}/payment-methods",
        summary="Every method, offered or not, and who set what about it (organizer, admin)",
        answer=an_object(methods={"type": "array", "items": ref(messages.MethodSwitchView)}),
        refusals=_OWNED,
    ),
    Route(
        method="put",
        path=f"{API}/raffles/{{raffle_id}}/payment-methods/{{provider}}",
        summary="Offer a method in a raffle, or not, and how (its organizer, admin)",
        answer=_METHOD,
        body=messages.MethodBody,
        refusals=(*_OWNED, *_BODY),
    ),
    Route(
        method="put",
        path=f"{API}/payment-methods/{{provider}}",
        summary="The same everywhere: off is off (admin)",
        answer=_METHOD,
        body=messages.MethodBody,
        refusals=(*_OWNED, *_BODY),
    ),
    Route(
        method="get",
        path=f"{API}/money/audit",
        summary="When the money was last held against what must be true of it (admin)",
        answer=_AUDIT,
        refusals=(_C.FORBIDDEN, _C.UNAVAILABLE),
    ),
    Route(
        method="post",
        path=f"{API}/webhooks/{{provider}}",
        summary="A provider's message: proven by its signature, kept before it is acknowledged",
        answer=an_object(received={"type": "boolean"}),
        raw=("*/*",),
        access="none",
        refusals=(*_BODY, _C.NOT_FOUND, _C.UNAVAILABLE),
    ),
)
