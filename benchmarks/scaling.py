"""``python -m benchmarks.scaling``: the model's tables of docs/scaling.md.

--markdown    as they stand in the document (a test compares)
--json        every figure of every plan, unrounded
"""

from __future__ import annotations

import sys
from typing import Final

from benchmarks.figures import number
from benchmarks.scaling_model import Costs, Load, Plan, plan
from benchmarks.scaling_tables import Table, about, print_as_asked

VIEWERS: Final = (10_000, 1_000_000, 10_000_000)
RAFFLES: Final = (1, 100, 10_000, 100_000)
RATES: Final = (1.0, 4.0, 20.0)
_SIZE: Final = ("viewers", "raffles")


def main() -> int:
    """Print in the wanted form."""
    document = {"costs": Costs(), "plans": [{"load": load, "plan": p} for load, p in plans()]}
    return print_as_asked("What many viewers and raffles need, by the model.", tables(), document)


def plans() -> list[tuple[Load, Plan]]:
    """Every size, placed anywhere and by raffle; then one raffle at several rates."""
    loads = [
        Load(viewers=viewers, raffles=raffles, placement=placement)
        for viewers in VIEWERS
        for raffles in RAFFLES
        for placement in ("anywhere", "by raffle")
    ]
    loads += [
        Load(viewers=viewers, raffles=1, wanted_hz=hz) for viewers in VIEWERS[1:] for hz in RATES
    ]
    return [(load, plan(load, Costs())) for load in loads]


def tables() -> tuple[Table, ...]:
    """What the document shows."""
    found = plans()
    sizes = len(VIEWERS) * len(RAFFLES) * 2
    pairs = [(found[i][0], found[i][1], found[i + 1][1]) for i in range(0, sizes, 2)]
    return (_nodes(pairs), _engines(pairs), _one_raffle(found[sizes:]))


def _nodes(pairs: list[tuple[Load, Plan, Plan]]) -> Table:
    columns = (
        *_SIZE,
        "nodes",
        "bound by",
        "nodes, by raffle",
        "bound by",
        "feed's limit, Hz",
        "updates of a raffle /s",
        "memory GB",
        "egress Gbit/s",
        "all back after s",
    )
    rows = [
        (
            *_size(load),
            number(anywhere.nodes),
            anywhere.bound,
            number(by_raffle.nodes),
            by_raffle.bound,
            about(anywhere.hz),
            about(anywhere.updates),
            about(anywhere.memory_gb),
            about(anywhere.egress_gbit),
            number(round(anywhere.return_seconds)),
        )
        for load, anywhere, by_raffle in pairs
    ]
    return Table("Nodes (processes with a core each)", columns, tuple(rows), frozenset({3, 5}))


def _engines(pairs: list[tuple[Load, Plan, Plan]]) -> Table:
    columns = (
        *_SIZE,
        "commands /s",
        "refused /s",
        "Redis deliveries /s",
        "bus Gbit/s",
        "Redis servers",
        "by raffle",
        "regional relays",
        "commits /s",
        "rows /s",
        "WAL MB/s",
        "PostgreSQL servers",
        "first wall",
        "first wall, by raffle",
    )
    rows = [
        (
            *_size(load),
            about(anywhere.commands),
            about(anywhere.refused),
            about(anywhere.deliveries),
            about(anywhere.bus_gbit),
            number(anywhere.redis_servers),
            number(by_raffle.redis_servers),
            number(anywhere.relays),
            about(anywhere.commits),
            about(anywhere.rows),
            about(anywhere.wal_mb),
            number(anywhere.postgres_servers),
            anywhere.wall,
            by_raffle.wall,
        )
        for load, anywhere, by_raffle in pairs
    ]
    return Table("Redis, PostgreSQL, and the first wall", columns, tuple(rows), frozenset({13, 14}))


def _one_raffle(found: list[tuple[Load, Plan]]) -> Table:
    columns = (
        "viewers",
        "wanted Hz",
        "nodes",
        "egress Gbit/s",
        "commands answered /s",
        "bus Gbit/s",
        "regional relays",
    )
    rows = [
        (
            number(load.viewers),
            number(load.wanted_hz),
            number(p.nodes),
            about(p.egress_gbit),
            about(p.commands),
            about(p.bus_gbit),
            number(p.relays),
        )
        for load, p in found
    ]
    return Table("One raffle at several rates", columns, tuple(rows))


def _size(load: Load) -> tuple[str, str]:
    return number(load.viewers), number(load.raffles)


if __name__ == "__main__":
    sys.exit(main())
