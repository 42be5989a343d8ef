"""Attempts to pay, slow money, sales, money that comes late, and numbers that go back."""

from __future__ import annotations

from typing import Any

import pytest

from sorteos_actors.raffle import Phase, RaffleStatus, RejectionCode, next_deadline
from sorteos_actors.raffle.commands import (
    CancelReservation,
    CloseRaffle,
    EndPayment,
    ExpireDue,
    ExtendReservation,
    RefundNumbers,
    ReserveNumbers,
    StartPayment,
    StartReview,
)
from sorteos_actors.raffle.decide_payment import SETTLE_MS
from sorteos_actors.raffle.events import (
    NumbersRefunded,
    NumbersSold,
    PaymentEnded,
    PaymentStarted,
    ReservationCompleted,
    ReservationExpired,
    ReviewStarted,
)
from sorteos_actors.raffle.model import AVAILABLE, PHASE_CODES, SOLD, EndedReservations
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    HOUR,
    MINUTE,
    NOW,
    ORGANIZER,
    OTHER,
    OTHER_PAYMENT,
    PAYMENT,
    THIRD,
    a_hold,
    a_raffle,
    do,
    paid,
    refused,
    taken,
    the,
)

PAYS = StartPayment(ANA, FIRST, PAYMENT)
PAYABLE = [Phase.CHECKOUT, Phase.PAYMENT_REVIEW]


# -- attempts ------------------------------------------------------------------------------------


def test_a_buyer_pays_in_checkout_and_the_clock_stays_as_it_is() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7, phase=Phase.CHECKOUT)

    assert do(raffle, PAYS, NOW + MINUTE) == (PaymentStarted(FIRST, PAYMENT),)

    assert the(raffle).payment_id == PAYMENT
    assert (the(raffle).phase, the(raffle).expires_at) == (Phase.CHECKOUT, before.expires_at)


def test_one_attempt_at_a_time() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, PAYS)

    refusal = refused(raffle, StartPayment(ANA, FIRST, OTHER_PAYMENT))

    assert refusal.code is RejectionCode.PAYMENT_IN_PROGRESS
    assert refusal.params == {"payment_id": str(PAYMENT)}


def test_after_a_declined_card_the_buyer_tries_another_while_the_clock_runs_on() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    assert do(raffle, EndPayment(FIRST, PAYMENT), deadline - 1) == (PaymentEnded(FIRST, PAYMENT),)

    assert (the(raffle).payment_id, the(raffle).expires_at) == (None, deadline)
    assert taken(raffle) == {7}
    do(raffle, StartPayment(ANA, FIRST, OTHER_PAYMENT), deadline - 1)


@pytest.mark.parametrize("phase", [Phase.SELECTION, Phase.CANCELLED, Phase.EXPIRED])
def test_nobody_pays_outside_of_checkout(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=phase)

    assert refused(raffle, PAYS).code in (
        RejectionCode.WRONG_PHASE,
        RejectionCode.RESERVATION_EXPIRED,
    )


def test_at_the_deadline_it_is_too_late_to_begin_to_pay() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at

    assert refused(raffle, PAYS, deadline).code is RejectionCode.RESERVATION_EXPIRED


@pytest.mark.parametrize("status", [RaffleStatus.DRAWN, RaffleStatus.CANCELLED])
def test_nobody_pays_or_buys_in_a_raffle_that_is_over(status: RaffleStatus) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    raffle.status = status

    for command in (PAYS, paid(7)):
        refusal = refused(raffle, command)
        assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE
        assert refusal.params == {"status": status.value}


def test_who_is_paying_cannot_cancel_before_the_attempt_is_over() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, PAYS)

    refusal = refused(raffle, CancelReservation(ANA, FIRST))
    assert refusal.code is RejectionCode.PAYMENT_IN_PROGRESS

    do(raffle, EndPayment(FIRST, PAYMENT))
    do(raffle, CancelReservation(ANA, FIRST))


def test_more_time_can_be_had_while_paying() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    do(raffle, ExtendReservation(ANA, FIRST))

    assert the(raffle).expires_at == deadline + 5 * MINUTE
    assert the(raffle).payment_id == PAYMENT


# -- the deadline --------------------------------------------------------------------------------


def test_numbers_whose_money_may_still_come_are_not_let_go_at_the_deadline() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    happened = do(raffle, ExpireDue(), deadline)

    assert happened == (ReviewStarted(FIRST, deadline + SETTLE_MS, overdue=True),)
    assert the(raffle).phase is Phase.PAYMENT_REVIEW
    assert taken(raffle) == {7}
    assert next_deadline(raffle) == deadline + SETTLE_MS


