"""The search against the plainest one there is: every order, every possibility, nothing clever."""

from __future__ import annotations

import random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from sorteos_actors.testing.history import Operation
from sorteos_actors.testing.number_history import NEVER, Event, NumberHistory, Step
from sorteos_actors.testing.number_search import is_possible

PEOPLE = [UUID(int=n) for n in (1, 2, 3)]
NOBODY = UUID(int=0)
NOTHING = Operation(client="", kind="read", reservation_id=NOBODY, invoked_at=0)
REQUIRED: list[Step] = [step for step in Step if step is not Step.CONTRADICTS]
OPTIONAL = [Step.TAKE, Step.TAKE, Step.GIVE, Step.CANCEL, Step.COMPLETE]

Plain = tuple[UUID, bool, frozenset[UUID], frozenset[UUID]]
"""Who has it (`NOBODY`), whether it is sold, who was cancelled, who has expired."""


def a_history(seed: int) -> NumberHistory:
    chance = random.Random(seed)

    def event(steps: list[Step], is_known: bool) -> Event:
        begin = chance.randrange(12)
        end = begin + chance.randrange(1, 6) if is_known else NEVER
        return Event(chance.choice(steps), chance.choice(PEOPLE), begin, end, NOTHING)

    required = [event(REQUIRED, True) for _ in range(chance.randrange(1, 6))]
    optional = [event(OPTIONAL, False) for _ in range(chance.randrange(4))]
    promises = {id_: chance.randrange(15) for id_ in PEOPLE if chance.random() < 0.5}
    anybody = sorted(chance.randrange(12) for _ in range(chance.choice((0, 0, 1, 2))))
    return NumberHistory(
        7,
        sorted(required, key=lambda event: event.invoked_at),
        sorted(optional, key=lambda event: event.invoked_at),
        promises,
        anybody,
    )


def plainly_applied(step: Step, who: UUID, state: Plain) -> Plain | None:
    holder, is_sold, cancelled, expired = state
    mine, free = holder == who, holder == NOBODY
    after = (NOBODY, False) if mine else (holder, is_sold)
    alive = who not in cancelled and who not in expired
    table: dict[Step, tuple[bool, Plain]] = {
        Step.HAS: (mine and not is_sold, state),
        Step.HAS_NOT: (not mine, state),
        Step.BOUGHT: (mine and is_sold, state),
        Step.IS_FREE: (free or (mine and not is_sold), state),
        Step.IS_OTHERS: (not free and not mine, state),
        Step.TAKE: (
            alive and (free or (mine and not is_sold)),
            (who, False, cancelled, expired),
        ),
        Step.GIVE: (alive and not (mine and is_sold), (*after, cancelled, expired)),
        Step.CANCEL: (
            who not in expired and not (mine and is_sold),
            (*after, cancelled | {who}, expired),
        ),
        Step.EXPIRE: (not mine, (holder, is_sold, cancelled, expired | {who})),
        Step.COMPLETE: (mine, (who, True, cancelled, expired)),
        Step.CONTRADICTS: (False, state),
    }
    right, changed = table[step]
    return changed if right else None


def is_plainly_possible(history: NumberHistory) -> bool:
    strangers = [
        Event(Step.TAKE, UUID(int=100 + n), since, NEVER, NOTHING)
        for n, since in enumerate(history.anybody)
    ]
    optional = [*history.optional, *strangers]
    dead_ends: set[object] = set()

    def search(todo: frozenset[int], spare: frozenset[int], state: Plain) -> bool:
        if not todo:
            return True
        if (todo, spare, state) in dead_ends:
            return False
        limit = min(history.required[i].returned_at for i in todo)
        for i in todo:
            event = history.required[i]
            after = plainly_applied(event.step, event.reservation_id, state)
            if event.invoked_at <= limit and after and search(todo - {i}, spare, after):
                return True
        for i in spare:
            event = optional[i]
            is_useful = event.step is Step.TAKE or state[0] == event.reservation_id
            after = plainly_applied(event.step, event.reservation_id, state)
            if (
                is_useful
                and event.invoked_at <= limit
                and after
                and search(todo, spare - {i}, after)
            ):
                return True
        holder, is_sold, cancelled, expired = state
        if (
            holder != NOBODY
            and not is_sold
            and history.promised_until.get(holder, 0) <= limit
            and search(todo, spare, (NOBODY, False, cancelled, expired | {holder}))
        ):
            return True
        dead_ends.add((todo, spare, state))
        return False

    everything = frozenset(range(len(history.required))), frozenset(range(len(optional)))
    return search(*everything, (NOBODY, False, frozenset(), frozenset()))


@settings(max_examples=1500, deadline=None)
@given(st.integers(0, 2**64))
def test_being_clever_changes_no_verdict(seed: int) -> None:
    history = a_history(seed)
    assert is_possible(history, 10_000) == is_plainly_possible(history)


def test_both_verdicts_are_common() -> None:
    verdicts = [is_possible(a_history(seed), 10_000) for seed in range(500)]
    assert 50 < sum(verdicts) < 450
