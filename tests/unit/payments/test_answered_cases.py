"""Which open case is answered by what is known of a payment, and which stays a person's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from sorteos_actors.payments import cases, sinpe
from sorteos_actors.payments.answered_cases import QUIET_MS, answer
from sorteos_actors.payments.sinpe_code import reference_key
from sorteos_actors.payments.sinpe_matcher import Unmatched, Why
from sorteos_actors.payments.sinpe_notice import BankNotice
from sorteos_actors.ports.payment_store import (
    BY_ITSELF,
    CaseKind,
    EventKey,
    InboxEvent,
    MoneyCase,
    Refund,
)
from sorteos_actors.ports.payments import Payment
from tests.unit.payments.builders import NOW, PAYMENT_ID, RAFFLE_ID, some_payment

LATER = NOW + QUIET_MS
AMOUNT = 250_000
NATIONAL = "2026112510283000123456789"

SOLD: dict[str, Any] = {"applied": "sold", "sold_as": UUID(int=1), "paid_currency": "CRC"}
PAID = SOLD | {"captured": AMOUNT}
GONE_BACK: dict[str, Any] = {"captured": AMOUNT, "refunded": AMOUNT, "paid_currency": "CRC"}


def a_case(kind: CaseKind, about: UUID = PAYMENT_ID, **changes: Any) -> MoneyCase:
    case = MoneyCase(
        id=UUID(int=9),
        kind=kind,
        raffle_id=RAFFLE_ID,
        payment_id=about,
        amount=AMOUNT,
        currency="CRC",
        owner="organizer",
        deadline=NOW,
    )
    return replace(case, **changes)


def paid(**changes: Any) -> Payment:
    return some_payment(**(PAID | {"updated_at": NOW} | changes))


# -- about a payment -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("stuck", PAID),
        ("stuck", SOLD | {"cancelled": True, "returned": (7, 42), "refund_wanted": AMOUNT}),
        ("stuck", {"cancelled": True}),
        ("stuck", GONE_BACK | {"applied": "refused"}),
        ("refund_failed", GONE_BACK | {"applied": "refused"}),
        ("refund_failed", PAID | {"refunded": 125_000, "refund_wanted": 125_000}),
        ("overpaid", GONE_BACK | {"captured": 2 * AMOUNT, "refunded": 2 * AMOUNT}),
        ("underpaid", GONE_BACK | {"captured": 1, "refunded": 1}),
        ("underpaid", PAID),
        ("wrong_currency", GONE_BACK | {"paid_currency": "USD", "failed_as": "declined"}),
    ],
)
def test_a_case_is_answered_when_its_payment_is_at_rest_and_the_money_is_right(
    kind: CaseKind, known: dict[str, Any]
) -> None:
    payment = some_payment(updated_at=NOW, **known)
    assert answer(a_case(kind), payment, LATER) == f"{BY_ITSELF}payment {PAYMENT_ID} is settled"


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("stuck", SOLD | {"authorised": AMOUNT}),
        ("stuck", SOLD | {"authorised": AMOUNT, "cancelled": True}),
        ("stuck", {"cancel_wanted": True}),
        ("stuck", {"cancelled": True, "live": True}),
        ("stuck", PAID | {"captured": AMOUNT + 1}),
        ("refund_failed", PAID | {"refund_wanted": 125_000}),
        ("refund_failed", GONE_BACK | {"applied": "refused", "refunded": AMOUNT - 1}),
        ("overpaid", GONE_BACK | {"captured": 2 * AMOUNT}),
        ("underpaid", {"captured": 1, "paid_currency": "CRC"}),
        ("wrong_currency", {"captured": AMOUNT, "paid_currency": "USD"}),
    ],
)
def test_a_case_stays_open_while_money_is_not_where_it_belongs(
    kind: CaseKind, known: dict[str, Any]
) -> None:
    payment = some_payment(updated_at=NOW, **known)
    assert answer(a_case(kind), payment, LATER) is None


@pytest.mark.parametrize("kind", ["paid_twice", "disputed"])
@pytest.mark.parametrize("known", [PAID, GONE_BACK | {"applied": "refused"}])
def test_what_was_paid_twice_or_is_disputed_is_a_persons(
    kind: CaseKind, known: dict[str, Any]
) -> None:
    assert answer(a_case(kind), some_payment(updated_at=NOW, **known), LATER) is None


def test_a_payment_that_has_only_just_come_to_rest_may_be_in_somebodys_hands() -> None:
    assert answer(a_case("stuck"), paid(), LATER - 1) is None
    assert answer(a_case("stuck"), paid(updated_at=NOW + 1), LATER) is None


def test_only_its_own_payment_answers_a_case_and_only_an_open_one() -> None:
    assert answer(a_case("stuck", UUID(int=5)), paid(), LATER) is None
    done = a_case("stuck", resolved_at=NOW, resolution="keep by somebody: agreed")
    assert answer(done, paid(), LATER) is None


# -- money of unknown origin ---------------------------------------------------------------------


def transferred(reference: str, bank: str = "", **changes: Any) -> Payment:
    """A payment that was approved by hand with this reference."""
    known = {"reference": reference_key(reference, bank), "provider": "sinpe", "account": "sinpe"}
    return paid(**(known | changes))


def unmatched(reference: str, bank: str = "", **changes: Any) -> MoneyCase:
    words = {"reference": reference, "bank": bank, "amount": AMOUNT, "at": "2026-01-01T00:00:00Z"}
    notice = msgspec.convert(words | changes, BankNotice)
    verdict = Unmatched(notice.key, Why.UNKNOWN_REFERENCE)
    return cases.unmatched_transfer(notice, verdict, {}, NOW)


def second(reference: str, bank: str = "") -> MoneyCase:
    told = sinpe.Suggestion(
        reference=reference, bank=bank, amount=AMOUNT, matched_by="code", told_at=NOW
    )
    payment = some_payment(provider="sinpe", account="sinpe")
    return cases.second_transfer(payment, reference_key(reference, bank), told, NOW)


@pytest.mark.parametrize("opened", [unmatched, second])
@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("BCR-123 456", "BCR"), ("bcr123456", "bcr")),
        ((NATIONAL, "BCR"), (NATIONAL, "")),
        (("123456", ""), ("123456", "")),
    ],
)
def test_a_transfer_is_answered_by_the_payment_that_it_has_paid_at_once(
    opened: Any, told: tuple[str, str], said: tuple[str, str]
) -> None:
    case, payment = opened(*told), transferred(*said, updated_at=LATER)
    assert answer(case, payment, LATER) == f"{BY_ITSELF}the money of payment {PAYMENT_ID}"
    assert cases.money_of(case) == ("sinpe", "sinpe", payment.reference)


@pytest.mark.parametrize("opened", [unmatched, second])
@pytest.mark.parametrize(
    "said",
    [("123456", "BNCR"), ("123456", ""), ("123457", "BCR"), ("BCR123456", "")],
    ids=["another bank", "no bank", "another number", "written together"],
)
def test_another_transfer_answers_nothing(opened: Any, said: tuple[str, str]) -> None:
    assert answer(opened("123456", "BCR"), transferred(*said), LATER) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"captured": 0, "applied": None, "sold_as": None},
        {"captured": AMOUNT - 1},
        {"captured": AMOUNT + 1},
        {"paid_currency": "USD"},
        {"provider": "stripe"},
        {"reference": None},
    ],
    ids=str,
)
def test_money_that_has_not_come_whole_leaves_the_case_open(changes: dict[str, Any]) -> None:
    case = unmatched("123456", "BCR")
    assert answer(case, transferred("123456", "BCR"), LATER) is not None
    assert answer(case, replace(transferred("123456", "BCR"), **changes), LATER) is None


def test_money_that_goes_back_with_its_payment_does_not_go_back_by_its_case_too() -> None:
    refused = transferred("123456", "BCR", applied="refused", sold_as=None)
    assert answer(unmatched("123456", "BCR"), refused, LATER) is not None


def test_the_second_of_two_transfers_stays_a_persons_whose_payment_the_first_has_paid() -> None:
    assert answer(second("222222", "BCR"), transferred("111111", "BCR"), LATER) is None


def strange_event(account: str = "acct_1", reference: str | None = "pi_1") -> MoneyCase:
    event = InboxEvent(
        key=EventKey("stripe", account, "evt_1"), kind="paid", reference=reference, payment_id=None
    )
    return cases.unknown_reference(event, NOW)


def test_a_message_about_a_payment_is_answered_when_a_payment_has_its_reference_and_money() -> None:
    case = strange_event()
    known = paid(provider="stripe", account="acct_1", reference="pi_1")
    assert cases.money_of(case) == ("stripe", "acct_1", "pi_1")
    assert answer(case, known, NOW) is not None
    assert answer(case, replace(known, captured=0), NOW) is None
    assert answer(case, replace(known, account="acct_2"), NOW) is None
    assert answer(case, replace(known, reference="pi_2"), NOW) is None


def test_a_case_whose_facts_name_no_money_can_only_be_a_persons() -> None:
    assert cases.money_of(strange_event(reference=None)) is None
    told = unmatched("123456", "BCR")
    for facts in ({}, {"provider": "stripe", "reference": "pi_1"}, {"provider": "sinpe"}):
        assert cases.money_of(replace(told, facts=facts)) is None


# -- several transfers for one payment -------------------------------------------------------------


def told_of(*references: str) -> Payment:
    details: dict[str, Any] = {}
    for n, reference in enumerate(references):
        told = sinpe.Suggestion(
            reference=reference, bank="BCR", amount=AMOUNT, matched_by="code", told_at=NOW + n
        )
        details |= sinpe.suggested(reference_key(reference, "BCR"), told)
    return some_payment(details=details)


def test_whichever_transfer_pays_each_of_the_others_is_a_case() -> None:
    payment = told_of("111111", "222222", "333333")
    opened = cases.other_transfers(payment, "BCR:222222", NOW)
    assert [case.facts["reference"] for case in opened] == ["111111", "333333"]
    assert opened[0].id == second("111111", "BCR").id


@pytest.mark.parametrize("paid_with", ["999999", ":111111", None])
def test_what_pays_and_is_none_of_them_may_be_one_of_them(paid_with: str | None) -> None:
    assert cases.other_transfers(told_of("111111", "222222"), paid_with, NOW) == []


def test_a_refund_by_hand_is_answered_when_its_money_has_arrived() -> None:
    payment = paid(returned=(7,), refund_wanted=125_000)
    refund = Refund(
        raffle_id=RAFFLE_ID,
        payment_id=PAYMENT_ID,
        n=1,
        amount=125_000,
        total=125_000,
        reason="numbers_returned",
        key="refund-1",
        state="manual",
    )
    case = cases.refund_by_hand(payment, refund, NOW)
    assert answer(case, payment, LATER) is None
    assert answer(case, replace(payment, refunded=125_000), LATER) is not None
