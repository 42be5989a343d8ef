"""What the picture shows, kept up to date by small steps: never a loop over all numbers.

A change only marks its cell. When a frame is due, the marked cells are counted again with
`bytearray.count` between two positions, which costs a microsecond for a block of a thousand numbers.
Time comes in as an argument, in seconds of any one clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Any, Final

import msgspec

from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.terminal.client import Change
from sorteos_actors.terminal.grid import Grid

GLOW_SECONDS: Final = 1.0
"""How long a changed cell stands out."""
RATE_SECONDS: Final = 5.0
"""The window of the rate."""
_KEPT_NEWS: Final = 200
_KEPT_PINGS: Final = 30
_STATES: Final = (b"\0", b"\1", b"\2", b"\3")
Counts = tuple[int, int, int, int]
"""Numbers that are available, reserved, sold, blocked."""


class News(msgspec.Struct, frozen=True):
    """One number that changed, and what it is now."""

    number: int
    state: int


class Scene:
    """Counts per cell, what glows, the last news, the rate and the latency."""

    def __init__(self, board: BoardClient) -> None:
        self.raffle: dict[str, Any] = {}
        self.is_live = False
        self.why = ""
        self.news: deque[News] = deque(maxlen=_KEPT_NEWS)
        """Newest first."""
        self.totals: Counts = (0, 0, 0, 0)
        self._board = board
        self._grid: Grid | None = None
        self._counts: list[Counts] = []
        self._stale: set[int] = set()
        self._all_stale = True
        self._glow: dict[int, float] = {}
        self._glow_order: deque[tuple[float, int]] = deque()
        self._pulses: deque[tuple[float, int]] = deque()
        self._began = float("inf")
        self._pings: deque[float] = deque(maxlen=_KEPT_PINGS)

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and seq of the board."""
        return self._board.epoch, self._board.seq

    @property
    def latency(self) -> float | None:
        """The median of the last round trips, in seconds; None before the first."""
        return median(self._pings) if self._pings else None

    def rate(self, now: float) -> float:
        """Numbers that change in a second, over the last few seconds."""
        while self._pulses and self._pulses[0][0] <= now - RATE_SECONDS:
            self._pulses.popleft()
        window = min(RATE_SECONDS, max(1.0, now - min(self._began, now)))
        return sum(count for _, count in self._pulses) / window

    def counts(self, cell: int) -> Counts:
        """The states in a cell, as of the last `refresh`."""
        return self._counts[cell]

    def glows(self, cell: int) -> bool:
        """Whether a cell changed a moment ago, as of the last `refresh`."""
        return cell in self._glow

    @property
    def has_glow(self) -> bool:
        """Whether some cell will soon look different by itself."""
        return bool(self._glow)

    def ping(self, seconds: float) -> None:
        """Learn a round trip."""
        self._pings.append(seconds)

    def change(self, change: Change, now: float) -> None:
        """Take a change that the board already shows."""
        self._began = min(self._began, now)
        if change.kind == "snapshot":
            self._all_stale = True
        if not change.numbers:
            return
        self._pulses.append((now, len(change.numbers)))
        for number, state in list(change.numbers.items())[-_KEPT_NEWS:]:
            self.news.appendleft(News(number, state))
        if self._grid is not None:
            cells = {number // self._grid.block for number in change.numbers}
            self._stale |= cells
            self._light(cells, now + GLOW_SECONDS)

    def use(self, grid: Grid) -> None:
        """Count by another grid from now on: the terminal changed its size."""
        self._grid = grid
        self._all_stale = True
        self._stale.clear()
        self._glow.clear()
        self._glow_order.clear()

    def refresh(self, now: float) -> set[int] | None:
        """Count again what changed. The cells that look different now; None for all of them."""
        assert self._grid is not None
        cooled = self._cool(now)
        if self._all_stale:
            self._all_stale = False
            self._stale.clear()
            self._counts = [self._count(cell) for cell in range(self._grid.cells)]
            self.totals = _sum(self._counts)
            return None
        old = _sum(self._counts[cell] for cell in self._stale)
        for cell in self._stale:
            self._counts[cell] = self._count(cell)
        new = _sum(self._counts[cell] for cell in self._stale)
        self.totals = tuple(  # type: ignore[assignment]
            total - was + is_now for total, was, is_now in zip(self.totals, old, new, strict=True)
        )
        touched = self._stale | cooled
        self._stale = set()
        return touched

    def _count(self, cell: int) -> Counts:
        assert self._grid is not None
        start, end = self._grid.span(cell)
        count = self._board.cells.count
        free, reserved, sold, blocked = (count(state, start, end) for state in _STATES)
        return free, reserved, sold, blocked

    def _light(self, cells: Iterable[int], until: float) -> None:
        for cell in cells:
            self._glow[cell] = until
            self._glow_order.append((until, cell))

    def _cool(self, now: float) -> set[int]:
        """Cells whose time is over; one that was lit again meanwhile stays."""
        cooled = set()
        while self._glow_order and self._glow_order[0][0] <= now:
            _, cell = self._glow_order.popleft()
            if self._glow.get(cell, now + 1) <= now:
                del self._glow[cell]
                cooled.add(cell)
        return cooled


def _sum(counts: Iterable[Counts]) -> Counts:
    free = reserved = sold = blocked = 0
    for a, b, c, d in counts:
        free += a
        reserved += b
        sold += c
        blocked += d
    return free, reserved, sold, blocked
