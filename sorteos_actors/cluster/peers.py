"""The other nodes: asking the owner of a raffle, handing raffles over, and knowing who is here.

A command goes over the bus. When nobody hears it there, or Redis is away, it goes by HTTP to the
owner's own address; only an owner whose port refuses is dead. A command that was heard and not
answered in time is left alone: what became of it is unknown, and the client repeats it safely.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import trio

from sorteos_actors import metrics
from sorteos_actors.cluster.bus import RedisBus
from sorteos_actors.cluster.envelopes import (
    Ask,
    Count,
    Counted,
    Give,
    Message,
    Prepare,
    Prepared,
    Presence,
    Spread,
    Told,
)
from sorteos_actors.errors import PeerSilent
from sorteos_actors.ports import Answer, Clock, Moved, Notice, Owner
from sorteos_actors.raffle import Command, Millis

logger = logging.getLogger(__name__)

ASK_SECONDS: Final = 2.0
PREPARE_SECONDS: Final = 5.0
COUNT_SECONDS: Final = 0.5
PRESENCE_SECONDS: Final = 1.0
FORGET_SECONDS: Final = 3.5
"""A node that was not heard for so long is not counted as being here."""


class Here(Protocol):
    """What other nodes may ask of this one: its registry."""

    def post(
        self,
        raffle_id: UUID,
        command: Command,
        who: UUID | None,
        on_answer: Callable[[Answer | Moved], None],
        until: Millis,
    ) -> None:
        """Decide a command, unless it is later than `until`; always answered."""

    async def prepare(self, raffle_id: UUID) -> bool:
        """Load a raffle that is about to be given."""

    def take(self, raffle_id: UUID) -> None:
        """A raffle was given."""

    def show(self, notice: Notice) -> None:
        """Show it to the pages of this node that it is for."""

    def connections_by_raffle(self) -> dict[UUID, int]:
        """How many sockets watch each raffle."""


class Carrier(Protocol):
    """The way around the bus."""

    async def carry(self, owner: Owner, ask: Ask, seconds: float) -> Answer | Moved:
        """The owner's answer, within so long. Raises `PeerGone`, `PeerSilent`."""


class _Waiter:
    __slots__ = ("done", "fate", "value")

    def __init__(self) -> None:
        self.done = trio.Event()
        self.value: Any = None
        self.fate: bool | None = None

    def take(self, value: Any) -> None:
        self.value = value
        self.done.set()

    def not_heard(self, nobody: bool) -> None:
        self.fate = nobody
        self.done.set()


