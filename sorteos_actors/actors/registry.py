"""Finds the raffle that a command is for: activates on first use, forgets when it rests.

Owns the supervisors, the feeds, and the two clocks that tick for all raffles together: the sweeper,
which wakes raffles that have something due but no visitor, and the sweep of slow sockets.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from uuid import UUID

import trio

from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.mailbox import STOPPED, Answer, Mailbox, unavailable
from sorteos_actors.actors.supervisor import RaffleSupervisor, World
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.ports import Bus
from sorteos_actors.protocol.close_codes import RESTARTING
from sorteos_actors.raffle import Command, Rejection, commands

logger = logging.getLogger(__name__)

CALL_SECONDS = 5.0
"""The longest a caller waits for an answer: then the outcome is unknown, and repeating is safe."""
SWEEP_SECONDS = 1.0
OVERDUE_MS = 1000
STORM_CRASHES = 10
STORM_SHARE = 0.1
STORM_WINDOW_SECONDS = 30.0


class Registry:
    """Every raffle that is awake on this node."""

    def __init__(self, world: World, bus: Bus) -> None:
        self._world = world
        self._bus = bus
        self._supervisors: dict[UUID, RaffleSupervisor] = {}
        self._feeds: dict[UUID, Feed] = {}
        self._nursery: trio.Nursery | None = None
        self._crashes: deque[tuple[float, UUID]] = deque(maxlen=256)
        self._draining = False
        self._drained = trio.Event()
        world.outage.on_recovery = self._extend_deadlines

    # -- for the outside -----------------------------------------------------------------------

    async def call(self, raffle_id: UUID, command: Command, who: UUID | None) -> Answer:
        """Have a command decided and made durable, and say what came of it.

        Always answers, within seconds: with a `Reply`, or a `Rejection`; `unavailable` when the
        raffle cannot be reached within `CALL_SECONDS`, or its commit gets no answer, in which case
        repeating the command is safe. A caller that is cancelled leaves; the command may still have
        its effect.
        """
        supervisor = self._supervisors.get(raffle_id)
        mailbox = None if supervisor is None else supervisor.open_mailbox
        if mailbox is not None and not self._draining:
            # An actor that serves always answers: a commit has its own deadline.
            return await mailbox.post(command, who).wait()
        return await self._call_once_awake(raffle_id, command, who)

    async def _call_once_awake(self, raffle_id: UUID, command: Command, who: UUID | None) -> Answer:
        answer: Answer = STOPPED
        with trio.move_on_after(CALL_SECONDS):
            while True:
                mailbox = await self._mailbox(raffle_id, command)
                if isinstance(mailbox, Rejection):
                    answer = mailbox
                    break
                if not mailbox.is_closed:
                    answer = await mailbox.post(command, who).wait()
                    break
                await trio.lowlevel.checkpoint()
        return answer

    async def feed(self, raffle_id: UUID) -> Feed | Rejection:
        """The feed of a raffle, at the head. `unavailable` when it cannot be loaded in time."""
        feed = self._feeds.get(raffle_id)
        supervisor = self._supervisors.get(raffle_id)
        if feed is not None and supervisor is not None and supervisor.is_running:
            return feed
        with trio.move_on_after(CALL_SECONDS):
            mailbox = await self._mailbox(raffle_id, None)
            return mailbox if isinstance(mailbox, Rejection) else self._feeds[raffle_id]
        return unavailable(1000)

    def live_feed(self, raffle_id: UUID) -> Feed | None:
        """The feed, if the raffle is awake here; never loads anything."""
        supervisor = self._supervisors.get(raffle_id)
        if supervisor is None or not supervisor.is_running:
            return None
        return self._feeds.get(raffle_id)

    def connections_by_raffle(self) -> dict[UUID, int]:
        """How many sockets watch each raffle on this node; raffles without any are left out."""
        counts = {raffle_id: feed.subscriber_count for raffle_id, feed in self._feeds.items()}
        return {raffle_id: count for raffle_id, count in counts.items() if count}

    @property
    def is_in_crash_storm(self) -> bool:
        """Whether so many raffles crash that the cause cannot be one raffle."""
        since = trio.current_time() - STORM_WINDOW_SECONDS
        crashed = {raffle_id for at, raffle_id in self._crashes if at >= since}
        return len(crashed) > STORM_CRASHES and len(crashed) > len(self._supervisors) * STORM_SHARE

    @property
    def active_count(self) -> int:
        """Raffles whose actor runs here."""
        return sum(supervisor.is_running for supervisor in self._supervisors.values())

    # -- life --------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Host the raffles until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._sweep_overdue)
            nursery.start_soon(self._sweep_slow_sockets)
            task_status.started()

    async def drain(self) -> None:
        """Let every actor finish what waits in its mailbox; take no new work. Bounded by the caller."""
        self._draining = True
        for supervisor in list(self._supervisors.values()):
            supervisor.drain()
        if self._supervisors:
            await self._drained.wait()

    async def _mailbox(self, raffle_id: UUID, command: Command | None) -> Mailbox | Rejection:
        if self._draining:
            return STOPPED
        supervisor = self._supervisors.get(raffle_id) or self._start(raffle_id)
        if supervisor.is_quarantined and isinstance(command, commands.ResumeRaffle):
            supervisor.lift_quarantine()
        return await supervisor.mailbox()

    def _start(self, raffle_id: UUID) -> RaffleSupervisor:
        assert self._nursery is not None
        feed = self._feeds.get(raffle_id) or Feed(raffle_id, self._world.clock, self._bus)
        self._feeds[raffle_id] = feed
        supervisor = RaffleSupervisor(raffle_id, feed, self._world, self._note_crash)
        self._supervisors[raffle_id] = supervisor
        self._nursery.start_soon(self._host, supervisor)
        return supervisor

    async def _host(self, supervisor: RaffleSupervisor) -> None:
        """One raffle's tasks: its supervisor and its feed's walker live and end together."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(supervisor.feed.run)
                await supervisor.run()
                supervisor.feed.finish()
                nursery.cancel_scope.cancel()
        except Exception:
            # A leaf never escalates: this raffle's viewers come back, the others do not notice.
            logger.exception("raffle %s: its host failed", supervisor.raffle_id)
            self._note_crash(supervisor.raffle_id)
            supervisor.feed.close_all(RESTARTING)
        finally:
            del self._supervisors[supervisor.raffle_id]
            del self._feeds[supervisor.raffle_id]
            if self._draining and not self._supervisors:
                self._drained.set()

    def _note_crash(self, raffle_id: UUID) -> None:
        self._crashes.append((trio.current_time(), raffle_id))

    # -- ticking for all -----------------------------------------------------------------------

    async def _sweep_overdue(self) -> None:
        """Wake raffles with something due that nobody visits; and feel PostgreSQL's pulse."""
        older_than_ms = 0  # At the start everything due is late already.
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
                if raffle_id not in self._supervisors and not self._draining:
                    self._start(raffle_id)
            await trio.sleep(SWEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spread

    def _extend_deadlines(self) -> None:
        """Actors that lived through an outage take what it owes; the others do when they load."""
        owed = self._world.outage.owed()
        assert owed is not None
        for supervisor in self._supervisors.values():
            supervisor.post(owed)

    async def _sweep_slow_sockets(self) -> None:
        while True:
            await trio.sleep(SWEEP_SECONDS)
            for feed in list(self._feeds.values()):
                feed.sweep()
