"""Who watches which raffle, by Zipf's law, and what that costs a node. Pure, without chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from benchmarks.scaling_model import Costs, Load, feed_hz, updates_a_second

_SINGLE_RANKS: Final = 20
_FULL: Final = 0.95
"""The walk takes 1 / (1 - utilization) times as long, up to here."""


class _Group(msgspec.Struct, frozen=True):
    """Raffles of about the same popularity: how many, and each one's share of all viewers."""

    count: int
    share: float


class Crowd:
    """Who watches what, and what that costs a node with so many viewers. No chance in here."""

    def __init__(self, load: Load, costs: Costs) -> None:
        self.load = load
        self.costs = costs
        total = sum(1 / rank for rank in range(1, load.raffles + 1))
        self.shares = [1 / rank / total for rank in range(1, load.raffles + 1)]
        self.groups = tuple(_groups(self.shares))

    def mean_utilization(self, nodes: int) -> float:
        """When everybody is in, spread evenly."""
        inside = self.load.viewers
        owning = sum(self.owning(group.share, inside) * group.count for group in self.groups)
        return self.watching(inside // nodes, inside) + owning / nodes

    def watching(self, viewers: int, inside: int) -> float:
        """CPU for `viewers` on one node of `inside` altogether: frames, following, commands."""
        costs = self.costs
        frames = heard = 0.0
        for group in self.groups:
            here = viewers * group.share
            updates = self.updates(group.share, here, inside)
            frames += group.count * here * updates
            heard += group.count * -math.expm1(-here) * (updates + math.exp(-updates))
        edge = costs.command_us - costs.turn_us + costs.forward_us
        each = costs.idle_us + self.load.commands_a_viewer * edge
        return (frames * costs.frame_us + heard * costs.relay_us + viewers * each) / 1e6

    def owning(self, share: float, inside: int) -> float:
        """CPU of one raffle's owner; no raffle gets more than a core."""
        turn_us = self.costs.turn_us + self.costs.forward_us
        return min(1.0, self.taps(share, inside) * turn_us / 1e6) + self.costs.awake_us / 1e6

    def taps(self, share: float, inside: int) -> float:
        """Commands a second for one raffle."""
        return inside * share * self.load.commands_a_viewer

    def updates(self, share: float, here: float, inside: int) -> float:
        """Updates a second of one raffle that has `here` viewers on the node."""
        return updates_a_second(self.taps(share, inside), feed_hz(here))

    def deliveries(self, nodes: int, inside: int) -> float:
        """Messages that Redis delivers to nodes, a second."""
        total = 2 * inside * self.load.commands_a_viewer * (1 - 1 / nodes)
        for group in self.groups:
            here = inside * group.share / nodes
            updates = self.updates(group.share, here, inside)
            followers = max(0.0, nodes * -math.expm1(-here) - 1)
            total += group.count * followers * (updates + math.exp(-updates))
        return total

    def lateness(self, used: Counter[tuple[int, float]], inside: int) -> tuple[float, float]:
        """p50 and p99 in ms: the wait for the tick, then half of the walk on a busy core."""
        found = []
        for (viewers, utilization), nodes in used.items():
            for group in self.groups:
                here = viewers * group.share
                interval = 1 / feed_hz(here)
                weight = nodes * group.count * here * self.updates(group.share, here, inside)
                waits = -math.expm1(-self.taps(group.share, inside) * interval)
                walk = here * self.costs.frame_us / 2e6 / (1 - min(utilization, _FULL))
                found.append((walk, weight * (1 - waits)))
                parts = ((part + 0.5) / 10 for part in range(10))
                found += [(interval * part + walk, weight * waits / 10) for part in parts]
        found.sort()
        return _quantile(found, 0.5) * 1000, _quantile(found, 0.99) * 1000


def _groups(shares: list[float]) -> Iterable[_Group]:
    """The most popular one by one, the others in groups that grow by a fifth."""
    start = 0
    while start < len(shares):
        end = start + 1 if start < _SINGLE_RANKS else min(len(shares), start + start // 5)
        yield _Group(end - start, sum(shares[start:end]) / (end - start))
        start = end


def _quantile(ordered: list[tuple[float, float]], share: float) -> float:
    """The value up to which `share` of the weight lies."""
    wanted = share * sum(weight for _, weight in ordered)
    for value, weight in ordered:
        wanted -= weight
        if wanted <= 0:
            return value
    return ordered[-1][0]
