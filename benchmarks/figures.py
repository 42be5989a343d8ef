"""Figures, their ratio to a baseline, and whether a goal is met. Pure.

A figure keeps the value of every run, so that a reader can see the spread; what is printed and what
is judged is the median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

_TIMES: Final = "\N{MULTIPLICATION SIGN}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured quantity: a value per run of ours, and one per run of the baseline.

    Goals are data. `at_least` and `at_most` judge the median of ours, the `ratio_…` ones judge
    ours divided by the baseline. Without any goal the figure is for information.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    baseline: tuple[float, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None

    @property
    def value(self) -> float:
        """The median of our runs."""
        return median(self.ours)

    @property
    def baseline_value(self) -> float | None:
        """The median of the baseline's runs; None without a baseline."""
        return median(self.baseline) if self.baseline else None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the baseline, both as medians; None without a baseline."""
        base = self.baseline_value
        return None if not base else self.value / base

    @property
    def is_met(self) -> bool | None:
        """Whether every goal is met; None when the figure has none."""
        judged = [
            (self.at_least, self.value, True),
            (self.at_most, self.value, False),
            (self.ratio_at_least, self.ratio, True),
            (self.ratio_at_most, self.ratio, False),
        ]
        verdicts = [
            found is not None and (found >= goal if is_floor else found <= goal)
            for goal, found, is_floor in judged
            if goal is not None
        ]
        return all(verdicts) if verdicts else None

    @property
    def goal(self) -> str:
        """The goals in words."""
        parts = []
        if self.at_least is not None:
            parts.append(f"≥ {number(self.at_least)}")
        if self.at_most is not None:
            parts.append(f"≤ {number(self.at_most)}")
        if self.ratio_at_least is not None:
            parts.append(f"≥ {times(self.ratio_at_least)} baseline")
        if self.ratio_at_most is not None:
            parts.append(f"≤ {times(self.ratio_at_most)} baseline")
        return ", ".join(parts)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario's outcome; `method` says how it was measured, `notes` what to know besides."""

    name: str
    title: str
    method: str
    figures: list[Figure]
    notes: list[str] = []
    seconds: float = 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed.

    Raises ValueError for no values or a share outside of 0 to 1.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError("a percentile needs values and a share between 0 and 1")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def number(value: float) -> str:
    """A figure for people: three digits that matter, thousands separated."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def times(ratio: float) -> str:
    """A ratio for people: 12 times, or 1/6.4 when ours is the smaller one by far."""
    if ratio <= 0:
        return number(ratio)
    return f"{number(ratio)} {_TIMES}" if ratio >= 0.5 else f"1/{number(1 / ratio)}"
