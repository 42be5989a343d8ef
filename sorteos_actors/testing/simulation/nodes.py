"""Nodes of a simulated cluster: the real registry, leases, bus and peers, on simulated servers.

A node *crashes* (all its tasks end at once, and nothing of it reaches anybody any more), *freezes* (what
it sends and hears waits until it wakes, while time goes on), *leaves* as on SIGTERM, and comes back as
another life with another name.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

import msgspec
import trio

from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.actors.supervisor import World
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.bus import RedisBus
from sorteos_actors.cluster.envelopes import Ask
from sorteos_actors.cluster.leases import RedisLeases
from sorteos_actors.cluster.peers import BusPeers
from sorteos_actors.errors import ForgedWebhook, PeerGone, PeerSilent, StoreUnavailable
from sorteos_actors.ports import Answer, Moved, Owner
from sorteos_actors.ports.payments import Charge, Payment
from sorteos_actors.raffle import Command, Rejection
from sorteos_actors.testing.simulation.bank import Bank, NodeBank
from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis
from sorteos_actors.testing.simulation.life import Life
from sorteos_actors.testing.simulation.node_link import NodeLink
from sorteos_actors.testing.simulation.node_store import NodeStore
from sorteos_actors.testing.simulation.people import Lost
from sorteos_actors.testing.simulation.truth import Truth

T = TypeVar("T")
CALL_SECONDS = 6.0


class SimNode:
    """A place where one life follows another."""

    def __init__(
        self, index: int, truth: Truth, redis: SimulatedRedis, town: Town, seed: int
    ) -> None:
        self.name = f"n{index}"
        self.life: Life | None = None
        self.wall_clock_skew_ms = 0
        self.is_cut_from_peers = False
        self._truth = truth
        self._redis = redis
        self._town = town
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._lives = 0
        self._awake = trio.Event()
        self._awake.set()

    # -- what happens to it ----------------------------------------------------------------------

    async def start(self, nursery: trio.Nursery) -> None:
        """Begin a life, and return when it serves."""
        await nursery.start(self._live)

    def crash(self) -> None:
        """kill -9."""
        life = self.life
        if life is not None:
            self._truth.note(f"{life.me.node} is killed")
            self.life = None
            life.ended.set()
            life.link.kill()
            life.scope.cancel()
            self.wake()

    async def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after a while."""
        self._truth.note(f"{self.name} freezes for {seconds:.1f} s")
        if self._awake.is_set():
            self._awake = trio.Event()
        await trio.sleep(seconds)
        self.wake()

    def wake(self) -> None:
        """SIGCONT."""
        self._awake.set()

    async def leave(self) -> None:
        """SIGTERM: hand everything over, then end."""
        life = self.life
        if life is None or life.is_leaving:
            return
        self._truth.note(f"{life.me.node} leaves")
        life.is_leaving = life.peers.is_leaving = True
        life.peers.announce()
        with trio.move_on_after(20):
            await life.registry.drain()
        if self.life is life:
            self.crash()

    async def gate(self) -> None:
        """Pass when the node is not frozen."""
        while not self._awake.is_set():
            await self._awake.wait()

    # -- what others want of it --------------------------------------------------------------------

    async def send(self, raffle_id: UUID, command: Command, who: UUID) -> Answer:
        """A person's command over a socket to this node. Raises `Lost`."""
        life = self.life
        if life is None:
            await trio.sleep(0.05)
            raise Lost
        answer = await self._ask_life(
            life, lambda: life.registry.call(raffle_id, command, who), CALL_SECONDS
        )
        if answer is None:
            raise Lost
        return answer

    async def feed(self, life: Life, raffle_id: UUID) -> Feed | None:
        """The feed for a viewer's socket; None when there is none to be had."""
        feed = await self._ask_life(life, lambda: life.registry.feed(raffle_id), CALL_SECONDS)
        return feed if isinstance(feed, Feed) else None

    async def pay(self, payment: Payment, charge: Charge) -> Payment | Rejection | None:
        """A buyer's request to pay. None when there was no answer."""

        async def begin(life: Life) -> Payment | Rejection:
            return await life.checkout.begin(life.banks[payment.provider], payment, charge)

        return await self._ask_for_money(begin)

    async def look(self, payment: Payment) -> Payment | None:
        """A buyer's page, which wants to know how it stands. None when there was no answer."""
        return await self._ask_for_money(
            lambda life: life.payments.get(payment.raffle_id, payment.id)
        )

    async def give_up(self, payment: Payment) -> Payment | None:
        """A buyer who does not want to pay any more. None when there was no answer."""

        async def cancel(life: Life) -> Payment | None:
            wanted = await life.payments.want_cancel(payment.raffle_id, payment.id)
            return wanted and await life.cashier.settle(wanted)

        return await self._ask_for_money(cancel)

    async def take_webhook(self, bank: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it was accepted."""

        async def take(life: Life) -> bool:
            await life.inbox.take(bank, headers, body)
            return True

        return await self._ask_for_money(take) is True

    async def _ask_for_money(self, question: Callable[[Life], Awaitable[T]]) -> T | None:
        life = self.life
        if life is None:
            await trio.sleep(0.05)
            return None

        async def ask() -> T | None:
            try:
                return await question(life)
            except (StoreUnavailable, ForgedWebhook):
                return None

        return await self._ask_life(life, ask, CALL_SECONDS)

    async def _ask_life(
        self, life: Life, question: Callable[[], Awaitable[T]], seconds: float
    ) -> T | None:
        """The answer of one life, over a connection that is gone when the life ends."""
        answers: list[T] = []
        async with trio.open_nursery() as nursery:
            nursery.cancel_scope.deadline = trio.current_time() + seconds

            async def end_with_the_life() -> None:
                await life.ended.wait()
                nursery.cancel_scope.cancel()

            nursery.start_soon(end_with_the_life)
            await self.gate()
            answer = await question()
            await self.gate()
            if not life.ended.is_set():
                answers.append(answer)
            nursery.cancel_scope.cancel()
        return answers[0] if answers else None

    async def answer(self, ask: Ask) -> Answer | Moved:
        """Another node's command by HTTP."""
        life = self.life
        assert life is not None
        await self.gate()
        answered = trio.Event()
        answers: list[Answer | Moved] = []

        def take(answer: Answer | Moved) -> None:
            answers.append(answer)
            answered.set()

        life.registry.post(ask.raffle_id, ask.command, ask.who, take, ask.until)
        await answered.wait()
        await self.gate()
        if life.ended.is_set():
            await trio.sleep_forever()
        return answers[0]

    # -- a life ------------------------------------------------------------------------------------

    async def _live(self, *, task_status: trio.TaskStatus[None]) -> None:
        self._lives += 1
        me = Owner(f"{self.name}.{self._lives}", f"sim://{self.name}.{self._lives}")
        store = NodeStore(self._truth, self._chance, self.gate)
        link = NodeLink(self._redis, me.node, self._chance, self.gate)
        self.life = life = Life(me, store, link)
        with life.scope:
            async with trio.open_nursery() as nursery:
                clock = ServerClock()
                outage = OutageMeter(clock)
                clock.sample(self._truth.now(), trio.current_time(), trio.current_time())
                outage.answered()
                bus = RedisBus(link, "sim")
                leases = RedisLeases(link, me, lambda: outage.seconds_since_answer < 2.0)
                life.peers = BusPeers(me, bus, _Road(self._town, self), clock)
                world = World(
                    store=store,
                    clock=clock,
                    lease=leases,
                    bus=bus,
                    peers=life.peers,
                    outage=outage,
                    idle_seconds=20.0,
                )
                life.registry = Registry(world)
                await nursery.start(life.registry.run)
                banks = {
                    name: NodeBank(bank, self._chance, self.gate)
                    for name, bank in self._town.banks.items()
                }
                life.open_till(banks, self._truth, clock)
                life.peers.serve(life.registry, lambda: (life.registry.active_count, 0))
                for task in (link.run, bus.run, leases.run, life.peers.run, life.cashier.run):
                    nursery.start_soon(task)
                self._truth.note(f"{me.node} starts")
                task_status.started()
        life.ended.set()


class Town(msgspec.Struct):
    """All nodes and banks, and the roads between them."""

    nodes: list[SimNode] = []
    banks: dict[str, Bank] = {}

    def find(self, owner: Owner) -> SimNode | None:
        """Where this life is; None when it has ended."""
        return next((n for n in self.nodes if n.life and n.life.me.node == owner.node), None)


class _Road:
    """HTTP from one node to another: as slow, and as dead, as they are."""

    def __init__(self, town: Town, here: SimNode) -> None:
        self._town = town
        self._here = here

    async def carry(self, owner: Owner, ask: Ask, seconds: float) -> Answer | Moved:
        """See `Carrier`."""
        await self._here.gate()
        await trio.sleep(0.001)
        there = self._town.find(owner)
        if there is None:
            raise PeerGone(owner.node)
        with trio.move_on_after(seconds):
            if there.is_cut_from_peers or self._here.is_cut_from_peers:
                await trio.sleep_forever()
            answer = await there.answer(ask)
            await self._here.gate()
            return answer
        raise PeerSilent(owner.node)
