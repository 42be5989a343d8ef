"""What the nodes counted, over all of their lives."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import httpx
import trio

from tests.chaos.cluster import Node

_LINE: Final = re.compile(r"^(sorteos_\w+_total)(\{[^}]*\})? (\S+)$", re.MULTILINE)
_WANTED: Final = (
    "sorteos_fence_rejections_total",
    "sorteos_takeovers_total",
    "sorteos_raffles_handed_over_total",
    "sorteos_leases_lost_total",
    "sorteos_actor_restarts_total",
    "sorteos_commands_forwarded_total",
    "sorteos_bus_gaps_total",
    "sorteos_bus_probes_lost_total",
    "sorteos_feed_snapshots_total",
)
LOOK_SECONDS: Final = 1.0


class Figures:
    """Sums over lives: a node that is killed takes at most the last second with it."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._lives: dict[tuple[str, int], dict[str, float]] = {}

    async def watch(self) -> None:
        """Look once a second until cancelled."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            while True:
                for node in self._nodes:
                    await self._look(http, node)
                await trio.sleep(LOOK_SECONDS)

    async def _look(self, http: httpx.AsyncClient, node: Node) -> None:
        if not node.is_running or node.is_frozen:
            return
        life = (node.name, node.starts)
        try:
            text = (await http.get(f"{node.url}/metrics")).text
        except httpx.TransportError:
            return
        self._lives[life] = {
            f"{name}{labels}": float(value)
            for name, labels, value in _LINE.findall(text)
            if name in _WANTED
        }

    def sums(self) -> dict[str, float]:
        """Every figure, over all nodes and lives."""
        sums: Counter[str] = Counter()
        for figures in self._lives.values():
            for name, value in figures.items():
                if value:
                    sums[name] += value  # type: ignore[assignment]
        return dict(sorted(sums.items()))
