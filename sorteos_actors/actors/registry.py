"""Finds the raffle that a command is for, on this node or another.

Owns the hosts, one for each raffle that this node runs, watches or asks for, and the clocks that tick
for all raffles together: the sweeper, which sees to raffles that have something due but no visitor;
the beacons of quiet raffles; the comparison with PostgreSQL of raffles whose owner is not heard; and
the sweep of slow sockets.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import trio

from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.host import Host
from sorteos_actors.actors.mailbox import STOPPED, Answer, Mailbox, unavailable
from sorteos_actors.actors.ownership import Ownership
from sorteos_actors.actors.supervisor import World
from sorteos_actors.errors import PeerGone, PeerSilent, RaffleNotFound, StoreUnavailable
from sorteos_actors.ports import Moved, Notice, Owner
from sorteos_actors.protocol.close_codes import RESTARTING
from sorteos_actors.raffle import Command, Millis, Rejection, commands

logger = logging.getLogger(__name__)

CALL_SECONDS: Final = 5.0
"""The longest a caller waits for an answer: then the outcome is unknown, and repeating is safe."""
REDIRECT_SECONDS: Final = 0.05
SWEEP_SECONDS: Final = 1.0
OVERDUE_MS: Final = 1000
HANDED_OVER_AT_ONCE: Final = 16
STORM_CRASHES: Final = 10
STORM_SHARE: Final = 0.1
STORM_WINDOW_SECONDS: Final = 30.0


class Registry:
    """Every raffle that this node has to do with."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ownership = Ownership(world.lease, world.store, world.peers, world.outage)
        self._hosts: dict[UUID, Host] = {}
        self._nursery: trio.Nursery | None = None
        self._crashes: deque[tuple[float, UUID]] = deque(maxlen=256)
        self._draining = False
        world.outage.on_recovery = self._extend_deadlines
        world.lease.on_lost = self._lose

    # -- for this node's edge --------------------------------------------------------------------

    async def call(self, raffle_id: UUID, command: Command, who: UUID | None) -> Answer:
        """Have a command decided and made durable, wherever the raffle runs, and say what came of it.

        Always answers, within seconds: with a `Reply`, or a `Rejection`; `unavailable` when the
        raffle cannot be reached within `CALL_SECONDS`, or its commit gets no answer, in which case
        repeating the command is safe. A caller that is cancelled leaves; the command may still have
        its effect.
        """
        host = self._hosts.get(raffle_id)
        mailbox = None if host is None else host.open_mailbox
        if mailbox is not None:
            # An actor that serves always answers: a commit has its own deadline.
            return await mailbox.post(command, who).wait()
        with trio.move_on_after(CALL_SECONDS):
            return await self._call_wherever(raffle_id, command, who)
        return STOPPED

    async def _call_wherever(self, raffle_id: UUID, command: Command, who: UUID | None) -> Answer:
        while True:
            host = self._host(raffle_id)
            self._lift_quarantine(host, command)
            place = await host.place()
            if isinstance(place, Mailbox):
                return await place.post(command, who).wait()
            if isinstance(place, Rejection):
                return place
            answer = None if place is None else await self._ask(host, place, command, who)
            if answer is not None:
                return answer
            await trio.sleep(REDIRECT_SECONDS * random.random())  # noqa: S311 - spread

    async def _ask(
        self, host: Host, owner: Owner, command: Command, who: UUID | None
    ) -> Answer | None:
        """The owner's answer; None when it is not the owner, and another has to be found."""
        try:
            answer = await self._world.peers.call(owner, host.raffle_id, command, who)
        except PeerGone:
            host.look_again(gone=owner)
            return None
        except PeerSilent:
            host.look_again(silent=owner)
            return STOPPED
        if not isinstance(answer, Moved):
            return answer
        if answer.owner is None or answer.owner.node == owner.node:
            host.look_again()
        else:
            host.moved_to(answer.owner)
        return None

    async def feed(self, raffle_id: UUID) -> Feed | Rejection:
        """The feed of a raffle, at the head. `unavailable` when it cannot be loaded in time."""
        host = self._hosts.get(raffle_id)
        if host is not None and host.shows_truth:
            return host.feed
        with trio.move_on_after(CALL_SECONDS):
            while True:
                host = self._host(raffle_id)
                refusal = await host.wait_for_feed()
                if refusal is not None:
                    return refusal
                if not host.is_over:
                    return host.feed
                await trio.lowlevel.checkpoint()
        return unavailable(1000)

    def live_feed(self, raffle_id: UUID) -> Feed | None:
        """The feed, if the raffle's actor runs here; never loads anything."""
        host = self._hosts.get(raffle_id)
        return host.feed if host is not None and host.is_owner else None

    def tell(self, notice: Notice) -> None:
        """Show it to the pages of every node, ours first. Never blocks; the way to others may lose it."""
        self.show(notice)
        self._world.peers.tell(notice)

    def connections_by_raffle(self) -> dict[UUID, int]:
        """How many sockets watch each raffle on this node; raffles without any are left out."""
        counts = {key: host.feed.subscriber_count for key, host in self._hosts.items()}
        return {raffle_id: count for raffle_id, count in counts.items() if count}

    async def connections_by_node(self) -> dict[str, Mapping[UUID, int]]:
        """The same for every node that answers, this one included."""
        others = await self._world.peers.connections()
        return {self._world.peers.me.node: self.connections_by_raffle(), **others}

    @property
    def is_in_crash_storm(self) -> bool:
        """Whether so many raffles crash that the cause cannot be one raffle."""
        since = trio.current_time() - STORM_WINDOW_SECONDS
        crashed = {raffle_id for at, raffle_id in self._crashes if at >= since}
        return len(crashed) > STORM_CRASHES and len(crashed) > len(self._hosts) * STORM_SHARE

    @property
    def active_count(self) -> int:
        """Raffles whose actor runs here."""
        return sum(host.is_owner for host in self._hosts.values())

    # -- for other nodes -------------------------------------------------------------------------

    def post(
        self,
        raffle_id: UUID,
        command: Command,
        who: UUID | None,
        on_answer: Callable[[Answer | Moved], None],
        until: Millis,
    ) -> None:
        """A command from another node, which thinks that we have the raffle. Always answered.

        After `until` it is not decided any more: whoever sent it has given up.
        """
        host = self._hosts.get(raffle_id)
        mailbox = None if host is None else host.open_mailbox
        if mailbox is not None:
            mailbox.post(command, who, on_answer, until)
        elif self._nursery is not None:
            self._nursery.start_soon(
                self._post_once_placed, raffle_id, command, who, on_answer, until
            )

    async def _post_once_placed(
        self,
        raffle_id: UUID,
        command: Command,
        who: UUID | None,
        on_answer: Callable[[Answer | Moved], None],
        until: Millis,
    ) -> None:
        with trio.move_on_after(CALL_SECONDS):
            host = self._host(raffle_id)
            self._lift_quarantine(host, command)
            if host.owner is not None:
                host.look_again()  # Who asks us may know better than we do.
            place = await host.place()
            if isinstance(place, Mailbox):
                place.post(command, who, on_answer, until)
            elif isinstance(place, Rejection):
                on_answer(place)
            else:
                on_answer(Moved(place))
            return
        on_answer(STOPPED)

    async def prepare(self, raffle_id: UUID) -> bool:
        """Load a raffle that another node is about to give us. False when that cannot be."""
        if self._draining:
            return False
        try:
            await self._host(raffle_id).prepare()
        except (StoreUnavailable, RaffleNotFound):
            return False
        return True

    def show(self, notice: Notice) -> None:
        """Show it to the pages of this node that it is for."""
        if self._nursery is not None:
            self._nursery.start_soon(self._show, notice)

    async def _show(self, notice: Notice) -> None:
        for host in list(self._hosts.values()):
            if notice.raffle_id in (None, host.raffle_id):
                await host.feed.show(notice)

    def take(self, raffle_id: UUID) -> None:
        """Another node has given us this raffle."""
        if not self._draining:
            self._host(raffle_id).look_again()

    # -- life ------------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Host the raffles until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._sweep_overdue)
            nursery.start_soon(self._tick)
            task_status.started()

    async def drain(self) -> None:
        """Give every raffle to another node, or let it finish what waits. Bounded by the caller.

        Commands that still come are sent to where the raffles are now.
        """
        self._draining = self._ownership.is_draining = True
        owned = [host for host in self._hosts.values() if host.supervisor is not None]
        heirs = self._world.peers.heirs()
        turns = trio.CapacityLimiter(HANDED_OVER_AT_ONCE)

        async def let_go(host: Host, heirs: Sequence[Owner], index: int) -> None:
            async with turns:
                if heirs:
                    await host.give_to(heirs[index % len(heirs)])
                else:
                    host.drain()

        async with trio.open_nursery() as nursery:
            for index, host in enumerate(owned):
                nursery.start_soon(let_go, host, heirs, index)
        for host in owned:
            while host.supervisor is not None:
                host.drain()
                await host.wait_changed()

    def _host(self, raffle_id: UUID) -> Host:
        host = self._hosts.get(raffle_id)
        if host is None or host.is_over:
            assert self._nursery is not None
            host = Host(raffle_id, self._world, self._ownership, on_crash=self._note_crash)
            self._hosts[raffle_id] = host
            self._nursery.start_soon(self._run_host, host)
        return host

    async def _run_host(self, host: Host) -> None:
        try:
            await host.run()
        except Exception:
            # A leaf never escalates: this raffle's viewers come back, the others do not notice.
            logger.exception("raffle %s: its host failed", host.raffle_id)
            self._note_crash(host.raffle_id)
            host.feed.close_all(RESTARTING)
        finally:
            if self._hosts.get(host.raffle_id) is host:
                del self._hosts[host.raffle_id]

    def _lift_quarantine(self, host: Host, command: Command) -> None:
        supervisor = host.supervisor
        if (
            supervisor is not None
            and supervisor.is_quarantined
            and isinstance(command, commands.ResumeRaffle)
        ):
            supervisor.lift_quarantine()

    def _note_crash(self, raffle_id: UUID) -> None:
        self._crashes.append((trio.current_time(), raffle_id))

    def _lose(self, raffle_id: UUID) -> None:
        host = self._hosts.get(raffle_id)
        if host is not None:
            host.lose()

    def _extend_deadlines(self) -> None:
        """Actors that lived through an outage take what it owes; the others do when they load."""
        owed = self._world.outage.owed()
        assert owed is not None
        for host in self._hosts.values():
            if host.supervisor is not None:
                host.supervisor.post(owed)

    # -- ticking for all -------------------------------------------------------------------------

    async def _sweep_overdue(self) -> None:
        """See to raffles with something due that nobody visits; and feel PostgreSQL's pulse."""
        older_than_ms = 0  # At the start everything due is late already.
        async with trio.open_nursery() as nursery:
            while not self._draining:
                try:
                    raffle_ids = await self._world.store.overdue(older_than_ms, 64)
                except StoreUnavailable:
                    self._world.outage.failed()
                    raffle_ids = []
                else:
                    self._world.outage.answered()
                    older_than_ms = OVERDUE_MS
                for raffle_id in raffle_ids:
                    host = self._hosts.get(raffle_id)
                    if host is None or host.supervisor is None:
                        # As a command: if its owner is dead, we find out, and own it.
                        nursery.start_soon(self.call, raffle_id, commands.ExpireDue(), None)
                await trio.sleep(SWEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spread

    async def _tick(self) -> None:
        """Once a second, for all raffles together."""
        while True:
            await trio.sleep(SWEEP_SECONDS)
            hosts = list(self._hosts.values())
            for host in hosts:
                host.feed.sweep()
                host.feed.repeat()
            unheard = {host.raffle_id: host for host in hosts if host.must_be_compared}
            if unheard:
                await self._compare(unheard)

    async def _compare(self, hosts: Mapping[UUID, Host]) -> None:
        try:
            positions = await self._world.store.positions(list(hosts))
        except StoreUnavailable:
            self._world.outage.failed()
            return
        for raffle_id, position in positions.items():
            hosts[raffle_id].compare(position)
