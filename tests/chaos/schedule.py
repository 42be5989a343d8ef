"""Which faults, when and for how long: drawn from a seed, so that a failing run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

import msgspec
import trio

from tests.chaos.cluster import NODES, Cluster
from tests.chaos.faults import FAULTS, Hurt


class Strike(msgspec.Struct, frozen=True):
    """One fault at one node, after a pause since the step began."""

    fault: str
    node: int
    """Counted from 0. Means nothing to faults of PostgreSQL and Redis themselves."""
    seconds: float
    after: float = 0.0
    salt: int = 0
    """Of what the fault itself leaves to chance."""

    def __str__(self) -> str:
        """For the printed schedule."""
        return f"+{self.after:.1f} s {self.fault} (node {self.node + 1}, {self.seconds:.1f} s)"


class Step(msgspec.Struct, frozen=True):
    """Faults that overlap, and the quiet time before them."""

    quiet: float
    strikes: Sequence[Strike]

    def __str__(self) -> str:
        """One line of the printed schedule."""
        return f"{self.quiet:4.1f} s quiet, then " + " | ".join(map(str, self.strikes))


# How often, and how long: below and above the lease (4 s) and the deadlines of the nodes.
_WEIGHTS: Final[dict[str, tuple[float, float, float]]] = {
    "kill_node": (14, 0.2, 6.0),
    "freeze_node": (4, 3.0, 8.0),
    "freeze_in_commit": (3, 5.0, 8.0),
    "stop_node": (3, 0.0, 0.0),
    "roll_all_nodes": (0.5, 0.0, 0.0),
    "kill_redis": (3, 0.1, 6.0),
    "freeze_redis": (2, 1.0, 8.0),
    "flush_redis": (2, 0.5, 2.0),
    "cut_from_redis": (3, 2.0, 8.0),
    "deaf_to_redis": (2, 2.0, 8.0),
    "refused_by_redis": (1, 2.0, 8.0),
    "slow_redis": (1, 2.0, 6.0),
    "kill_postgres": (2, 0.2, 4.0),
    "cut_from_postgres": (3, 2.0, 9.0),
    "deaf_to_postgres": (3, 2.0, 9.0),
    "refused_by_postgres": (1, 1.0, 6.0),
    "swallow_commits": (3, 2.0, 6.0),
    "lose_commits": (2, 2.0, 6.0),
    "slow_postgres": (1, 2.0, 6.0),
    "drop_connections": (2, 0.1, 0.5),
}
_SHARED: Final = {
    "kill_redis": "redis",
    "freeze_redis": "redis",
    "flush_redis": "redis",
    "kill_postgres": "postgres",
    "roll_all_nodes": "roll",
}


def draw(seed: str, seconds: float) -> list[Step]:
    """A schedule that takes about so long."""
    chance = random.Random(seed)
    steps: list[Step] = []
    used = 0.0
    while used < seconds:
        quiet = chance.uniform(0.5, 4.0)
        count = chance.choices((1, 2, 3), (6, 3, 1))[0]
        strikes = _without_doubles([_strike(chance, index) for index in range(count)])
        steps.append(Step(quiet, strikes))
        used += quiet + max(s.after + s.seconds + 1 for s in strikes)
        used += 25 * sum(s.fault == "roll_all_nodes" for s in strikes)
    return steps


def _without_doubles(strikes: Sequence[Strike]) -> list[Strike]:
    """Nobody kills a server that is killed already."""
    kept: dict[str, Strike] = {}
    for index, strike in enumerate(strikes):
        kept.setdefault(_SHARED.get(strike.fault, str(index)), strike)
    return list(kept.values())


def _strike(chance: random.Random, index: int) -> Strike:
    fault = chance.choices(list(_WEIGHTS), [weight for weight, _, _ in _WEIGHTS.values()])[0]
    _, shortest, longest = _WEIGHTS[fault]
    return Strike(
        fault=fault,
        node=chance.randrange(NODES),
        seconds=chance.uniform(shortest, longest),
        after=0.0 if index == 0 else chance.uniform(0.0, 3.0),
        salt=chance.getrandbits(32),
    )


async def carry_out(steps: Sequence[Step], cluster: Cluster) -> None:
    """Every step in turn; the faults of one step overlap."""

    async def carry_out_one(strike: Strike) -> None:
        await trio.sleep(strike.after)
        hurt = Hurt(cluster, cluster.nodes[strike.node], strike.seconds, random.Random(strike.salt))
        await FAULTS[strike.fault](hurt)

    for step in steps:
        await trio.sleep(step.quiet)
        async with trio.open_nursery() as nursery:
            for strike in step.strikes:
                nursery.start_soon(carry_out_one, strike)
