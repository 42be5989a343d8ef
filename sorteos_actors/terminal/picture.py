"""How a scene looks: lines of text, exactly as many and as wide as the terminal has.

A state is told by shape and by colour, so it is told without colour too. Rows of the grid are kept
and drawn again only when one of their cells looks different.
"""

from __future__ import annotations

from typing import Final

from rich.console import Group
from rich.style import Style
from rich.text import Text

from sorteos_actors.raffle.model import AVAILABLE, BLOCKED, RESERVED, SOLD, STATE_NAMES
from sorteos_actors.terminal.grid import Grid, lay_out
from sorteos_actors.terminal.scene import Counts, Scene
from sorteos_actors.terminal.words import money, printable

GLYPHS: Final = ("·", "▒", "█", "╳")  # noqa: RUF001
COLOURS: Final = ("#7d8590", "#f2b134", "#3d9be9", "#8b5e83")
_STYLES: Final = tuple(Style(color=colour) for colour in COLOURS)
_GLOW: Final = Style(color="#ffffff", bgcolor="#4a5468", bold=True)  # Not reversed: shapes stay.
_DIM: Final = Style(dim=True)
_BOLD: Final = Style(bold=True)
_SHADES: Final = "░▒▓"
_BARS: Final = "▁▂▃▄▅▆▇█"
_HEADER_LINES: Final = 5
_FOOTER_LINES: Final = 1
NEWS_WIDTH: Final = 20
_LEAST_WIDTH_FOR_NEWS: Final = 64


