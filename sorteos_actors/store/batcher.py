"""Many callers, one statement: what is asked while a statement is under way is asked together next.

    ask, ask, ask ─▶ waiting ─▶ one batch at a time ─▶ each caller has its own answer

Nobody waits for company: a question that comes alone goes alone, at once. The busier it is, the larger
the batches, and the less each of them costs. Batches run in a nursery of their own, so a caller that
goes away takes nobody with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import trio

from sorteos_actors.errors import GuardViolated, StoreUnavailable

Q = TypeVar("Q")
A = TypeVar("A")

MOST: Final = 256
"""Questions of one batch: its rows stay locked for as long as it runs."""


class _Waiting(Generic[Q, A]):
    def __init__(self, question: Q, key: Hashable) -> None:
        self.question = question
        self.key = key
        self.same: list[_Waiting[Q, A]] = []
        """Others who want to read the same."""
        self.done = trio.Event()
        self.answer: A
        self.error: Exception | None = None

    def hear(self, answer: A) -> None:
        for one in (self, *self.same):
            one.answer = answer
            one.done.set()

    def fail(self, error: Exception) -> None:
        """Unless it has heard something."""
        for one in (self, *self.same):
            if not one.done.is_set():
                one.error = error
                one.done.set()


class Batcher(Generic[Q, A]):
    """Asks `together` for many, and `alone` for one.

    `key` names what a question is about: a batch asks about nothing twice, and what is asked later about
    the same comes in a later batch. `together` answers by these keys. What it leaves out, because it
    would have to wait for it, is asked alone; and so is each of them when the schema refuses the batch,
    since one row that cannot be written must not keep the others from it.

    `reads`: questions about the same are one question, which is asked once for all who wait.
    """

    def __init__(
        self,
        nursery: trio.Nursery,
        *,
        key: Callable[[Q], Hashable],
        together: Callable[[Sequence[Q]], Awaitable[Mapping[Hashable, A]]],
        alone: Callable[[Q], Awaitable[A]],
        reads: bool = False,
        most: int = MOST,
    ) -> None:
        self._nursery = nursery
        self._key = key
        self._together = together
        self._alone = alone
        self._reads = reads
        self._most = most
        self._queue: deque[_Waiting[Q, A]] = deque()
        self._is_running = False

    async def ask(self, question: Q) -> A:
        """The answer to this question. Raises what `alone` raises, and `StoreUnavailable`.

        When cancelled before its batch has begun, nothing was asked; after that, it is being asked.
        """
        if self._nursery.cancel_scope.cancel_called:
            raise StoreUnavailable("the node is closing")
        waiting: _Waiting[Q, A] = _Waiting(question, self._key(question))
        self._queue.append(waiting)
        if not self._is_running:
            self._is_running = True
            # It begins when everybody who is ready now has asked.
            self._nursery.start_soon(self._run)
        try:
            await waiting.done.wait()
        except trio.Cancelled:
            if waiting in self._queue:
                self._queue.remove(waiting)
            raise
        if waiting.error is not None:
            raise waiting.error
        return waiting.answer

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._ask_together(self._next_batch())
        finally:
            self._is_running = False
            self._fail(self._queue, StoreUnavailable("the node is closing"))

    async def _ask_together(self, batch: list[_Waiting[Q, A]]) -> None:
        answers: Mapping[Hashable, A] = {}
        try:
            answers = await self._together([waiting.question for waiting in batch])
        except GuardViolated:
            pass  # Nothing was written; which of them is to blame shows when each is asked alone.
        except trio.Cancelled:
            self._fail(batch, StoreUnavailable("the node is closing"))
            raise
        except Exception as error:
            self._fail(batch, error)
            return
        for waiting in batch:
            if waiting.key in answers:
                waiting.hear(answers[waiting.key])
            else:
                self._nursery.start_soon(self._ask_alone, waiting)

    async def _ask_alone(self, waiting: _Waiting[Q, A]) -> None:
        error: Exception = StoreUnavailable("the node is closing")
        try:
            waiting.hear(await self._alone(waiting.question))
        except Exception as failure:
            error = failure
        finally:
            waiting.fail(error)

    @staticmethod
    def _fail(unanswered: Iterable[_Waiting[Q, A]], error: Exception) -> None:
        for waiting in unanswered:
            waiting.fail(error)

    def _next_batch(self) -> list[_Waiting[Q, A]]:
        batch: dict[Hashable, _Waiting[Q, A]] = {}
        later: list[_Waiting[Q, A]] = []
        while self._queue and len(batch) < self._most:
            waiting = self._queue.popleft()
            first = batch.setdefault(waiting.key, waiting)
            if first is not waiting:
                (first.same if self._reads else later).append(waiting)
        self._queue.extendleft(reversed(later))
        return list(batch.values())
