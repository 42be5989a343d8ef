"""Quick pick against brute force: free, different, fitting, never fewer than there are."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorteos_actors.raffle.commands import QuickPickFilter
from sorteos_actors.raffle.model import AVAILABLE, BLOCKED, RESERVED, SOLD
from sorteos_actors.raffle.quick_pick import fits_grammar, pick
from tests.builders import some_terms

SIZES = [1, 7, 10, 99, 100, 101, 999, 1000, 12_345]

entropies = st.integers(0, 2**64 - 1)
digits = st.text("0123456789", max_size=5)


@st.composite
def boards(draw: st.DrawFn, largest: int = 12_345) -> bytearray:
    """Odd sizes, from all free to all taken; on full ones a few free numbers in odd places."""
    size = draw(st.sampled_from([size for size in SIZES if size <= largest]))
    seed = draw(st.binary(min_size=1, max_size=40))
    board = bytearray((seed * (size // len(seed) + 1))[:size]).translate(bytes(range(4)) * 64)
    if draw(st.booleans()):
        board = bytearray(bytes([draw(st.sampled_from([RESERVED, SOLD, BLOCKED]))]) * size)
    for number in draw(st.lists(st.integers(0, size - 1), max_size=5)):
        board[number] = AVAILABLE
    return board


@st.composite
def filters_that_match_something(draw: st.DrawFn, board: bytearray) -> QuickPickFilter:
    """Digits cut out of a real label, or any digits at all."""
    width = some_terms(number_count=len(board)).width
    if draw(st.booleans()):
        return QuickPickFilter(*(draw(digits)[:width] for _ in range(3)))
    label = some_terms(number_count=len(board)).label(draw(st.integers(0, len(board) - 1)))
    head, tail = draw(st.integers(0, width)), draw(st.integers(0, width))
    start = draw(st.integers(0, width))
    middle = label[start : draw(st.integers(start, width))]
    return QuickPickFilter(label[:head], label[width - tail :], middle)


def fitting(board: bytearray, wanted: QuickPickFilter) -> set[int]:
    """The same question, asked number by number."""
    terms = some_terms(number_count=len(board))
    return {
        number
        for number, state in enumerate(board)
        if state == AVAILABLE
        and terms.label(number).startswith(wanted.starts_with)
        and terms.label(number).endswith(wanted.ends_with)
        and wanted.contains in terms.label(number)
    }


@settings(max_examples=250, deadline=None)
@given(st.data(), st.integers(0, 12), entropies)
def test_picked_numbers_are_free_different_and_fitting_and_as_many_as_there_are(
    data: st.DataObject, count: int, entropy: int
) -> None:
    board = data.draw(boards())
    wanted = data.draw(filters_that_match_something(board))
    without = data.draw(st.frozensets(st.integers(0, len(board) - 1), max_size=6))
    width = some_terms(number_count=len(board)).width
    before = bytes(board)
    possible = fitting(board, wanted) - without

    picked = pick(board, width, wanted, count, entropy, without)

    assert fits_grammar(wanted, width)
    assert len(picked) == len(set(picked)) == min(count, len(possible))
    assert set(picked) <= possible
    assert board == before
    assert pick(board, width, wanted, count, entropy, without) == picked


@settings(max_examples=60, deadline=None)
@given(boards(largest=101), entropies)
def test_asking_for_everything_gives_everything(board: bytearray, entropy: int) -> None:
    free = fitting(board, QuickPickFilter())
    width = some_terms(number_count=len(board)).width

    assert set(pick(board, width, QuickPickFilter(), len(board), entropy)) == free


@pytest.mark.parametrize("size", SIZES)
def test_the_last_free_number_is_found_wherever_it_is(size: int) -> None:
    width = some_terms(number_count=size).width
    for number in {0, 1 % size, size // 2, size // 3, size - 1}:
        board = bytearray(bytes([SOLD]) * size)
        board[number] = AVAILABLE
        label = some_terms(number_count=size).label(number)
        for wanted in (
            QuickPickFilter(),
            QuickPickFilter(starts_with=label[0]),
            QuickPickFilter(ends_with=label[-1]),
            QuickPickFilter(contains=label[1:]),
            QuickPickFilter(label, label, label),
        ):
            assert pick(board, width, wanted, 3, entropy=number) == [number]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (QuickPickFilter(contains="7"), 70_000),
        (QuickPickFilter(contains="7"), 11_711),
        (QuickPickFilter(contains="7"), 7),
        (QuickPickFilter(starts_with="1", contains="0"), 12_035),
        (QuickPickFilter(ends_with="9", contains="46"), 24_689),
    ],
)
def test_the_last_fitting_number_is_found_wherever_the_search_begins(
    wanted: QuickPickFilter, number: int
) -> None:
    board = bytearray(bytes([SOLD]) * 100_000)
    board[number] = AVAILABLE

    for entropy in range(40):
        assert pick(board, 5, wanted, 1, entropy) == [number]


def test_digits_that_contradict_each_other_fit_nothing() -> None:
    board = bytearray(1000)

    assert pick(board, 3, QuickPickFilter(starts_with="12", ends_with="34"), 1, 1) == []
    assert pick(board, 3, QuickPickFilter(starts_with="12", contains="99"), 1, 1) == []
    assert pick(board, 3, QuickPickFilter(starts_with="12", ends_with="23"), 5, 1) == [123]


@pytest.mark.parametrize(
    ("text", "fits"),
    [("", True), ("0", True), ("123", True), ("1234", False), ("1a", False), ("\u0667", False)],
)
def test_a_filter_is_ascii_digits_that_fit_on_a_number(text: str, fits: bool) -> None:
    assert fits_grammar(QuickPickFilter(starts_with=text), 3) is fits
    assert fits_grammar(QuickPickFilter(ends_with=text), 3) is fits
    assert fits_grammar(QuickPickFilter(contains=text), 3) is fits


@pytest.mark.parametrize("size", [7, 100, 101])
def test_chance_favours_no_number_on_an_empty_board(size: int) -> None:
    width = some_terms(number_count=size).width
    rounds = 60 * size

    seen = Counter(
        pick(bytearray(size), width, QuickPickFilter(), 1, entropy)[0] for entropy in range(rounds)
    )

    assert set(seen) == set(range(size))
    assert min(seen.values()) >= 20
    assert max(seen.values()) <= 120


def test_no_free_number_starves_on_a_board_that_is_almost_sold_out() -> None:
    board = bytearray(bytes([SOLD]) * 12_345)
    free = [1000, 4000, 6000, 9999, 12_000]
    for number in free:
        board[number] = AVAILABLE

    seen = Counter(pick(board, 5, QuickPickFilter(), 1, entropy)[0] for entropy in range(500))

    assert set(seen) == set(free)
    assert min(seen.values()) >= 20


def test_the_last_numbers_all_find_a_buyer() -> None:
    board = bytearray(bytes([SOLD]) * 12_345)
    free = [0, 1, 2, 6000, 9999, 10_000, 12_344]
    for number in free:
        board[number] = AVAILABLE

    for entropy in range(len(free)):
        (number,) = pick(board, 5, QuickPickFilter(), 1, entropy)
        board[number] = SOLD

    assert AVAILABLE not in board


def test_no_fitting_number_starves_under_a_filter() -> None:
    wanted = QuickPickFilter(contains="77")
    board = bytearray(1000)

    seen = Counter(pick(board, 3, wanted, 1, entropy)[0] for entropy in range(2000))

    assert set(seen) == fitting(board, wanted)