def test_it_is_put_off_for_as_long_as_nobody_can_say_what_became_of_the_money() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    for times in range(1, 100):
        do(raffle, ExpireDue(), deadline)
        assert do(raffle, ExpireDue(), deadline) == ()
        deadline += SETTLE_MS
        assert the(raffle).expires_at == deadline, times

    assert taken(raffle) == {7}


@pytest.mark.parametrize("is_expired", [True, False])
def test_the_certain_end_of_the_attempt_lets_them_go(is_expired: bool) -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)
    if is_expired:
        do(raffle, ExpireDue(), deadline)

    happened = do(raffle, EndPayment(FIRST, PAYMENT), deadline)

    assert happened == (PaymentEnded(FIRST, PAYMENT), ReservationExpired(FIRST, (7,), deadline))
    assert taken(raffle) == set()
    assert (the(raffle).phase, the(raffle).payment_id) == (Phase.EXPIRED, None)


def test_the_end_of_an_attempt_that_nobody_waits_for_is_nothing() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, PAYS)

    assert do(raffle, EndPayment(FIRST, OTHER_PAYMENT)) == ()
    assert do(raffle, EndPayment(OTHER, PAYMENT)) == ()
    assert the(raffle).payment_id == PAYMENT


def test_without_an_attempt_the_deadline_is_the_end() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)
    do(raffle, EndPayment(FIRST, PAYMENT))

    assert do(raffle, ExpireDue(), deadline) == (ReservationExpired(FIRST, (7,), deadline),)


# -- slow money ----------------------------------------------------------------------------------


def test_a_slow_payment_keeps_the_numbers_for_as_long_as_it_may_take() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, PAYS)

    do(raffle, StartReview(FIRST, PAYMENT, NOW + 24 * HOUR))

    assert (the(raffle).phase, the(raffle).expires_at) == (Phase.PAYMENT_REVIEW, NOW + 24 * HOUR)
    assert do(raffle, ExpireDue(), NOW + 24 * HOUR - 1) == ()
    assert taken(raffle) == {7}


def test_a_review_may_be_made_longer_and_never_shorter() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.PAYMENT_REVIEW)

    assert do(raffle, StartReview(FIRST, PAYMENT, NOW + HOUR)) == ()
    assert len(do(raffle, StartReview(FIRST, PAYMENT, NOW + 25 * HOUR))) == 1
    assert the(raffle).expires_at == NOW + 25 * HOUR


def test_going_to_review_takes_no_time_away() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    do(raffle, StartReview(FIRST, PAYMENT, NOW + 1))

    assert (the(raffle).phase, the(raffle).expires_at) == (Phase.PAYMENT_REVIEW, deadline)


def test_only_the_live_attempt_is_reviewed() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    review = StartReview(FIRST, PAYMENT, NOW + HOUR)

    refusal = refused(raffle, review)
    assert (refusal.code, refusal.params) == (RejectionCode.WRONG_PHASE, {"phase": "checkout"})

    do(raffle, StartPayment(ANA, FIRST, OTHER_PAYMENT))
    assert refused(raffle, review).code is RejectionCode.PAYMENT_IN_PROGRESS


def test_a_review_that_begins_before_the_expiry_does_wins() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7, phase=Phase.CHECKOUT).expires_at
    do(raffle, PAYS)

    do(raffle, StartReview(FIRST, PAYMENT, deadline + HOUR), deadline + 1)

    assert do(raffle, ExpireDue(), deadline + 1) == ()


# -- sales ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PAYABLE)
def test_money_that_is_there_sells_the_numbers(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)

    happened = do(raffle, paid(7, 8), NOW + MINUTE)

    assert happened == (ReservationCompleted(FIRST, ANA, (7, 8), NOW + MINUTE, PAYMENT),)
    assert (the(raffle).phase, the(raffle).ended_at) == (Phase.COMPLETED, NOW + MINUTE)
    assert the(raffle).payment_id == PAYMENT
    assert raffle.board[7] == raffle.board[8] == SOLD
    assert (raffle.available_count, raffle.reserved_count, raffle.sold_count) == (98, 0, 2)
    assert raffle.live_reservation_of(ANA) is None


def test_numbers_that_are_still_being_chosen_cannot_be_sold() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    assert refused(raffle, paid(7)).code is RejectionCode.WRONG_PHASE


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 199_999}, {"amount": 200_001}, {"amount": 0}, {"currency": "USD"}],
    ids=str,
)
@pytest.mark.parametrize("phase", [*PAYABLE, Phase.EXPIRED, Phase.CANCELLED])
def test_only_exactly_the_right_money_buys(phase: Phase, wrong: dict[str, Any]) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)

    refusal = refused(raffle, paid(7, 8, **wrong))

    assert refusal.code is RejectionCode.WRONG_AMOUNT
    assert refusal.params == {"amount": 200_000, "currency": "CRC"}


