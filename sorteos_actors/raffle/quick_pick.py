"""Chance, in the service of people who cannot decide: free numbers that fit a filter.

A filter becomes a few *templates*: digit patterns such as ``1?7??5``. A template is walked as strided
slices of the board, so a search runs at the speed of memchr even when a single number is left.
First some random probes, which find a number at once on a board that is mostly free; then an exact
walk from a random place, so that nobody is refused while enough numbers are free.

The entropy comes in as an argument: same entropy, same board, same numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sorteos_actors.raffle.commands import QuickPickFilter
from sorteos_actors.raffle.model import AVAILABLE

_PROBES_PER_NUMBER = 24
_MASK = (1 << 64) - 1


def fits_grammar(wanted: QuickPickFilter, width: int) -> bool:
    """Whether the filter consists of ASCII digits and is no longer than a number."""
    parts = (wanted.starts_with, wanted.ends_with, wanted.contains)
    return all(len(p) <= width and (not p or (p.isascii() and p.isdigit())) for p in parts)


def pick(
    board: bytearray,
    width: int,
    wanted: QuickPickFilter,
    count: int,
    entropy: int,
    without: Collection[int] = (),
) -> list[int]:
    """Up to `count` different free numbers that fit; fewer only when no more are free.

    `without` are numbers to pass over although they are free.
    """
    templates = _templates(wanted, width)
    if not templates or count <= 0:
        return []
    chance = _Chance(entropy)
    chosen: dict[int, None] = {}
    for _ in range(_PROBES_PER_NUMBER * count):
        number = _probe(templates[chance.below(len(templates))], chance)
        if (
            number < len(board)
            and board[number] == AVAILABLE
            and number not in chosen
            and number not in without
        ):
            chosen[number] = None
            if len(chosen) == count:
                return list(chosen)
    first = chance.below(len(templates))
    for template in templates[first:] + templates[:first]:
        for number in _free(board, template, chance):
            if number not in chosen and number not in without:
                chosen[number] = None
                if len(chosen) == count:
                    return list(chosen)
    return list(chosen)


class _Chance:
    """splitmix64: small, pure, good enough to spread buyers over a board."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, bound: int) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound


def _templates(wanted: QuickPickFilter, width: int) -> list[str]:
    """Every way to lay the three parts over `width` digits; empty when they contradict."""
    base: list[str] | None = ["?"] * width
    base = _lay(base, 0, wanted.starts_with) if base else None
    base = _lay(base, width - len(wanted.ends_with), wanted.ends_with) if base else None
    if base is None:
        return []
    if not wanted.contains:
        return ["".join(base)]
    laid = (_lay(base, at, wanted.contains) for at in range(width - len(wanted.contains) + 1))
    return list(dict.fromkeys("".join(digits) for digits in laid if digits is not None))


def _lay(base: list[str], at: int, part: str) -> list[str] | None:
    digits = list(base)
    for index, digit in enumerate(part, start=at):
        if digits[index] not in ("?", digit):
            return None
        digits[index] = digit
    return digits


def _probe(template: str, chance: _Chance) -> int:
    number = 0
    for digit in template:
        number = number * 10 + (chance.below(10) if digit == "?" else int(digit))
    return number


def _free(board: bytearray, template: str, chance: _Chance) -> Iterator[int]:
    """Every free number of the template, starting at a random slice and going round."""
    slices = _slices(template)
    first = chance.below(len(slices))
    for start, stop, step in slices[first:] + slices[:first]:
        cells = board[start:stop:step]
        free = cells.count(AVAILABLE)
        if not free:
            continue
        offset = _place_of(cells, chance.below(free))
        found = cells.find(AVAILABLE, offset)
        while found >= 0:
            yield start + found * step
            found = cells.find(AVAILABLE, found + 1)
        found = cells.find(AVAILABLE, 0, offset)
        while found >= 0:
            yield start + found * step
            found = cells.find(AVAILABLE, found + 1, offset)


def _place_of(cells: bytearray, rank: int) -> int:
    """Where the free cell number `rank` (from 0) is.

    So each has the same chance, also on a board that is almost sold out, where a random place would
    favour those behind a long run of taken ones.
    """
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        before = cells.count(AVAILABLE, low, middle)
        if rank < before:
            high = middle
        else:
            rank -= before
            low = middle
    return low


def _slices(template: str) -> list[tuple[int, int, int]]:
    """The template as (start, stop, step): its longest run of wildcards inside each slice."""
    width = len(template)
    longest, at = 0, width
    run = 0
    for index, digit in enumerate(template):
        run = run + 1 if digit == "?" else 0
        if run > longest:
            longest, at = run, index + 1 - run
    step = 10 ** (width - at - longest)
    outer = [0]
    for index, digit in enumerate(template):
        place = 10 ** (width - 1 - index)
        if at <= index < at + longest:
            continue
        digits = range(10) if digit == "?" else (int(digit),)
        outer = [number + d * place for number in outer for d in digits]
    span = step * 10**longest
    return [(number, number + span, step) for number in outer]
