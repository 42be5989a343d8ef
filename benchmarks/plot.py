"""The picture of docs/performance.md: every figure that has a goal or a baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import NullFormatter

from benchmarks.figures import Figure, number
from benchmarks.report import Run

OURS: Final = "#0b6e4f"
BASELINE: Final = "#b8b8b8"
MISSED: Final = "#c1440e"


def draw(run: Run, path: Path) -> None:
    """One panel a scenario: bars on a logarithmic axis, one dot per run, the goal as a line."""
    panels = [(result.title, _drawable(result.figures)) for result in run.results]
    panels = [(title, figures) for title, figures in panels if figures]
    heights = [len(figures) + 1.4 for _, figures in panels]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(10, 0.52 * sum(heights)),
        gridspec_kw={"height_ratios": heights},
        squeeze=False,
        layout="constrained",
    )
    for axis, (title, figures) in zip(axes[:, 0], panels, strict=True):
        _panel(axis, title, figures)
    figure.suptitle(run.machine, fontsize=7, x=0.01, ha="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _drawable(figures: list[Figure]) -> list[Figure]:
    return [f for f in figures if f.value > 0 and (f.baseline or f.is_met is not None)]


def _panel(axis: Any, title: str, figures: list[Figure]) -> None:
    for row, figure in enumerate(reversed(figures)):
        base = figure.baseline_value
        color = MISSED if figure.is_met is False else OURS
        if base:
            axis.barh(row + 0.2, base, 0.36, color=BASELINE)
            axis.text(base, row + 0.2, f" {number(base)} {figure.unit}", va="center", fontsize=7)
        at = row - 0.2 if base else row
        axis.barh(at, figure.value, 0.36, color=color)
        axis.plot(figure.ours, [at] * len(figure.ours), ".", color="black", markersize=3)
        label = f" {number(figure.value)} {figure.unit}"
        axis.text(max(figure.ours), at, label, va="center", fontsize=7, color=color)
        for goal in (figure.at_least, figure.at_most):
            if goal is not None:
                axis.plot([goal, goal], [row - 0.45, row + 0.45], color="black", linewidth=1.2)
    axis.set_yticks(range(len(figures)), [_name(f) for f in reversed(figures)], fontsize=7)
    axis.set_title(f"{title}   (grey: baseline, line: goal)", fontsize=8, loc="left")
    axis.set_xscale("log")
    axis.margins(x=0.18)
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.tick_params(axis="x", labelsize=6)
    axis.spines[["top", "right"]].set_visible(False)


def _name(figure: Figure) -> str:
    return figure.what if len(figure.what) < 52 else figure.what[:50] + "…"
