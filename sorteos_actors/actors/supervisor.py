"""Keeps one raffle's actor alive while this node owns it and somebody needs it.

    activate ─▶ run ─▶ idle, drained, deposed, or PostgreSQL is away: the end
        ▲         └──▶ broken: back off, activate anew ─▶ too often: quarantine

Causes are told apart. PostgreSQL away or a newer owner is nobody's fault here: whoever owns the raffle
next tries again. A batch that broke the actor is: its commands run one by one in the next incarnation, and
the one that breaks it again is refused, so that one message cannot take a raffle down. Five failures
of other kinds within 30 s quarantine this raffle: paused, reported, tried again after five minutes or
when its organizer resumes it. Other raffles do not notice: a leaf never escalates.
"""

from __future__ import annotations

import gc
import logging
import random
from collections import deque
from collections.abc import Callable
from enum import Enum
from uuid import UUID

import msgspec
import trio

from sorteos_actors import metrics
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.mailbox import STOPPED, Envelope, Mailbox
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.raffle_actor import ActorCrashed, RaffleActor
from sorteos_actors.errors import Deposed, MoneyMoved, RaffleNotFound, StoreUnavailable
from sorteos_actors.ports import Activation, Bus, Clock, Lease, Peers, RaffleStore
from sorteos_actors.raffle import Command, Raffle, RaffleStatus, Rejection, RejectionCode

logger = logging.getLogger(__name__)

MAX_CRASHES = 5
CRASH_WINDOW_SECONDS = 30.0
FIRST_BACK_OFF_SECONDS = 0.1
LONGEST_BACK_OFF_SECONDS = 5.0
QUARANTINE_SECONDS = 300.0
_FREEZE_FROM_NUMBERS = 50_000


class World(msgspec.Struct, frozen=True):
    """What every actor of a node shares."""

    store: RaffleStore
    clock: Clock
    lease: Lease
    bus: Bus
    peers: Peers
    outage: OutageMeter
    mailbox_capacity: int = 2048
    idle_seconds: float = 300.0


class Ending(Enum):
    """Why a supervisor's life is over."""

    RESTED = "rested"
    """Nothing to do any more, or drained."""
    NOT_FOUND = "not_found"
    DEPOSED = "deposed"
    """Somebody else owns the raffle, or may by now."""
    UNAVAILABLE = "unavailable"
    """PostgreSQL does not answer us: perhaps it does answer others."""


