"""Where things go: how many numbers a cell stands for, and how many cells fit a row.

Pure arithmetic. A small raffle gets one cell a number, with its label. In a big one a cell is a block
of numbers, of a round size, and rows begin at round numbers, so that a person finds a number by eye.
"""

from __future__ import annotations

from typing import Final

import msgspec

_ROUND: Final = (
    *(1, 2, 5),
    *(digits * 10**power for power in range(6) for digits in (10, 20, 25, 40, 50)),
)
_LABELLED_COLUMNS: Final = (10, 20, 25, 40, 50, 100)
_MOST_CELL_WIDTH: Final = 7


class Grid(msgspec.Struct, frozen=True):
    """A grid of cells: `block` numbers a cell, `columns` cells a row, `cell_width` characters a cell."""

    number_count: int
    block: int
    columns: int
    cell_width: int
    label_width: int
    """Digits of a printed number."""

    @property
    def is_labelled(self) -> bool:
        """Whether every cell is one number and shows it."""
        return self.block == 1 and self.cell_width > self.label_width

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return -(-self.number_count // self.block)

    @property
    def rows(self) -> int:
        """How many rows they need."""
        return -(-self.cells // self.columns)

    @property
    def width(self) -> int:
        """Characters of a whole row, with the first number of the row in front of blocks."""
        margin = 0 if self.is_labelled else self.label_width + 2
        return margin + self.columns * self.cell_width

    def label(self, number: int) -> str:
        """The printed form of a number."""
        return str(number).zfill(self.label_width)

    def span(self, cell: int) -> tuple[int, int]:
        """The numbers of a cell: from, and to (exclusive)."""
        start = cell * self.block
        return start, min(start + self.block, self.number_count)


def lay_out(number_count: int, width: int, height: int) -> Grid:
    """The finest grid that fits `width` by `height` characters; at least one cell."""
    label_width = max(2, len(str(number_count - 1)))
    return _labelled(number_count, label_width, width, height) or _blocks(
        number_count, label_width, width, height
    )


def _labelled(number_count: int, label_width: int, width: int, height: int) -> Grid | None:
    """One cell a number: a mark, the label, and room between. None when there are too many."""
    narrowest = label_width + 2
    for columns in _LABELLED_COLUMNS:
        fits = columns * narrowest - 1 <= width and -(-number_count // columns) <= height
        if fits:
            widest = max(narrowest, label_width + _MOST_CELL_WIDTH - 2)
            return Grid(number_count, 1, columns, min(width // columns or 1, widest), label_width)
    return None


def _blocks(number_count: int, label_width: int, width: int, height: int) -> Grid:
    most_columns = max(1, width - label_width - 2)
    choices = list(range(10, most_columns + 1, 10)) or [most_columns]
    height = max(1, height)
    best: tuple[int, bool, int] | None = None
    for columns in choices:
        least = -(-number_count // (columns * height))
        block = next(size for size in _ROUND if size >= least)
        is_odd = block * columns not in _ROUND
        score = (block, is_odd, -columns)
        if best is None or score < best:
            best = score
    assert best is not None
    block, _, negative = best
    columns = -negative
    cell_width = max(1, min(2, most_columns // columns))
    return Grid(number_count, block, columns, cell_width, label_width)
