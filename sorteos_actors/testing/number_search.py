"""Whether the history of one number can be explained: Wing and Gong's search, as Lowe sharpened it.

The search looks for an order of the steps that respects real time (a step that returned before another
was invoked comes first) and in which every answer is right. States that were seen are not tried again.
Three observations keep it small, none of them loses an explanation:

- A step that only looks, and is right now, changes nothing: it is taken at once, without branching.
- What merely *may* have happened (an unknown outcome, a hold that runs out) is put off until a step is
  only right after it. If it were to happen earlier, it could as well happen then.
- Of unknown takes by reservations that are not heard of any more, one is as good as another: the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sorteos_actors.testing.number_history import NEVER, NumberHistory, Step

_LOOKS: Final = frozenset({Step.HAS, Step.HAS_NOT, Step.BOUGHT, Step.IS_FREE, Step.IS_OTHERS})


class SearchGaveUp(Exception):
    """More states than the budget allows: neither explained nor impossible."""


class _State(NamedTuple):
    """Reservations are numbered from 1."""

    holder: int = 0
    """0: nobody; r: held by r; -r: sold to r."""
    cancelled: int = 0
    """Bits of reservations that were cancelled. An ended reservation takes nothing."""
    expired: int = 0
    used: int = 0
    """Bits of the optional events that have happened."""
    anybodies: int = 0
    """How many reservations that nobody heard of have taken it so far."""

    def rules_out(self, other: _State) -> bool:
        """Whether everything that can follow `other`, of the same holder, can follow this, too."""
        return not (
            self.cancelled & ~other.cancelled
            or self.expired & ~other.expired
            or self.used & ~other.used
            or self.anybodies > other.anybodies
        )


class _Spot(NamedTuple):
    """The first `prefix` required events have happened, and those whose bit is set in `mask`."""

    prefix: int
    mask: int
    state: _State


class Search:
    """One search. `is_possible` may be asked once."""

    def __init__(self, history: NumberHistory, budget: int) -> None:
        self._budget = budget
        ids: dict[UUID, int] = {}
        for event in (*history.required, *history.optional):
            ids.setdefault(event.reservation_id, len(ids) + 1)
        self._anybody = len(ids) + 1
        self._anybodies = history.anybody
        self._required = history.required
        self._who = [ids[event.reservation_id] for event in history.required]
        self._last = dict.fromkeys(ids.values(), -1)
        """Where a reservation is required for the last time."""
        for index, who in enumerate(self._who):
            self._last[who] = index
        self._takes: list[tuple[int, int, int]] = []
        """Bit, reservation, time."""
        self._ends: dict[int, list[tuple[int, Step, int]]] = defaultdict(list)
        """For a reservation: bit, step, time."""
        for index, event in enumerate(history.optional):
            who = ids[event.reservation_id]
            if event.step is Step.TAKE:
                self._takes.append((1 << index, who, event.invoked_at))
            else:
                self._ends[who].append((1 << index, event.step, event.invoked_at))
        self._special = {
            who
            for who, ends in self._ends.items()
            for _, step, _ in ends
            if step is Step.GIVE and sum(taker == who for _, taker, _ in self._takes) > 1
        }
        """They may have held it more than once."""
        self._promised = {
            ids[id_]: until for id_, until in history.promised_until.items() if id_ in ids
        }

    def is_possible(self) -> bool:
        """Whether there is an explanation. Raises `SearchGaveUp`."""
        seen: set[_Spot] = set()
        todo: list[tuple[_Spot, bool]] = [(_Spot(0, 0, _State()), False)]
        while todo:
            spot, is_second_look = todo.pop()
            if is_second_look:
                todo.extend((after, False) for after in self._after_something_else(spot))
                continue
            spot = self._look(spot)
            if spot.prefix == len(self._required):
                return True
            if spot in seen:
                continue
            seen.add(spot)
            if len(seen) > self._budget:
                raise SearchGaveUp
            todo.append((spot, True))
            todo.extend((after, False) for after in self._after_a_step(spot))
        return False

    # -- what may come next ------------------------------------------------------------------

    def _open(self, spot: _Spot) -> tuple[list[int], int]:
        """The required events that may come next, and the time before which the next one comes."""
        required, found, limit = self._required, [], NEVER
        index, mask = spot.prefix, spot.mask
        while index < len(required):
            event = required[index]
            if event.invoked_at > limit:
                break
            if not mask & 1:
                found.append(index)
                limit = min(limit, event.returned_at)
            mask >>= 1
            index += 1
        return found, limit

    def _look(self, spot: _Spot) -> _Spot:
        """Take every step that only looks and is right."""
        while True:
            before = spot
            for index in self._open(spot)[0]:
                step, who = self._required[index].step, self._who[index]
                if step in _LOOKS and _applied(step, who, spot.state) is not None:
                    spot = _advanced(spot, index, spot.state)
            if spot is before:
                return spot

    def _after_a_step(self, spot: _Spot) -> list[_Spot]:
        """Where each step that is right now leads to; the best guess last."""
        steps = []
        for index in self._open(spot)[0]:
            after = _applied(self._required[index].step, self._who[index], spot.state)
            if after is not None:
                steps.append((self._required[index].returned_at, _advanced(spot, index, after)))
        steps.sort(key=lambda step: -step[0])
        return [after for _, after in steps]

    def _after_something_else(self, spot: _Spot) -> Iterator[_Spot]:
        """Where steps lead to that are right only after something that may have happened."""
        indexes, limit = self._open(spot)
        wrong = [
            index
            for index in indexes
            if _applied(self._required[index].step, self._who[index], spot.state) is None
        ]
        if not wrong:
            return
        for state in self._possible(spot, limit):
            for index in reversed(wrong):
                after = _applied(self._required[index].step, self._who[index], state)
                if after is not None:
                    yield _advanced(spot, index, after)

    def _possible(self, spot: _Spot, limit: int) -> Sequence[_State]:
        """The states that nobody answered for, but that may have come about by `limit`."""
        reached = [spot.state]
        by_holder = defaultdict(list, {spot.state.holder: [spot.state]})
        for state in reached:  # Grows while it is read.
            for after in self._possible_steps(state, spot.prefix, limit):
                alike = by_holder[after.holder]
                if not any(known.rules_out(after) for known in alike):
                    alike.append(after)
                    reached.append(after)
        return reached[1:]

    def _possible_steps(self, state: _State, prefix: int, limit: int) -> Iterator[_State]:
        holder = state.holder
        if holder == self._anybody:
            yield state._replace(holder=0)
        elif holder == 0:
            yield from self._possible_takes(state, prefix, limit)
        elif holder > 0:
            tried = set()
            for bit, step, since in self._ends[holder]:
                if since <= limit and not state.used & bit and step not in tried:
                    tried.add(step)  # The first of its kind will do.
                    after = _applied(step, holder, state)
                    if after is not None:
                        yield after._replace(used=state.used | bit)
            if self._promised.get(holder, 0) <= limit:
                yield state._replace(holder=0, expired=state.expired | 1 << holder)

    def _possible_takes(self, state: _State, prefix: int, limit: int) -> Iterator[_State]:
        count = state.anybodies
        if count < len(self._anybodies) and self._anybodies[count] <= limit:
            yield state._replace(holder=self._anybody, anybodies=count + 1)
        ended = state.cancelled | state.expired
        tried = set()
        for bit, who, since in self._takes:
            if since > limit:
                return
            if state.used & bit or ended >> who & 1:
                continue
            # A reservation that is not required any more, and keeps nothing longer, is anybody.
            is_anybody = (
                who not in self._special
                and self._last[who] < prefix
                and self._promised.get(who, 0) <= limit
            )
            name = 0 if is_anybody else who
            if name not in tried:
                tried.add(name)
                yield state._replace(holder=who, used=state.used | bit)


def _advanced(spot: _Spot, index: int, state: _State) -> _Spot:
    """After a required event."""
    prefix, mask = spot.prefix, spot.mask | 1 << (index - spot.prefix)
    while mask & 1:
        mask >>= 1
        prefix += 1
    return _Spot(prefix, mask, state)


def _applied(step: Step, who: int, state: _State) -> _State | None:
    """The state after a step of reservation `who`; None when the step is wrong in this state."""
    holder = state.holder
    is_cancelled, is_expired = state.cancelled >> who & 1, state.expired >> who & 1
    right = True
    match step:
        case Step.HAS:
            right = holder == who
        case Step.HAS_NOT:
            right = holder not in (who, -who)
        case Step.BOUGHT:
            right = holder == -who
        case Step.IS_FREE:
            right = holder in (0, who)
        case Step.IS_OTHERS:
            right = holder not in (0, who, -who)
        case Step.TAKE:
            right = holder in (0, who) and not is_cancelled and not is_expired
            state = state._replace(holder=who)
        case Step.GIVE:
            right = holder != -who and not is_cancelled and not is_expired
            state = state._replace(holder=0 if holder == who else holder)
        case Step.CANCEL:
            right = holder != -who and not is_expired
            cancelled = state.cancelled | 1 << who
            state = state._replace(holder=0 if holder == who else holder, cancelled=cancelled)
        case Step.EXPIRE:
            right = holder not in (who, -who)
            state = state._replace(expired=state.expired | 1 << who)
        case Step.COMPLETE:
            right = holder in (who, -who)
            state = state._replace(holder=-who)
        case Step.CONTRADICTS:
            right = False
    return state if right else None


def is_possible(history: NumberHistory, budget: int) -> bool:
    """Whether the history of this number can be explained. Raises `SearchGaveUp`."""
    return Search(history, budget).is_possible()
