"""A worker from inside: a node whose port, database and secret come from the parent."""

from __future__ import annotations

import socket

import msgspec
import trio

from sorteos_actors import logs
from sorteos_actors.config import Settings
from sorteos_actors.errors import CannotStart
from sorteos_actors.main import listen_internally, run_node
from sorteos_actors.node import Farewell, Node
from sorteos_actors.stop_signals import StopSignals, open_stop_signals
from sorteos_actors.workers.link import Link, Order, Ready


def work(settings: Settings, link: int) -> int:
    """Serve until the parent says so or is dead, or a signal comes. `link` is a descriptor.

    Returns the exit status. Raises `CannotStart`.
    """
    logs.set_up(settings.log_format, settings.log_level)
    try:
        end = socket.socket(fileno=link)
    except OSError:
        raise CannotStart(
            "--link is for the processes that `sorteos serve --workers` starts itself."
        ) from None
    trio.run(_work, settings, end)
    return 0


async def _work(settings: Settings, end: socket.socket) -> None:
    async with open_stop_signals() as signals, Link(end) as link:
        order = await link.receive(Order)
        if order is None:
            return

        async def until_farewell(node: Node) -> Farewell:
            await link.send(Ready(node.me))
            return await _wait_for_farewell(link, signals)

        with (
            socket.socket(fileno=order.listener) as listener,
            listen_internally(order.host, order.node_url) as internal,
        ):
            await run_node(
                msgspec.structs.replace(settings, node_url=order.node_url),
                order.foundations,
                listener,
                internal,
                until_farewell,
            )


async def _wait_for_farewell(link: Link, signals: StopSignals) -> Farewell:
    """A signal means us alone, as it would a node on its own. Without a parent nobody inherits."""
    farewell = Farewell()

    async def hear(scope: trio.CancelScope) -> None:
        nonlocal farewell
        farewell = await link.receive(Farewell) or Farewell(accepts=False, also=None)
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hear, nursery.cancel_scope)
        await signals.wait()
        nursery.cancel_scope.cancel()
    return farewell
