"""RAFFLE and RESERVATION, field by field as the contract names them."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from sorteos_actors.protocol.views import raffle_view, reservation_view
from sorteos_actors.raffle import Phase, RaffleStatus, RaffleSummary
from tests.builders import ANA, FIRST, MINUTE, NOW, a_hold, a_raffle, some_terms

RAFFLE_FIELDS = [
    "id",
    "title",
    "description",
    "status",
    "number_count",
    "price",
    "currency",
    "max_numbers_per_user",
    "selection_seconds",
    "checkout_seconds",
    "sales_close_at",
    "draw_at",
    "counts",
    "epoch",
    "seq",
]
RESERVATION_FIELDS = [
    "id",
    "raffle_id",
    "user_id",
    "phase",
    "numbers",
    "number_ids",
    "unit_price",
    "total_amount",
    "currency",
    "created_at",
    "expires_at",
    "expires_in_ms",
    "server_time",
    "extensions_left",
    "payment_id",
]


def test_a_raffle_shows_exactly_the_fields_of_the_contract() -> None:
    terms = some_terms(description="Una bici", sales_close_at=NOW, draw_at=NOW + 1500)
    summary = RaffleSummary(
        terms=terms,
        status=RaffleStatus.ACTIVE,
        epoch=7,
        seq=42,
        reserved_count=3,
        sold_count=2,
    )
    view = msgspec.to_builtins(raffle_view(summary))
    assert list(view) == RAFFLE_FIELDS
    assert view == {
        "id": str(terms.id),
        "title": "Rifa de prueba",
        "description": "Una bici",
        "status": "active",
        "number_count": 100,
        "price": 100_000,
        "currency": "CRC",
        "max_numbers_per_user": 10,
        "selection_seconds": 600,
        "checkout_seconds": 300,
        "sales_close_at": "2027-01-15T08:00:00.000Z",
        "draw_at": "2027-01-15T08:00:01.500Z",
        "counts": {"available": 95, "reserved": 3, "sold": 2},
        "epoch": 7,
        "seq": 42,
    }


@pytest.mark.parametrize("status", RaffleStatus)
def test_a_raffle_without_dates_shows_none_whatever_its_status(status: RaffleStatus) -> None:
    summary = RaffleSummary(
        terms=some_terms(), status=status, epoch=1, seq=0, reserved_count=0, sold_count=0
    )
    view = raffle_view(summary)
    assert (view.status, view.sales_close_at, view.draw_at) == (status.value, None, None)


def test_a_reservation_shows_exactly_the_fields_of_the_contract() -> None:
    raffle = a_raffle(number_count=10_000)
    view = msgspec.to_builtins(reservation_view(raffle.terms, a_hold(raffle, 417, 7), NOW + MINUTE))
    assert list(view) == RESERVATION_FIELDS
    assert view == {
        "id": str(FIRST),
        "raffle_id": str(raffle.terms.id),
        "user_id": str(ANA),
        "phase": "selection",
        "numbers": [
            {"number_id": "0417", "status": "reserved"},
            {"number_id": "0007", "status": "reserved"},
        ],
        "number_ids": ["0417", "0007"],
        "unit_price": 100_000,
        "total_amount": 200_000,
        "currency": "CRC",
        "created_at": "2027-01-15T08:00:00.000Z",
        "expires_at": "2027-01-15T08:10:00.000Z",
        "expires_in_ms": 9 * MINUTE,
        "server_time": "2027-01-15T08:01:00.000Z",
        "extensions_left": 1,
        "payment_id": None,
    }


@pytest.mark.parametrize(
    ("phase", "status", "extensions_left", "is_running"),
    [
        (Phase.SELECTION, "reserved", 1, True),
        (Phase.CHECKOUT, "reserved", 1, True),
        (Phase.PAYMENT_REVIEW, "reserved", 0, True),
        (Phase.COMPLETED, "sold", 0, False),
        (Phase.CANCELLED, "available", 0, False),
        (Phase.EXPIRED, "available", 0, False),
    ],
)
def test_the_phase_says_what_became_of_the_numbers(
    phase: Phase, status: str, extensions_left: int, is_running: bool
) -> None:
    raffle = a_raffle()
    view = reservation_view(raffle.terms, a_hold(raffle, 7, phase=phase), NOW)
    assert view.phase == phase.value
    assert {number.status for number in view.numbers} == {status}
    assert view.extensions_left == extensions_left
    assert (view.expires_in_ms > 0) is is_running


def test_time_that_is_over_is_never_negative() -> None:
    raffle = a_raffle()
    assert reservation_view(raffle.terms, a_hold(raffle, 7), NOW + 60 * MINUTE).expires_in_ms == 0


def test_the_price_is_the_one_of_the_first_tap() -> None:
    raffle = a_raffle()
    hold = a_hold(raffle, 7, 8)
    dearer = msgspec.structs.replace(raffle.terms, price=1, id=UUID(int=9))
    view = reservation_view(dearer, hold, NOW)
    assert (view.unit_price, view.total_amount) == (100_000, 200_000)
