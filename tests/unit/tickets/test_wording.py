"""Amounts and moments as people write them."""

from __future__ import annotations

import pytest

from sorteos_actors.tickets.wording import WORDINGS, date, money


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("es", 1_500_000, "CRC", "₡15\N{NO-BREAK SPACE}000"),
        ("en", 1_500_000, "CRC", "₡15,000"),
        ("pt", 1_500_000, "CRC", "₡15.000"),
        ("es", 150_005, "USD", "$1\N{NO-BREAK SPACE}500,05"),
        ("en", 150_005, "USD", "$1,500.05"),
        ("en", 1500, "JPY", "JPY\N{NO-BREAK SPACE}1,500"),
        ("en", 1_500_005, "KWD", "KWD\N{NO-BREAK SPACE}1,500.005"),
        ("es", 0, "CRC", "₡0"),
    ],
)
def test_money(language: str, amount: int, currency: str, text: str) -> None:
    assert money(WORDINGS[language], amount, currency) == text


def test_a_moment_is_told_as_clocks_in_costa_rica_show_it() -> None:
    at = 1_767_243_900_000  # 2026-01-01 05:05 UTC
    assert date(WORDINGS["es"], at) == "31 de diciembre de 2025, 23:05"
    assert date(WORDINGS["en"], at) == "December 31, 2025, 23:05"
    assert date(WORDINGS["pt"], at) == "31 de dezembro de 2025, 23:05"
