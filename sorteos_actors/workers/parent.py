"""The process that `sorteos serve --workers N` starts. It serves nobody itself: others do.

SIGINT, SIGTERM    everybody leaves, and then the embedded servers stop; a second one: at once
SIGHUP             new workers in place of the old ones, one after the other; nobody notices
"""

from __future__ import annotations

import logging
import os
import signal
import socket

import trio

from sorteos_actors import asyncio_bridge, logs
from sorteos_actors.config import Settings
from sorteos_actors.errors import CannotStart
from sorteos_actors.main import (
    Foundations,
    ServeOptions,
    greet,
    open_foundations,
    seed,
    until_signalled,
)
from sorteos_actors.stop_signals import open_stop_signals
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.workers.addresses import NodeUrls, SharedPort, find_shared_port
from sorteos_actors.workers.crew import Crew, open_crew

logger = logging.getLogger(__name__)


def serve(settings: Settings, options: ServeOptions) -> int:
    """As `main.serve`, with `options.workers` processes on the port.

    Returns the exit status. Raises `CannotStart`, also when a worker cannot begin to serve; nothing
    is left running.
    """
    return until_signalled(_serve_until_signal, settings, options)


def _serve_until_signal(settings: Settings, options: ServeOptions) -> int:
    logs.set_up(settings.log_format, settings.log_level)
    port = find_shared_port(options.host, options.port)
    with (
        port.bind() as reserved,  # Never listens: it keeps the port ours while no worker has it.
        open_foundations(settings, options) as foundations,
    ):
        urls = NodeUrls(settings.node_url, options.workers, port.address[1])
        if options.seed_demo and not trio.run(_seed, foundations):
            return 0
        trio.run(_Parent(options.workers, port, urls, foundations, reserved).run)
    return 0


async def _seed(foundations: Foundations) -> bool:
    """Whether nobody has asked to stop meanwhile."""
    async with (
        open_stop_signals() as signals,
        asyncio_bridge.open_loop(),
        open_pool(foundations.database_url) as pool,
    ):
        await seed(PostgresRaffleStore(pool))
    return not signals.were_given


class _Parent:
    def __init__(
        self,
        size: int,
        port: SharedPort,
        urls: NodeUrls,
        foundations: Foundations,
        reserved: socket.socket,
    ) -> None:
        self._size = size
        self._port = port
        self._urls = urls
        self._foundations = foundations
        self._reserved = reserved
        self._stop = trio.Event()
        self._renew = trio.Event()
        self._failure: CannotStart | None = None

    async def run(self) -> None:
        """Until a signal. Raises `CannotStart` when a worker cannot begin to serve."""
        async with trio.open_nursery() as lives:
            with open_crew(lives, self._size, self._port, self._urls, self._foundations) as crew:
                await lives.start(self._hear_signals, lives.cancel_scope)
                async with trio.open_nursery() as keeping:
                    for task in (self._keep, self._greet, self._renew_on_demand):
                        keeping.start_soon(task, crew)
                    await self._stop.wait()
                    keeping.cancel_scope.cancel()
                await crew.leave()
            lives.cancel_scope.cancel()
        if self._failure is not None:
            raise self._failure

    async def _keep(self, crew: Crew) -> None:
        try:
            await crew.keep()
        except* CannotStart as failures:
            # Not up through the nursery: the others leave in order first.
            self._failure = _first(failures)
            self._stop.set()

    async def _greet(self, crew: Crew) -> None:
        greet(self._reserved, self._foundations, await crew.wait_served())

    async def _renew_on_demand(self, crew: Crew) -> None:
        while True:
            await self._renew.wait()
            self._renew = trio.Event()
            logger.info("putting a new worker in each place")
            await crew.replace_all()

    async def _hear_signals(
        self, lives: trio.CancelScope, *, task_status: trio.TaskStatus[None]
    ) -> None:
        goes_with_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGHUP and not (goes_with_terminal and not _has_terminal()):
                    self._renew.set()
                elif self._stop.is_set():
                    logger.warning("asked twice: the workers are killed")
                    lives.cancel()
                else:
                    self._stop.set()


def _has_terminal() -> bool:
    """SIGHUP has two meanings: do it anew; and, for a program in a terminal, that it was closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _first(failures: BaseExceptionGroup[CannotStart]) -> CannotStart:
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, CannotStart)
    return error