@pytest.mark.parametrize("phase", PAYABLE)
def test_money_that_arrives_before_the_expiry_does_wins(phase: Phase) -> None:
    raffle = a_raffle()
    late = a_hold(raffle, 7, phase=phase).expires_at + 1

    do(raffle, paid(7), late)

    assert do(raffle, ExpireDue(), late) == ()
    assert raffle.board[7] == SOLD


def test_the_money_of_an_earlier_attempt_buys_also_while_another_one_is_live() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, PAYS)
    do(raffle, EndPayment(FIRST, PAYMENT))
    do(raffle, StartPayment(ANA, FIRST, OTHER_PAYMENT))

    do(raffle, paid(7))

    assert the(raffle).payment_id == PAYMENT
    assert do(raffle, EndPayment(FIRST, OTHER_PAYMENT)) == ()


def test_a_reservation_is_paid_once() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.COMPLETED)

    assert do(raffle, paid(7)) == ()
    again = refused(raffle, paid(7, payment_id=OTHER_PAYMENT))
    assert again.code is RejectionCode.ALREADY_PAID


def test_what_was_paid_so_long_ago_that_only_its_id_is_known_is_paid() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.COMPLETED)
    forget(raffle)

    assert refused(raffle, paid(7)).code is RejectionCode.ALREADY_PAID


# -- money that comes late -----------------------------------------------------------------------


@pytest.mark.parametrize("is_forgotten", [False, True])
@pytest.mark.parametrize("phase", [Phase.EXPIRED, Phase.CANCELLED])
def test_late_money_buys_the_numbers_that_are_still_free(phase: Phase, is_forgotten: bool) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)
    if is_forgotten:
        forget(raffle)
    before = raffle.reservation(FIRST)

    happened = do(raffle, paid(7, 8), NOW + HOUR)

    assert happened == (
        NumbersSold(
            reservation_id=PAYMENT,
            user_id=ANA,
            numbers=(7, 8),
            unit_price=100_000,
            at=NOW + HOUR,
            payment_id=PAYMENT,
        ),
    )
    assert raffle.board[7] == raffle.board[8] == SOLD
    assert (raffle.available_count, raffle.reserved_count, raffle.sold_count) == (98, 0, 2)
    assert raffle.sold_by_user == {ANA: 2}
    assert raffle.reservation(FIRST) == before
    born = the(raffle, PAYMENT)
    assert (born.phase, born.numbers, born.payment_id) == (Phase.COMPLETED, (7, 8), PAYMENT)
    assert born.created_at == born.ended_at == NOW + HOUR


def test_late_money_that_is_told_again_buys_nothing_more() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.EXPIRED)
    do(raffle, paid(7))

    assert do(raffle, paid(7)) == ()


def test_late_money_finds_a_number_taken_and_buys_none_of_them() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=Phase.EXPIRED)
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER)

    refusal = refused(raffle, paid(7, 8))

    assert (refusal.code, refusal.params) == (RejectionCode.NUMBERS_TAKEN, {"numbers": ["08"]})


@pytest.mark.parametrize(
    ("status", "is_honoured"),
    [(status, status in (RaffleStatus.ACTIVE, RaffleStatus.PAUSED)) for status in RaffleStatus],
)
def test_late_money_is_honoured_until_the_close(status: RaffleStatus, is_honoured: bool) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.EXPIRED)
    raffle.status = status

    if is_honoured:
        assert len(do(raffle, paid(7))) == 1
    else:
        assert refused(raffle, paid(7)).code is RejectionCode.RAFFLE_NOT_ACTIVE


def test_late_money_buys_nothing_after_the_close_of_sales_also_before_the_alarm_rang() -> None:
    raffle = a_raffle(sales_close_at=NOW + HOUR)
    a_hold(raffle, 7, phase=Phase.CANCELLED)

    refusal = refused(raffle, paid(7), NOW + HOUR)
    assert refusal.params == {"status": "closed"}

    do(raffle, paid(7), NOW + HOUR - 1)


def test_late_money_does_not_lift_a_buyer_above_the_limit() -> None:
    raffle = a_raffle(max_numbers_per_user=3)
    a_hold(raffle, 7, 8, phase=Phase.EXPIRED)
    a_hold(raffle, 1, 2, reservation_id=OTHER)

    refusal = refused(raffle, paid(7, 8))

    assert refusal.code is RejectionCode.TOO_MANY_NUMBERS


def test_late_money_pays_beside_a_live_reservation_of_the_same_buyer() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.EXPIRED)
    live = a_hold(raffle, 1, reservation_id=OTHER)

    do(raffle, paid(7))

    assert raffle.live_reservation_of(ANA) == live


