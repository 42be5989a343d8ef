"""How a bug is planted: a switch of the tests, on for a block. The product has no trace of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

Plant = Callable[[ExitStack], None]


class Plants(dict[str, Plant]):
    """Bugs by name."""

    def add(self, plant: Plant) -> Plant:
        """Register one under its own name; a decorator."""
        self[plant.__name__] = plant
        return plant


@contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The product with one bug, for the block."""
    with ExitStack() as stack:
        plant(stack)
        yield


def swap(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    """Put something else in its place, until the block ends."""
    stack.enter_context(patch.object(owner, name, value))
