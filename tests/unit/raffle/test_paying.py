"""From choosing to paying: checkout, more time, and letting go. Money itself is in `test_money`."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Phase, RejectionCode, extensions_left
from sorteos_actors.raffle.commands import (
    CancelReservation,
    ExtendReservation,
    StartCheckout,
)
from tests.builders import ANA, FIRST, MINUTE, NOW, a_hold, a_raffle, do, refused, taken, the

CHECKOUT = StartCheckout(ANA, FIRST)


def test_checkout_gives_five_minutes_also_when_more_was_left() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    do(raffle, CHECKOUT, NOW + MINUTE)

    assert the(raffle).phase is Phase.CHECKOUT
    assert the(raffle).expires_at == NOW + 6 * MINUTE
    assert taken(raffle) == {7}


def test_checkout_at_the_last_moment_gives_the_whole_five_minutes() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    do(raffle, CHECKOUT, deadline - 1)

    assert the(raffle).expires_at == deadline - 1 + 5 * MINUTE


def test_checkout_at_the_deadline_is_too_late() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    assert refused(raffle, CHECKOUT, deadline).code is RejectionCode.RESERVATION_EXPIRED


def test_repeating_checkout_does_not_reset_the_clock() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    do(raffle, CHECKOUT, NOW + MINUTE)

    assert do(raffle, CHECKOUT, NOW + 2 * MINUTE) == ()
    assert the(raffle).expires_at == NOW + 6 * MINUTE


def test_there_is_no_way_from_review_back_to_checkout() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.PAYMENT_REVIEW)

    refusal = refused(raffle, CHECKOUT)

    assert refusal.code is RejectionCode.WRONG_PHASE
    assert refusal.params == {"phase": "payment_review"}


# -- more time -----------------------------------------------------------------------------------


def test_extending_adds_five_minutes_to_the_deadline() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    do(raffle, ExtendReservation(ANA, FIRST, deadline), NOW + MINUTE)

    assert the(raffle).expires_at == deadline + 5 * MINUTE
    assert the(raffle).phase is Phase.SELECTION


def test_two_taps_on_the_same_clock_extend_once_and_the_second_is_no_error() -> None:
    raffle = a_raffle(extensions_per_phase=5)
    deadline = a_hold(raffle, 7).expires_at
    do(raffle, ExtendReservation(ANA, FIRST, deadline))

    assert do(raffle, ExtendReservation(ANA, FIRST, deadline)) == ()
    assert the(raffle).expires_at == deadline + 5 * MINUTE


def test_without_a_deadline_seen_the_one_that_stands_is_extended() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    do(raffle, ExtendReservation(ANA, FIRST))

    assert the(raffle).expires_at == deadline + 5 * MINUTE


def test_one_extension_a_phase() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    assert extensions_left(raffle.terms, the(raffle)) == 1
    do(raffle, ExtendReservation(ANA, FIRST))

    refusal = refused(raffle, ExtendReservation(ANA, FIRST))

    assert refusal.code is RejectionCode.WRONG_PHASE
    assert refusal.params == {"phase": "selection", "extensions_left": 0}
    assert extensions_left(raffle.terms, the(raffle)) == 0


def test_checkout_brings_an_extension_of_its_own() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    do(raffle, ExtendReservation(ANA, FIRST))
    do(raffle, CHECKOUT)
    assert extensions_left(raffle.terms, the(raffle)) == 1

    do(raffle, ExtendReservation(ANA, FIRST))

    assert the(raffle).expires_at == NOW + 10 * MINUTE
    refused(raffle, ExtendReservation(ANA, FIRST))


def test_no_hold_is_extended_beyond_the_absolute_ceiling() -> None:
    raffle = a_raffle(extensions_per_phase=9, max_hold_ms=12 * MINUTE)
    a_hold(raffle, 7)

    do(raffle, ExtendReservation(ANA, FIRST), NOW + 9 * MINUTE)
    assert the(raffle).expires_at == NOW + 12 * MINUTE
    assert extensions_left(raffle.terms, the(raffle)) == 8

    assert refused(raffle, ExtendReservation(ANA, FIRST)).code is RejectionCode.WRONG_PHASE


def test_an_extension_never_shortens_a_hold() -> None:
    raffle = a_raffle(max_hold_ms=MINUTE)
    a_hold(raffle, 7)

    refused(raffle, ExtendReservation(ANA, FIRST))


def test_at_the_deadline_it_is_too_late_to_extend() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at
    extend = ExtendReservation(ANA, FIRST, deadline)

    assert refused(raffle, extend, deadline).code is RejectionCode.RESERVATION_EXPIRED
    do(raffle, extend, deadline - 1)


def test_a_payment_in_review_is_not_the_buyers_to_extend() -> None:
    raffle = a_raffle()
    reservation = a_hold(raffle, 7, phase=Phase.PAYMENT_REVIEW)

    assert extensions_left(raffle.terms, reservation) == 0
    assert refused(raffle, ExtendReservation(ANA, FIRST)).code is RejectionCode.WRONG_PHASE


# -- letting go ----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.SELECTION, Phase.CHECKOUT])
def test_cancelling_frees_everything_at_once(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)

    do(raffle, CancelReservation(ANA, FIRST), NOW + MINUTE)

    assert (the(raffle).phase, the(raffle).ended_at) == (Phase.CANCELLED, NOW + MINUTE)
    assert taken(raffle) == set()
    assert raffle.reserved_count == 0


def test_what_is_due_can_no_longer_be_cancelled() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at

    refusal = refused(raffle, CancelReservation(ANA, FIRST), deadline)

    assert refusal.code is RejectionCode.RESERVATION_EXPIRED
