"""Deadlines: on time, never early, once each, and cheap to watch."""

from __future__ import annotations

from uuid import UUID

import pytest

from sorteos_actors.raffle import Phase, Raffle, RaffleStatus, decide, next_deadline
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    ExpireDue,
    ExtendReservation,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
)
from sorteos_actors.raffle.events import ReservationExpired, StatusChanged
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    MINUTE,
    NOW,
    OTHER,
    PAYMENT,
    SECOND,
    a_hold,
    a_raffle,
    do,
    taken,
    the,
)


def many_holds(count: int) -> Raffle:
    raffle = a_raffle(number_count=count)
    for index in range(count):
        a_hold(raffle, index, user=UUID(int=index), reservation_id=UUID(int=index), now=NOW + index)
    return raffle


def test_an_unpaid_reservation_frees_its_numbers_after_ten_minutes() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    happened = do(raffle, ExpireDue(), NOW + 10 * MINUTE)

    assert happened == (ReservationExpired(FIRST, (7, 8), NOW + 10 * MINUTE),)
    assert (the(raffle).phase, the(raffle).ended_at) == (Phase.EXPIRED, NOW + 10 * MINUTE)
    assert taken(raffle) == set()
    assert raffle.reserved_count == 0
    assert raffle.live_reservation_of(ANA) is None
    assert next_deadline(raffle) is None


def test_not_a_millisecond_early() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    assert do(raffle, ExpireDue(), NOW + 10 * MINUTE - 1) == ()
    assert taken(raffle) == {7}


def test_an_unpaid_checkout_frees_its_numbers_after_five_minutes() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)

    assert do(raffle, ExpireDue(), NOW + 5 * MINUTE - 1) == ()
    do(raffle, ExpireDue(), NOW + 5 * MINUTE)

    assert taken(raffle) == set()


def test_only_what_is_due_expires() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER, now=NOW + SECOND)

    do(raffle, ExpireDue(), NOW + 10 * MINUTE)

    assert taken(raffle) == {8}
    assert next_deadline(raffle) == NOW + 10 * MINUTE + SECOND


def test_an_extended_hold_outlives_its_first_deadline() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    do(raffle, ExtendReservation(ANA, FIRST))

    assert do(raffle, ExpireDue(), NOW + 15 * MINUTE - 1) == ()
    do(raffle, ExpireDue(), NOW + 15 * MINUTE)

    assert taken(raffle) == set()


@pytest.mark.parametrize(
    ("minute", "extend_first"),
    [
        pytest.param(5, False, id="checkout ends when the selection would have"),
        pytest.param(10, True, id="checkout ends when the extended selection would have"),
        pytest.param(5, True, id="checkout ends when the selection would have before extending"),
    ],
)
def test_a_deadline_that_comes_back_expires_once(minute: int, extend_first: bool) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    if extend_first:
        do(raffle, ExtendReservation(ANA, FIRST))
    do(raffle, StartCheckout(ANA, FIRST), NOW + minute * MINUTE)

    due = NOW + minute * MINUTE + 5 * MINUTE
    assert do(raffle, ExpireDue(), due) == (ReservationExpired(FIRST, (7,), due),)


def test_a_review_until_the_same_deadline_is_due_once() -> None:
    raffle = a_raffle()
    due = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, StartPayment(ANA, FIRST, PAYMENT))
    do(raffle, StartReview(FIRST, PAYMENT, due))

    assert len(do(raffle, ExpireDue(), due)) == 1


def test_a_thousand_holds_that_are_due_at_once_end_in_portions_of_256_and_once_each() -> None:
    raffle = many_holds(1000)
    end = NOW + 1000 + 10 * MINUTE

    portions = []
    while (deadline := next_deadline(raffle)) is not None:
        assert deadline <= end
        portions.append(do(raffle, ExpireDue(), end))

    assert [len(portion) for portion in portions] == [256, 256, 256, 232]
    expired = [event.reservation_id for portion in portions for event in portion]  # type: ignore[union-attr]
    assert sorted(expired) == [UUID(int=index) for index in range(1000)]
    assert taken(raffle) == set()
    assert do(raffle, ExpireDue(), end) == ()


