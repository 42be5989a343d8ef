"""What bots lived through: counts, latencies, and the table at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from rich.table import Column, Table


class Tally:
    """Adds up. Latencies are seconds."""

    def __init__(self) -> None:
        self.latencies: defaultdict[str, list[float]] = defaultdict(list)
        """By the type of message; answers of every kind, refusals too."""
        self.errors: Counter[str] = Counter()
        """Refusals by their code."""
        self.events: Counter[str] = Counter()
        """What happened otherwise: reservations, connections, lost connections, pushes."""

    def reply(self, type_: str, seconds: float, reply: dict[str, Any]) -> None:
        """Count one answer."""
        self.latencies[type_].append(seconds)
        if not reply.get("ok", True):
            self.errors[reply["error"]["code"]] += 1

    @property
    def answers(self) -> int:
        """How many answers came."""
        return sum(map(len, self.latencies.values()))

    def as_json(self, seconds: float) -> dict[str, Any]:
        """Everything, for a program."""
        return {
            "seconds": round(seconds, 3),
            "answers": self.answers,
            "answers_per_second": round(self.answers / seconds, 1) if seconds else 0.0,
            "reservations": self.events["reservations"],
            "conflicts": self.errors["numbers_taken"],
            "events": dict(sorted(self.events.items())),
            "errors": dict(self.errors.most_common()),
            "latency_ms": {
                name: _milliseconds(values) for name, values in sorted(self._with_all().items())
            },
        }

    def line(self, seconds: float) -> str:
        """The state of things in one line."""
        rate = self.answers / seconds if seconds else 0.0
        return (
            f"{self.events['reservations']:,} reservations, "
            f"{self.errors['numbers_taken']:,} conflicts, {rate:.1f} answers/s"
        )

    def tables(self, seconds: float) -> list[Table]:
        """Everything, for a person."""
        latency = Table("action", *map(_right, ("answers", "p50 ms", "p95 ms", "p99 ms", "max ms")))
        for name, values in sorted(self._with_all().items()):
            told = _milliseconds(values)
            figures = (f"{told[key]:.1f}" for key in ("p50", "p95", "p99", "max"))
            latency.add_row(name, f"{len(values):,}", *figures)
        latency.title = f"{self.answers:,} answers in {seconds:.1f} s"
        outcome = Table("what happened", _right("times"), title="Outcome")
        for name, count in sorted(self.events.items()):
            outcome.add_row(name.replace("_", " "), f"{count:,}")
        for name, count in self.errors.most_common():
            outcome.add_row(f"refused: {name}", f"{count:,}")
        return [latency, outcome]

    def _with_all(self) -> dict[str, list[float]]:
        whole = [value for values in self.latencies.values() for value in values]
        return {**self.latencies, "all": whole} if whole else {}


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the ordered values do not exceed."""
    index = -(-len(ordered) * round(share * 1000) // 1000) - 1
    return ordered[min(max(index, 0), len(ordered) - 1)]


def _milliseconds(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    told = {name: percentile(ordered, share) * 1000 for name, share in shares.items()}
    return {name: round(value, 3) for name, value in told.items()} | {"count": len(values)}


def _right(name: str) -> Column:
    return Column(name, justify="right")
