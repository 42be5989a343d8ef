"""How currencies count: the sizes of ISO 4217's minor units."""

from __future__ import annotations

from typing import Final

_WHOLE: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THOUSANDTHS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_EXPONENTS: Final = {**dict.fromkeys(_WHOLE, 0), **dict.fromkeys(_THOUSANDTHS, 3)}


def exponent(currency: str) -> int:
    """How many decimals a currency has in ISO 4217: 2 for CRC and USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)
