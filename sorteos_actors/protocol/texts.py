"""Texts of people: one spelling for what looks the same, and no hidden control characters."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_PARAGRAPHS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def one_line(field: str, text: str, most: int) -> str:
    """`text` in NFC. Raises `ValueError` naming `field`: blank, too long, or not one plain line."""
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise ValueError(f"`{field}` is blank")
    return _checked(field, text, most, _CONTROL)


def paragraphs(field: str, text: str, most: int) -> str:
    """`text` in NFC with plain line ends; tabs and lines are fine. Raises `ValueError`."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    return _checked(field, text, most, _CONTROL_IN_PARAGRAPHS)


def _checked(field: str, text: str, most: int, forbidden: re.Pattern[str]) -> str:
    if len(text) > most:  # Some letters become two or three in NFC.
        raise ValueError(f"`{field}` is longer than {most}")
    if forbidden.search(text):
        raise ValueError(f"`{field}` holds control characters")
    return text
