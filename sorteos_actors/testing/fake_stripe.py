"""Stripe, as far as a payment here needs it: intents, refunds, idempotency keys, signed events.

Whatever can go wrong goes wrong on demand: `fates` holds what happens to the coming POSTs. The buyer's
browser is `pay`, or the confirm endpoint with the intent's client secret, as Stripe's own script uses it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from sorteos_actors.payments import signature
from sorteos_actors.payments.secret import Secret
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.http_stub import Request, Response

Object = dict[str, Any]
TEST_CARDS: Final = {
    "pm_card_visa": "approve",
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_authenticationRequired": "authenticate",
}
_CANCELLABLE: Final = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
)


class Fate(StrEnum):
    """What happens to a POST."""

    LOST_BEFORE = "lost_before"
    """The connection breaks, and nothing was done."""
    LOST_AFTER = "lost_after"
    """It was done, and the connection breaks."""
    FAILS = "fails"
    """Nothing was done; 500, kept for the key."""
    FAILS_AFTER = "fails_after"
    """It was done; 500, kept for the key."""
    CONFLICT = "conflict"
    BUSY = "busy"
    CARD_REFUSED = "card_refused"
    """A definite no by the bank, with a decline code."""


class FakeStripe:
    """The API (call it with a request), the buyer (`pay`) and the sender of webhooks (`deliver`)."""

    def __init__(
        self, secret_key: Secret, webhook_secrets: Sequence[Secret], *, livemode: bool = False
    ) -> None:
        self.intents: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.events: list[Object] = []
        """Every event so far, in order. Sending them, and in which order, is the test's business."""
        self.fates: deque[Fate] = deque()
        self.search_lags = False
        """A search finds nothing yet."""
        self.refund_status = "succeeded"
        self.requests: list[Request] = []
        self._key = secret_key
        self._secrets = webhook_secrets
        self._livemode = livemode
        self._kept: dict[str, tuple[bytes, Response]] = {}

    def __call__(self, request: Request) -> Response | None:
        """One request."""
        self.requests.append(request)
        if request.path.endswith("/confirm"):
            return self._confirm(request)
        if request.headers.get("authorization") != f"Bearer {self._key.reveal()}":
            return _error(401, "invalid_request_error", "invalid_api_key")
        if request.method == "GET":
            return self._read(request)
        return self._write(request)

    def pay(self, intent_id: str, outcome: str = "approve") -> None:
        """The buyer's card: ``approve``, ``authenticate``, ``processing``, or a decline code."""
        intent = self.intents[intent_id]
        intent["last_payment_error"] = None
        if outcome == "approve":
            intent["status"] = "requires_capture"
            intent["amount_capturable"] = intent["amount"]
            intent["latest_charge"] = {"id": f"ch_{intent_id}", "disputed": False}
            self._tell("payment_intent.amount_capturable_updated", intent)
        elif outcome in ("authenticate", "processing"):
            names = {"authenticate": "requires_action", "processing": "processing"}
            intent["status"] = names[outcome]
            self._tell(f"payment_intent.{names[outcome]}", intent)
        else:
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": outcome}
            self._tell("payment_intent.payment_failed", intent)

    def deliver(
        self, event: Object, now: Millis, secrets: Sequence[Secret] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook, signed with each of the secrets."""
        body = json.dumps(event).encode()
        signed = signature.sign(self._secrets if secrets is None else secrets, body, now)
        return {"stripe-signature": signed, "content-type": "application/json"}, body

    def _write(self, request: Request) -> Response | None:
        key = request.headers.get("idempotency-key", "")
        said = request.path.encode() + b"?" + request.body
        if key in self._kept:
            before, answer = self._kept[key]
            if before != said:
                return _error(400, "idempotency_error", None)
            return Response(answer.status, answer.body, {"idempotent-replayed": "true"})
        fate = self.fates.popleft() if self.fates else None
        match fate:
            case Fate.LOST_BEFORE:
                return None
            case Fate.CONFLICT:
                return _error(409, "invalid_request_error", "lock_timeout")
            case Fate.BUSY:
                return _error(429, "invalid_request_error", "rate_limit")
            case Fate.FAILS:
                answer = _error(500, "api_error", None)
            case Fate.CARD_REFUSED:
                answer = _error(402, "card_error", "card_declined", "insufficient_funds")
            case _:
                answer = self._do(request)
        if fate is Fate.FAILS_AFTER:
            answer = _error(500, "api_error", None)
        if key:
            self._kept[key] = (said, answer)
        return None if fate is Fate.LOST_AFTER else answer

    def _do(self, request: Request) -> Response:
        match request.path.strip("/").split("/")[1:]:
            case ["payment_intents"]:
                return self._create(request.form)
            case ["payment_intents", intent_id, "capture"] if intent_id in self.intents:
                return self._capture(self.intents[intent_id])
            case ["payment_intents", intent_id, "cancel"] if intent_id in self.intents:
                return self._cancel(self.intents[intent_id])
            case ["refunds"] if request.form.get("payment_intent") in self.intents:
                return self._refund(request.form)
        return _error(404, "invalid_request_error", "resource_missing")

    def _create(self, form: dict[str, str]) -> Response:
        intent_id = f"pi_{len(self.intents) + 1:08}"
        intent = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "currency": form["currency"],
            "status": "requires_payment_method",
            "capture_method": form["capture_method"],
            "amount_capturable": 0,
            "amount_received": 0,
            "client_secret": f"{intent_id}_secret_buyer",
            "metadata": _metadata(form),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": self._livemode,
        }
        self.intents[intent_id] = intent
        self._tell("payment_intent.created", intent)
        return Response(200, dict(intent))

    def _capture(self, intent: Object) -> Response:
        if intent["status"] != "requires_capture":
            return _unexpected(intent)
        intent.update(status="succeeded", amount_received=intent["amount_capturable"])
        intent["amount_capturable"] = 0
        self._tell("payment_intent.succeeded", intent)
        return Response(200, dict(intent))

    def _cancel(self, intent: Object) -> Response:
        if intent["status"] not in _CANCELLABLE:
            return _unexpected(intent)
        intent.update(status="canceled", amount_capturable=0)
        self._tell("payment_intent.canceled", intent)
        return Response(200, dict(intent))

    def _refund(self, form: dict[str, str]) -> Response:
        intent = self.intents[form["payment_intent"]]
        amount = int(form["amount"])
        if amount > intent["amount_received"] - sum(r["amount"] for r in self._refunds_of(intent)):
            return _error(400, "invalid_request_error", "charge_already_refunded")
        refund = {
            "id": f"re_{len(self.refunds) + 1:08}",
            "object": "refund",
            "amount": amount,
            "status": self.refund_status,
            "payment_intent": intent["id"],
            "metadata": _metadata(form),
        }
        self.refunds[str(refund["id"])] = refund
        self._tell("refund.created", refund)
        return Response(200, dict(refund))

    def _read(self, request: Request) -> Response:
        match request.path.strip("/").split("/")[1:]:
            case ["payment_intents", "search"]:
                wanted = request.query["query"].partition(":")[2].strip('"')
                found = [i for i in self.intents.values() if wanted in i["metadata"].values()]
                return Response(200, {"data": [] if self.search_lags else found, "has_more": False})
            case ["payment_intents", intent_id] if intent_id in self.intents:
                return Response(200, dict(self.intents[intent_id]))
            case ["refunds"]:
                of = self._refunds_of({"id": request.query["payment_intent"]})
                after = request.query.get("starting_after")
                start = next((at + 1 for at, r in enumerate(of) if r["id"] == after), 0)
                end = start + int(request.query["limit"])
                return Response(200, {"data": of[start:end], "has_more": end < len(of)})
        return _error(404, "invalid_request_error", "resource_missing")

    def _confirm(self, request: Request) -> Response:
        """What the browser asks, which knows nothing but the client secret."""
        intent = self.intents.get(request.path.strip("/").split("/")[2])
        form = request.form
        if intent is None or form.get("client_secret") != intent["client_secret"]:
            return _error(404, "invalid_request_error", "resource_missing")
        if intent["status"] not in ("requires_payment_method", "requires_action"):
            return _unexpected(intent)
        self.pay(intent["id"], TEST_CARDS[form["payment_method"]])
        if intent["last_payment_error"]:
            code = intent["last_payment_error"]["decline_code"]
            return _error(402, "card_error", "card_declined", code)
        return Response(200, dict(intent))

    def _refunds_of(self, intent: Object) -> list[Object]:
        return [r for r in self.refunds.values() if r["payment_intent"] == intent["id"]]

    def _tell(self, kind: str, about: Object) -> None:
        self.events.append(
            {
                "id": f"evt_{len(self.events) + 1:08}",
                "object": "event",
                "type": kind,
                "created": 1_700_000_000 + len(self.events),
                "livemode": self._livemode,
                "data": {"object": dict(about)},
            }
        )


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in form.items()
        if name.startswith("metadata[")
    }


def _error(status: int, kind: str, code: str | None, decline: str | None = None) -> Response:
    return Response(
        status, {"error": {"type": kind, "code": code, "decline_code": decline, "message": "…"}}
    )


def _unexpected(intent: Object) -> Response:
    body = {
        "type": "invalid_request_error",
        "code": "payment_intent_unexpected_state",
        "payment_intent": dict(intent),
    }
    return Response(400, {"error": body})
