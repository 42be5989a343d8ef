"""Results for people (tables), for the document (Markdown) and for programs (JSON)."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Result, number, times

_COLUMNS = ("figure", "baseline", "ours", "ours / baseline", "goal", "met")


class Run(msgspec.Struct, frozen=True):
    """A whole run: where, when, with which command, and what came out."""

    machine: str
    at: str
    command: str
    weather_at_end: str
    results: list[Result]


def show(console: Console, result: Result) -> None:
    """One scenario as a table, with how it was measured."""
    table = Table(title=result.title, caption=_caption(result))
    table.title_justify = table.caption_justify = "left"
    for index, name in enumerate(_COLUMNS):
        table.add_column(name, justify="left" if index in (0, 4) else "right")
    for figure in result.figures:
        table.add_row(*_cells(figure), style=None if figure.is_met is not False else "bold red")
    console.print(table)
    console.print()


def markdown(run: Run) -> str:
    """Everything as Markdown, to be pasted into docs/performance.md."""
    lines = [f"Machine: {run.machine}. At the end: {run.weather_at_end}.", ""]
    lines += [f"Command: `{run.command}` on {run.at}.", ""]
    for result in run.results:
        lines += [f"### {result.title}", "", result.method, ""]
        lines += ["| " + " | ".join(_COLUMNS) + " |", "| --- | ---: | ---: | ---: | --- | --- |"]
        lines += ["| " + " | ".join(_cells(figure)) + " |" for figure in result.figures]
        lines += ["", *(f"{note}\n" for note in result.notes)]
    return "\n".join(lines)


def dump(run: Run) -> bytes:
    """The run with the value of every single round."""
    return msgspec.json.format(msgspec.json.encode(run), indent=1)


def load(data: bytes) -> Run:
    """What `dump` wrote. Raises `msgspec.ValidationError`."""
    return msgspec.json.decode(data, type=Run)


def _cells(figure: Figure) -> tuple[str, ...]:
    baseline, ratio = figure.baseline_value, figure.ratio
    verdict = {True: "yes", False: "no", None: ""}[figure.is_met]
    return (
        figure.what,
        "" if baseline is None else f"{number(baseline)} {figure.unit}",
        f"{number(figure.value)} {figure.unit}{_spread(figure)}",
        "" if ratio is None else times(ratio),
        figure.goal,
        verdict,
    )


def _spread(figure: Figure) -> str:
    """The lowest and the highest run, when there were several."""
    if len(figure.ours) < 2:
        return ""
    return f" ({number(min(figure.ours))} to {number(max(figure.ours))})"


def _caption(result: Result) -> str:
    return " ".join([result.method, *result.notes, f"[{result.seconds:.0f} s]"])