def test_expiring_in_portions_touches_nothing_that_is_not_due() -> None:
    raffle = many_holds(600)
    due = NOW + 10 * MINUTE + 299

    while (deadline := next_deadline(raffle)) is not None and deadline <= due:
        do(raffle, ExpireDue(), due)

    assert taken(raffle) == set(range(300, 600))


# -- the next deadline ---------------------------------------------------------------------------


def test_a_raffle_with_nothing_held_waits_for_nothing() -> None:
    assert next_deadline(a_raffle()) is None


def test_the_next_deadline_is_the_earliest_that_lives() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER, now=NOW + SECOND)
    assert next_deadline(raffle) == NOW + 10 * MINUTE

    do(raffle, CancelReservation(ANA, FIRST))
    assert next_deadline(raffle) == NOW + 10 * MINUTE + SECOND

    do(raffle, StartCheckout(BETO, OTHER), NOW + SECOND)
    assert next_deadline(raffle) == NOW + 5 * MINUTE + SECOND

    do(raffle, ExtendReservation(BETO, OTHER), NOW + SECOND)
    assert next_deadline(raffle) == NOW + 10 * MINUTE + SECOND


def test_changing_numbers_does_not_wake_anybody_up_earlier() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    before = next_deadline(raffle)

    do(raffle, AddNumbers(ANA, FIRST, (8,)), NOW + MINUTE)

    assert next_deadline(raffle) == before


def test_a_long_day_of_cancelled_holds_leaves_no_heap_of_dead_deadlines() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    for index in range(100, 3100):
        identity = UUID(int=index)
        do(raffle, ReserveNumbers(BETO, identity, (8,)), NOW + 1)
        do(raffle, CancelReservation(BETO, identity), NOW + 1)
        assert len(raffle.deadlines) <= 1024 + 2 * 2
        assert next_deadline(raffle) == NOW + 10 * MINUTE

    assert do(raffle, ExpireDue(), NOW + 11 * MINUTE) != ()


# -- sales close by themselves -------------------------------------------------------------------


@pytest.mark.parametrize("status", [RaffleStatus.ACTIVE, RaffleStatus.PAUSED])
def test_sales_close_by_themselves_at_the_agreed_instant(status: RaffleStatus) -> None:
    raffle = a_raffle(status, sales_close_at=NOW + MINUTE)
    assert next_deadline(raffle) == NOW + MINUTE
    assert do(raffle, ExpireDue(), NOW + MINUTE - 1) == ()

    happened = do(raffle, ExpireDue(), NOW + MINUTE)

    assert happened == (StatusChanged(RaffleStatus.CLOSED, NOW + MINUTE, "sales_close_at"),)
    assert raffle.status is RaffleStatus.CLOSED
    assert next_deadline(raffle) is None
    assert do(raffle, ExpireDue(), NOW + MINUTE) == ()


@pytest.mark.parametrize(
    "status",
    [RaffleStatus.DRAFT, RaffleStatus.CLOSED, RaffleStatus.DRAWN, RaffleStatus.CANCELLED],
)
def test_a_raffle_that_does_not_sell_has_no_sale_to_close(status: RaffleStatus) -> None:
    raffle = a_raffle(status, sales_close_at=NOW)

    assert next_deadline(raffle) is None
    assert decide(raffle, ExpireDue(), NOW + MINUTE) == ()


def test_the_close_of_sales_and_the_holds_share_one_alarm() -> None:
    raffle = a_raffle(sales_close_at=NOW + 11 * MINUTE)
    a_hold(raffle, 7)
    assert next_deadline(raffle) == NOW + 10 * MINUTE

    do(raffle, ExtendReservation(ANA, FIRST))
    assert next_deadline(raffle) == NOW + 11 * MINUTE

    do(raffle, ExpireDue(), NOW + 11 * MINUTE)
    assert raffle.status is RaffleStatus.CLOSED
    assert taken(raffle) == {7}
    assert next_deadline(raffle) == NOW + 15 * MINUTE
