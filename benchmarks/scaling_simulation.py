"""``python -m benchmarks.scaling_simulation``: an opening, second by second, and a node that dies.

The model (`scaling_model`) plans for raffles that are all alike. Here they are popular by Zipf's law,
sockets land where chance wants, whoever is asked first owns a raffle, everybody comes at once, and
after two minutes one node is gone. Viewers are counted, never followed one by one; the same seed gives
the same figures.
"""

from __future__ import annotations

import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from benchmarks.figures import number
from benchmarks.scaling_crowd import Crowd
from benchmarks.scaling_model import (
    HANDSHAKES_A_SECOND,
    JITTER_SECONDS,
    SOCKETS_PER_NODE,
    Costs,
    Load,
    plan,
)
from benchmarks.scaling_tables import Table, about, print_as_asked
from sorteos_actors.cluster.leases import LEASE_MS

SEED: Final = 1
SIZES: Final = ((10_000, 100), (1_000_000, 10_000), (10_000_000, 100_000))
SECONDS: Final = 180
LOSS_AT: Final = 120
LOOK_SECONDS: Final = 5
FEWEST_NODES: Final = 3
"""One is going to be lost."""
_OPENING_SECONDS: Final = 60
_HALF_IN_SECONDS: Final = 10


class Moment(msgspec.Struct, frozen=True):
    """One second: utilizations of nodes, lateness of updates from commit to write, deliveries."""

    utilization: tuple[float, float, float]
    """p50, p99 and the highest."""
    lateness_ms: tuple[float, float]
    """p50 and p99, over all updates and viewers."""
    deliveries: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    planned_nodes: int
    """By the model, for raffles that are alike; at least `FEWEST_NODES`."""
    planned_utilization: float
    """What popular raffles would ask of each of those."""
    nodes: int
    """As many as popular raffles need; these were simulated."""
    counts: list[tuple[int, int]]
    """Each second: sockets that are open, and people on their way."""
    opening: Moment
    steady: Moment
    after_loss: Moment
    sockets_lost: int
    raffles_lost: int
    waiting_share: float
    """Of all commands: those for raffles of the lost node, refused until a lease has run out."""
    recovered_after: int | None
    """Seconds from the loss until everybody is in and every raffle can have an owner; None: never."""


def simulate(load: Load, costs: Costs, *, seed: int) -> Outcome:
    """Open the doors, wait, lose a node, and see."""
    crowd = Crowd(load, costs)
    planned = max(FEWEST_NODES, plan(load, costs).nodes)
    nodes = planned
    while crowd.mean_utilization(nodes) > load.share:
        nodes = math.ceil(nodes * 1.05)
    world = _World(crowd, nodes, random.Random(seed))
    counts: list[tuple[int, int]] = []
    moments: dict[int, Moment] = {}
    sockets_lost = raffles_lost = 0
    waiting = 0.0
    for second in range(SECONDS):
        if second == LOSS_AT:
            sockets_lost, raffles_lost, waiting = world.lose_a_node(second)
        world.step(second)
        counts.append((sum(world.connected), sum(world.due)))
        if second % LOOK_SECONDS == LOOK_SECONDS - 1:
            moments[second] = world.look()
    all_in = (s for s in range(LOSS_AT, SECONDS) if counts[s][0] == load.viewers)
    back = next(all_in, None)
    return Outcome(
        planned_nodes=planned,
        planned_utilization=crowd.mean_utilization(planned),
        nodes=nodes,
        counts=counts,
        opening=_busiest(moments, range(_OPENING_SECONDS)),
        steady=moments[LOSS_AT - 1],
        after_loss=_busiest(moments, range(LOSS_AT, SECONDS)),
        sockets_lost=sockets_lost,
        raffles_lost=raffles_lost,
        waiting_share=waiting,
        recovered_after=None if back is None else max(back - LOSS_AT, math.ceil(LEASE_MS / 1000)),
    )


