"""Add, remove and swap: a live selection changes in one step or not at all."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Command, Phase, RejectionCode
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    RemoveNumbers,
    ReserveNumbers,
    SwapNumbers,
)
from sorteos_actors.raffle.events import NumbersChanged, ReservationCancelled
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    MINUTE,
    NOW,
    OTHER,
    a_hold,
    a_raffle,
    do,
    refused,
    taken,
    the,
)

LATER = NOW + MINUTE


def test_adding_numbers_keeps_the_deadline() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7)

    do(raffle, AddNumbers(ANA, FIRST, (8, 9)), LATER)

    assert the(raffle).numbers == (7, 8, 9)
    assert the(raffle).expires_at == before.expires_at
    assert taken(raffle) == {7, 8, 9}
    assert raffle.reserved_count == 3


def test_adding_is_all_or_nothing_and_names_every_conflict() -> None:
    raffle = a_raffle()
    a_hold(raffle, 8, 9, user=BETO, reservation_id=OTHER)
    a_hold(raffle, 7)

    refusal = refused(raffle, AddNumbers(ANA, FIRST, (9, 10, 8)))

    assert refusal.code is RejectionCode.NUMBERS_TAKEN
    assert refusal.params == {"numbers": ["09", "08"]}


def test_adding_a_number_that_is_already_held_adds_the_others() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    assert do(raffle, AddNumbers(ANA, FIRST, (7, 8, 8))) == (NumbersChanged(FIRST, (), (8,)),)


def test_adding_stops_at_the_limit() -> None:
    raffle = a_raffle(max_numbers_per_user=3)
    a_hold(raffle, 7)

    assert refused(raffle, AddNumbers(ANA, FIRST, (1, 2, 3))).code is RejectionCode.TOO_MANY_NUMBERS
    do(raffle, AddNumbers(ANA, FIRST, (1, 2)))


def test_removing_frees_a_number_and_keeps_the_deadline() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7, 8, 9)

    do(raffle, RemoveNumbers(ANA, FIRST, (8,)), LATER)

    assert the(raffle).numbers == (7, 9)
    assert the(raffle).expires_at == before.expires_at
    assert the(raffle).total_amount == 2 * before.unit_price
    assert taken(raffle) == {7, 9}
    do(raffle, ReserveNumbers(BETO, OTHER, (8,)))


def test_removing_the_last_number_cancels() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    happened = do(raffle, RemoveNumbers(ANA, FIRST, (8, 7)), LATER)

    assert happened == (ReservationCancelled(FIRST, (7, 8), LATER),)
    assert the(raffle).phase is Phase.CANCELLED
    assert the(raffle).ended_at == LATER
    assert taken(raffle) == set()
    assert raffle.live_reservation_of(ANA) is None


def test_removing_what_is_not_held_does_nothing() -> None:
    raffle = a_raffle()
    a_hold(raffle, 9, user=BETO, reservation_id=OTHER)
    a_hold(raffle, 7)

    assert do(raffle, RemoveNumbers(ANA, FIRST, (9, 10))) == ()
    assert taken(raffle) == {7, 9}


def test_removing_a_number_twice_in_one_request_removes_it_once() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    assert do(raffle, RemoveNumbers(ANA, FIRST, (8, 8))) == (NumbersChanged(FIRST, (8,), ()),)
    assert raffle.reserved_count == 1


def test_a_swap_gives_and_takes_in_one_step() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7, 8)

    happened = do(raffle, SwapNumbers(ANA, FIRST, (7,), (20, 21)), LATER)

    assert happened == (NumbersChanged(FIRST, (7,), (20, 21)),)
    assert the(raffle).numbers == (8, 20, 21)
    assert the(raffle).expires_at == before.expires_at
    assert taken(raffle) == {8, 20, 21}
    assert raffle.reserved_count == 3


def test_a_swap_that_cannot_take_gives_nothing() -> None:
    raffle = a_raffle()
    a_hold(raffle, 20, user=BETO, reservation_id=OTHER)
    a_hold(raffle, 7, 8)

    refusal = refused(raffle, SwapNumbers(ANA, FIRST, (7,), (19, 20)))

    assert refusal.params == {"numbers": ["20"]}
    assert the(raffle).numbers == (7, 8)


def test_a_swap_of_every_number_keeps_the_reservation() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    do(raffle, SwapNumbers(ANA, FIRST, (7, 8), (1,)))

    assert (the(raffle).phase, the(raffle).numbers) == (Phase.SELECTION, (1,))


def test_a_swap_counts_what_it_gives_before_it_asks_for_the_limit() -> None:
    raffle = a_raffle(max_numbers_per_user=2)
    a_hold(raffle, 7, 8)

    do(raffle, SwapNumbers(ANA, FIRST, (7,), (9,)))
    refusal = refused(raffle, SwapNumbers(ANA, FIRST, (8,), (10, 11)))

    assert refusal.code is RejectionCode.TOO_MANY_NUMBERS


def test_a_swap_for_nothing_is_a_removal() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    do(raffle, SwapNumbers(ANA, FIRST, (7, 8), ()))

    assert the(raffle).phase is Phase.CANCELLED


def test_a_number_cannot_be_given_and_taken_at_once() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    refusal = refused(raffle, SwapNumbers(ANA, FIRST, (7, 8), (8, 9)))

    assert refusal.code is RejectionCode.BAD_REQUEST
    assert refusal.params == {"field": "take"}


@pytest.mark.parametrize(
    "change",
    [
        AddNumbers(ANA, FIRST, (100,)),
        RemoveNumbers(ANA, FIRST, (7, 100)),
        SwapNumbers(ANA, FIRST, (100,), (9,)),
        SwapNumbers(ANA, FIRST, (7,), (100,)),
    ],
)
def test_a_change_that_names_an_unknown_number_is_refused(change: Command) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)

    refusal = refused(raffle, change)

    assert refusal.code is RejectionCode.UNKNOWN_NUMBER
    assert refusal.params == {"numbers": ["100"]}


@pytest.mark.parametrize("phase", [Phase.CHECKOUT, Phase.PAYMENT_REVIEW])
@pytest.mark.parametrize(
    "change",
    [
        AddNumbers(ANA, FIRST, (9,)),
        RemoveNumbers(ANA, FIRST, (7,)),
        SwapNumbers(ANA, FIRST, (7,), (9,)),
    ],
)
def test_the_numbers_are_fixed_once_paying_has_begun(phase: Phase, change: Command) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)

    refusal = refused(raffle, change)

    assert refusal.code is RejectionCode.WRONG_PHASE
    assert refusal.params == {"phase": phase.value}


@pytest.mark.parametrize(
    "change",
    [
        AddNumbers(ANA, FIRST, (9,)),
        RemoveNumbers(ANA, FIRST, (7,)),
        SwapNumbers(ANA, FIRST, (7,), (9,)),
    ],
)
def test_nothing_changes_from_the_deadline_on(change: Command) -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, 8).expires_at

    assert refused(raffle, change, deadline).code is RejectionCode.RESERVATION_EXPIRED
    do(raffle, change, deadline - 1)


def test_the_price_is_the_one_of_the_first_tap() -> None:
    raffle = a_raffle(price=100)
    a_hold(raffle, 7)

    # Nothing in the core changes terms; an operator's correction would look like this.
    raffle.terms = a_raffle(price=900).terms
    do(raffle, AddNumbers(ANA, FIRST, (8,)))

    assert (the(raffle).unit_price, the(raffle).total_amount) == (100, 200)
    do(raffle, CancelReservation(ANA, FIRST))
    assert a_hold(raffle, 7, reservation_id=OTHER).unit_price == 900
