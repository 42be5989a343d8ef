"""Tables that print themselves for people and as Markdown for docs/scaling.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.figures import number

_WIDTH = 180
"""Columns when the output is a file."""


class Table(msgspec.Struct, frozen=True):
    """Cells as they are printed; all but the first `texts` columns are aligned to the right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int] = frozenset()
    """Columns that are words."""


def markdown(tables: Sequence[Table]) -> str:
    """As in the document: a bold title, then the table; a blank line between."""
    return "\n".join(_markdown(table) for table in tables)


def show(tables: Sequence[Table]) -> None:
    """For a terminal, or a file wide enough."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    for table in tables:
        rich = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
        for index, name in enumerate(table.columns):
            rich.add_column(name, justify="left" if index in table.texts else "right")
        for row in table.rows:
            rich.add_row(*row)
        console.print(rich)


def print_as_asked(description: str, tables: Sequence[Table], document: object) -> int:
    """The tables, as Markdown with `--markdown`; the document with `--json`. Returns 0."""
    parser = argparse.ArgumentParser(description=description)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="the tables of docs/scaling.md")
    form.add_argument("--json", action="store_true", help="every figure, unrounded")
    asked = parser.parse_args()
    if asked.json:
        print(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())
    elif asked.markdown:
        print(markdown(tables), end="")
    else:
        show(tables)
    return 0


def about(value: float) -> str:
    """Two digits that matter: more of them than a model knows are noise."""
    if 0 < value < 0.01:
        return "< 0.01"
    text = number(float(f"{value:.2g}"))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _markdown(table: Table) -> str:
    lines = [f"**{table.title}**", "", _line(table.columns)]
    lines.append(_line(["---" if i in table.texts else "---:" for i in range(len(table.columns))]))
    lines += [_line(row) for row in table.rows]
    return "\n".join([*lines, ""])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
