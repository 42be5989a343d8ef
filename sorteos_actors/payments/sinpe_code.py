"""What joins a SINPE transfer to a payment: the short code, the phone, and the bank's reference.

A code is made for a person who copies it with a thumb: no letter that looks like a digit, no vowel
that could make a word. It is derived from the payment's id, so it is the same whenever asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final
from uuid import UUID

ALPHABET: Final = "34679CDFGHJKMNPQRTVWXY"
PREFIX: Final = "SR"
_LENGTH: Final = 4
_CODE: Final = re.compile(
    rf"(?<![0-9A-Z]){PREFIX}[-_. ]{{0,2}}([{ALPHABET}]{{{_LENGTH}}})(?![0-9A-Z])"
)
_COUNTRY: Final = "506"
_PHONE_DIGITS: Final = 8
_REFERENCE: Final = re.compile(r"[0-9A-Z]{6,40}")
_SINPE_DIGITS: Final = 25


class NotAReference(ValueError):
    """No bank writes a reference like this."""


def codes(payment_id: UUID) -> Iterator[str]:
    """Codes of a payment, the best one first, without end: ``SR-7F3K``.

    Two payments may begin with the same code. Whoever keeps them takes the first that no open payment
    has.
    """
    attempt = 0
    while True:
        digest = hashlib.sha256(b"sinpe" + payment_id.bytes + attempt.to_bytes(4, "big")).digest()
        rest = int.from_bytes(digest, "big")
        letters = []
        for _ in range(_LENGTH):
            rest, at = divmod(rest, len(ALPHABET))
            letters.append(ALPHABET[at])
        yield f"{PREFIX}-{''.join(letters)}"
        attempt += 1


def codes_in(text: str) -> frozenset[str]:
    """Every code that a transfer's description names, however it was typed: ``sr 7f3k``, ``SR7F3K``."""
    return frozenset(f"{PREFIX}-{letters}" for letters in _CODE.findall(text.upper()))


def phone_digits(phone: str | None) -> str | None:
    """The eight digits of a Costa Rican phone; None when it is not one, or partly hidden."""
    if phone is None or any(char not in "0123456789+-(). " for char in phone.strip()):
        return None
    digits = "".join(char for char in phone if char.isdigit())
    if len(digits) == len(_COUNTRY) + _PHONE_DIGITS:
        digits = digits.removeprefix(_COUNTRY)
    return digits if len(digits) == _PHONE_DIGITS else None


def reference_key(reference: str, bank: str = "") -> str:
    """What may be there once only: a bank's reference, written one way. Raises `NotAReference`.

    A SINPE number of 25 digits is unique in the country and stands alone, so that the same transfer is
    the same key in the payer's receipt and in the organizer's notification. Any other number is
    unique within its bank.
    """
    plain = re.sub(r"[\s\-./]", "", reference).upper()
    if not _REFERENCE.fullmatch(plain):
        raise NotAReference("a reference has 6 to 40 letters and digits")
    if len(plain) == _SINPE_DIGITS and plain.isdigit():
        return plain
    house = re.sub(r"[^0-9A-Z]", "", bank.upper())[:20]
    return f"{house}:{plain}"
