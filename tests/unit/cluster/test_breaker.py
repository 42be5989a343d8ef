"""The breaker's table: what it lets through after which answers, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.cluster.breaker import (
    FAILURES,
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Breaker,
    State,
)


def opened(at: float = 100.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(at)
    return breaker


def test_it_begins_closed_and_lets_everything_through() -> None:
    breaker = Breaker()
    assert breaker.state is State.CLOSED
    assert breaker.admits(0) is True
    assert breaker.admits(0) is True


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(1)
        assert breaker.state is State.CLOSED
    breaker.failed(1)
    assert breaker.state is State.OPEN
    assert breaker.admits(1) is False


def test_an_answer_between_two_failures_keeps_it_closed() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.failed(1)
        breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_it_admits_one_trial_after_the_pause_and_no_second_one() -> None:
    breaker = opened(at=100)
    assert breaker.admits(100 + FIRST_PAUSE_SECONDS - 0.01) is False
    assert breaker.admits(100 + FIRST_PAUSE_SECONDS) is True
    assert breaker.state is State.HALF_OPEN
    assert breaker.admits(100 + FIRST_PAUSE_SECONDS) is False


def test_a_trial_that_is_answered_closes_it() -> None:
    breaker = opened(at=100)
    assert breaker.admits(101)
    breaker.succeeded()
    assert breaker.state is State.CLOSED
    assert breaker.admits(101)


def test_each_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    breaker, now, pauses = opened(at=0), 0.0, []
    for _ in range(6):
        began = now
        while not breaker.admits(now):
            now += 0.125
        pauses.append(now - began)
        breaker.failed(now)
        assert breaker.state is State.OPEN
    assert pauses == [0.5, 1, 2, 4, 4, 4]
    assert pauses[0] == FIRST_PAUSE_SECONDS
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_after_it_has_closed_the_pause_is_short_again() -> None:
    breaker = opened(at=0)
    assert breaker.admits(10)
    breaker.failed(10)
    assert breaker.admits(20)
    breaker.succeeded()
    for _ in range(FAILURES):
        breaker.failed(30)
    assert breaker.admits(30 + FIRST_PAUSE_SECONDS)


def test_failures_of_calls_that_were_under_way_when_it_opened_do_not_make_the_pause_longer() -> (
    None
):
    breaker = opened(at=0)
    for _ in range(20):
        breaker.failed(0.4)
    assert breaker.admits(FIRST_PAUSE_SECONDS)


def test_an_abandoned_trial_may_be_made_again_at_once() -> None:
    breaker = opened(at=0)
    assert breaker.admits(1)
    breaker.abandoned(1)
    assert breaker.state is State.OPEN
    assert breaker.admits(1)


@pytest.mark.parametrize("breaker", [Breaker(), opened()])
def test_there_is_nothing_to_abandon_without_a_trial(breaker: Breaker) -> None:
    before = breaker.state
    breaker.abandoned(100)
    assert breaker.state is before
    assert breaker.admits(100) is (before is State.CLOSED)


@given(st.lists(st.sampled_from(["admits", "succeeded", "failed", "abandoned"]), max_size=50))
def test_whatever_happens_it_lets_a_trial_through_within_the_longest_pause(
    story: list[str],
) -> None:
    breaker, now = Breaker(), 0.0
    for what in story:
        now += 0.1
        if what == "admits":
            breaker.admits(now)
        elif what == "succeeded":
            breaker.succeeded()
        elif what == "failed":
            breaker.failed(now)
        else:
            breaker.abandoned(now)
    if breaker.state is State.HALF_OPEN:  # Somebody is to report how the trial went.
        breaker.failed(now)
    assert breaker.admits(now + LONGEST_PAUSE_SECONDS)
    breaker.succeeded()
    assert breaker.state is State.CLOSED
