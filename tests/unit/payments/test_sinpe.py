"""SINPE Móvil by hand: what the buyer is told, and what the organizer's word does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sorteos_actors.errors import ForgedWebhook, ProviderRefused
from sorteos_actors.payments.sinpe import (
    Approval,
    MemoryCodes,
    Sinpe,
    approved,
    declared,
    refunded_by_hand,
    rejected,
)
from sorteos_actors.payments.sinpe_code import ALPHABET, NotAReference, codes, codes_in
from tests.unit.payments.builders import NOW, PAYMENT_ID, after, some_charge, some_payment

REFERENCE = "2026010115283010091234567"
ORGANIZER = UUID(int=0xE5)
MERCHANT = {"phone": "8888-0000", "name": "Escuela Central"}
CHARGE = replace(some_charge(), settings=MERCHANT)


def seen_by_organizer(amount: int = 250_000, reference: str = REFERENCE) -> Approval:
    """Money that the organizer sees in their account."""
    return Approval(reference=reference, amount=amount, by=ORGANIZER, at=NOW)


async def test_the_buyer_is_told_the_phone_the_exact_amount_and_a_code() -> None:
    seen = await Sinpe(MemoryCodes()).start(CHARGE, "key")
    assert seen.status == "pending"
    assert seen.action == {
        "type": "sinpe",
        "phone": "88880000",
        "name": "Escuela Central",
        "amount": 250_000,
        "currency": "CRC",
        "code": next(codes(PAYMENT_ID)),
    }


async def test_asking_again_gives_the_same_code() -> None:
    sinpe = Sinpe(MemoryCodes())
    assert await sinpe.start(CHARGE, "key") == await sinpe.start(CHARGE, "key")


async def test_two_open_payments_never_have_the_same_code() -> None:
    taken = MemoryCodes()

    def same() -> Iterator[str]:
        return iter(["SR-7F3K", "SR-9CDF"])

    assert await taken.take(UUID(int=1), same()) == "SR-7F3K"
    assert await taken.take(UUID(int=2), same()) == "SR-9CDF"
    assert await taken.take(UUID(int=1), same()) == "SR-7F3K"


@pytest.mark.parametrize("settings", [{}, {"phone": ""}, {"phone": "12"}, {"phone": None}])
async def test_without_a_phone_to_pay_to_there_is_no_payment(settings: dict[str, str]) -> None:
    with pytest.raises(ProviderRefused):
        await Sinpe(MemoryCodes()).start(replace(CHARGE, settings=settings), "key")


async def test_only_colones_move_by_sinpe() -> None:
    dollars = replace(some_charge(currency="USD"), settings=MERCHANT)
    assert not Sinpe(MemoryCodes()).accepts("USD")
    with pytest.raises(ProviderRefused):
        await Sinpe(MemoryCodes()).start(dollars, "key")


def test_an_approved_payment_has_the_money_under_a_reference_that_pays_once() -> None:
    payment = after(some_payment(), approved(some_payment(), seen_by_organizer()))
    assert (payment.captured, payment.is_exact, payment.reference) == (250_000, True, REFERENCE)
    assert payment.details["approved_by"] == str(ORGANIZER)


@pytest.mark.parametrize("amount", [249_999, 250_001])
def test_another_amount_than_asked_is_taken_down_as_it_came(amount: int) -> None:
    payment = after(some_payment(), approved(some_payment(), seen_by_organizer(amount)))
    assert (payment.captured, payment.is_exact) == (amount, False)


@pytest.mark.parametrize("amount", [0, -1])
def test_no_money_is_no_approval(amount: int) -> None:
    with pytest.raises(ValueError, match="some money"):
        approved(some_payment(), seen_by_organizer(amount))


def test_an_approval_without_a_banks_reference_is_none() -> None:
    with pytest.raises(NotAReference):
        approved(some_payment(), seen_by_organizer(reference="sí"))


def test_a_reference_that_the_buyer_names_is_not_yet_the_payments() -> None:
    assert declared(REFERENCE) == {"declared_reference": REFERENCE}
    assert declared("00123456", "Banco Nacional") == {
        "declared_reference": "BANCONACIONAL:00123456"
    }


def test_a_rejected_payment_has_failed_and_late_money_can_still_be_taken_down() -> None:
    payment = after(some_payment(), rejected(some_payment(), "no aparece", ORGANIZER, NOW))
    assert (payment.failed_as, payment.is_over, payment.money_here) == ("rejected", True, 0)
    late = after(payment, approved(payment, seen_by_organizer()))
    assert (late.money_here, late.is_exact) == (250_000, True)


def test_what_has_been_paid_cannot_be_rejected() -> None:
    payment = after(some_payment(), approved(some_payment(), seen_by_organizer()))
    assert after(payment, rejected(payment, "me equivoqué", ORGANIZER, NOW)).failed_as is None


async def test_a_cancel_is_certain_until_the_money_has_come() -> None:
    sinpe, payment = Sinpe(MemoryCodes()), some_payment()
    assert (await sinpe.cancel(payment, "key")).status == "cancelled"
    paid = after(payment, approved(payment, seen_by_organizer()))
    assert (await sinpe.cancel(paid, "key")).status == "captured"


async def test_refunds_are_made_by_a_person_who_says_so() -> None:
    paid = after(some_payment(), approved(some_payment(), seen_by_organizer()))
    with pytest.raises(ProviderRefused):
        await Sinpe(MemoryCodes()).refund(paid, 250_000, "key")
    assert after(paid, refunded_by_hand(paid, 250_000)).money_here == 0


async def test_whatever_claims_to_be_a_webhook_of_sinpe_is_forged() -> None:
    with pytest.raises(ForgedWebhook):
        await Sinpe(MemoryCodes()).webhook({}, b"{}", NOW)


@given(st.uuids())
def test_codes_are_easy_to_copy_and_found_again(payment_id: UUID) -> None:
    first, second = islice(codes(payment_id), 2)
    assert codes_in(f"pago {first} y {second}") == {first, second}
    assert set(first.removeprefix("SR-")) <= set(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL2Z5S8BU")


def test_codes_of_many_payments_seldom_meet() -> None:
    first = {next(codes(UUID(int=n))) for n in range(2_000)}
    assert len(first) > 1_980