def test_a_late_sale_never_takes_an_id_that_was_used() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.EXPIRED)
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER)

    assert refused(raffle, paid(7, payment_id=OTHER)).code is RejectionCode.ALREADY_PAID
    assert refused(raffle, paid(7, payment_id=FIRST)).code is RejectionCode.ALREADY_PAID


# -- numbers that go back --------------------------------------------------------------------------


def test_refunded_numbers_are_on_sale_again() -> None:
    raffle = a_raffle(max_numbers_per_user=2)
    bought = a_hold(raffle, 7, 8, phase=Phase.COMPLETED)

    happened = do(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (8,)), NOW + HOUR)

    assert happened == (NumbersRefunded(FIRST, ANA, (8,), NOW + HOUR, PAYMENT),)
    assert (raffle.board[7], raffle.board[8]) == (SOLD, AVAILABLE)
    assert (raffle.sold_count, raffle.available_count) == (1, 99)
    assert raffle.sold_by_user == {ANA: 1}
    assert the(raffle) == bought
    do(raffle, ReserveNumbers(ANA, THIRD, (8,)))


def test_a_buyer_who_gave_everything_back_is_as_one_who_never_bought() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=Phase.COMPLETED)

    do(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7, 8)))

    assert raffle.sold_by_user == {}
    assert taken(raffle) == set()


def test_numbers_go_back_once() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=Phase.COMPLETED)
    do(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (8,)))
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER, phase=Phase.COMPLETED)

    assert do(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (8,))) == ()
    refusal = refused(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7, 8)))
    assert refusal.code is RejectionCode.WRONG_PHASE
    assert refusal.params == {"phase": "completed", "numbers": ["08"]}


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_late_sales_go_back_under_the_id_they_were_born_with(is_forgotten: bool) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.EXPIRED)
    do(raffle, paid(7))
    if is_forgotten:
        forget(raffle, PAYMENT)

    do(raffle, RefundNumbers(PAYMENT, PAYMENT, ANA, (7,)))

    assert taken(raffle) == set()


@pytest.mark.parametrize("status", [RaffleStatus.CLOSED, RaffleStatus.CANCELLED])
def test_numbers_go_back_also_after_the_close(status: RaffleStatus) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.COMPLETED)
    raffle.status = status

    assert len(do(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7,)))) == 1


def test_after_the_draw_nothing_goes_back() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.COMPLETED)
    raffle.status = RaffleStatus.DRAWN

    refusal = refused(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7,)))
    assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE


@pytest.mark.parametrize(
    "refund",
    [
        RefundNumbers(FIRST, PAYMENT, ANA, ()),
        RefundNumbers(FIRST, PAYMENT, ANA, (7, 7)),
        RefundNumbers(FIRST, PAYMENT, ANA, (7, 9)),
        RefundNumbers(FIRST, PAYMENT, BETO, (7,)),
        RefundNumbers(FIRST, OTHER_PAYMENT, ANA, (7,)),
    ],
    ids=["none", "one twice", "not of this purchase", "another buyer", "another payment"],
)
def test_only_what_was_bought_goes_back_and_to_whom_it_was_sold(refund: RefundNumbers) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=Phase.COMPLETED)

    assert refused(raffle, refund).code is RejectionCode.BAD_REQUEST


def test_of_a_purchase_of_long_ago_only_sold_numbers_of_a_buyer_go_back() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.COMPLETED)
    a_hold(raffle, 8, user=BETO, reservation_id=OTHER, phase=Phase.COMPLETED)
    forget(raffle)

    over = refused(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7, 8)))
    assert over.code is RejectionCode.WRONG_PHASE
    strange = refused(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (100,)))
    assert strange.code is RejectionCode.UNKNOWN_NUMBER


@pytest.mark.parametrize("phase", [*PAYABLE, Phase.EXPIRED, Phase.CANCELLED])
def test_what_was_never_sold_cannot_go_back(phase: Phase) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=phase)

    assert refused(raffle, RefundNumbers(FIRST, PAYMENT, ANA, (7,))).code in (
        RejectionCode.WRONG_PHASE,
        RejectionCode.RESERVATION_EXPIRED,
    )


def test_what_is_being_paid_goes_on_after_the_close() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    do(raffle, CloseRaffle(ORGANIZER))

    do(raffle, PAYS)
    do(raffle, paid(7))

    assert raffle.board[7] == SOLD


def forget(raffle: Any, reservation_id: Any = FIRST) -> None:
    """A raffle loaded so much later that of this reservation only its id and phase are known."""
    phase = raffle.ended.phase(reservation_id)
    packed = reservation_id.bytes + bytes([PHASE_CODES.index(phase)])
    raffle.ended = EndedReservations(packed)
