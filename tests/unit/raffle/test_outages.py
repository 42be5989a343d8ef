"""After an outage of ours nobody has lost a hold to it, and nobody has gained twice."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Phase, next_deadline
from sorteos_actors.raffle.commands import ExpireDue, ExtendDeadlines
from sorteos_actors.raffle.events import DeadlinesExtended
from tests.builders import ANA, BETO, FIRST, MINUTE, NOW, OTHER, a_hold, a_raffle, do, taken, the

OUTAGE = NOW + MINUTE


@pytest.mark.parametrize("phase", [Phase.SELECTION, Phase.CHECKOUT, Phase.PAYMENT_REVIEW])
def test_every_hold_gets_the_length_of_the_outage(phase: Phase) -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7, phase=phase)

    happened = do(raffle, ExtendDeadlines(2 * MINUTE, OUTAGE), NOW + 3 * MINUTE)

    assert happened == (DeadlinesExtended(2 * MINUTE, OUTAGE),)
    assert the(raffle).expires_at == before.expires_at + 2 * MINUTE
    assert the(raffle).extensions_used == before.extensions_used
    assert next_deadline(raffle) == before.expires_at + 2 * MINUTE
    assert do(raffle, ExpireDue(), before.expires_at + 2 * MINUTE - 1) == ()
    assert len(do(raffle, ExpireDue(), before.expires_at + 2 * MINUTE)) == 1


def test_one_outage_extends_once_whoever_reports_it_again() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at
    do(raffle, ExtendDeadlines(2 * MINUTE, OUTAGE))

    assert do(raffle, ExtendDeadlines(2 * MINUTE, OUTAGE)) == ()
    assert do(raffle, ExtendDeadlines(5 * MINUTE, OUTAGE - 1)) == ()
    assert do(raffle, ExtendDeadlines(2 * MINUTE, OUTAGE + 700)) == ()  # As another node felt it.
    assert the(raffle).expires_at == deadline + 2 * MINUTE


def test_another_outage_extends_again() -> None:
    raffle = a_raffle()
    deadline = a_hold(raffle, 7).expires_at
    do(raffle, ExtendDeadlines(MINUTE, OUTAGE))
    do(raffle, ExtendDeadlines(MINUTE, OUTAGE + 4 * MINUTE))

    assert the(raffle).expires_at == deadline + 2 * MINUTE


def test_a_hold_that_was_born_after_the_outage_gets_nothing() -> None:
    raffle = a_raffle()
    old = a_hold(raffle, 7, now=OUTAGE)
    young = a_hold(raffle, 8, user=BETO, reservation_id=OTHER, now=OUTAGE + 1)

    do(raffle, ExtendDeadlines(MINUTE, OUTAGE))

    assert the(raffle).expires_at == old.expires_at + MINUTE
    assert the(raffle, OTHER) == young


def test_an_outage_that_nobody_felt_is_no_event() -> None:
    raffle = a_raffle()
    assert do(raffle, ExtendDeadlines(MINUTE, OUTAGE)) == ()

    a_hold(raffle, 7, now=OUTAGE + 1)
    assert do(raffle, ExtendDeadlines(MINUTE, OUTAGE)) == ()


@pytest.mark.parametrize("length", [0, -MINUTE])
def test_an_outage_without_length_never_shortens_a_hold(length: int) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)

    assert do(raffle, ExtendDeadlines(length, OUTAGE)) == ()


def test_an_outage_rescues_what_fell_due_in_it() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    back = NOW + 12 * MINUTE

    do(raffle, ExtendDeadlines(back - OUTAGE, OUTAGE), back)

    assert do(raffle, ExpireDue(), back) == ()
    assert taken(raffle) == {7}
    assert raffle.live_reservation_of(ANA) == the(raffle, FIRST)
