"""What a command costs does not depend on the size of the raffle. Counted, not timed.

Two counts: every bytecode instruction that the command runs, and every touch of the board. The
board of these tests allows one number at a time and refuses to be searched, sliced or walked.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn
from uuid import UUID

import pytest

from sorteos_actors.raffle import Command, Raffle, decide, next_deadline
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    EndPayment,
    ExpireDue,
    ExtendReservation,
    RefundNumbers,
    RemoveNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
    SwapNumbers,
)
from sorteos_actors.raffle.model import SOLD
from tests.builders import (
    ANA,
    BETO,
    CARLA,
    FIRST,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    PAYMENT,
    THIRD,
    a_raffle,
    do,
    paid,
)

STORY: list[tuple[int, Command]] = [
    (0, ReserveNumbers(ANA, FIRST, (1, 2, 3))),
    (0, ReserveNumbers(BETO, OTHER, (3, 4))),  # refused: the loser's answer is cheap too
    (0, ReserveNumbers(BETO, OTHER, (4, 5))),
    (1, AddNumbers(ANA, FIRST, (90, 91))),
    (1, RemoveNumbers(ANA, FIRST, (2,))),
    (1, SwapNumbers(ANA, FIRST, (3,), (99,))),
    (1, ExtendReservation(ANA, FIRST)),
    (2, StartCheckout(ANA, FIRST)),
    (2, StartPayment(ANA, FIRST, PAYMENT)),
    (2, StartReview(FIRST, PAYMENT, NOW + HOUR)),
    (3, EndPayment(FIRST, PAYMENT)),
    (3, paid(1, 90, 91, 99)),  # late: bought anew
    (3, RefundNumbers(PAYMENT, PAYMENT, ANA, (90,))),
    (3, ReserveNumbers(ANA, THIRD, (7,))),
    (3, CancelReservation(ANA, THIRD)),
    (10, ExpireDue()),
]


class GuardedBoard(bytearray):
    """Counts the numbers that are looked at or set, and does not let itself be looked through."""

    touches = 0

    def __getitem__(self, number: Any) -> Any:
        assert isinstance(number, int), "a slice of the board"
        self.touches += 1
        return super().__getitem__(number)

    def __setitem__(self, number: Any, state: Any) -> None:
        assert isinstance(number, int), "a slice of the board"
        self.touches += 1
        super().__setitem__(number, state)

    def _refuse(self, *_: Any) -> NoReturn:
        raise AssertionError("the whole board")

    __iter__ = __contains__ = find = index = count = copy = _refuse


def instructions(action: Callable[[], object]) -> int:
    """How many bytecode instructions Python runs for `action`, and for nothing else.

    A collection of garbage in between would count too: other libraries hang callbacks on it.
    """
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    gc.disable()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def cost_of_the_story(raffle: Raffle) -> list[tuple[str, int, int]]:
    board = GuardedBoard(raffle.board)
    raffle.board = board
    costs = []
    for minute, command in STORY:
        now = NOW + minute * MINUTE
        board.touches = 0

        def step(command: Command = command, now: int = now) -> None:
            if isinstance(decide(raffle, command, now), tuple):
                do(raffle, command, now)
            next_deadline(raffle)

        count = instructions(step)
        costs.append((type(command).__name__, count, board.touches))
    return costs


def test_every_step_of_the_story_has_an_effect_but_the_one_that_loses() -> None:
    raffle = a_raffle()

    positions = []
    for minute, command in STORY:
        if isinstance(decide(raffle, command, NOW + minute * MINUTE), tuple):
            do(raffle, command, NOW + minute * MINUTE)
        positions.append(raffle.seq)

    assert positions == [1, 1, *range(2, 10), *range(11, 17)]


@pytest.mark.parametrize("sold", [0, 500_000])
def test_a_command_costs_the_same_in_a_raffle_of_a_hundred_and_of_a_million(sold: int) -> None:
    small = a_raffle(number_count=100)
    large = a_raffle(number_count=1_000_000)
    large.board[100 : 100 + sold] = bytes([SOLD]) * sold
    large.sold_count = sold

    assert cost_of_the_story(large) == cost_of_the_story(small)


def test_the_counters_would_see_a_loop_over_the_board() -> None:
    def walk(size: int) -> int:
        board = bytearray(size)
        return instructions(lambda: sum(1 for number in range(size) if board[number]))

    assert walk(1000) > walk(100)
    with pytest.raises(AssertionError, match="the whole board"):
        GuardedBoard(100).count(0)
    with pytest.raises(AssertionError, match="a slice"):
        GuardedBoard(100)[1:5]


def test_expiring_costs_what_is_due_and_not_what_is_held() -> None:
    def cost(others: int) -> int:
        raffle = a_raffle(number_count=10_000)
        do(raffle, ReserveNumbers(CARLA, FIRST, (0,)))
        for index in range(1, others + 1):
            identity = UUID(int=1000 + index)
            do(raffle, ReserveNumbers(identity, identity, (index,)), NOW + 1)
        return instructions(lambda: decide(raffle, ExpireDue(), NOW + 10 * MINUTE))

    assert cost(1000) == cost(10)
