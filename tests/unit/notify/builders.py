"""Mails to buyers, as the outbox promises them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports import Contact
from sorteos_actors.ports.mail import OutboxItem
from tests.builders import FIRST, NOW, PAYMENT

RAFFLE = UUID(int=0xE000)
ANA_S = Contact("Ana Rojas", "+50688887777", "ana@example.com")
RECEIPT = OutboxItem(
    raffle_id=RAFFLE,
    id=7,
    kind="receipt",
    payload={"payment_id": str(PAYMENT), "reservation_id": str(FIRST)},
    attempts=1,
    created_at=NOW,
)
REJECTED = replace(RECEIPT, kind="rejected", payload={"payment_id": str(PAYMENT)})


def a_refund(why: str = "numbers_taken", **changes: Any) -> OutboxItem:
    """2,000 colones for 1 and 2 go back."""
    payload = {"payment_id": str(PAYMENT), "why": why, "amount": 200_000, "currency": "CRC"}
    return replace(RECEIPT, kind="refund", payload=payload | {"numbers": [1, 2]} | changes)
