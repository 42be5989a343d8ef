"""The two tables of transitions, walked completely: what is in them happens, nothing else does."""

from __future__ import annotations

from itertools import product

import pytest

from sorteos_actors.raffle import Command, Phase, RaffleStatus, Rejection, RejectionCode, decide
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    CloseRaffle,
    EndPayment,
    ExpireDue,
    ExtendReservation,
    PauseRaffle,
    PublishRaffle,
    ResumeRaffle,
    StartCheckout,
    StartPayment,
    StartReview,
)
from sorteos_actors.raffle.events import StatusChanged
from sorteos_actors.raffle.lifecycle import RAFFLE_TRANSITIONS, RESERVATION_TRANSITIONS, SELLING
from tests.builders import (
    ANA,
    FIRST,
    HOUR,
    NOW,
    ORGANIZER,
    PAYMENT,
    a_hold,
    a_raffle,
    do,
    everything,
    paid,
    refused,
    the,
)

RAFFLE_VERBS: dict[str, Command] = {
    "publish": PublishRaffle(ORGANIZER),
    "pause": PauseRaffle(ORGANIZER),
    "resume": ResumeRaffle(ORGANIZER),
    "close": CloseRaffle(ORGANIZER),
}
RESERVATION_VERBS: dict[str, Command] = {
    "change": AddNumbers(ANA, FIRST, (9,)),
    "extend": ExtendReservation(ANA, FIRST),
    "checkout": StartCheckout(ANA, FIRST),
    "pay": StartPayment(ANA, FIRST, PAYMENT),
    "review": StartReview(FIRST, PAYMENT, NOW + 25 * HOUR),
    "end_payment": EndPayment(FIRST, PAYMENT),
    "complete": paid(7),
    "cancel": CancelReservation(ANA, FIRST),
    "expire": ExpireDue(),
}
REPEATS = {
    (Phase.CHECKOUT, "checkout"),
    (Phase.PAYMENT_REVIEW, "pay"),
    (Phase.COMPLETED, "pay"),
    (Phase.COMPLETED, "complete"),
    (Phase.CANCELLED, "cancel"),
}
"""A verb that has already had its effect is answered again, with no event."""
OF_AN_ATTEMPT = ("review", "end_payment")
"""Verbs that are about a live attempt to pay."""


def test_every_verb_of_the_tables_is_a_command_and_the_other_way_round() -> None:
    assert {verb for _, verb in RAFFLE_TRANSITIONS} == set(RAFFLE_VERBS)
    assert {verb for _, verb in RESERVATION_TRANSITIONS} == set(RESERVATION_VERBS)


@pytest.mark.parametrize(("status", "verb"), [*product(RaffleStatus, RAFFLE_VERBS)])
def test_a_raffle_moves_along_its_table_only(status: RaffleStatus, verb: str) -> None:
    raffle = a_raffle(status)
    target = RAFFLE_TRANSITIONS.get((status, verb))
    targets = {to for (_, v), to in RAFFLE_TRANSITIONS.items() if v == verb}

    if target is not None:
        assert do(raffle, RAFFLE_VERBS[verb]) == (StatusChanged(target, NOW),)
        assert raffle.status is target
    elif status in targets:
        before = everything(raffle)
        assert do(raffle, RAFFLE_VERBS[verb]) == ()
        assert everything(raffle) == before
    else:
        refusal = refused(raffle, RAFFLE_VERBS[verb])
        assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE
        assert refusal.params == {"status": status.value}


@pytest.mark.parametrize(("phase", "verb"), [*product(Phase, RESERVATION_VERBS)])
def test_a_reservation_moves_along_its_table_only(phase: Phase, verb: str) -> None:
    raffle = a_raffle()
    reservation = a_hold(raffle, 7, phase=phase)
    if phase is Phase.CHECKOUT and verb in OF_AN_ATTEMPT:
        do(raffle, RESERVATION_VERBS["pay"])
    target = RESERVATION_TRANSITIONS.get((phase, verb))
    # An expiry comes at the deadline; all the rest while there is time.
    now = reservation.expires_at if verb == "expire" else NOW + 1
    before = everything(raffle)

    if target is not None:
        assert do(raffle, RESERVATION_VERBS[verb], now)
        assert the(raffle).phase is target
    elif verb == "complete" and phase in (Phase.CANCELLED, Phase.EXPIRED):
        # Money that comes late buys anew: the one that has ended stays as it is.
        assert do(raffle, RESERVATION_VERBS[verb], now)
        assert the(raffle) == reservation
    elif verb in ("expire", "end_payment") or (phase, verb) in REPEATS:
        assert do(raffle, RESERVATION_VERBS[verb], now) == ()
        assert everything(raffle) == before
    else:
        refusal = refused(raffle, RESERVATION_VERBS[verb], now)
        if phase is Phase.EXPIRED:
            assert refusal.code is RejectionCode.RESERVATION_EXPIRED
        else:
            assert refusal.code is RejectionCode.WRONG_PHASE
            assert refusal.params == {"phase": phase.value}


@pytest.mark.parametrize("phase", [p for p in Phase if not p.is_live])
def test_a_reservation_that_has_ended_has_no_way_out(phase: Phase) -> None:
    assert not [verb for at, verb in RESERVATION_TRANSITIONS if at is phase]


def test_time_ends_whatever_does_not_wait_for_money() -> None:
    ends = {phase: to for (phase, verb), to in RESERVATION_TRANSITIONS.items() if verb == "expire"}

    assert ends == {
        Phase.SELECTION: Phase.EXPIRED,
        Phase.CHECKOUT: Phase.EXPIRED,
        Phase.PAYMENT_REVIEW: Phase.PAYMENT_REVIEW,
    }


def test_nothing_that_waits_for_money_is_stuck() -> None:
    ways = {
        to for (phase, _), to in RESERVATION_TRANSITIONS.items() if phase is Phase.PAYMENT_REVIEW
    }

    assert {Phase.COMPLETED, Phase.EXPIRED} <= ways


def test_money_is_the_only_way_to_sold_and_never_straight_from_choosing() -> None:
    ways = {key for key, to in RESERVATION_TRANSITIONS.items() if to is Phase.COMPLETED}

    assert ways == {(Phase.CHECKOUT, "complete"), (Phase.PAYMENT_REVIEW, "complete")}


def test_a_closed_raffle_never_sells_again() -> None:
    assert not [verb for at, verb in RAFFLE_TRANSITIONS if at is RaffleStatus.CLOSED]
    assert {RaffleStatus.ACTIVE} == SELLING


@pytest.mark.parametrize("status", [*RaffleStatus])
def test_no_status_makes_the_alarm_clock_fail(status: RaffleStatus) -> None:
    raffle = a_raffle(status)

    assert not isinstance(decide(raffle, ExpireDue(), NOW), Rejection)
