"""Amounts are converted exactly or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.errors import ProviderRefused
from sorteos_actors.payments import paypal_objects, stripe_objects
from sorteos_actors.payments.money import NotPayable, decimal_text, parse_decimal, rescale
from sorteos_actors.raffle.currency import exponent

AMOUNTS = st.integers(0, 10**15)
CURRENCIES = st.sampled_from(["CRC", "USD", "JPY", "ISK", "MGA", "KWD", "HUF", "TWD", "VND"])


@given(AMOUNTS, CURRENCIES)
def test_an_amount_survives_being_written_and_read(amount: int, currency: str) -> None:
    assert parse_decimal(decimal_text(amount, currency), currency) == amount


@given(AMOUNTS, CURRENCIES)
def test_an_amount_survives_stripe_or_is_refused(amount: int, currency: str) -> None:
    try:
        units = stripe_objects.to_units(amount, currency)
    except ProviderRefused:
        return
    assert stripe_objects.from_units(units, currency) == amount


@given(AMOUNTS, CURRENCIES)
def test_an_amount_survives_paypal_or_is_refused(amount: int, currency: str) -> None:
    try:
        money = paypal_objects.to_money(amount, currency)
    except ProviderRefused:
        return
    assert parse_decimal(money["value"], currency) == amount


@given(AMOUNTS, st.integers(0, 4), st.integers(0, 4))
def test_nothing_is_ever_rounded(amount: int, before: int, after: int) -> None:
    try:
        units = rescale(amount, before, after)
    except NotPayable:
        assert amount % 10 ** (before - after)
    else:
        assert units * 10**before == amount * 10**after


@given(st.text(max_size=12))
def test_any_other_text_is_no_amount(text: str) -> None:
    try:
        amount = parse_decimal(text, "USD")
    except NotPayable:
        return
    assert text.isascii()
    assert amount >= 0


@pytest.mark.parametrize(
    "text",
    ["", "-1.00", "+1", "1.", ".5", "1,50", "1e3", "NaN", "01", "1.005", "٣", " 1", "1.00\n"],
)
def test_a_text_that_is_almost_an_amount_is_none(text: str) -> None:
    with pytest.raises(NotPayable):
        parse_decimal(text, "USD")


def test_decimals_are_those_of_the_currency() -> None:
    assert [exponent(currency) for currency in ("CRC", "USD", "JPY", "KWD")] == [2, 2, 0, 3]
    assert decimal_text(250_000, "CRC") == "2500.00"
    assert decimal_text(5, "USD") == "0.05"
    assert decimal_text(500, "JPY") == "500"
