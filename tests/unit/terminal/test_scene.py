"""What the picture remembers: counts by small steps, glow, news, rate."""

from __future__ import annotations

import random

from sorteos_actors.protocol import board as codec
from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.terminal.client import Change
from sorteos_actors.terminal.grid import lay_out
from sorteos_actors.terminal.scene import GLOW_SECONDS, RATE_SECONDS, Scene


class Stage:
    """A board that changes, and the scene that hears of it."""

    def __init__(self, count: int) -> None:
        self.board = BoardClient()
        for block in codec.snapshots(codec.pack(bytearray(count)), count, 1, 0):
            self.board.receive(block)
        self.scene = Scene(self.board)
        self.grid = lay_out(count, 58, 18)
        self.scene.use(self.grid)
        self.scene.change(Change("snapshot"), 0)
        assert self.scene.refresh(0) is None

    def change(self, numbers: dict[int, int], now: float) -> None:
        """The server tells of these."""
        seq = self.board.seq
        self.board.receive(codec.delta(1, seq, seq + 1, numbers))
        self.scene.change(Change("delta", self.board.changed), now)


def test_counts_by_small_steps_equal_a_count_of_everything() -> None:
    stage = Stage(10_000)
    chance = random.Random(5)
    for step in range(60):
        stage.change({chance.randrange(10_000): chance.randrange(4) for _ in range(40)}, step)
        if step % 3 == 0:
            touched = stage.scene.refresh(step)
            assert touched
            assert stage.scene.totals == stage.board.counts()
    stage.scene.refresh(60)
    assert stage.scene.totals == stage.board.counts()
    cells = [stage.scene.counts(cell) for cell in range(stage.grid.cells)]
    assert tuple(map(sum, zip(*cells, strict=True))) == stage.board.counts()


def test_a_change_touches_its_own_cell_only() -> None:
    stage = Stage(1_000_000)
    stage.change({123_456: 1}, 1)
    assert stage.scene.refresh(1) == {123_456 // stage.grid.block}


def test_a_new_board_is_counted_whole() -> None:
    stage = Stage(1000)
    for block in codec.snapshots(codec.pack(bytearray(b"\2" * 1000)), 1000, 2, 0):
        stage.board.receive(block)
    stage.scene.change(Change("snapshot"), 1)
    assert stage.scene.refresh(1) is None
    assert stage.scene.totals == (0, 0, 1000, 0)


def test_a_changed_cell_glows_for_a_second_and_again_when_it_changes_again() -> None:
    stage = Stage(100)
    stage.change({7: 1}, 10)
    stage.scene.refresh(10)
    assert stage.scene.glows(7)
    stage.change({7: 2}, 10.5)
    stage.scene.refresh(10 + GLOW_SECONDS)
    assert stage.scene.glows(7)
    assert stage.scene.refresh(10.5 + GLOW_SECONDS) == {7}
    assert not stage.scene.glows(7)
    assert not stage.scene.has_glow


def test_news_are_told_newest_first() -> None:
    stage = Stage(100)
    stage.change({1: 1, 2: 1}, 1)
    stage.change({1: 0}, 2)
    assert [(n.number, n.state) for n in stage.scene.news] == [(1, 0), (2, 1), (1, 1)]


def test_the_rate_counts_numbers_over_the_last_seconds() -> None:
    stage = Stage(100)
    assert stage.scene.rate(0) == 0
    stage.change(dict.fromkeys(range(50), 1), 10)
    assert stage.scene.rate(10) == 50 / RATE_SECONDS
    assert stage.scene.rate(10 + RATE_SECONDS) == 0


def test_the_rate_of_the_first_second_is_not_watered_down() -> None:
    stage = Stage(100)
    stage.change(dict.fromkeys(range(50), 1), 0.5)
    assert stage.scene.rate(1) == 50


def test_the_latency_is_the_median_of_the_last_pings() -> None:
    scene = Stage(100).scene
    assert scene.latency is None
    for seconds in (0.001, 0.002, 9.0):
        scene.ping(seconds)
    assert scene.latency == 0.002
