"""Money and strangers' text."""

from __future__ import annotations

import pytest

from sorteos_actors.terminal.words import money, printable


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (250_000, "CRC", "CRC 2,500.00"),
        (5, "USD", "USD 0.05"),
        (1500, "JPY", "JPY 1,500"),
        (1_234_567, "KWD", "KWD 1,234.567"),
        (10**17 + 1, "CRC", "CRC 1,000,000,000,000,000.01"),
    ],
)
def test_money_is_told_in_its_own_minor_units_and_exactly(
    amount: int, currency: str, text: str
) -> None:
    assert money(amount, currency) == text


def test_control_and_direction_characters_are_replaced_and_letters_stay() -> None:
    assert printable("Rifa ñandú 🎉") == "Rifa ñandú 🎉"
    assert printable("a\x1b[2J\u202eb\n") == "a�[2J�b�"
