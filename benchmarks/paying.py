"""What buyers and the sandbox's company say over HTTP: requests, encoded before the clock starts."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import msgspec

from benchmarks import http_load, rows
from benchmarks.persistent import token_of
from benchmarks.servers import Server
from sorteos_actors.payments.house import sandbox_secret
from sorteos_actors.payments.sandbox_webhooks import ACCOUNT, SandboxEvent, sealed

WEBHOOKS: Final = "/api/v1/webhooks/sandbox"


def pay(server: Server, one: rows.InCheckout, mode: str = "approve") -> bytes:
    """Pay a reservation through the sandbox in this mode."""
    return http_load.post(
        f"/api/v1/reservations/{one.reservation_id}/payments",
        msgspec.json.encode({"provider": "sandbox", "options": {"mode": mode}}),
        {"Authorization": f"Bearer {token_of(server, one.user_id)}"},
    )


def payment_of(answer: bytes) -> UUID:
    """The id of the payment that was begun."""
    return UUID(msgspec.json.decode(answer)["payment"]["id"])


def webhook(server: Server, payment_id: UUID, event: str) -> bytes:
    """Bring this event of a payment, signed now."""
    now = int(time.time() * 1000)
    told = SandboxEvent(
        id=f"evt_{event}",
        account=ACCOUNT,
        kind="payment.authorised",
        reference=f"sbx_{payment_id.hex}",
        payment_id=payment_id,
        created_at=now,
    )
    headers, body = sealed(told, sandbox_secret(server.secret), now)
    return http_load.post(WEBHOOKS, body, headers)
