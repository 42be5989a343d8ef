"""Amounts as providers write them. Here money is an integer in ISO 4217's minor units, always.

A provider may count in other units than ISO does, or write a decimal text. Every conversion is exact: an
amount that cannot be said in the other unit raises `NotPayable`, nothing is ever rounded.
"""

from __future__ import annotations

import re
from typing import Final

from sorteos_actors.raffle.currency import exponent

_DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,4}))?")


class NotPayable(ValueError):
    """The amount cannot be expressed in the provider's units."""


def rescale(amount: int, from_exponent: int, to_exponent: int) -> int:
    """The same money counted in units of another size. Raises `NotPayable` when a rest would be lost."""
    factor: int = 10 ** abs(to_exponent - from_exponent)
    if to_exponent >= from_exponent:
        return amount * factor
    units, rest = divmod(amount, factor)
    if rest:
        raise NotPayable("the amount has more decimals than the provider takes")
    return units


def decimal_text(amount: int, currency: str, decimals: int | None = None) -> str:
    """``decimal_text(250000, "CRC") == "2500.00"``; with other `decimals` when the provider wants so.

    Raises `NotPayable`.
    """
    if amount < 0:
        raise NotPayable("an amount is not negative")
    places = exponent(currency) if decimals is None else decimals
    units = str(rescale(amount, exponent(currency), places))
    if places == 0:
        return units
    units = units.zfill(places + 1)
    return f"{units[:-places]}.{units[-places:]}"


def parse_decimal(text: str, currency: str) -> int:
    """Minor units of a decimal text: ``parse_decimal("2500.00", "CRC") == 250000``.

    Raises `NotPayable`: not such a number, or with a fraction that the currency does not have.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise NotPayable("not an amount of money")
    whole, fraction = match[1], match[2] or ""
    return rescale(int(whole + fraction), len(fraction), exponent(currency))
