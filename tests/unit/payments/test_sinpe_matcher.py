"""A transfer pays a payment when amount, time, and code or phone agree; else a person decides."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sorteos_actors.payments.sinpe_code import NotAReference, codes, reference_key
from sorteos_actors.payments.sinpe_matcher import (
    MOST_CANDIDATES,
    SKEW_MS,
    AlreadyKnown,
    Awaited,
    Confidence,
    Match,
    Transfer,
    Unmatched,
    Why,
    match,
)
from tests.unit.payments.builders import NOW

PHONES = ("88880001", "88880002", "88880003")


def awaited(n: int, *, amount: int = 250_000, phone: str | None = PHONES[0]) -> Awaited:
    """An open payment."""
    return Awaited(
        payment_id=UUID(int=n),
        amount=amount,
        currency="CRC",
        code=next(codes(UUID(int=n))),
        since=NOW,
        until=NOW + 86_400_000,
        phone=phone,
    )


def transfer(
    description: str = "",
    *,
    amount: int = 250_000,
    phone: str | None = None,
    at: int = NOW + 60_000,
) -> Transfer:
    """Money that has come in."""
    return Transfer(
        reference="2026010115283010091234567",
        amount=amount,
        at=at,
        description=description,
        phone=phone,
    )


ONE = awaited(1)
KEY = "2026010115283010091234567"


@pytest.mark.parametrize("written", ["{}", "rifa {} gracias", "pago:{}.", "({})"])
def test_the_code_is_found_however_it_was_typed(written: str) -> None:
    letters = ONE.code.removeprefix("SR-")
    for code in (ONE.code, ONE.code.lower(), f"SR{letters}", f"sr {letters}", f"Sr_{letters}"):
        verdict = match(transfer(written.format(code)), [ONE], ())
        assert verdict == Match(ONE.payment_id, KEY, Confidence.CODE)


def test_a_code_inside_another_word_is_none() -> None:
    text = f"X{ONE.code} {ONE.code}X {ONE.code[:-1]}"
    assert isinstance(match(transfer(text), [ONE], ()), Unmatched)


@pytest.mark.parametrize("phone", ["88880001", "8888-0001", "+506 8888 0001", "50688880001"])
def test_the_buyers_phone_is_enough_when_the_code_was_forgotten(phone: str) -> None:
    verdict = match(transfer("almuerzo", phone=phone), [ONE], ())
    assert verdict == Match(ONE.payment_id, KEY, Confidence.PHONE)


def test_code_and_phone_together_are_the_surest() -> None:
    verdict = match(transfer(ONE.code, phone=PHONES[0]), [ONE, awaited(2)], ())
    assert verdict == Match(ONE.payment_id, KEY, Confidence.CODE_AND_PHONE)


def test_the_code_says_which_of_one_persons_payments_is_meant() -> None:
    two = awaited(2)
    verdict = match(transfer(two.code, phone=PHONES[0]), [ONE, two], ())
    assert isinstance(verdict, Match)
    assert verdict.payment_id == two.payment_id


def test_a_partly_hidden_phone_is_no_phone() -> None:
    for phone in ("****0001", "8888000", "1 888 880 001", ""):
        hidden = replace(ONE, phone=phone)
        assert isinstance(match(transfer(phone=phone), [hidden], ()), Unmatched)


@pytest.mark.parametrize(
    ("paid", "why"),
    [
        (transfer(ONE.code, amount=249_999), Why.UNDERPAID),
        (transfer(ONE.code, amount=250_001), Why.OVERPAID),
    ],
)
def test_another_amount_is_for_a_person_who_is_shown_the_payment(paid: Transfer, why: Why) -> None:
    verdict = match(paid, [awaited(2), ONE, awaited(3)], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is why
    assert verdict.candidates[0].payment_id == ONE.payment_id


def test_the_amount_of_another_currency_is_another_amount() -> None:
    verdict = match(replace(transfer(ONE.code), currency="USD"), [ONE], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is Why.WRONG_CURRENCY


@pytest.mark.parametrize("at", [NOW - SKEW_MS - 1, ONE.until + 1])
def test_a_transfer_of_another_time_is_for_a_person(at: int) -> None:
    verdict = match(transfer(ONE.code, at=at), [ONE], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is Why.LATE
    assert verdict.candidates[0].payment_id == ONE.payment_id


@pytest.mark.parametrize("at", [NOW - SKEW_MS, ONE.until])
def test_banks_that_write_minutes_are_forgiven_one(at: int) -> None:
    assert isinstance(match(transfer(ONE.code, at=at), [ONE], ()), Match)


def test_two_payments_that_fit_alike_are_for_a_person() -> None:
    verdict = match(transfer(phone=PHONES[0]), [ONE, awaited(2)], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is Why.AMBIGUOUS
    assert {c.payment_id for c in verdict.candidates} == {UUID(int=1), UUID(int=2)}


def test_a_transfer_that_names_two_payments_is_for_a_person() -> None:
    two = awaited(2)
    verdict = match(transfer(f"{ONE.code} {two.code}"), [ONE, two], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is Why.AMBIGUOUS


def test_a_code_of_one_and_the_phone_of_another_payment_is_for_a_person() -> None:
    """Who writes one payment's code meant that one, though the amount would fit the other."""
    other = awaited(2, amount=100_000, phone=PHONES[1])
    verdict = match(transfer(ONE.code, amount=100_000, phone=PHONES[1]), [ONE, other], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.candidates[0].payment_id == ONE.payment_id


def test_money_that_nothing_speaks_for_is_of_unknown_origin() -> None:
    verdict = match(transfer("feliz cumpleaños", amount=123, phone="70000000"), [ONE], ())
    assert verdict == Unmatched(KEY, Why.UNKNOWN_REFERENCE, ())


def test_the_amount_alone_makes_a_candidate_and_never_a_match() -> None:
    verdict = match(transfer("rifa"), [ONE], ())
    assert isinstance(verdict, Unmatched)
    assert verdict.why is Why.UNKNOWN_REFERENCE
    assert [c.payment_id for c in verdict.candidates] == [ONE.payment_id]


def test_a_reference_is_used_once_however_it_is_written() -> None:
    for reference in (KEY, f" {KEY} ", f"{KEY[:8]}-{KEY[8:]}", f"{KEY[:12]} {KEY[12:]}"):
        told = replace(transfer(ONE.code), reference=reference, bank="BN")
        assert match(told, [ONE], {KEY}) == AlreadyKnown(KEY)


def test_short_references_of_two_banks_are_different() -> None:
    assert reference_key("123456", "BN") != reference_key("123456", "BAC")
    assert reference_key("123456", "bn") == reference_key("12 34-56", "BN")


@pytest.mark.parametrize(
    "reference", ["", "12345", "x" * 41, "ref'; --", "１２３４５６", "12345\x00"]
)
def test_what_no_bank_writes_is_no_reference(reference: str) -> None:
    with pytest.raises(NotAReference):
        match(replace(transfer(), reference=reference), [ONE], ())


OPEN = st.lists(
    st.builds(
        awaited,
        st.integers(1, 40),
        amount=st.sampled_from([100_000, 100_001, 250_000]),
        phone=st.sampled_from([*PHONES, None]),
    ),
    max_size=12,
    unique_by=lambda payment: payment.payment_id,
)
TRANSFERS = st.builds(
    Transfer,
    reference=st.sampled_from([f"REF{n:06}" for n in range(6)]),
    amount=st.sampled_from([100_000, 100_001, 250_000]),
    at=st.integers(NOW - 2 * SKEW_MS, NOW + 90_000_000),
    description=st.lists(
        st.one_of(st.integers(1, 40).map(lambda n: next(codes(UUID(int=n)))), st.text(max_size=5)),
        max_size=3,
    ).map(" ".join),
    phone=st.sampled_from([*PHONES, None, "****0001"]),
)


@given(TRANSFERS, OPEN)
def test_a_match_always_has_the_exact_amount_the_time_and_somebodys_word(
    paid: Transfer, open_payments: list[Awaited]
) -> None:
    verdict = match(paid, open_payments, ())
    if isinstance(verdict, Match):
        (payment,) = [p for p in open_payments if p.payment_id == verdict.payment_id]
        assert (payment.amount, payment.currency) == (paid.amount, paid.currency)
        assert payment.since - SKEW_MS <= paid.at <= payment.until
        by_phone = paid.phone is not None and payment.phone == paid.phone
        assert payment.code in paid.description or by_phone


@given(TRANSFERS, OPEN, st.integers())
def test_the_order_of_open_payments_does_not_matter(
    paid: Transfer, open_payments: list[Awaited], seed: int
) -> None:
    shuffled = list(open_payments)
    random.Random(seed).shuffle(shuffled)
    assert match(paid, shuffled, ()) == match(paid, open_payments, ())


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.booleans())
def test_no_other_amount_ever_matches(asked: int, paid: int, by_phone: bool) -> None:
    assume(asked != paid)
    payment = awaited(1, amount=asked)
    text = "" if by_phone else payment.code
    sent = transfer(text, amount=paid, phone=PHONES[0] if by_phone else None)
    assert isinstance(match(sent, [payment], ()), Unmatched)


@given(st.lists(TRANSFERS, max_size=12), OPEN)
def test_no_reference_pays_twice_and_no_payment_is_paid_twice(
    told: list[Transfer], open_payments: list[Awaited]
) -> None:
    """A feed as it is worked off: what is matched is open no more, what was told is known."""
    known: set[str] = set()
    paid: list[UUID] = []
    used: list[str] = []
    for one in told:
        verdict = match(one, [p for p in open_payments if p.payment_id not in paid], known)
        known.add(verdict.reference)
        if isinstance(verdict, Match):
            paid.append(verdict.payment_id)
            used.append(verdict.reference)
    assert len(set(paid)) == len(paid)
    assert len(set(used)) == len(used)


@given(TRANSFERS, OPEN)
def test_candidates_are_few_and_the_likeliest_come_first(
    paid: Transfer, open_payments: list[Awaited]
) -> None:
    verdict = match(paid, open_payments, ())
    if isinstance(verdict, Unmatched):
        scores = [candidate.score for candidate in verdict.candidates]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= MOST_CANDIDATES
