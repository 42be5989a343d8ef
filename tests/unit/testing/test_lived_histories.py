"""Both judges on histories that really happened, and on the same with one thing wrong."""

from __future__ import annotations

import random
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sorteos_actors.raffle import Phase
from sorteos_actors.raffle.model import AVAILABLE
from sorteos_actors.testing.durable import check_durable, name_picks
from sorteos_actors.testing.history import Operation
from sorteos_actors.testing.linearizable import check_linearizable
from tests.unit.testing.small_world import MS, STEP_MS, SmallWorld

seeds = st.integers(0, 2**64)
lengths = st.integers(1, 200)


def lived(seed: int, steps: int) -> SmallWorld:
    world = SmallWorld(random.Random(seed))
    world.live(steps)
    return world


@settings(max_examples=150, deadline=None)
@given(seeds, lengths)
def test_what_really_happened_is_always_accepted(seed: int, steps: int) -> None:
    world = lived(seed, steps)
    history, database = world.recorder.operations(), world.database()
    verdict = check_linearizable(history, slack_ms=0)
    assert verdict.is_legal, verdict.report()
    verdict = check_linearizable(name_picks(history, database), slack_ms=0)
    assert verdict.is_legal, verdict.report()
    assert check_durable(history, database) == []


@settings(max_examples=100, deadline=None)
@given(seeds, lengths)
def test_a_planted_double_hold_is_never_accepted(seed: int, steps: int) -> None:
    world = lived(seed, steps)
    chance = world.chance
    free = [number for number, state in enumerate(world.raffle.board) if state == AVAILABLE]
    assume(free)
    number, victim = chance.choice(free), world.people
    world.current[victim] = UUID(int=10_001)
    assert world.ask("reserve", victim, take=(number,)) is None
    for _ in range(chance.randint(1, 10)):
        world.now += STEP_MS
    begin = world.now * MS
    planted = Operation(
        client="planted",
        kind="reserve",
        reservation_id=UUID(int=10_002),
        take=(number,),
        invoked_at=begin - chance.randrange(50 * MS),
        returned_at=begin + chance.randrange(50 * MS),
        outcome="ok",
        phase="selection",
        numbers=(number,),
        expires_in_ms=300,
    )
    world.now += STEP_MS
    assert world.ask("read", victim) is None
    history = [*world.recorder.operations(), planted]
    chance.shuffle(history)
    verdict = check_linearizable(history, slack_ms=0)
    assert [violation.number for violation in verdict.violations] == [number], verdict.report()
    [violation] = verdict.violations
    assert planted in violation.operations
    findings = check_durable(history, world.database())
    assert [finding.kind for finding in findings] == ["lost_acknowledgement"]


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(20, 120))
def test_an_acknowledgement_that_the_journal_lost_is_found(seed: int, steps: int) -> None:
    world = lived(seed, steps)
    taker = world.people
    world.current[taker] = UUID(int=10_001)
    before = world.database()
    assume(world.ask("quick_pick", taker) is None)
    history = world.recorder.operations()
    [finding] = check_durable(history, before)
    assert finding.kind == "lost_acknowledgement"
    assert str(UUID(int=10_001)) in finding.text
    assert check_durable(history, world.database()) == []


def test_lives_are_full_of_what_they_are_for() -> None:
    worlds = [lived(seed, 100) for seed in range(40)]
    history = [operation for world in worlds for operation in world.recorder.operations()]
    assert sum(operation.outcome == "unknown" for operation in history) > 400
    assert sum(operation.code == "numbers_taken" for operation in history) > 150
    assert {operation.phase for operation in history} >= {phase.value for phase in Phase}
    kinds = {row.entry.event.__struct_config__.tag for world in worlds for row in world.journal}
    assert kinds >= {"reservation_expired", "deadlines_extended", "review_started"}


def test_a_long_history_of_many_numbers_is_judged() -> None:
    world = SmallWorld(random.Random(11), numbers=200, people=60)
    world.live(6000)
    verdict = check_linearizable(world.recorder.operations(), slack_ms=0)
    assert verdict.is_legal, verdict.report()
    assert verdict.numbers == 200
