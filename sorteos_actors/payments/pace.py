"""How long to wait before a payment is looked at again: soon at first, and never out of sight."""

from __future__ import annotations

from typing import Final

_PAUSES_MS: Final = (1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000)
LONGEST_MS: Final = 60_000


def pause_ms(attempts: int) -> int:
    """Milliseconds until the look after `attempts` that taught nothing; at most a minute."""
    return _PAUSES_MS[attempts] if attempts < len(_PAUSES_MS) else LONGEST_MS
