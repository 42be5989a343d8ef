"""A history as each number saw it: what must have happened to it, and what may have.

Numbers are independent objects, so a history is linearizable exactly when it is for every number
alone. Here an operation on several numbers becomes a step for each of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Final
from uuid import UUID

import msgspec

from sorteos_actors.testing.history import Operation

NEVER: Final = 1 << 62
"""A time after everything."""
_NANOS: Final = 1_000_000
_PROMISES_TIME: Final = frozenset({"selection", "checkout"})
"""A review may end before its deadline: as soon as its money is certain not to come."""
_SETTLED: Final = frozenset({"checkout", "payment_review", "completed", "cancelled", "expired"})
"""Here a reservation takes nothing more: an answer shows whatever a quick pick has taken."""
_MOVES_DEADLINE: Final = frozenset({"checkout", "review"})
"""These may bring a deadline nearer."""


class Step(IntEnum):
    """What an operation says about one number; R is its reservation. Up to `IS_OTHERS`: only looks."""

    HAS = 0
    """R holds it."""
    HAS_NOT = 1
    """R neither holds it nor has it bought."""
    BOUGHT = 2
    """It is sold to R."""
    IS_FREE = 3
    """Nobody else has it."""
    IS_OTHERS = 4
    """Somebody else has it."""
    TAKE = 5
    """Nobody else has it; R holds it from here on."""
    GIVE = 6
    """R is alive and does not hold it from here on."""
    CANCEL = 7
    """R ends, unless it had been cancelled before."""
    EXPIRE = 8
    """R's time has run out before this."""
    COMPLETE = 9
    """R held it or had bought it; it is sold to R from here on."""
    CONTRADICTS = 10
    """The answer contradicts itself: never right."""


class Event(msgspec.Struct, frozen=True):
    """One step in the life of one number."""

    step: Step
    reservation_id: UUID
    invoked_at: int
    returned_at: int
    """`NEVER` when the outcome is unknown."""
    operation: Operation


class NumberHistory(msgspec.Struct, frozen=True):
    """Everything that concerns one number. Both lists are in the order of `invoked_at`."""

    number: int
    required: Sequence[Event]
    """They happened, each at an instant between its two times."""
    optional: Sequence[Event]
    """Each may have happened at an instant after `invoked_at`, or not at all."""
    promised_until: dict[UUID, int]
    """No hold of these reservations may end by itself before."""
    anybody: Sequence[int]
    """Times, in order: since then one more reservation that nobody heard of may have taken it."""


def split(history: Iterable[Operation], *, slack_ms: int) -> Iterator[NumberHistory]:
    """The history of every number that it names. Promises are taken as `slack_ms` shorter.

    A quick pick of unknown outcome may have taken any number at all, unless an answer shows its
    reservation when that takes nothing more. `durable.name_picks` asks the journal instead.
    """
    by_reservation: dict[UUID, list[Operation]] = defaultdict(list)
    for operation in history:
        by_reservation[operation.reservation_id].append(operation)
    required: dict[int, list[Event]] = defaultdict(list)
    optional: dict[int, list[Event]] = defaultdict(list)
    picks: list[tuple[Event, frozenset[int]]] = []
    promised_until: dict[UUID, int] = {}
    for reservation_id, operations in by_reservation.items():
        promise = _promise(operations, slack_ms * _NANOS)
        if promise is not None:
            promised_until[reservation_id] = promise
        numbers = _numbers(operations)
        is_settled = any(o.numbers is not None and o.phase in _SETTLED for o in operations)
        for operation in operations:
            if operation.outcome == "unknown":
                for number, step in _unknown(operation, numbers):
                    optional[number].append(_event(step, operation))
                if operation.kind == "quick_pick" and not is_settled:
                    picks.append((_event(Step.TAKE, operation), numbers))
                continue
            steps = _done(operation, numbers) if operation.outcome == "ok" else _refused(operation)
            for number, step in steps:
                required[number].append(_event(step, operation))
    picks.sort(key=lambda pick: pick[0].invoked_at)
    for number in sorted(required):
        events = sorted(required[number], key=_invoked_at)
        possible = optional[number]
        here = {event.reservation_id for event in (*events, *possible)}
        promises = {id_: promised_until[id_] for id_ in here if id_ in promised_until}
        anybody = []
        for pick, named in picks:
            if pick.reservation_id not in here:
                anybody.append(pick.invoked_at)
            elif number not in named:  # Nothing is known of its end either.
                possible.append(pick)
                promises.pop(pick.reservation_id, None)
        possible.sort(key=_invoked_at)
        yield NumberHistory(number, events, possible, promises, anybody)


