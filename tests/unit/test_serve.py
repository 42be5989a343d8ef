"""How serving ends when a signal comes before it serves."""

from __future__ import annotations

import pytest

from sorteos_actors import main
from sorteos_actors.config import Settings
from sorteos_actors.errors import CannotStart, StoreUnavailable


def ended_by(failure: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def serve_until_signal(_: object, __: object) -> int:
        raise failure

    monkeypatch.setattr(main, "_serve_until_signal", serve_until_signal)
    return main.serve(Settings(), main.ServeOptions())


def through_nurseries(*causes: BaseException) -> BaseException:
    return BaseExceptionGroup("outer", [BaseExceptionGroup("inner", list(causes))])


def test_a_signal_while_the_node_is_being_built_ends_with_0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ended_by(KeyboardInterrupt(), monkeypatch) == 0
    assert ended_by(through_nurseries(KeyboardInterrupt()), monkeypatch) == 0


def test_a_signal_hides_no_other_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BaseExceptionGroup):
        ended_by(through_nurseries(KeyboardInterrupt(), ValueError()), monkeypatch)


class Away:
    """A database that has just gone away."""

    async def is_empty(self) -> bool:
        raise StoreUnavailable("the connection broke")


async def test_a_database_that_leaves_before_the_start_is_over_is_one_sentence() -> None:
    with pytest.raises(CannotStart, match="PostgreSQL does not answer"):
        await main.seed(Away())  # type: ignore[arg-type]
