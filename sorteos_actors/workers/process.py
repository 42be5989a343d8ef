"""One life of one worker process, seen from the parent."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from typing import Final

import trio

from sorteos_actors.node import Farewell
from sorteos_actors.ports import Owner
from sorteos_actors.workers.link import Link, Order, Ready

logger = logging.getLogger(__name__)

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
"""Longer than a node takes to drain: who still is there then is killed."""


class Worker:
    """`run` is its life; the process never outlives it."""

    def __init__(self, place: int, order: Order, options: tuple[str, ...]) -> None:
        self.order = order
        self.node: Owner | None = None
        """Who it is, as soon as it serves."""
        self.served_since: float | None = None
        self.status: int | None = None
        """Its exit status, as soon as it has ended."""
        self.settled = trio.Event()
        """It serves, or has ended."""
        self.ended = trio.Event()
        self._place = place
        self._options = options
        self._started = trio.Event()
        self._process: trio.Process | None = None
        self._link: Link | None = None

    @property
    def is_serving(self) -> bool:
        """Whether it serves, as far as can be known."""
        return self.node is not None and not self.ended.is_set()

    def __str__(self) -> str:
        pid = "not started" if self._process is None else f"pid {self._process.pid}"
        return f"worker {self._place} ({pid})"

    async def run(self) -> None:
        """From its start to its end. When cancelled, the process is killed."""
        ours, theirs = socket.socketpair()
        try:
            async with Link(ours) as self._link:
                with theirs:
                    self._process = process = await self._start(theirs.fileno())
                self._started.set()
                try:
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(self._talk, self._link)
                        self.status = await process.wait()
                        nursery.cancel_scope.cancel()
                finally:
                    if process.returncode is None:
                        process.kill()
                        with trio.CancelScope(shield=True):
                            await process.wait()
        finally:
            for event in (self._started, self.ended, self.settled):
                event.set()

    async def _start(self, link: int) -> trio.Process:
        return await trio.lowlevel.open_process(
            [*_this_program(), "serve", *self._options, "--link", str(link)],
            stdin=subprocess.DEVNULL,
            pass_fds=(link, self.order.listener),
            start_new_session=True,  # Ctrl-C in a terminal is for the parent.
        )

    async def _talk(self, link: Link) -> None:
        await link.send(self.order)
        with trio.move_on_after(START_SECONDS):
            ready = await link.receive(Ready)
            if ready is not None:
                self.node, self.served_since = ready.node, trio.current_time()
                self.settled.set()
            return
        logger.error("%s does not begin to serve and is killed", self)
        self.kill()

    async def leave(self, farewell: Farewell) -> None:
        """Have it leave, and return when it has ended. It is killed when it takes too long."""
        await self._started.wait()
        with trio.move_on_after(STOP_SECONDS):
            if self._link is not None and self.node is not None:
                await self._link.send(farewell)
            elif self._process is not None:
                self._process.terminate()  # It serves nobody yet.
            await self.ended.wait()
            return
        logger.error("%s does not end and is killed", self)
        self.kill()
        await self.ended.wait()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()


def _this_program() -> list[str]:
    """The command that runs what we run. Modules are looked for in no other places than ours."""
    spec = sys.modules["__main__"].__spec__
    is_plain = spec is not None and not sys.flags.safe_path
    return [sys.executable, *(() if is_plain else ("-P",)), "-m", "sorteos_actors"]