Steps = Iterable[tuple[int, Step]]


def _done(operation: Operation, numbers: frozenset[int]) -> Steps:
    """What an acknowledgement says, about every number that its reservation ever had."""
    phase = operation.phase or ("cancelled" if operation.kind == "cancel" else "")
    if phase in ("cancelled", "expired"):
        step = Step.CANCEL if phase == "cancelled" else Step.EXPIRE
        return [(number, step) for number in numbers]
    if operation.numbers is None:
        named = [(number, Step.TAKE) for number in set(operation.take)]
        return named + [(number, Step.GIVE) for number in set(operation.give)]
    has = frozenset(operation.numbers)
    if phase == "completed":
        bought = Step.COMPLETE if operation.kind == "complete" else Step.BOUGHT
        return [(n, bought if n in has else Step.HAS_NOT) for n in numbers]
    take, give = frozenset(operation.take), frozenset(operation.give)
    if operation.kind == "quick_pick":
        take = has
    steps = []
    for number in numbers | take | give:
        if number in has:
            step = Step.TAKE if number in take else Step.HAS
            if number in give:
                step = Step.CONTRADICTS
        else:
            step = Step.GIVE if number in give else Step.HAS_NOT
        steps.append((number, step))
    return steps


def _refused(operation: Operation) -> Steps:
    """`numbers_taken` names every number in the way; other refusals say nothing about numbers."""
    if operation.code != "numbers_taken" or operation.kind == "quick_pick":
        return []
    taken = frozenset(operation.taken)
    steps = [(n, Step.IS_OTHERS if n in taken else Step.IS_FREE) for n in set(operation.take)]
    return steps + [(n, Step.CONTRADICTS) for n in taken.difference(operation.take)]


def _unknown(operation: Operation, numbers: frozenset[int]) -> Steps:
    """What may have been done."""
    match operation.kind:
        case "cancel":
            return [(number, Step.CANCEL) for number in numbers]
        case "complete":
            return [(number, Step.COMPLETE) for number in numbers]
        case "quick_pick":
            return [(number, Step.TAKE) for number in numbers]
        case _:
            named = [(number, Step.TAKE) for number in set(operation.take)]
            return named + [(number, Step.GIVE) for number in set(operation.give)]


def _numbers(operations: Iterable[Operation]) -> frozenset[int]:
    """Every number that the reservation may ever have had, as far as it was named."""
    found: set[int] = set()
    for operation in operations:
        if operation.outcome != "refused":
            found.update(operation.take, operation.give, operation.numbers or ())
    return frozenset(found)


def _promise(operations: Iterable[Operation], slack: int) -> int | None:
    """Until when the reservation's holds cannot end by themselves, by the best of its answers.

    An answer counts in full unless a checkout, which may bring the deadline nearer, can have had
    its effect after it: then it counts until that checkout was asked for.
    """
    movers = [o for o in operations if o.kind in _MOVES_DEADLINE and o.outcome != "refused"]
    best: int | None = None
    for told in operations:
        if told.expires_in_ms is None or told.outcome != "ok" or told.phase not in _PROMISES_TIME:
            continue
        until = told.invoked_at + told.expires_in_ms * _NANOS - slack
        for mover in movers:
            is_before = mover.returned_at is not None and mover.returned_at < told.invoked_at
            had_effect = mover.kind == "checkout" and told.phase != "selection"
            if mover is not told and not is_before and not had_effect:
                until = min(until, mover.invoked_at)
        best = until if best is None else max(best, until)
    return best


def _event(step: Step, operation: Operation) -> Event:
    returned_at = NEVER if operation.returned_at is None else operation.returned_at
    return Event(step, operation.reservation_id, operation.invoked_at, returned_at, operation)


def _invoked_at(event: Event) -> int:
    return event.invoked_at
