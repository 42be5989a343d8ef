"""Quick pick: chance chooses, the rules stay the same."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Phase, RejectionCode
from sorteos_actors.raffle.commands import QuickPick, QuickPickFilter, RemoveNumbers
from sorteos_actors.raffle.events import NumbersChanged, NumbersReserved
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
    refused,
    taken,
    the,
)


def pick(count: int, *, entropy: int = 1, **digits: str) -> QuickPick:
    return QuickPick(ANA, FIRST, count, entropy, QuickPickFilter(**digits))


def test_a_quick_pick_opens_a_reservation_with_that_many_numbers() -> None:
    raffle = a_raffle()

    (happened,) = do(raffle, pick(4))

    assert isinstance(happened, NumbersReserved)
    assert len(set(the(raffle).numbers)) == 4
    assert taken(raffle) == set(the(raffle).numbers)
    assert the(raffle).expires_at == NOW + 10 * MINUTE


def test_a_quick_pick_fills_a_hold_up_to_the_count_and_keeps_what_was_chosen() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7, 8)

    (happened,) = do(raffle, pick(5), NOW + MINUTE)

    assert isinstance(happened, NumbersChanged)
    assert (happened.removed, len(happened.added)) == ((), 3)
    assert the(raffle).numbers[:2] == (7, 8)
    assert len(set(the(raffle).numbers)) == 5
    assert the(raffle).expires_at == before.expires_at


def test_a_quick_pick_never_takes_numbers_away() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, 9)

    assert do(raffle, pick(2)) == ()
    assert do(raffle, pick(3)) == ()


def test_the_picked_numbers_have_the_digits_that_were_asked_for() -> None:
    raffle = a_raffle(number_count=100_000)

    do(raffle, pick(5, starts_with="1", ends_with="5", contains="77"))

    assert the(raffle).numbers
    for number in the(raffle).numbers:
        label = raffle.terms.label(number)
        assert label.startswith("1")
        assert label.endswith("5")
        assert "77" in label


def test_nobody_is_refused_while_enough_numbers_are_free() -> None:
    raffle = a_raffle(number_count=4)
    a_hold(raffle, 0, 2, user=BETO, reservation_id=OTHER)

    do(raffle, pick(2))

    assert set(the(raffle).numbers) == {1, 3}


def test_when_too_few_are_free_nothing_is_taken_and_the_buyer_learns_how_many_there_are() -> None:
    raffle = a_raffle(number_count=4)
    a_hold(raffle, 0, 2, user=BETO, reservation_id=OTHER)

    refusal = refused(raffle, pick(3))

    assert refusal.code is RejectionCode.NUMBERS_TAKEN
    assert refusal.params == {"numbers": [], "available": 2}


def test_the_limit_holds_for_chance_too() -> None:
    raffle = a_raffle()
    assert refused(raffle, pick(11)).code is RejectionCode.TOO_MANY_NUMBERS

    a_hold(raffle, 1, 2, 3, reservation_id=THIRD, phase=Phase.COMPLETED)
    refusal = refused(raffle, pick(8))
    assert refusal.params == {"limit": 10, "sold": 3}

    do(raffle, pick(7))


def test_the_limit_counts_what_is_held_once() -> None:
    raffle = a_raffle(max_numbers_per_user=3)
    a_hold(raffle, 7, 8)

    assert refused(raffle, pick(4)).code is RejectionCode.TOO_MANY_NUMBERS
    do(raffle, pick(3))


def test_a_huge_count_is_refused_before_any_search() -> None:
    assert refused(a_raffle(), pick(10**12)).code is RejectionCode.TOO_MANY_NUMBERS


@pytest.mark.parametrize("count", [0, -1])
def test_a_pick_of_nothing_is_a_bad_request(count: int) -> None:
    refusal = refused(a_raffle(), pick(count))

    assert refusal.code is RejectionCode.BAD_REQUEST
    assert refusal.params == {"field": "count"}


@pytest.mark.parametrize("text", ["a", "1a", "-1", " ", "\u0667", "²", "123", "?"])
@pytest.mark.parametrize("part", ["starts_with", "ends_with", "contains"])
def test_a_filter_is_made_of_digits_and_no_longer_than_a_number(part: str, text: str) -> None:
    refusal = refused(a_raffle(), QuickPick(ANA, FIRST, 1, 1, QuickPickFilter(**{part: text})))

    assert refusal.code is RejectionCode.BAD_REQUEST
    assert refusal.params == {"field": "filter"}


@pytest.mark.parametrize("phase", [Phase.CHECKOUT, Phase.PAYMENT_REVIEW])
def test_chance_adds_nothing_once_paying_has_begun(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=phase)

    assert refused(raffle, pick(2)).code is RejectionCode.WRONG_PHASE
    assert do(raffle, pick(1)) == ()


def test_chance_adds_nothing_from_the_deadline_on() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    assert refused(raffle, pick(2), deadline).code is RejectionCode.RESERVATION_EXPIRED
    do(raffle, pick(2), deadline - 1)


def test_one_live_reservation_a_person_for_chance_too() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, reservation_id=OTHER)

    assert refused(raffle, pick(2)).code is RejectionCode.ALREADY_RESERVED


def test_the_same_entropy_and_board_give_the_same_numbers() -> None:
    one, two, three = a_raffle(), a_raffle(), a_raffle()

    assert do(one, pick(5, entropy=42)) == do(two, pick(5, entropy=42))
    assert do(three, pick(5, entropy=43)) != do(a_raffle(), pick(5, entropy=42))


def test_removed_numbers_can_be_replaced_by_chance() -> None:
    raffle = a_raffle(number_count=3)
    a_hold(raffle, 0, 1, 2)
    do(raffle, RemoveNumbers(ANA, FIRST, (1,)))

    do(raffle, pick(3))

    assert the(raffle).numbers == (0, 2, 1)
