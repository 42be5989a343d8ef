"""A bounded inbox with one reader, and the promise that every caller gets an answer.

The envelope owns the answer. When an actor dies, its mailbox closes and answers whatever still lies
in it; no caller holds an end that nobody will ever use, so none can wait for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NoReturn
from uuid import UUID

import trio

from sorteos_actors import metrics
from sorteos_actors.ports import Answer, Reply
from sorteos_actors.raffle import Command, Millis, Rejection, RejectionCode

__all__ = ["BUSY", "STOPPED", "Answer", "Envelope", "Mailbox", "Reply", "unavailable"]

STALL_SECONDS: Final = 1.0
"""When the reader took nothing for so long although something waits: it is in a slow commit."""


def unavailable(retry_after_ms: int) -> Rejection:
    """Try the same command again: nothing is lost, nothing happens twice."""
    return Rejection(RejectionCode.UNAVAILABLE, {"retry_after_ms": retry_after_ms})


BUSY: Final = unavailable(250)
"""The mailbox is full."""
STOPPED: Final = unavailable(500)
"""The actor stopped before it could answer; the outcome may be unknown."""


class Envelope:
    """One command on its way, and the place for its answer.

    One task waits for it, at most; or `on_answer` is called with it, for a caller on another node.
    """

    __slots__ = ("_answer", "_on_answer", "_waiter", "command", "until", "who")

    def __init__(
        self,
        command: Command,
        who: UUID | None,
        on_answer: Callable[[Answer], None] | None = None,
        until: Millis | None = None,
    ) -> None:
        self.command = command
        self.who = who
        self.until = until
        """PostgreSQL's time after which nobody waits for the answer: then it must not be decided.

        Its sender has said `unavailable` by then, and may have had the same command refused since.
        """
        self._answer: Answer | None = None
        self._on_answer = on_answer
        self._waiter: trio.lowlevel.Task | None = None

    def answer(self, answer: Answer) -> None:
        """Give the answer. The first one counts."""
        if self._answer is None:
            self._answer = answer
            if self._on_answer is not None:
                self._on_answer(answer)
            if self._waiter is not None:
                # An event would do; this costs a third, and every command pays it.
                trio.lowlevel.reschedule(self._waiter)
                self._waiter = None

    async def wait(self) -> Answer:
        """The answer. A caller that is cancelled leaves; its command still has its effect."""
        if self._answer is None:
            self._waiter = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._leave)
        else:
            await trio.lowlevel.checkpoint()
        assert self._answer is not None
        return self._answer

    def _leave(self, _: Callable[[], NoReturn]) -> trio.lowlevel.Abort:
        self._waiter = None
        return trio.lowlevel.Abort.SUCCEEDED


class Mailbox:
    """First in, first out, at most `capacity` waiting."""

    def __init__(self, capacity: int = 2048) -> None:
        self.capacity = capacity
        self.is_closed = False
        self._waiting: deque[Envelope] = deque()
        self._untouched_since = 0.0
        self._arrival = trio.lowlevel.ParkingLot()

    def __len__(self) -> int:
        return len(self._waiting)

    def post(
        self,
        command: Command,
        who: UUID | None,
        on_answer: Callable[[Answer], None] | None = None,
        until: Millis | None = None,
    ) -> Envelope:
        """Put a command in. When the box is full or closed, the envelope is answered already.

        So it is when the reader is stuck: who comes now would wait for more than a stalled commit.
        """
        envelope = Envelope(command, who, on_answer, until)
        if self.is_closed:
            envelope.answer(STOPPED)
        elif len(self._waiting) >= self.capacity or self._is_stalled():
            metrics.MAILBOX_FULL.inc()
            envelope.answer(BUSY)
        else:
            if not self._waiting:
                self._untouched_since = trio.current_time()
            self._waiting.append(envelope)
            self._arrival.unpark()
        return envelope

    def _is_stalled(self) -> bool:
        if not self._waiting:
            return False
        return trio.current_time() - self._untouched_since > STALL_SECONDS

    def post_first(self, command: Command) -> None:
        """Put one of our own commands in front of all; never refused, nobody waits for its answer."""
        if not self.is_closed:
            if not self._waiting:
                self._untouched_since = trio.current_time()
            self._waiting.appendleft(Envelope(command, None))
            self._arrival.unpark()

    async def wait(self) -> None:
        """Wait until something is there, or `wake` is called. Cancellation loses nothing."""
        if self._waiting:
            await trio.lowlevel.checkpoint()
        else:
            await self._arrival.park()

    def wake(self) -> None:
        """End the reader's wait although nothing came."""
        self._arrival.unpark()

    def take(self, limit: int) -> list[Envelope]:
        """Up to `limit` envelopes, oldest first; the taker must answer each."""
        waiting = self._waiting
        self._untouched_since = trio.current_time()
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]

    def seal(self) -> None:
        """Take nothing more; the reader still gets what waits, and will `close` it."""
        self.is_closed = True
        self._arrival.unpark()

    def close(self) -> None:
        """Take nothing more, and tell everybody who waits to try again."""
        self.is_closed = True
        for envelope in self.take(len(self._waiting)):
            envelope.answer(STOPPED)
