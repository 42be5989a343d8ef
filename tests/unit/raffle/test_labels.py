"""The printed form of a number: one spelling each, and no other spelling is understood."""

from __future__ import annotations

import pytest

from tests.builders import some_terms


@pytest.mark.parametrize(
    ("number_count", "width"),
    [
        (1, 2),
        (10, 2),
        (100, 2),
        (101, 3),
        (1000, 3),
        (1001, 4),
        (10_000, 4),
        (100_000, 5),
        (1_000_000, 6),
    ],
)
def test_a_number_is_as_wide_as_the_largest_one_and_at_least_two_digits(
    number_count: int, width: int
) -> None:
    terms = some_terms(number_count=number_count)

    assert terms.width == width
    assert len(terms.label(0)) == len(terms.label(number_count - 1)) == width


def test_a_number_is_printed_with_its_leading_zeros() -> None:
    terms = some_terms(number_count=10_000)

    assert [terms.label(n) for n in (0, 7, 417, 9999)] == ["0000", "0007", "0417", "9999"]


@pytest.mark.parametrize("number_count", [1, 7, 100, 101, 1000])
def test_every_label_is_read_back_as_its_number(number_count: int) -> None:
    terms = some_terms(number_count=number_count)

    assert [terms.parse_label(terms.label(n)) for n in range(number_count)] == list(
        range(number_count)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "007",
        "+7",
        "-7",
        " 7",
        "7 ",
        "7.",
        "7.0",
        "7\n",
        "0x",
        "1_",
        "²7",
        "\u0660\u0667",
        "\u0667",
        "\uff17",
        "\uff10\uff17",
        "siete",
        "07\x00",
        "\ud800" + "7",
    ],
)
def test_no_other_spelling_is_understood(text: str) -> None:
    terms = some_terms(number_count=100)

    assert terms.parse_label("07") == 7
    assert terms.parse_label(text) is None


def test_a_label_beyond_the_last_number_is_not_understood() -> None:
    terms = some_terms(number_count=40)

    assert terms.parse_label("39") == 39
    assert terms.parse_label("40") is None