class RaffleSupervisor:
    """Owns one raffle's mailbox and actor. `run` is its life."""

    def __init__(
        self,
        raffle_id: UUID,
        feed: Feed,
        world: World,
        *,
        on_crash: Callable[[UUID], None],
        on_change: Callable[[], None] = lambda: None,
        warm: Raffle | None = None,
    ) -> None:
        self.raffle_id = raffle_id
        self.feed = feed
        self.is_quarantined = False
        self.refusal: Rejection | None = None
        """When set, no mailbox will open; every caller gets this."""
        self.epoch = 0
        """That of the actor, once there is one."""
        self._world = world
        self._on_crash = on_crash
        self._on_change = on_change
        self._warm = warm
        self._mailbox: Mailbox | None = None
        self._actor: RaffleActor | None = None
        self._crashes: deque[float] = deque(maxlen=MAX_CRASHES)
        self._failures_in_row = 0
        self._suspects: deque[Envelope] = deque()
        self._last_culprit: Command | None = None
        self._opened_at = 0.0
        self._draining = False
        self._deposed = False
        self._lift = trio.Event()

    @property
    def is_running(self) -> bool:
        """Whether an actor serves at this moment."""
        return self._mailbox is not None

    @property
    def open_mailbox(self) -> Mailbox | None:
        """The mailbox, if an actor takes commands from it at this moment."""
        mailbox = self._mailbox
        return None if mailbox is None or mailbox.is_closed else mailbox

    @property
    def waiting(self) -> int:
        """Commands in the mailbox."""
        return 0 if self._mailbox is None else len(self._mailbox)

    def post(self, command: Command) -> None:
        """Give the actor a command of our own, if it serves; nobody waits for the answer."""
        if self._mailbox is not None:
            self._mailbox.post_first(command)

    def drain(self) -> None:
        """Take nothing new, serve what waits, then end `run`."""
        self._draining = True
        self._lift.set()
        if self._actor is not None:
            self._actor.drain()

    def depose(self) -> None:
        """The raffle is another node's, or may be: stop at once, and say nothing more."""
        self._deposed = True
        self._lift.set()
        if self._actor is not None:
            self._actor.depose()

    def lift_quarantine(self) -> None:
        """Try again now, because a person asked for it."""
        self.refusal = None
        self._lift.set()
        self._on_change()

    async def run(self) -> Ending:
        """Until the raffle rests, is lost, or does not exist. Then nobody waits here any more."""
        try:
            while not (self._draining or self._deposed):
                try:
                    await self._incarnation()
                    return Ending.RESTED
                except RaffleNotFound:
                    self._refuse(Rejection(RejectionCode.NOT_FOUND))
                    return Ending.NOT_FOUND
                except StoreUnavailable:
                    self._world.outage.failed()
                    metrics.RESTARTS.labels("store").inc()
                    return Ending.UNAVAILABLE
                except Deposed:
                    metrics.DEPOSED.inc()
                    metrics.RESTARTS.labels("deposed").inc()
                    return Ending.DEPOSED
                except ActorCrashed as crash:
                    if isinstance(crash.__cause__, MoneyMoved):
                        self._start_anew(crash)
                        continue
                    logger.exception("raffle %s: the actor broke", self.raffle_id)
                    self._blame(crash)
                    await self._back_off()
                except Exception:
                    logger.exception("raffle %s: the actor failed", self.raffle_id)
                    self._crashes.append(trio.current_time())
                    await self._back_off()
                if self._crashes_too_often:
                    await self._quarantine()
            return Ending.DEPOSED if self._deposed else Ending.RESTED
        finally:
            self._answer_suspects()

    async def _incarnation(self) -> None:
        world = self._world
        activation = await self._activate()
        if self._deposed:
            raise Deposed
        mailbox = Mailbox(world.mailbox_capacity)
        self._actor = actor = RaffleActor(
            activation,
            mailbox,
            self.feed,
            store=world.store,
            clock=world.clock,
            lease=world.lease,
            outage=world.outage,
            idle_seconds=world.idle_seconds,
        )
        if self._draining:
            actor.drain()
        self._open(mailbox)
        metrics.ACTIVE_RAFFLES.inc()
        try:
            await actor.run(self._suspects, world.outage.owed(activation.since))
        finally:
            metrics.ACTIVE_RAFFLES.dec()
            self._actor = self._mailbox = None
            self._on_change()

    async def _activate(self) -> Activation:
        world = self._world
        sent = trio.current_time()
        me, warm, self._warm = world.peers.me, self._warm, None
        activation = await world.store.activate(self.raffle_id, node=me.node, url=me.url, warm=warm)
        world.clock.sample(activation.server_time, sent, trio.current_time())
        world.outage.answered()
        world.lease.confirm(self.raffle_id, activation.epoch)
        self.epoch = activation.epoch
        if activation.raffle.terms.number_count >= _FREEZE_FROM_NUMBERS:
            gc.freeze()  # What was just loaded lives long: the collector need not walk it again.
        return activation

    def _open(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._opened_at = trio.current_time()
        self.refusal = None
        self._on_change()

    def _refuse(self, refusal: Rejection) -> None:
        self.refusal = refusal
        self._on_change()

    def _blame(self, crash: ActorCrashed) -> None:
        """One suspect alone is the culprit; of several, each gets its own turn.

        A message of a person that breaks the actor over and over counts once. When the actor breaks
        on its own timer, or on one message after another, the raffle is what is broken.
        """
        if len(crash.suspects) > 1:
            self._suspects.extend(crash.suspects)
            self._crashes.append(trio.current_time())
            return
        [culprit] = crash.suspects
        culprit.answer(Rejection(RejectionCode.BAD_REQUEST))
        if culprit.who is None or culprit.command != self._last_culprit:
            self._crashes.append(trio.current_time())
        self._last_culprit = culprit.command

    def _start_anew(self, crash: ActorCrashed) -> None:
        """A payment has changed while it was being applied: nobody's fault, so the rest goes on at once.

        Of several messages each gets its own turn; the one alone hears "not now", and reads it again.
        """
        logger.warning("raffle %s: %s", self.raffle_id, crash.__cause__)
        metrics.RESTARTS.labels("money").inc()
        if len(crash.suspects) > 1:
            self._suspects.extend(crash.suspects)
        else:
            crash.suspects[0].answer(STOPPED)

    def _answer_suspects(self) -> None:
        while self._suspects:
            self._suspects.popleft().answer(STOPPED)

    @property
    def _crashes_too_often(self) -> bool:
        crashes = self._crashes
        recent = trio.current_time() - CRASH_WINDOW_SECONDS
        return len(crashes) == MAX_CRASHES and crashes[0] >= recent

    async def _back_off(self) -> None:
        metrics.RESTARTS.labels("crash").inc()
        self._on_crash(self.raffle_id)
        if trio.current_time() - self._opened_at > CRASH_WINDOW_SECONDS:
            self._failures_in_row = 0  # It had served for a while: this is a new trouble.
        longest = min(FIRST_BACK_OFF_SECONDS * 2**self._failures_in_row, LONGEST_BACK_OFF_SECONDS)
        self._failures_in_row += 1
        await trio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spread, not secrecy

    async def _quarantine(self) -> None:
        logger.critical("raffle %s keeps failing: quarantined as paused", self.raffle_id)
        self._crashes.clear()
        self._answer_suspects()
        self.is_quarantined = True
        self._lift = trio.Event()
        metrics.QUARANTINED.inc()
        try:
            await self._world.store.quarantine(self.raffle_id, "the actor keeps failing")
        except StoreUnavailable:
            self._world.outage.failed()
        self.feed.announce(RaffleStatus.PAUSED)
        self._refuse(Rejection(RejectionCode.RAFFLE_NOT_ACTIVE, {"status": "paused"}))
        with trio.move_on_after(QUARANTINE_SECONDS):
            await self._lift.wait()
        metrics.QUARANTINED.dec()
        self.is_quarantined = False
        self.refusal = None
        self._on_change()
