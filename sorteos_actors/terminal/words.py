"""Small words for people: money, and text of strangers made safe for a terminal."""

from __future__ import annotations

from typing import Final

_WITHOUT_MINOR: Final = frozenset({"CLP", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_THREE_DIGITS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def money(amount: int, currency: str) -> str:
    """``money(250_000, "CRC") == "CRC 2,500.00"``; exact, also for large amounts."""
    digits = 0 if currency in _WITHOUT_MINOR else 3 if currency in _THREE_DIGITS else 2
    whole, part = divmod(amount, 10**digits)
    return f"{currency} {whole:,}" + (f".{part:0{digits}}" if digits else "")


def printable(text: str) -> str:
    """A title or a name as it may be printed: no control character can steer the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
