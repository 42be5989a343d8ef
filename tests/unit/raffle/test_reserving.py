"""Taking numbers: all or nothing, one hold a person, ten numbers a person."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Phase, RejectionCode
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    ReserveNumbers,
)
from sorteos_actors.raffle.events import NumbersReserved
from sorteos_actors.raffle.model import RESERVED, SOLD
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    MINUTE,
    NOW,
    OTHER,
    THIRD,
    a_hold,
    a_raffle,
    do,
    paid,
    refused,
    taken,
    the,
)


def test_a_buyer_holds_the_numbers_for_ten_minutes() -> None:
    raffle = a_raffle()

    happened = do(raffle, ReserveNumbers(ANA, FIRST, (7, 21)))

    assert happened == (NumbersReserved(FIRST, ANA, (7, 21), 100_000, NOW, NOW + 10 * MINUTE),)
    assert raffle.board[7] == raffle.board[21] == RESERVED
    assert taken(raffle) == {7, 21}
    assert (raffle.available_count, raffle.reserved_count, raffle.sold_count) == (98, 2, 0)
    assert raffle.live_reservation_of(ANA) == the(raffle)
    assert raffle.live_reservation_of(BETO) is None
    assert raffle.seq == 1


def test_a_reservation_says_who_what_when_and_how_much() -> None:
    reservation = a_hold(a_raffle(price=250_050), 7, 21, 40)

    assert (reservation.user_id, reservation.numbers) == (ANA, (7, 21, 40))
    assert reservation.phase is Phase.SELECTION
    assert (reservation.created_at, reservation.ended_at) == (NOW, None)
    assert (reservation.unit_price, reservation.total_amount) == (250_050, 750_150)


def test_one_conflict_takes_nothing_at_all() -> None:
    raffle = a_raffle()
    a_hold(raffle, 21, user=BETO, reservation_id=OTHER)

    refused(raffle, ReserveNumbers(ANA, FIRST, (7, 21)))

    assert taken(raffle) == {21}
    assert raffle.reservation(FIRST) is None


def test_the_loser_learns_every_number_that_is_gone_and_only_those() -> None:
    raffle = a_raffle()
    a_hold(raffle, 3, 21, user=BETO, reservation_id=OTHER, phase=Phase.COMPLETED)
    a_hold(raffle, 40, user=BETO, reservation_id=THIRD)

    refusal = refused(raffle, ReserveNumbers(ANA, FIRST, (40, 7, 3, 21)))

    assert refusal.code is RejectionCode.NUMBERS_TAKEN
    assert refusal.params == {"numbers": ["40", "03", "21"]}


def test_the_names_of_taken_numbers_have_their_leading_zeros() -> None:
    raffle = a_raffle(number_count=10_000)
    a_hold(raffle, 417, user=BETO, reservation_id=OTHER)

    refusal = refused(raffle, ReserveNumbers(ANA, FIRST, (417,)))

    assert refusal.params == {"numbers": ["0417"]}


def test_a_person_has_one_live_reservation_in_a_raffle() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    refusal = refused(raffle, ReserveNumbers(ANA, OTHER, (8,)))

    assert refusal.code is RejectionCode.ALREADY_RESERVED
    assert refusal.params == {"reservation_id": str(FIRST)}


@pytest.mark.parametrize("phase", [Phase.CHECKOUT, Phase.PAYMENT_REVIEW])
def test_a_reservation_that_is_being_paid_is_live_too(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=phase)

    assert refused(raffle, ReserveNumbers(ANA, OTHER, (8,))).code is RejectionCode.ALREADY_RESERVED


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.CANCELLED, Phase.EXPIRED])
def test_after_a_reservation_has_ended_the_person_may_open_another(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=phase)

    do(raffle, ReserveNumbers(ANA, OTHER, (8,)))

    assert raffle.live_reservation_of(ANA) == the(raffle, OTHER)


def test_ten_numbers_a_person_and_not_eleven() -> None:
    raffle = a_raffle()

    refusal = refused(raffle, ReserveNumbers(ANA, FIRST, tuple(range(11))))
    assert refusal.code is RejectionCode.TOO_MANY_NUMBERS
    assert refusal.params["limit"] == 10

    do(raffle, ReserveNumbers(ANA, FIRST, tuple(range(10))))


def test_sold_numbers_count_towards_the_limit() -> None:
    raffle = a_raffle(max_numbers_per_user=4)
    a_hold(raffle, 1, 2, 3, phase=Phase.COMPLETED)

    refusal = refused(raffle, ReserveNumbers(ANA, OTHER, (4, 5)))
    assert refusal.code is RejectionCode.TOO_MANY_NUMBERS
    assert refusal.params == {"limit": 4, "sold": 3}

    do(raffle, ReserveNumbers(ANA, OTHER, (4,)))
    assert refused(raffle, AddNumbers(ANA, OTHER, (5,))).code is RejectionCode.TOO_MANY_NUMBERS


def test_sold_numbers_add_up_over_several_purchases() -> None:
    raffle = a_raffle(max_numbers_per_user=4)
    a_hold(raffle, 1, 2, phase=Phase.COMPLETED)
    a_hold(raffle, 3, reservation_id=OTHER, phase=Phase.COMPLETED)

    assert raffle.sold_by_user == {ANA: 3}
    assert refused(raffle, ReserveNumbers(ANA, THIRD, (4, 5))).params == {"limit": 4, "sold": 3}


def test_what_others_bought_is_nobody_elses_limit() -> None:
    raffle = a_raffle(max_numbers_per_user=2)
    a_hold(raffle, 1, 2, user=BETO, reservation_id=OTHER, phase=Phase.COMPLETED)

    do(raffle, ReserveNumbers(ANA, FIRST, (3, 4)))


def test_cancelled_numbers_do_not_count() -> None:
    raffle = a_raffle(max_numbers_per_user=2)
    a_hold(raffle, 1, 2, phase=Phase.CANCELLED)

    do(raffle, ReserveNumbers(ANA, OTHER, (1, 2)))


def test_the_limit_is_told_before_the_conflicts() -> None:
    raffle = a_raffle(max_numbers_per_user=1)
    a_hold(raffle, 1, user=BETO, reservation_id=OTHER)

    refusal = refused(raffle, ReserveNumbers(ANA, FIRST, (1, 2)))

    assert refusal.code is RejectionCode.TOO_MANY_NUMBERS


def test_a_number_named_twice_is_taken_once() -> None:
    raffle = a_raffle(max_numbers_per_user=2)

    reservation = a_hold(raffle, 8, 7, 8, 8)

    assert reservation.numbers == (8, 7)
    assert raffle.reserved_count == 2


def test_a_taken_number_named_twice_is_told_once() -> None:
    raffle = a_raffle()
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER)

    assert refused(raffle, ReserveNumbers(ANA, FIRST, (8, 8))).params == {"numbers": ["08"]}


def test_a_reservation_of_nothing_is_a_bad_request() -> None:
    refusal = refused(a_raffle(), ReserveNumbers(ANA, FIRST, ()))

    assert refusal.code is RejectionCode.BAD_REQUEST
    assert refusal.params == {"field": "numbers"}


def test_a_number_that_was_never_printed_is_unknown() -> None:
    refusal = refused(a_raffle(), ReserveNumbers(ANA, FIRST, (7, 100, -1)))

    assert refusal.code is RejectionCode.UNKNOWN_NUMBER
    assert refusal.params == {"numbers": ["100", "-1"]}


def test_the_first_and_the_last_number_can_be_taken() -> None:
    assert a_hold(a_raffle(), 0, 99).numbers == (0, 99)


def test_two_people_and_one_number_have_one_winner() -> None:
    raffle = a_raffle()

    do(raffle, ReserveNumbers(BETO, OTHER, (7,)))
    refused(raffle, ReserveNumbers(ANA, FIRST, (7,)))

    do(raffle, CancelReservation(BETO, OTHER))
    do(raffle, ReserveNumbers(ANA, FIRST, (7,)))


def test_a_sold_number_stays_sold() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, user=BETO, reservation_id=OTHER, phase=Phase.CHECKOUT)

    do(raffle, paid(7, user=BETO, reservation_id=OTHER))

    assert raffle.board[7] == SOLD
    assert refused(raffle, ReserveNumbers(ANA, FIRST, (7,))).code is RejectionCode.NUMBERS_TAKEN
