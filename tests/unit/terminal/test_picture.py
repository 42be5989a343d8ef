"""How it looks: it always fits, and every state is told without colour too."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from sorteos_actors.protocol import board as codec
from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.terminal.client import Change
from sorteos_actors.terminal.grid import Grid
from sorteos_actors.terminal.picture import Picture, bar, look
from sorteos_actors.terminal.scene import Scene


def a_scene(count: int, states: dict[int, int] | None = None, **raffle: object) -> Scene:
    """A scene with these numbers taken."""
    board = BoardClient()
    cells = bytearray(count)
    for number, state in (states or {}).items():
        cells[number] = state
    for block in codec.snapshots(codec.pack(cells), count, 1, 0):
        board.receive(block)
    scene = Scene(board)
    scene.raffle = {
        "title": "Rifa de la escuela",
        "status": "active",
        "number_count": count,
        "price": 250_000,
        "currency": "CRC",
    } | raffle
    scene.is_live = True
    return scene


def drawn(scene: Scene, width: int = 80, height: int = 24, now: float = 0) -> list[str]:
    """The picture's lines, without colour."""
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    with console.capture() as capture:
        console.print(Picture(scene).draw(width, height, now), end="")
    return capture.get().splitlines()


@pytest.mark.parametrize("count", [1, 7, 100, 101, 1000, 12_345, 1_000_000])
@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40), (250, 70), (20, 8)])
def test_the_picture_is_exactly_as_large_as_the_terminal(count: int, size: tuple[int, int]) -> None:
    scene = a_scene(count, {0: 1})
    scene.change(Change("delta", {0: 1}), 0)
    lines = drawn(scene, *size)
    assert len(lines) == size[1]
    assert max(map(len, lines)) <= size[0]


def test_a_small_raffle_shows_each_number_with_its_state_by_shape() -> None:
    text = "\n".join(drawn(a_scene(100, {7: 1, 42: 2})))
    assert "·06" in text
    assert "▒07" in text
    assert "█42" in text
    assert "a cell is one number" in text


def test_counts_price_and_position_are_told() -> None:
    text = "\n".join(drawn(a_scene(10_000, dict.fromkeys(range(2500), 2) | {9999: 1})))
    assert "█ 2,500 sold 25.0%" in text
    assert "▒ 1 reserved 0.0%" in text
    assert "· 7,499 free 75.0%" in text
    assert "CRC 2,500.00 each" in text
    assert "seq 0 · epoch 1" in text


def test_a_lost_connection_is_told_with_its_reason() -> None:
    scene = a_scene(100)
    scene.is_live, scene.why = False, "the server restarts"
    assert "reconnecting… the server restarts" in drawn(scene)[0]


def test_the_latest_changes_are_listed_beside_the_grid() -> None:
    scene = a_scene(100)
    scene.change(Change("delta", {7: 1}), 0)
    scene.change(Change("delta", {8: 2}), 0)
    news = [line[60:].strip() for line in drawn(scene)[5:7]]
    assert news == ["08 █ sold", "07 ▒ reserved"]


def test_blocks_are_shaded_for_reserved_and_rise_for_sold() -> None:
    assert look((100, 0, 0, 0))[0] == "·"
    assert [look((100 - n, n, 0, 0))[0] for n in (1, 50, 100)] == ["░", "▒", "▓"]
    assert [look((100 - n, 0, n, 0))[0] for n in (1, 50, 100)] == ["▁", "▅", "█"]
    assert look((0, 40, 60, 0))[0] == "█"


def test_a_single_number_looks_the_same_as_block_and_as_label() -> None:
    states = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
    assert [look(counts)[0] for counts in states] == ["·", "▒", "█", "╳"]


@pytest.mark.parametrize(
    ("totals", "shares"),
    [
        ((100, 0, 0, 0), (0, 0, 50)),
        ((0, 0, 100, 0), (50, 0, 0)),
        ((999_999, 1, 0, 0), (0, 1, 49)),
        ((1, 0, 999_999, 0), (49, 0, 1)),
        ((50, 25, 25, 0), (12, 12, 26)),
    ],
)
def test_the_bar_shows_whatever_is_there_at_all(
    totals: tuple[int, int, int, int], shares: tuple[int, int, int]
) -> None:
    text = bar(totals, 50).plain[1:]
    assert len(text) == 50
    assert tuple(text.count(glyph) for glyph in "█▒·") == shares


def test_only_rows_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = a_scene(1_000_000)
    picture = Picture(scene)
    picture.draw(80, 24, 0)
    rows: list[int] = []
    draw_row = picture._row

    def noting(grid: Grid, row: int) -> Text:
        rows.append(row)
        return draw_row(grid, row)

    monkeypatch.setattr(picture, "_row", noting)
    picture.draw(80, 24, 1)
    assert rows == []
    scene.change(Change("delta", {250_000: 1}), 1)
    picture.draw(80, 24, 1)
    assert rows == [2]


def test_a_title_cannot_steer_the_terminal() -> None:
    console = Console(file=io.StringIO(), width=80, height=24, color_system=None)
    with console.capture() as capture:
        console.print(Picture(a_scene(100, title="x\x1b[2J\x07y")).draw(80, 24, 0), end="")
    assert "\x1b" not in capture.get()
    assert "\x07" not in capture.get()
