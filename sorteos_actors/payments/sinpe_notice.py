"""A bank's notification of a SINPE transfer, as an organizer's own forwarder brings it, signed.

Banks send these by SMS or mail, and offer no webhook. Whoever runs the forwarder shares a secret with
the server: `HEADER` carries the time of sending and an HMAC over that time and the raw bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sorteos_actors.errors import ForgedWebhook
from sorteos_actors.payments import signature
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.sinpe_code import NotAReference, reference_key
from sorteos_actors.payments.sinpe_matcher import Transfer
from sorteos_actors.ports.payments import WebhookEvent
from sorteos_actors.raffle import Millis

HEADER: Final = "sinpe-signature"
KIND: Final = "transfer"

_Text = Annotated[str, Meta(max_length=500)]
_Word = Annotated[str, Meta(max_length=64)]


class BankNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The body. `to` is the phone that the money came to; empty for the installation's own."""

    reference: Annotated[str, Meta(min_length=1, max_length=64)]
    amount: Annotated[int, Meta(ge=1, le=1_000_000_000_000_000)]
    """In minor units: céntimos."""
    at: Annotated[datetime, Meta(tz=True)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "CRC"
    description: _Text = ""
    phone: _Word | None = None
    """Whose money it was."""
    bank: _Word = ""
    to: _Word = ""

    @property
    def key(self) -> str:
        """The reference as it may be there once only. Raises `NotAReference`."""
        return reference_key(self.reference, self.bank)

    @property
    def transfer(self) -> Transfer:
        """What the matcher looks at."""
        return Transfer(
            reference=self.reference,
            amount=self.amount,
            currency=self.currency,
            at=_millis(self.at),
            description=self.description,
            phone=self.phone,
            bank=self.bank,
        )


def opened(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], account: str, now: Millis
) -> WebhookEvent:
    """The event of a genuine notification: its id is the bank's reference. Raises `ForgedWebhook`."""
    signature.check(headers.get(HEADER, ""), secrets, body, now)
    try:
        notice = read(body)
        key = notice.key
    except (msgspec.MsgspecError, NotAReference):
        raise ForgedWebhook("the notification cannot be read") from None
    return WebhookEvent(
        account=account,
        event_id=key,
        reference=key,
        payment_id=None,
        kind=KIND,
        created_at=_millis(notice.at),
    )


def read(body: bytes) -> BankNotice:
    """A notification. Raises `msgspec.MsgspecError`."""
    return msgspec.json.decode(body, type=BankNotice)


def _millis(at: datetime) -> Millis:
    return int(at.timestamp() * 1000)
