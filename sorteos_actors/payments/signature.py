"""A webhook's signature: HMAC-SHA256 over its time and its raw bytes, as Stripe writes it.

``t=1700000000,v1=<hex>,v1=<hex>``: a time in seconds, and a mac for each secret that is valid just now.
The clock is allowed to differ by five minutes to either side: an older message may be a replay, one
from the future a forgery that waits.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from sorteos_actors.errors import ForgedWebhook
from sorteos_actors.payments.secret import Secret
from sorteos_actors.raffle import Millis

TOLERANCE_MS: Final = 300_000
_MOST_MACS: Final = 16


def sign(secrets: Sequence[Secret], body: bytes, now: Millis) -> str:
    """The header's value, with a mac for each secret."""
    seconds = now // 1000
    return ",".join([f"t={seconds}", *(f"v1={_mac(secret, seconds, body)}" for secret in secrets)])


def check(header: str, secrets: Sequence[Secret], body: bytes, now: Millis) -> None:
    """That one of our secrets signed these bytes, at about this time. Raises `ForgedWebhook`.

    Every secret is compared with every mac, in constant time, whichever was right.
    """
    seconds, macs = _parse(header)
    if abs(now - seconds * 1000) > TOLERANCE_MS:
        raise ForgedWebhook("the signature is not of this time")
    is_ours = False
    for secret in secrets:
        ours = _mac(secret, seconds, body).encode()
        for mac in macs:
            is_ours |= hmac.compare_digest(ours, mac.encode())
    if not is_ours:
        raise ForgedWebhook("the signature is not by any secret of ours")


def _mac(secret: Secret, seconds: int, body: bytes) -> str:
    signed = f"{seconds}.".encode() + body
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()


def _parse(header: str) -> tuple[int, list[str]]:
    """The time, and every mac of version 1; other versions are none of our business."""
    if len(header) > 4096 or not header.isascii():
        raise ForgedWebhook("the signature cannot be read")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    macs = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > 12:
        raise ForgedWebhook("the signature has no time")
    if not 1 <= len(macs) <= _MOST_MACS:
        raise ForgedWebhook("the signature has no mac")
    return int(times[0]), macs
