"""Running something at a terminal until it ends, fails, or the person presses Ctrl-C."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from sorteos_actors.stop_signals import open_stop_signals
from sorteos_actors.terminal.complaint import Complaint


async def run_until_signal(
    foreground: Callable[[], Awaitable[None]], *background: Callable[[], Awaitable[None]]
) -> bool:
    """Run all; end when the foreground ends, or at SIGINT or SIGTERM. True: it was a signal.

    A `Complaint` of any of them ends all and comes out as it is, not in a group.
    """
    complaint: Complaint | None = None
    async with open_stop_signals() as signals, trio.open_nursery() as nursery:

        async def guard(task: Callable[[], Awaitable[None]]) -> None:
            nonlocal complaint
            try:
                await task()
            except Complaint as error:
                complaint = error
                nursery.cancel_scope.cancel()

        for task in background:
            nursery.start_soon(guard, task)
        await guard(foreground)
        nursery.cancel_scope.cancel()
    if complaint is not None:
        raise complaint
    return signals.were_given
