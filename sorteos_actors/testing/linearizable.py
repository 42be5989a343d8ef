"""Whether a history of clients is linearizable: as if one raffle had done everything, one at a time.

    verdict = check_linearizable(read_history(*paths))
    assert verdict.is_legal, verdict.report()

What counts is in `Operation`: acknowledgements with the numbers that they showed, refusals
`numbers_taken` with the numbers that they named, operations with an unknown outcome, and promises: a
hold may end by itself, but not before the deadline that its client was last told. Other refusals say
nothing. Each number is judged alone, which is exact for the orders of steps on that number; that several
numbers were taken at one instant is for `check_durable`, which sees the journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from sorteos_actors.testing.history import Operation
from sorteos_actors.testing.number_history import NEVER, Event, NumberHistory, Step, split
from sorteos_actors.testing.number_search import SearchGaveUp, is_possible

SLACK_MS: Final = 50
"""Nodes carry PostgreSQL's clock; two of them may differ by about the time that a commit takes."""
BUDGET: Final = 200_000
"""States to try for one number."""
_EXPLAIN_BUDGET: Final = 20_000
_CHANGES: Final = frozenset({Step.TAKE, Step.GIVE, Step.CANCEL, Step.COMPLETE})


class Violation(msgspec.Struct, frozen=True):
    """A number whose history nothing explains."""

    number: int
    operations: tuple[Operation, ...]
    """Answers that cannot all be right, whatever else has happened; none can be left out."""
    text: str
    """The same for people."""


class Verdict(msgspec.Struct, frozen=True):
    """What the judge found."""

    numbers: int
    """How many were judged."""
    steps: int
    """How many answers about single numbers were weighed."""
    violations: Sequence[Violation]
    undecided: Sequence[int]
    """Numbers that would need more than the budget."""

    @property
    def is_legal(self) -> bool:
        """Every number was explained."""
        return not self.violations and not self.undecided

    def report(self) -> str:
        """Everything that was found, for people."""
        found = [violation.text for violation in self.violations]
        found += [f"Number {number}: too many states, not decided." for number in self.undecided]
        return "\n\n".join(found) or f"{self.numbers} numbers, {self.steps} answers: all explained."


def check_linearizable(
    history: Iterable[Operation],
    *,
    slack_ms: int = SLACK_MS,
    budget: int = BUDGET,
    explained: int = 10,
) -> Verdict:
    """Judge every number of a complete history that began with an empty raffle.

    Everybody who takes, gives or buys numbers must be in it. The first `explained` violations come
    with a minimal piece of history, which costs more than finding them; the others with all of it.
    """
    violations: list[Violation] = []
    undecided = []
    numbers = steps = 0
    for number in split(history, slack_ms=slack_ms):
        numbers += 1
        steps += len(number.required)
        try:
            if not is_possible(number, budget):
                shortest = number
                if len(violations) < explained:
                    shortest = _shortest(number)
                violations.append(_violation(shortest))
        except SearchGaveUp:
            undecided.append(number.number)
    return Verdict(numbers, steps, violations, undecided)


# -- explaining ----------------------------------------------------------------------------------


def _shortest(history: NumberHistory) -> NumberHistory:
    """A part of an impossible history that is still impossible, with nothing left to leave out.

    To leave an answer out is to say that the step may have happened, or not: it never makes a
    possible history impossible. That is also what the future is at any instant: so first the
    shortest beginning is found, by halving, then its answers are tried in ever smaller groups.
    """
    returns = sorted(event.returned_at for event in history.required)
    low, high = 0, len(returns) - 1
    while low < high:
        middle = (low + high) // 2
        if _is_impossible(_until(history, returns[middle])):
            high = middle
        else:
            low = middle + 1
    history = _until(history, returns[low])
    # Refusals and looks go first: what was acknowledged explains more.
    order = sorted(history.required, key=lambda event: event.step in _CHANGES)
    size = len(order)
    while size:
        start = 0
        while start < len(order):
            dropped = set(map(id, order[start : start + size]))
            shorter = _weaker(history, lambda event: id(event) not in dropped)  # noqa: B023
            if _is_impossible(shorter):
                history = shorter
                del order[start : start + size]
            else:
                start += size
        size //= 2
    return history


def _until(history: NumberHistory, instant: int) -> NumberHistory:
    """What was known at an instant."""
    begun = _weaker(history, lambda event: event.returned_at <= instant)
    possible = [event for event in begun.optional if event.invoked_at <= instant]
    anybody = history.anybody[: bisect_right(history.anybody, instant)]
    return replace(begun, optional=possible, anybody=anybody)


def _weaker(history: NumberHistory, keeps: Callable[[Event], bool]) -> NumberHistory:
    """The same with fewer answers: what they acknowledged may still have happened."""
    kept, possible = [], list(history.optional)
    for event in history.required:
        if keeps(event):
            kept.append(event)
        elif event.step in _CHANGES:
            possible.append(replace(event, returned_at=NEVER))
    possible.sort(key=lambda event: event.invoked_at)
    return replace(history, required=kept, optional=possible)


def _is_impossible(history: NumberHistory) -> bool:
    try:
        return not is_possible(history, _EXPLAIN_BUDGET)
    except SearchGaveUp:
        return False


def _violation(history: NumberHistory) -> Violation:
    events = history.required
    origin = min(event.invoked_at for event in events)
    named = {event.reservation_id for event in events}
    lines = [f"Number {history.number}: these answers cannot all be right."]
    lines += [f"  {event.operation.describe(origin)}" for event in events]
    lines += [
        f"  No hold of …{str(id_)[-8:]} may end by itself before {(until - origin) / 1e9:.6f} s."
        for id_, until in history.promised_until.items()
        if id_ in named
    ]
    unknown = [event for event in history.optional if event.operation.outcome == "unknown"]
    if unknown:
        lines.append(f"  {len(unknown)} operations of unknown outcome do not explain it either.")
    return Violation(history.number, tuple(event.operation for event in events), "\n".join(lines))
