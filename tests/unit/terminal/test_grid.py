"""Where the cells go."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.terminal.grid import lay_out


@given(st.integers(1, 1_000_000), st.integers(20, 300), st.integers(1, 90))
def test_every_number_has_one_cell_and_the_grid_fits(count: int, width: int, height: int) -> None:
    grid = lay_out(count, width, height)
    assert grid.width <= width
    assert grid.rows <= height
    spans = [grid.span(cell) for cell in range(grid.cells)]
    assert spans[0][0] == 0
    assert spans[-1][1] == count
    assert all(end == start for (_, end), (start, _) in pairwise(spans))


def test_a_hundred_numbers_are_ten_rows_of_ten_each_with_its_label() -> None:
    grid = lay_out(100, 58, 18)
    assert (grid.is_labelled, grid.columns, grid.rows) == (True, 10, 10)


@pytest.mark.parametrize(
    ("count", "a_row"), [(10_000, 1_000), (100_000, 10_000), (1_000_000, 100_000)]
)
def test_rows_of_a_big_raffle_begin_at_round_numbers(count: int, a_row: int) -> None:
    grid = lay_out(count, 58, 18)
    assert not grid.is_labelled
    assert grid.block * grid.columns == a_row
    assert grid.label(a_row) == str(a_row).zfill(len(str(count - 1)))


def test_a_larger_terminal_shows_finer_blocks() -> None:
    blocks = [lay_out(1_000_000, width, height).block for width, height in ((58, 14), (180, 45))]
    assert blocks[1] < blocks[0]


def test_a_terminal_too_small_for_anything_still_gets_a_grid() -> None:
    assert lay_out(1_000_000, 1, 0).cells >= 1