class BusPeers:
    """The `Peers` port over the bus. `serve` begins to answer; `run` says that we are here."""

    def __init__(self, me: Owner, bus: RedisBus, carrier: Carrier, clock: Clock) -> None:
        self.me = me
        self.is_leaving = False
        """Set when this node drains: nobody gives it anything any more."""
        self.not_heirs: Collection[str] | None = ()
        """Nodes that inherit nothing from us, because they leave too; None: nobody inherits."""
        self._bus = bus
        self._carrier = carrier
        self._clock = clock
        self._here: Here | None = None
        self._nursery: trio.Nursery | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiter] = {}
        self._counting: dict[int, dict[str, Mapping[UUID, int]]] = {}
        self._present: dict[str, tuple[float, Presence]] = {}
        self._load: Callable[[], tuple[int, int]] = lambda: (0, 0)

    # -- the port --------------------------------------------------------------------------------

    async def call(
        self, owner: Owner, raffle_id: UUID, command: Command, who: UUID | None
    ) -> Answer | Moved:
        """See `Peers`."""
        ask = Ask(
            next(self._ids),
            self.me.node,
            raffle_id,
            command,
            who,
            self._clock.now() + int(ASK_SECONDS * 1000),
        )
        if self._bus.reaches(owner.node):
            metrics.FORWARDED.labels("bus").inc()
            waiter = await self._wait_for(ask.id, owner.node, ask, ASK_SECONDS)
            if waiter.fate is None:
                if waiter.value is None:
                    raise PeerSilent(f"{owner.node} gave no answer in time")
                answer: Answer | Moved = waiter.value
                return answer
        metrics.FORWARDED.labels("http").inc()
        return await self._carrier.carry(owner, ask, ASK_SECONDS)

    def heirs(self) -> Sequence[Owner]:
        """See `Peers`."""
        if self.not_heirs is None:
            return ()
        others = [
            p for p in self._others() if not p.is_leaving and p.owner.node not in self.not_heirs
        ]
        return [p.owner for p in sorted(others, key=lambda p: (p.raffles, p.sockets))]

    async def prepare(self, heir: Owner, raffle_id: UUID) -> bool:
        """See `Peers`."""
        request = Prepare(next(self._ids), self.me.node, raffle_id)
        waiter = await self._wait_for(request.id, heir.node, request, PREPARE_SECONDS)
        return waiter.value is True

    def give(self, heir: Owner, raffle_id: UUID) -> None:
        """See `Peers`."""
        self._bus.post(heir.node, Give(raffle_id))

    def tell(self, notice: Notice) -> None:
        """See `Peers`."""
        self._bus.spread(Spread(self.me.node, notice))

    async def connections(self) -> Mapping[str, Mapping[UUID, int]]:
        """See `Peers`."""
        others = [p.owner.node for p in self._others()]
        request = Count(next(self._ids), self.me.node)
        found: dict[str, Mapping[UUID, int]] = {}
        self._counting[request.id] = found
        try:
            for node in others:
                self._bus.post(node, request)
            with trio.move_on_after(COUNT_SECONDS):
                while len(found) < len(others):
                    self._waiting[request.id] = waiter = _Waiter()
                    await waiter.done.wait()
        finally:
            del self._counting[request.id]
            self._waiting.pop(request.id, None)
        return found

    async def _wait_for(self, id_: int, node: str, message: Message, seconds: float) -> _Waiter:
        self._waiting[id_] = waiter = _Waiter()
        try:
            self._bus.post(node, message, waiter.not_heard)
            with trio.move_on_after(seconds):
                await waiter.done.wait()
        finally:
            del self._waiting[id_]
        return waiter

    def _others(self) -> list[Presence]:
        since = trio.current_time() - FORGET_SECONDS
        for node, (heard_at, _) in list(self._present.items()):
            if heard_at < since:
                del self._present[node]
        return [presence for _, presence in self._present.values()]

    # -- the other side --------------------------------------------------------------------------

    def serve(self, here: Here, load: Callable[[], tuple[int, int]]) -> None:
        """Answer other nodes with `here`; `load` tells raffles and sockets of this node."""
        self._here = here
        self._load = load
        self._bus.listen(self.me.node, self._take)
        self._bus.watch_nodes(self._meet)
        self._bus.watch_pages(self._show)

    async def run(self) -> None:
        """Say once a second that we are here, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            while True:
                self.announce()
                metrics.PEERS.set(len(self._others()))
                await trio.sleep(PRESENCE_SECONDS)

    def announce(self) -> None:
        """Say that we are here, or leaving, at once."""
        raffles, sockets = self._load()
        self._bus.announce(Presence(self.me, raffles, sockets, self.is_leaving))

    def _meet(self, presence: Presence) -> None:
        if presence.owner.node != self.me.node:
            self._present[presence.owner.node] = (trio.current_time(), presence)

    def _show(self, said: Spread) -> None:
        assert self._here is not None
        if said.origin != self.me.node:
            self._here.show(said.notice)

    def _take(self, message: Message) -> None:
        assert self._here is not None
        match message:
            case Ask():
                self._here.post(
                    message.raffle_id,
                    message.command,
                    message.who,
                    _Teller(self._bus, message),
                    message.until,
                )
            case Told():
                self._resolve(message.id, message.answer)
            case Prepare():
                if self._nursery is not None:
                    self._nursery.start_soon(self._prepare, message)
            case Prepared():
                self._resolve(message.id, message.is_ready)
            case Give():
                self._here.take(message.raffle_id)
            case Count():
                counts = self._here.connections_by_raffle()
                self._bus.post(message.origin, Counted(message.id, self.me.node, counts))
            case Counted():
                if message.id in self._counting:
                    self._counting[message.id][message.node] = message.connections
                    self._resolve(message.id, True)

    async def _prepare(self, request: Prepare) -> None:
        assert self._here is not None
        is_ready = await self._here.prepare(request.raffle_id)
        self._bus.post(request.origin, Prepared(request.id, is_ready))

    def _resolve(self, id_: int, value: object) -> None:
        waiter = self._waiting.get(id_)
        if waiter is not None:
            waiter.take(value)


class _Teller:
    """Sends the answer to where the question came from."""

    __slots__ = ("_ask", "_bus")

    def __init__(self, bus: RedisBus, ask: Ask) -> None:
        self._bus = bus
        self._ask = ask

    def __call__(self, answer: Answer | Moved) -> None:
        self._bus.post(self._ask.origin, Told(self._ask.id, answer))
