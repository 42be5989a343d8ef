"""The sandbox's webhooks: signed like a real provider's, and as late, doubled or lost as the mode says."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import trio

from sorteos_actors.errors import ForgedWebhook
from sorteos_actors.payments import signature
from sorteos_actors.payments.sandbox_ledger import SandboxCharge, SandboxMode
from sorteos_actors.payments.secret import Secret
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payments import WebhookEvent
from sorteos_actors.raffle import Millis

ACCOUNT: Final = "sandbox"
HEADER: Final = "sandbox-signature"
_LATE_MS: Final = 4_000
_TWICE_MS: Final = (0, 0, 1_500)
_TRIES: Final = 6


class SandboxEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's body."""

    id: str
    account: str
    kind: str
    reference: str
    payment_id: UUID
    created_at: Millis


class Due(msgspec.Struct, frozen=True):
    """A webhook to be sent at that time."""

    at: Millis
    event: SandboxEvent


Post = Callable[[Due], None]
"""Takes a webhook to be sent. It does not wait for anything."""

Send = Callable[[Mapping[str, str], bytes], Awaitable[bool]]
"""Brings headers and body to the receiver; whether they were accepted. Raises nothing but bugs."""


def told(charge: SandboxCharge, now: Millis) -> SandboxEvent:
    """The event of the charge's latest change."""
    return SandboxEvent(
        id=f"evt_{charge.payment_id.hex}_{charge.news}",
        account=ACCOUNT,
        kind=f"payment.{'refunded' if charge.refunded else charge.status}",
        reference=charge.reference,
        payment_id=charge.payment_id,
        created_at=now,
    )


def dues(charge: SandboxCharge, now: Millis) -> list[Due]:
    """The webhooks that tell of the charge's latest change, by its mode."""
    delays: tuple[int, ...] = (0,)
    match charge.mode:
        case SandboxMode.WEBHOOKS_LOST:
            delays = ()
        case SandboxMode.WEBHOOKS_TWICE:
            delays = _TWICE_MS
        case SandboxMode.WEBHOOKS_REORDERED:
            delays = (max(0, _LATE_MS - 1_000 * charge.news),)
    return [Due(now + delay, told(charge, now)) for delay in delays]


def sealed(event: SandboxEvent, secret: Secret, now: Millis) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook that is sent now."""
    body = msgspec.json.encode(event)
    headers = {
        HEADER: signature.sign([secret], body, now),
        "content-type": "application/json",
    }
    return headers, body


def opened(headers: Mapping[str, str], body: bytes, secret: Secret, now: Millis) -> WebhookEvent:
    """The event of a genuine webhook of the sandbox. Raises `ForgedWebhook`."""
    signature.check(headers.get(HEADER, ""), [secret], body, now)
    try:
        event = msgspec.json.decode(body, type=SandboxEvent)
    except msgspec.MsgspecError:
        raise ForgedWebhook("the event cannot be read") from None
    if event.account != ACCOUNT:
        raise ForgedWebhook("the event is of another account")
    return WebhookEvent(
        account=event.account,
        event_id=event.id,
        reference=event.reference,
        payment_id=event.payment_id,
        kind=event.kind,
        created_at=event.created_at,
    )


class Postman:
    """Sends the sandbox's webhooks when they are due, and again when they are not accepted."""

    def __init__(self, send: Send, secret: Secret, clock: Clock) -> None:
        self._send = send
        self._secret = secret
        self._clock = clock
        self._to_send, self._inbox = trio.open_memory_channel[Due](math.inf)

    def post(self, due: Due) -> None:
        """Take a webhook."""
        self._to_send.send_nowait(due)

    async def run(self) -> None:
        """Send until cancelled; what was not sent by then is lost."""
        async with trio.open_nursery() as nursery:
            async for due in self._inbox:
                nursery.start_soon(self._deliver, due)

    async def _deliver(self, due: Due) -> None:
        await trio.sleep_until(self._clock.deadline(due.at))
        for attempt in range(_TRIES):
            headers, body = sealed(due.event, self._secret, self._clock.now())
            if await self._send(headers, body):
                return
            await trio.sleep(2**attempt)