class _World:
    """Nodes, sockets and owners, with chance."""

    def __init__(self, crowd: Crowd, nodes: int, chance: random.Random) -> None:
        self._crowd = crowd
        self._chance = chance
        self._alive = list(range(nodes))
        self._admitted = [0] * nodes
        self._owner = [chance.choice(self._alive) for _ in crowd.shares]
        self.connected = [0] * nodes
        weights = [0.5 ** (second / _HALF_IN_SECONDS) for second in range(_OPENING_SECONDS)]
        dial = [round(crowd.load.viewers * weight / sum(weights)) for weight in weights]
        dial[-1] += crowd.load.viewers - sum(dial)
        self.due = dial + [0] * (SECONDS + int(JITTER_SECONDS) - _OPENING_SECONDS)
        """People who dial in that second; zero once they have."""

    def step(self, second: int) -> None:
        """Who is due dials a node of chance; who is refused tries again within the jitter."""
        refused = 0
        for node, callers in zip(self._alive, self._deal(self.due[second]), strict=True):
            room = min(int(HANDSHAKES_A_SECOND), SOCKETS_PER_NODE - self.connected[node])
            self._admitted[node] = min(callers, room)
            self.connected[node] += self._admitted[node]
            refused += callers - self._admitted[node]
        self.due[second] = 0
        self._come_back(refused, second + 1)

    def lose_a_node(self, second: int) -> tuple[int, int, float]:
        """Kill one: its sockets, its raffles, and their share of all commands."""
        dead = self._alive.pop(self._chance.randrange(len(self._alive)))
        sockets, self.connected[dead] = self.connected[dead], 0
        self._come_back(sockets, second)
        lost = [raffle for raffle, owner in enumerate(self._owner) if owner == dead]
        for raffle in lost:
            self._owner[raffle] = self._chance.choice(self._alive)
        return sockets, len(lost), sum(self._crowd.shares[raffle] for raffle in lost)

    def look(self) -> Moment:
        """How things are."""
        crowd, inside = self._crowd, sum(self.connected)
        owning = [0.0] * len(self.connected)
        for share, owner in zip(crowd.shares, self._owner, strict=True):
            owning[owner] += crowd.owning(share, inside)
        watching: dict[int, float] = {}
        used: Counter[tuple[int, float]] = Counter()
        values = []
        for node in self._alive:
            viewers = _about(self.connected[node])
            if viewers not in watching:
                watching[viewers] = crowd.watching(viewers, inside)
            doors = self._admitted[node] * crowd.costs.handshake_us / 1e6
            values.append(watching[viewers] + owning[node] + doors)
            used[viewers, round(values[-1], 1)] += 1
        values.sort()
        p99 = values[math.ceil(len(values) * 0.99) - 1]
        return Moment(
            (values[len(values) // 2], p99, values[-1]),
            crowd.lateness(used, inside),
            crowd.deliveries(len(self._alive), inside),
        )

    def _deal(self, count: int) -> Iterator[int]:
        """`count` callers to the living nodes by chance; together exactly `count`."""
        for left in range(len(self._alive), 0, -1):
            mean = count / left
            chance = self._chance.gauss(mean, math.sqrt(mean * (1 - 1 / left))) if count else 0
            dealt = min(count, max(0, round(chance)))  # The last has no spread: he gets the rest.
            yield dealt
            count -= dealt

    def _come_back(self, count: int, first: int) -> None:
        """Full jitter: evenly over the seconds from `first` on."""
        for left in range(int(JITTER_SECONDS), 0, -1):
            part = count // left
            self.due[first + int(JITTER_SECONDS) - left] += part
            count -= part


def _about(count: int) -> int:
    """Rounded to steps of 1 to 5 %: nodes with about as many viewers are computed once."""
    step = max(1, int(10.0 ** (len(str(count)) - 2)) // 2)
    return round(count / step) * step


def _busiest(moments: dict[int, Moment], seconds: range) -> Moment:
    return max((m for s, m in moments.items() if s in seconds), key=lambda m: m.utilization)


def main() -> int:
    """Print in the wanted form."""
    found = outcomes()
    return print_as_asked("An opening, and the loss of a node, simulated.", [table(found)], found)


def outcomes() -> list[tuple[Load, Outcome]]:
    """The three sizes of docs/scaling.md."""
    loads = [Load(viewers=viewers, raffles=raffles) for viewers, raffles in SIZES]
    return [(load, simulate(load, Costs(), seed=SEED)) for load in loads]


def table(found: list[tuple[Load, Outcome]]) -> Table:
    """What the document shows: a row a figure, a column a size."""
    names = tuple(
        f"{number(load.viewers)} viewers, {number(load.raffles)} raffles" for load, _ in found
    )
    lines: list[tuple[str, Callable[[Outcome], str]]] = [
        ("nodes, planned for raffles that are alike", lambda o: number(o.planned_nodes)),
        ("their mean utilization with popular raffles", lambda o: _percent(o.planned_utilization)),
        ("nodes for popular raffles, simulated", lambda o: number(o.nodes)),
        ("utilization p50 / p99 / highest, opening", lambda o: _load(o.opening)),
        ("the same, steady", lambda o: _load(o.steady)),
        ("the same, after the loss of a node", lambda o: _load(o.after_loss)),
        ("lateness of an update p50 / p99, steady, ms", lambda o: _late(o.steady)),
        ("the same, after the loss", lambda o: _late(o.after_loss)),
        ("Redis deliveries /s, steady", lambda o: about(o.steady.deliveries)),
        ("sockets lost / raffles lost", lambda o: f"{number(o.sockets_lost)} / {o.raffles_lost}"),
        ("commands refused until the leases end", lambda o: _percent(o.waiting_share)),
        ("all back after, s", lambda o: str(o.recovered_after)),
    ]
    rows = tuple((what, *(cell(o) for _, o in found)) for what, cell in lines)
    return Table("An opening, and a node lost", ("figure", *names), rows, frozenset({0}))


def _load(moment: Moment) -> str:
    return " / ".join(_percent(part) for part in moment.utilization)


def _late(moment: Moment) -> str:
    return " / ".join(number(round(ms)) for ms in moment.lateness_ms)


def _percent(share: float) -> str:
    return f"{about(share * 100)} %"


if __name__ == "__main__":
    sys.exit(main())
