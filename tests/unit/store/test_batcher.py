"""Questions of many callers become one, and each caller has the answer to its own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import pytest
import trio
import trio.testing

from sorteos_actors.errors import GuardViolated, StoreUnavailable
from sorteos_actors.store.batcher import Batcher


class Clerk:
    """Answers with what was asked, in capitals; remembers what was asked together, and what alone."""

    def __init__(self, nursery: trio.Nursery, most: int = 100) -> None:
        self.together: list[list[str]] = []
        self.alone: list[str] = []
        self.left_out: set[str] = set()
        self.refused: set[str] = set()
        self.fails: Exception | None = None
        self.may_answer = trio.Event()
        self.may_answer.set()
        self.batcher: Batcher[str, str] = Batcher(
            nursery,
            key=lambda question: question.split(":")[0],
            together=self._all,
            alone=self._one,
            most=most,
        )

    async def _all(self, questions: Sequence[str]) -> Mapping[Hashable, str]:
        self.together.append(list(questions))
        await self.may_answer.wait()
        if self.fails is not None:
            raise self.fails
        if self.refused & set(questions):
            raise GuardViolated("one of them")
        # In another order than they were asked, as rows come back.
        return {
            question.split(":")[0]: question.upper()
            for question in reversed(questions)
            if question not in self.left_out
        }

    async def _one(self, question: str) -> str:
        self.alone.append(question)
        await trio.lowlevel.checkpoint()
        if question in self.refused:
            raise GuardViolated(question)
        return question.upper()

    async def ask_all(self, questions: Iterable[str]) -> dict[str, str | Exception]:
        """What each of those who ask at the same time hears."""
        heard: dict[str, str | Exception] = {}

        async def ask(question: str) -> None:
            try:
                heard[question] = await self.batcher.ask(question)
            except (GuardViolated, StoreUnavailable) as error:
                heard[question] = error

        async with trio.open_nursery() as nursery:
            for question in questions:
                nursery.start_soon(ask, question)
                if not self.may_answer.is_set():
                    await trio.testing.wait_all_tasks_blocked()  # One after the other.
        return heard


async def test_whoever_asks_at_the_same_time_is_answered_together_and_each_his_own(
    nursery: trio.Nursery,
) -> None:
    clerk = Clerk(nursery)
    assert await clerk.ask_all("abc") == {"a": "A", "b": "B", "c": "C"}
    assert [sorted(batch) for batch in clerk.together] == [["a", "b", "c"]]
    assert clerk.alone == []


async def test_a_question_that_comes_alone_waits_for_nobody(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery)
    assert await clerk.batcher.ask("a") == "A"
    assert await clerk.batcher.ask("b") == "B"
    assert clerk.together == [["a"], ["b"]]


async def test_what_is_asked_while_a_batch_is_under_way_goes_in_the_next_one_in_order(
    nursery: trio.Nursery,
) -> None:
    clerk = Clerk(nursery)
    clerk.may_answer = trio.Event()
    async with trio.open_nursery() as callers:
        callers.start_soon(clerk.ask_all, "abcd")
        await trio.testing.wait_all_tasks_blocked(0.01)
        clerk.may_answer.set()
    assert clerk.together == [["a"], ["b", "c", "d"]]


async def test_a_batch_never_has_more_than_it_may(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery, most=3)
    heard = await clerk.ask_all("abcdefgh")
    assert heard == {question: question.upper() for question in "abcdefgh"}
    assert [len(batch) for batch in clerk.together] == [3, 3, 2]


async def test_a_batch_asks_about_nothing_twice(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery)
    clerk.may_answer = trio.Event()
    async with trio.open_nursery() as callers:
        callers.start_soon(clerk.ask_all, ("x", "a:1", "a:2", "b", "a:3"))
        await trio.testing.wait_all_tasks_blocked(0.01)
        clerk.may_answer.set()
    assert clerk.together == [["x"], ["a:1", "b"], ["a:2"], ["a:3"]]


async def test_what_a_batch_leaves_out_is_asked_alone(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery)
    clerk.left_out = {"b"}
    assert await clerk.ask_all("abc") == {"a": "A", "b": "B", "c": "C"}
    assert clerk.alone == ["b"]


async def test_one_that_is_refused_does_not_fail_the_others(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery)
    clerk.refused = {"b"}
    heard = await clerk.ask_all("abc")
    assert (heard["a"], heard["c"]) == ("A", "C")
    assert isinstance(heard["b"], GuardViolated)
    assert sorted(clerk.alone) == ["a", "b", "c"]


async def test_a_store_that_does_not_answer_is_not_asked_again_for_each(
    nursery: trio.Nursery,
) -> None:
    clerk = Clerk(nursery)
    clerk.fails = StoreUnavailable("down")
    heard = await clerk.ask_all("abc")
    assert {str(error) for error in heard.values()} == {"down"}
    assert clerk.alone == []
    clerk.fails = None
    assert await clerk.batcher.ask("a") == "A"


async def test_who_leaves_before_the_batch_begins_has_asked_nothing(nursery: trio.Nursery) -> None:
    clerk = Clerk(nursery)
    clerk.may_answer = trio.Event()
    async with trio.open_nursery() as callers:
        callers.start_soon(clerk.batcher.ask, "first")
        await trio.testing.wait_all_tasks_blocked()
        with trio.CancelScope() as leaves:
            leaves.cancel()
            await clerk.batcher.ask("gone")
        callers.start_soon(clerk.batcher.ask, "stays")
        await trio.testing.wait_all_tasks_blocked()
        clerk.may_answer.set()
    assert clerk.together == [["first"], ["stays"]]


async def test_who_leaves_while_the_batch_is_under_way_takes_nobody_with_him(
    nursery: trio.Nursery,
) -> None:
    clerk = Clerk(nursery)
    clerk.may_answer = trio.Event()
    heard: list[str] = []

    async def stay() -> None:
        heard.append(await clerk.batcher.ask("stays"))

    async with trio.open_nursery() as callers:
        async with trio.open_nursery() as leaving:
            leaving.start_soon(clerk.batcher.ask, "leaves")
            callers.start_soon(stay)
            await trio.testing.wait_all_tasks_blocked()
            leaving.cancel_scope.cancel()
        assert len(clerk.together) == 1
        clerk.may_answer.set()
    assert heard == ["STAYS"]


async def test_at_the_end_nobody_waits_for_ever() -> None:
    heard: dict[str, str | Exception] = {}
    async with trio.open_nursery() as callers, trio.open_nursery() as batches:
        clerk = Clerk(batches)
        clerk.may_answer = trio.Event()

        async def ask() -> None:
            heard.update(await clerk.ask_all("ab"))

        callers.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked(0.01)
        batches.cancel_scope.cancel()
    assert {type(error) for error in heard.values()} == {StoreUnavailable}
    with pytest.raises(StoreUnavailable):
        await clerk.batcher.ask("late")


async def test_who_wants_to_read_the_same_shares_one_question(nursery: trio.Nursery) -> None:
    asked: list[list[str]] = []

    async def read(names: Sequence[str]) -> Mapping[Hashable, str]:
        asked.append(list(names))
        await trio.lowlevel.checkpoint()
        return {name: name.upper() for name in names if name != "b"}

    async def read_one(name: str) -> str:
        raise GuardViolated(name)

    reader: Batcher[str, str] = Batcher(
        nursery, key=lambda name: name, together=read, alone=read_one, reads=True
    )
    heard: list[str] = []

    async def ask(name: str) -> None:
        try:
            heard.append(await reader.ask(name))
        except GuardViolated:
            heard.append("refused")

    async with trio.open_nursery() as readers:
        for name in ("a", "b", "a", "b", "c"):
            readers.start_soon(ask, name)
    assert [sorted(names) for names in asked] == [["a", "b", "c"]]
    assert sorted(heard) == ["A", "A", "C", "refused", "refused"]
