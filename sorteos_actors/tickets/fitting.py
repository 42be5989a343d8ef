"""How many numbers stand on a page, and how large. Lengths in millimetres, letters in points."""

from __future__ import annotations

from typing import Final

import msgspec

POINT: Final = 25.4 / 72
_SIZES: Final = (44, 36, 30, 24, 20, 16, 13, 11)
_DIGIT: Final = 0.696
"""Width of a bold digit as a part of the letter's size."""
_GAP: Final = 2.0


class Grid(msgspec.Struct, frozen=True):
    """Equal cells in rows, read like a text."""

    size: int
    """Of the letters."""
    columns: int
    cell_width: float
    """With the gap after it."""
    cell_height: float

    def rows(self, height: float) -> int:
        """How many rows have room in a height."""
        return max(0, int((height + _GAP) / self.cell_height + 1e-9))

    def capacity(self, height: float) -> int:
        """How many cells have room in a height."""
        return self.columns * self.rows(height)

    @property
    def box(self) -> tuple[float, float]:
        """Width and height of what is drawn of a cell."""
        return self.cell_width - _GAP, self.cell_height - _GAP


def fit(count: int, digits: int, width: float, height: float) -> Grid:
    """The largest cells of which `count` have room; when none have, the smallest ones."""
    grids = [_grid(size, digits, width) for size in _SIZES]
    roomy = (grid for grid in grids if grid.columns and grid.capacity(height) >= count)
    return next(roomy, grids[-1])


def _grid(size: int, digits: int, width: float) -> Grid:
    letter = size * POINT
    cell_width = digits * _DIGIT * letter + 0.5 * letter + 2 + _GAP
    columns = int((width + _GAP) / cell_width)
    return Grid(size, columns, cell_width, 1.35 * letter + _GAP)
