"""All workers of a machine: kept, replaced one after the other, and sent home together."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import trio

from sorteos_actors.main import Foundations
from sorteos_actors.node import Farewell
from sorteos_actors.ports import Owner
from sorteos_actors.workers.addresses import NodeUrls, SharedPort
from sorteos_actors.workers.link import Order
from sorteos_actors.workers.place import Place
from sorteos_actors.workers.process import Worker

logger = logging.getLogger(__name__)


class Crew:
    """Workers on one port. Made by `open_crew`."""

    def __init__(
        self, lives: trio.Nursery, port: SharedPort, urls: NodeUrls, foundations: Foundations
    ) -> None:
        self.places: list[Place] = []
        self._lives = lives
        self._port = port
        self._urls = urls
        self._foundations = foundations
        self._alive: set[Worker] = set()

    async def keep(self) -> None:
        """Keep a worker in each place until cancelled. Raises `CannotStart`, in a group."""
        async with trio.open_nursery() as nursery:
            for place in self.places:
                nursery.start_soon(place.keep)

    async def wait_served(self) -> list[str]:
        """Until each place has had a worker that serves; the workers' own addresses."""
        for place in self.places:
            await place.has_served.wait()
        return [node.url for node in _nodes(place.worker for place in self.places)]

    async def replace_all(self) -> None:
        """Put a new worker in each place, one after the other; when it serves, the old one leaves.

        Ends with the first that does not serve: the old ones that are left go on.
        """
        for index, place in enumerate(self.places):
            # Who leaves later inherits nothing: so a raffle moves once.
            later = _nodes(place.worker for place in self.places[index + 1 :])
            if not await place.replace(frozenset(node.node for node in later)):
                logger.error("new worker %d does not serve: the old ones go on", place.number)
                return
        logger.info("all workers are new: %s", ", ".join(await self.wait_served()))

    async def leave(self) -> None:
        """Send everybody home, and return when all have ended. Places must not be kept any more."""
        farewell = Farewell(also=frozenset(node.node for node in _nodes(self._alive)))
        async with trio.open_nursery() as nursery:
            for worker in self._alive:
                nursery.start_soon(worker.leave, farewell)

    def start(self, number: int, listener: socket.socket) -> Worker:
        """Start a worker on a socket."""
        host, port = self._port.address
        order = Order(listener.fileno(), host, self._urls.lend(number), self._foundations)
        worker = Worker(number, order, ("--host", host, "--port", str(port)))
        self._alive.add(worker)
        self._lives.start_soon(self._live, worker)
        return worker

    async def _live(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            self._alive.discard(worker)
            self._urls.give_back(worker.order.node_url)


@contextmanager
def open_crew(
    lives: trio.Nursery, size: int, port: SharedPort, urls: NodeUrls, foundations: Foundations
) -> Iterator[Crew]:
    """Places for so many workers. Their lives are tasks of `lives`: cancelled, they are killed."""
    crew = Crew(lives, port, urls, foundations)
    with ExitStack() as sockets:
        for number in range(1, size + 1):
            place = Place(number, port.bind, crew.start)
            sockets.callback(place.close)
            crew.places.append(place)
        yield crew


def _nodes(workers: Iterable[Worker | None]) -> list[Owner]:
    """Those of them that serve."""
    return [w.node for w in workers if w is not None and w.node is not None and w.is_serving]
