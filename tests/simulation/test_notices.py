"""What open pages hear that changes no board: whom it is for hears it, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import trio
import trio.testing

from sorteos_actors.actors import feed as feeds
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.bus import RedisBus
from sorteos_actors.cluster.connection import Reply
from sorteos_actors.cluster.envelopes import Ask
from sorteos_actors.cluster.link import OnReceivers, ScriptCall
from sorteos_actors.cluster.peers import BusPeers
from sorteos_actors.ports import Answer, Moved, Notice, Owner
from sorteos_actors.protocol import encode
from sorteos_actors.raffle import RaffleStatus, RaffleTerms
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode, Viewer, open_node
from sorteos_actors.testing.simulate import simulate
from tests.builders import ANA, BETO
from tests.simulation.test_actor_runtime import on_a_node
from tests.simulation.test_feed import the_feed

METHODS = encode.push_payment_methods()
SAID = {"type": "payment_methods"}


class Wire:
    """Redis' channels for several nodes, without Redis."""

    def __init__(self) -> None:
        self.is_up = True
        self.listeners: dict[str, list[Callable[[bytes], None]]] = {}


class WiredLink:
    """The `Link` of one node to a `Wire`; without keys."""

    state = State.CLOSED

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def state_of(self, key: str) -> State:
        return self.state

    async def run_scripts(self, calls: Sequence[ScriptCall]) -> list[Reply]:
        raise NotImplementedError

    async def get(self, key: str) -> bytes | None:
        raise NotImplementedError

    def publish(
        self, channel: str, payload: bytes, on_receivers: OnReceivers | None = None
    ) -> None:
        heard = self._wire.listeners.get(channel, []) if self._wire.is_up else []
        for listener in list(heard):
            listener(payload)
        if on_receivers is not None:
            on_receivers(len(heard))

    def subscribe(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        self._wire.listeners.setdefault(channel, []).append(on_message)

    def unsubscribe(self, channel: str) -> None:
        raise NotImplementedError


class NoWayAround:
    """The `Carrier` of nodes that ask each other nothing."""

    async def carry(self, owner: Owner, ask: Ask, seconds: float) -> Answer | Moved:
        raise NotImplementedError


@asynccontextmanager
async def open_wired(wire: Wire, store: MemoryStore, name: str) -> AsyncIterator[SimulatedNode]:
    """A node whose peers are on the wire."""
    bus = RedisBus(WiredLink(wire), "test")
    peers = BusPeers(Owner(name, ""), bus, NoWayAround(), ServerClock())
    async with open_node(store, peers=peers) as node:
        peers.serve(node.registry, lambda: (0, 0))
        yield node


async def watch(
    node: SimulatedNode, raffle_id: UUID, *, who: UUID | None = None, is_legacy: bool = False
) -> Viewer:
    """A page of a raffle, of somebody or of nobody that we know."""
    viewer, feed = Viewer(is_legacy=is_legacy), await the_feed(node, raffle_id)
    feed.join(viewer.subscriber)
    if who is not None:
        feed.identify(viewer.subscriber, who)
    viewer.texts.clear()
    return viewer


async def another(store: MemoryStore) -> UUID:
    """One more raffle."""
    terms = RaffleTerms(
        id=uuid4(), organizer_id=uuid4(), title="Otra", number_count=10, price=1, currency="CRC"
    )
    await store.create(terms, status=RaffleStatus.ACTIVE)
    return terms.id


def test_everybody_who_watches_a_raffle_hears_at_once_and_the_older_language_never() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        other_id = await another(store)
        here = [await watch(node, raffle_id), await watch(node, raffle_id, who=ANA)]
        older = await watch(node, raffle_id, is_legacy=True)
        elsewhere = await watch(node, other_id)
        before = trio.current_time()
        node.registry.tell(Notice(METHODS, raffle_id))
        await trio.testing.wait_all_tasks_blocked()
        assert [viewer.texts for viewer in here] == [[SAID], [SAID]]
        assert (older.texts, elsewhere.texts) == ([], [])
        node.registry.tell(Notice(METHODS))
        await trio.testing.wait_all_tasks_blocked()
        assert [viewer.texts for viewer in here] == [[SAID] * 2, [SAID] * 2]
        assert (older.texts, elsewhere.texts) == ([], [SAID])
        assert trio.current_time() == before

    on_a_node(scene)


def test_what_is_one_persons_goes_to_all_their_pages_of_that_raffle_and_to_no_others() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        mine = [await watch(node, raffle_id, who=ANA) for _ in range(2)]
        others = [await watch(node, raffle_id, who=BETO), await watch(node, raffle_id)]
        others.append(await watch(node, await another(store), who=ANA))
        others.append(await watch(node, raffle_id, who=ANA, is_legacy=True))
        text = encode.push_payment(UUID(int=7), "late")
        node.registry.tell(Notice(text, raffle_id, ANA))
        await trio.testing.wait_all_tasks_blocked()
        said = {"type": "payment", "payment_id": str(UUID(int=7)), "status": "late"}
        assert [viewer.texts for viewer in mine] == [[said], [said]]
        assert [viewer.texts for viewer in others] == [[]] * 4

    on_a_node(scene)


def test_pages_of_other_nodes_hear_it_once_and_so_do_ours() -> None:
    async def main() -> None:
        wire, store = Wire(), MemoryStore()
        raffle_id = await another(store)
        async with open_wired(wire, store, "a") as a, open_wired(wire, store, "b") as b:
            pages = [await watch(node, raffle_id, who=ANA) for node in (a, b)]
            b.registry.tell(Notice(METHODS))
            a.registry.tell(Notice(METHODS, raffle_id))
            a.registry.tell(Notice(METHODS, raffle_id, ANA))
            b.registry.tell(Notice(METHODS, raffle_id, BETO))
            await trio.testing.wait_all_tasks_blocked()
            assert [page.texts for page in pages] == [[SAID] * 3] * 2
            wire.is_up = False
            b.registry.tell(Notice(METHODS, raffle_id))
            await trio.testing.wait_all_tasks_blocked()
            assert [len(page.texts) for page in pages] == [3, 4], "ours hear it without Redis"

    simulate(main)


def test_telling_a_crowd_lets_others_have_their_turn_and_skips_who_has_left() -> None:
    async def scene(node: SimulatedNode, store: MemoryStore, raffle_id: UUID) -> None:
        crowd = [await watch(node, raffle_id) for _ in range(feeds.SLICE * 2)]
        feed = await the_feed(node, raffle_id)
        node.registry.tell(Notice(METHODS, raffle_id))
        while not crowd[0].texts:
            await trio.lowlevel.checkpoint()
        assert crowd[-1].texts == []
        feed.leave(crowd[-1].subscriber)
        await trio.testing.wait_all_tasks_blocked()
        assert [len(viewer.texts) for viewer in crowd] == [1] * (len(crowd) - 1) + [0]

    on_a_node(scene)
