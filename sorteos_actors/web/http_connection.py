"""The end of HTTP connections, when the server winds up.

Hypercorn ends a connection that is idle then, and takes one for idle whose first request it has not read
yet. But the front door has read it, and the client waits for an answer: so a connection counts as
traffic from the moment it is handed over, and none ends before its first answer.
"""

from __future__ import annotations

from collections.abc import Callable

import trio
from hypercorn.trio.worker_context import WorkerContext


class ConnectionContext(WorkerContext):
    """What Hypercorn asks about the end, for one connection. `on_first_answer` is called once."""

    def __init__(self, winding_up: trio.Event, on_first_answer: Callable[[], None]) -> None:
        super().__init__(None)
        self.terminated = _Terminated(winding_up, self.end_first_request)
        self._on_first_answer: Callable[[], None] | None = on_first_answer

    def end_first_request(self) -> None:
        """The first request was answered, or the connection has ended; may be called again."""
        if self._on_first_answer is not None:
            call, self._on_first_answer = self._on_first_answer, None
            call()


class _Terminated:
    """Hypercorn waits for it whenever a connection is idle, and looks at it after each answer."""

    def __init__(self, winding_up: trio.Event, on_answer: Callable[[], None]) -> None:
        self._winding_up = winding_up
        self._on_answer = on_answer
        self._has_answered = False

    async def wait(self) -> None:
        """As Hypercorn's event; for ever before the first answer. The server bounds it."""
        if not self._has_answered:
            await trio.sleep_forever()
        await self._winding_up.wait()

    def is_set(self) -> bool:
        """As Hypercorn's event."""
        self._has_answered = True
        self._on_answer()
        return self._winding_up.is_set()

    async def set(self) -> None:
        """As Hypercorn's event."""
        self._winding_up.set()

    async def clear(self) -> None:
        """An end is for ever. Raises `NotImplementedError`."""
        raise NotImplementedError
