"""The code of a ticket: which purchase it is, and a proof that we said so.

It is made of the raffle, the reservation and a seal of 80 bits over both, 56 characters that may
stand in any address. Nothing is stored: every node of an installation makes and checks the same
codes from the secret that they share. Whoever knows a code sees the ticket, and only that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final
from uuid import UUID

_SEAL_BYTES: Final = 10
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{56}")
"""42 bytes are 56 characters without a bit to spare: no ticket has two spellings."""


class TicketCodes:
    """Makes and reads codes. `secret` is the installation's; the key of the seal is derived from it."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"ticket codes", hashlib.sha256)

    def code(self, raffle_id: UUID, reservation_id: UUID) -> str:
        """The code of a purchase; always the same one."""
        named = raffle_id.bytes + reservation_id.bytes
        return base64.urlsafe_b64encode(named + self._seal(named)).decode()

    def read(self, code: str) -> tuple[UUID, UUID] | None:
        """The raffle and the reservation; None for whatever `code` has not made."""
        if _CODE.fullmatch(code) is None:
            return None
        data = base64.urlsafe_b64decode(code)
        named, seal = data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(named)):
            return None
        return UUID(bytes=named[:16]), UUID(bytes=named[16:])

    def _seal(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, hashlib.sha256)[:_SEAL_BYTES]
