"""PayPal, as far as a payment here needs it: tokens, orders, authorisations, captures, signed events.

The buyer is `approve`. What goes wrong goes wrong on demand: `fates` holds what happens to the coming
POSTs, `authorise_as` what PayPal's risk check says.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sorteos_actors.payments.paypal_signature import TEST_CERTIFICATES
from sorteos_actors.payments.secret import Secret
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.http_stub import Request, Response

Object = dict[str, Any]
CERT_URL: Final = f"https://{TEST_CERTIFICATES}/v1/notifications/certs/CERT-1"
SUBJECT: Final = "messageverificationcerts.sandbox.paypal.com"


class Fate(StrEnum):
    """What happens to a POST."""

    LOST_BEFORE = "lost_before"
    """The connection breaks, and nothing was done."""
    LOST_AFTER = "lost_after"
    """It was done, and the connection breaks."""
    FAILS = "fails"
    BUSY = "busy"


class Signer:
    """A key, and a certificate for it such as PayPal keeps."""

    def __init__(
        self, subject: str = SUBJECT, *, since: datetime | None = None, days: int = 3650
    ) -> None:
        self.key = _key()
        start = since or datetime(2020, 1, 1, tzinfo=UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(7)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .sign(self.key, SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM)

    def sign(self, text: str) -> str:
        """The signature over a text, as the header holds it."""
        return base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


class FakePayPal:
    """The API (call it with a request), the buyer (`approve`) and the sender of webhooks (`deliver`)."""

    def __init__(self, client_id: str, secret: Secret, webhook_id: str) -> None:
        self.orders: dict[str, Object] = {}
        self.events: list[Object] = []
        """Every event so far, in order. Sending them, and in which order, is the test's business."""
        self.fates: deque[Fate] = deque()
        self.authorise_as = "CREATED"
        """The state of the next authorisation; ``INSTRUMENT_DECLINED`` refuses it."""
        self.refund_as = "COMPLETED"
        self.logins = 0
        self.requests: list[Request] = []
        self.signer = Signer()
        self._webhook_id = webhook_id
        basic = base64.b64encode(f"{client_id}:{secret.reveal()}".encode()).decode()
        self._basic = f"Basic {basic}"
        self._token = ""
        self._kept: dict[str, Response] = {}
        self._ids = 0

    def __call__(self, request: Request) -> Response | None:
        """One request."""
        self.requests.append(request)
        if request.path == "/v1/oauth2/token":
            return self._log_in(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return Response(401, {"name": "AUTHENTICATION_FAILURE"})
        if request.method == "GET":
            return self._show(request.path)
        fate = self.fates.popleft() if self.fates else None
        if fate is Fate.LOST_BEFORE:
            return None
        if fate is Fate.FAILS:
            return Response(500, {"name": "INTERNAL_SERVER_ERROR"})
        if fate is Fate.BUSY:
            return Response(429, {"name": "RATE_LIMIT_REACHED"})
        key = request.headers.get("paypal-request-id", "")
        answer = self._kept.get(key) or self._do(request)
        if key:
            self._kept[key] = answer
        return None if fate is Fate.LOST_AFTER else answer

    def approve(self, order_id: str) -> None:
        """The buyer agrees, at PayPal."""
        order = self.orders[order_id]
        order["status"] = "APPROVED"
        order["update_time"] = f"2026-01-01T00:00:{len(self.events):02}Z"
        self._tell("CHECKOUT.ORDER.APPROVED", "checkout-order", order)

    def capture(self, order_id: str) -> None:
        """Somebody else takes the reserved money."""
        order = self.orders[order_id]
        self._capture(order, _parts(order, "authorizations")[0])

    def revoke_tokens(self) -> None:
        """Tokens end before their time."""
        self._token = ""

    def deliver(
        self,
        event: Object,
        now: Millis,
        changes: Mapping[str, str] | None = None,
        *,
        signer: Signer | None = None,
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook. `changes` replace headers: ``{"cert-url": "…"}``."""
        changes = changes or {}
        body = json.dumps(event).encode()
        time = changes.get("transmission-time") or (
            datetime.fromtimestamp(now / 1000, UTC).isoformat().replace("+00:00", "Z")
        )
        signed = f"transmission-1|{time}|{self._webhook_id}|{zlib.crc32(body)}"
        headers = {
            "paypal-transmission-id": "transmission-1",
            "paypal-transmission-time": time,
            "paypal-cert-url": CERT_URL,
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-transmission-sig": (signer or self.signer).sign(signed),
        }
        replaced = {f"paypal-{name}": value for name, value in changes.items()}
        return headers | replaced, body

    def _log_in(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._basic:
            return Response(401, {"error": "invalid_client"})
        self.logins += 1
        self._token = f"token-{self.logins}"
        return Response(200, {"access_token": self._token, "expires_in": 32_400})

    def _show(self, path: str) -> Response:
        order = self.orders.get(path.rpartition("/")[2])
        return _not_found() if order is None else Response(200, order)

    def _do(self, request: Request) -> Response:
        match request.path.strip("/").split("/")[1:]:
            case ["checkout", "orders"]:
                return self._create(request.json)
            case ["checkout", "orders", order_id, "authorize"] if order_id in self.orders:
                return self._authorise(self.orders[order_id])
            case ["payments", "authorizations", part_id, "capture"]:
                return self._with_part("authorizations", part_id, self._capture)
            case ["payments", "authorizations", part_id, "void"]:
                return self._with_part("authorizations", part_id, self._void)
            case ["payments", "captures", part_id, "refund"]:
                amount = request.json["amount"]
                return self._with_part("captures", part_id, lambda o, c: self._refund(o, c, amount))
        return _not_found()

    def _create(self, asked: Object) -> Response:
        order_id = self._id("ORDER")
        link = {
            "rel": "payer-action",
            "href": f"https://www.sandbox.paypal.com/checkoutnow?token={order_id}",
        }
        order = {
            "id": order_id,
            "intent": asked["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [dict(unit) for unit in asked["purchase_units"]],
            "links": [link],
        }
        self.orders[order_id] = order
        return Response(200, order)

    def _authorise(self, order: Object) -> Response:
        if order["status"] != "APPROVED":
            return _refused("ORDER_NOT_APPROVED")
        if _parts(order, "authorizations"):
            return _refused("ORDER_ALREADY_AUTHORIZED")
        if self.authorise_as == "INSTRUMENT_DECLINED":
            return _refused("INSTRUMENT_DECLINED")
        self._add(order, "authorizations", self.authorise_as, order["purchase_units"][0]["amount"])
        order["status"] = "COMPLETED"
        return Response(201, order)

    def _capture(self, order: Object, held: Object) -> Response:
        if held["status"] != "CREATED":
            return _refused(f"AUTHORIZATION_{held['status']}")
        held["status"] = "CAPTURED"
        return Response(201, self._add(order, "captures", "COMPLETED", held["amount"]))

    def _void(self, _: Object, held: Object) -> Response:
        if held["status"] not in ("CREATED", "PENDING"):
            return _refused("AUTHORIZATION_ALREADY_CAPTURED")
        held["status"] = "VOIDED"
        self._tell("PAYMENT.AUTHORIZATION.VOIDED", "authorization", held)
        return Response(204)

    def _refund(self, order: Object, captured: Object, amount: Object) -> Response:
        back = sum(Decimal(part["amount"]["value"]) for part in _parts(order, "refunds"))
        if Decimal(amount["value"]) + back > Decimal(captured["amount"]["value"]):
            return _refused("REFUND_AMOUNT_EXCEEDED")
        captured["status"] = "PARTIALLY_REFUNDED"
        return Response(201, self._add(order, "refunds", self.refund_as, amount))

    def _with_part(self, kind: str, part_id: str, act: Any) -> Response:
        for order in self.orders.values():
            for part in _parts(order, kind):
                if part["id"] == part_id:
                    answer: Response = act(order, part)
                    return answer
        return _not_found()

    def _add(self, order: Object, kind: str, status: str, amount: Object) -> Object:
        part = {
            "id": self._id(kind[:4].upper()),
            "status": status,
            "amount": dict(amount),
            "custom_id": order["purchase_units"][0]["custom_id"],
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        }
        unit = order["purchase_units"][0]
        unit.setdefault("payments", {}).setdefault(kind, []).append(part)
        self._tell(f"PAYMENT.{kind[:-1].upper()}.{status}", kind[:-1], part)
        return part

    def _tell(self, kind: str, resource_type: str, about: Object) -> None:
        self.events.append(
            {
                "id": f"WH-{len(self.events) + 1:08}",
                "event_type": kind,
                "resource_type": resource_type,
                "create_time": f"2026-01-01T00:00:{len(self.events):02}Z",
                "resource": json.loads(json.dumps(about)),
            }
        )

    def _id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids:08}"


@cache
def _key() -> rsa.RSAPrivateKey:
    """One key for the process: making one takes a moment, and none of them guards anything."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _parts(order: Object, kind: str) -> list[Object]:
    parts: list[Object] = order["purchase_units"][0].get("payments", {}).get(kind, [])
    return parts


def _refused(issue: str) -> Response:
    return Response(422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]})


def _not_found() -> Response:
    return Response(404, {"name": "RESOURCE_NOT_FOUND"})
