"""Messages between nodes, over Redis' sharded channels. Nothing here is trusted to arrive.

    sorteos:node:{<node>}                          what one node is told: commands, answers, handovers
    sorteos:nodes:<installation>                   who is here
    sorteos:pages:<installation>                   what all nodes show to their pages
    sorteos:raffle:{<raffle id>}:<installation>    what a raffle's owner has sent to its viewers

Redis' databases do not keep channels apart, so the installation is a part of their names.

What one turn of the loop brings for a channel leaves as one message: alone a command waits for nobody,
under load hundreds share the cost of one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

import trio

from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.envelopes import (
    Message,
    Presence,
    Spread,
    Unreadable,
    pack,
    read_messages,
    read_presence,
    read_spread,
    read_update,
)
from sorteos_actors.cluster.link import Link
from sorteos_actors.ports import FeedUpdate

logger = logging.getLogger(__name__)

OnFate = Callable[[bool], None]
"""Called when a message was not heard: True, nobody listens there; False, that is not known."""


def inbox(node: str) -> str:
    """Where a node is told things."""
    return f"sorteos:node:{{{node}}}"


def events(raffle_id: UUID, installation: str) -> str:
    """Where a raffle's owner tells what it has sent to its viewers."""
    return f"sorteos:raffle:{{{raffle_id}}}:{installation}"


class RedisBus:
    """The `Bus` port, and the post between nodes. `run` sends."""

    def __init__(self, link: Link, installation: str) -> None:
        self._link = link
        self._installation = installation
        self._nodes = f"sorteos:nodes:{installation}"
        self._pages = f"sorteos:pages:{installation}"
        self._outgoing: dict[str, list[tuple[Message, OnFate | None]]] = {}
        self._wake = trio.Event()

    def delivers(self, raffle_id: UUID) -> bool:
        """See `Bus`. In a Redis Cluster, each raffle has a server of its own."""
        return self._link.state_of(events(raffle_id, self._installation)) is State.CLOSED

    def reaches(self, node: str) -> bool:
        """Whether what is posted to a node arrives, as far as we know."""
        return self._link.state_of(inbox(node)) is State.CLOSED

    # -- between raffles -----------------------------------------------------------------------

    def publish(self, raffle_id: UUID, update: FeedUpdate) -> None:
        """See `Bus`."""
        self._link.publish(events(raffle_id, self._installation), pack(update))

    def follow(self, raffle_id: UUID, on_update: Callable[[FeedUpdate], None]) -> None:
        """See `Bus`."""

        def take(data: bytes) -> None:
            try:
                update = read_update(data)
            except Unreadable as error:
                logger.warning("raffle %s: an update cannot be read: %s", raffle_id, error)
            else:
                on_update(update)

        self._link.subscribe(events(raffle_id, self._installation), take)

    def unfollow(self, raffle_id: UUID) -> None:
        """See `Bus`."""
        self._link.unsubscribe(events(raffle_id, self._installation))

    # -- between nodes -------------------------------------------------------------------------

    def post(self, node: str, message: Message, on_fate: OnFate | None = None) -> None:
        """Tell a node something. Never blocks; `on_fate` is called when it was not heard."""
        self._outgoing.setdefault(inbox(node), []).append((message, on_fate))
        self._wake.set()

    def listen(self, node: str, on_message: Callable[[Message], None]) -> None:
        """Hear what is told to `node`, which is us."""

        def take(data: bytes) -> None:
            try:
                messages = read_messages(data)
            except Unreadable as error:
                logger.warning("a message of another node cannot be read: %s", error)
                return
            for message in messages:
                on_message(message)

        self._link.subscribe(inbox(node), take)

    def announce(self, presence: Presence) -> None:
        """Tell everybody that we are here."""
        self._link.publish(self._nodes, pack(presence))

    def watch_nodes(self, on_presence: Callable[[Presence], None]) -> None:
        """Hear who is here, ourselves included."""

        def take(data: bytes) -> None:
            try:
                on_presence(read_presence(data))
            except Unreadable as error:
                logger.warning("a node of another version: %s", error)

        self._link.subscribe(self._nodes, take)

    def spread(self, said: Spread) -> None:
        """Tell the pages of all nodes."""
        self._link.publish(self._pages, pack(said))

    def watch_pages(self, on_said: Callable[[Spread], None]) -> None:
        """Hear what is for the pages of all nodes, what we say included."""

        def take(data: bytes) -> None:
            try:
                on_said(read_spread(data))
            except Unreadable as error:
                logger.warning("something for open pages cannot be read: %s", error)

        self._link.subscribe(self._pages, take)

    async def run(self) -> None:
        """Send what was posted, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            outgoing, self._outgoing = self._outgoing, {}
            for channel, posted in outgoing.items():
                fates = [on_fate for _, on_fate in posted if on_fate is not None]
                note = _note(fates) if fates else None
                self._link.publish(channel, pack([message for message, _ in posted]), note)


def _note(fates: list[OnFate]) -> Callable[[int | None], None]:
    def on_receivers(count: int | None) -> None:
        if not count:
            for on_fate in fates:
                on_fate(count is not None)

    return on_receivers