class Picture:
    """Draws one scene, in whatever size it is asked for."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._size = (0, 0)
        self._grid: Grid | None = None
        self._rows: list[Text] = []

    def draw(self, width: int, height: int, now: float) -> Group:
        """The whole picture, `height` lines of at most `width` characters."""
        scene = self._scene
        has_news = width >= _LEAST_WIDTH_FOR_NEWS
        body_height = max(1, height - _HEADER_LINES - _FOOTER_LINES)
        grid = self._lay_out(
            width - 2 - (NEWS_WIDTH if has_news else 0), body_height, (width, height)
        )
        self._draw_rows(grid, scene.refresh(now))
        lines = [
            self._title(width),
            self._facts(width),
            bar(scene.totals, width - 2),
            self._totals(width, now),
            self._rule(grid, width, has_news),
        ]
        news = list(scene.news)[:body_height] if has_news else []
        for index in range(body_height):
            line = Text(" ")
            if index < len(self._rows):
                line.append_text(self._rows[index])
            if index < len(news):
                line.pad_right(max(0, width - NEWS_WIDTH - len(line)))
                state = news[index].state
                line.append(f"{grid.label(news[index].number)} ", _BOLD)
                line.append(f"{GLYPHS[state]} {STATE_NAMES[state]}", _STYLES[state])
            lines.append(line)
        lines.append(self._legend(grid))
        for line in lines:
            line.no_wrap = True
            line.truncate(width)
        return Group(*lines[:height])

    def _lay_out(self, width: int, height: int, size: tuple[int, int]) -> Grid:
        count = int(self._scene.raffle["number_count"])
        grid = self._grid
        if grid is None or size != self._size or grid.number_count != count:
            grid = self._grid = lay_out(count, width, height)
            self._size = size
            self._scene.use(grid)
        return grid

    # -- the grid ----------------------------------------------------------------------------

    def _draw_rows(self, grid: Grid, touched: set[int] | None) -> None:
        if touched is None:
            self._rows = [self._row(grid, row) for row in range(grid.rows)]
        else:
            for row in {cell // grid.columns for cell in touched}:
                self._rows[row] = self._row(grid, row)

    def _row(self, grid: Grid, row: int) -> Text:
        scene = self._scene
        first = row * grid.columns
        line = Text()
        if not grid.is_labelled:
            line.append(f"{grid.label(first * grid.block)}  ", _DIM)
        for cell in range(first, min(first + grid.columns, grid.cells)):
            glyph, style = look(scene.counts(cell))
            if scene.glows(cell):
                style += _GLOW
            if grid.is_labelled:
                text = f"{glyph}{grid.label(cell)}"
                line.append(text, style)
                line.append(" " * (grid.cell_width - len(text)))
            else:
                line.append(glyph * grid.cell_width, style)
        line.rstrip()
        return line

    # -- the lines around it -----------------------------------------------------------------

    def _title(self, width: int) -> Text:
        scene = self._scene
        if not scene.is_live:
            right = Text(f"○ reconnecting… {scene.why}", Style(color="red", bold=True))
        else:
            latency = scene.latency
            told = "" if latency is None else f"  {latency * 1000:.1f} ms"
            right = Text(f"● live{told}", Style(color="green"))
        return _sides(Text(printable(scene.raffle["title"]), _BOLD), right, width)

    def _facts(self, width: int) -> Text:
        raffle, (epoch, seq) = self._scene.raffle, self._scene.position
        price = money(raffle["price"], raffle["currency"])
        left = f"{raffle['status']} · {raffle['number_count']:,} numbers · {price} each"
        return _sides(Text(left), Text(f"seq {seq:,} · epoch {epoch}", _DIM), width)

    def _totals(self, width: int, now: float) -> Text:
        totals = self._scene.totals
        size = max(1, sum(totals))
        left = Text()
        for state in (SOLD, RESERVED, AVAILABLE, BLOCKED):
            if totals[state] or state != BLOCKED:
                word = "free" if state == AVAILABLE else STATE_NAMES[state]
                left.append(f"{GLYPHS[state]} ", _STYLES[state])
                left.append(f"{totals[state]:,}", _BOLD)
                left.append(f" {word} {totals[state] / size:.1%}   ")
        left.rstrip()
        return _sides(left, Text(f"{self._scene.rate(now):.1f} changes/s"), width)

    def _rule(self, grid: Grid, width: int, has_news: bool) -> Text:
        cell = "number" if grid.block == 1 else f"{grid.block:,} numbers"
        left = f"── a cell is {'one ' if grid.block == 1 else ''}{cell} "
        line = Text(left.ljust(width - NEWS_WIDTH - 1 if has_news else width, "─"), _DIM)
        if has_news:
            line.append(" last changes ".ljust(NEWS_WIDTH + 1, "─"), _DIM)
        return line

    def _legend(self, grid: Grid) -> Text:
        line = Text(" ")
        if grid.block == 1:
            kinds = [
                (GLYPHS[s], _STYLES[s], "free" if s == 0 else STATE_NAMES[s]) for s in (0, 1, 2)
            ]
        else:
            kinds = [
                ("·", _STYLES[AVAILABLE], "free"),
                (_SHADES, _STYLES[RESERVED], "mostly reserved"),
                ("▁▄█", _STYLES[SOLD], "mostly sold"),
            ]
        for glyphs, style, words in kinds:
            line.append(f"{glyphs} ", style)
            line.append(f"{words}   ", _DIM)
        line.append(" new ", _GLOW)
        line.append("   Ctrl-C leaves", _DIM)
        return line


def look(counts: Counts) -> tuple[str, Style]:
    """The mark of a cell. Blocks: more shade for reserved, a higher bar for sold, a dot for free."""
    free, reserved, sold, blocked = counts
    size = free + reserved + sold + blocked
    if size == free:
        return GLYPHS[AVAILABLE], _STYLES[AVAILABLE]
    if size == 1:
        state = counts.index(1)
        return GLYPHS[state], _STYLES[state]
    share = (size - free) / size
    if reserved > sold + blocked:
        return _part(_SHADES, share), _STYLES[RESERVED]
    return _part(_BARS, share), _STYLES[SOLD if sold >= blocked else BLOCKED]


def bar(totals: Counts, width: int) -> Text:
    """The shares side by side. Whatever is there at all gets at least one character."""
    size = max(1, sum(totals))
    order = (SOLD, RESERVED, BLOCKED)
    widths = {s: max(1, round(totals[s] / size * width)) for s in order if totals[s]}
    taken = min(sum(widths.values()), width - 1 if totals[AVAILABLE] else width)
    line = Text(" ")
    for state, part in widths.items():
        line.append(GLYPHS[state] * min(part, taken), _STYLES[state])
        taken -= min(part, taken)
    line.append(GLYPHS[AVAILABLE] * max(0, width + 1 - len(line)), _STYLES[AVAILABLE])
    return line


def _part(steps: str, share: float) -> str:
    """The step for a share above 0; the last one only for all of it, if there are enough steps."""
    return steps[min(len(steps) - 1, int(share * len(steps)))]


def _sides(left: Text, right: Text, width: int) -> Text:
    """Left and right of one line; the right side wins when both do not fit."""
    line = Text(" ")
    room = max(0, width - right.cell_len - 3)
    left.truncate(room, overflow="ellipsis")
    line.append_text(left)
    line.append(" " * max(1, width - line.cell_len - right.cell_len - 1))
    line.append_text(right)
    return line
