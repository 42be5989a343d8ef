"""One raffle on one node, in one of two roles: its owner, or a place where it is watched and asked for.

    claim ─▶ ours:      a supervisor runs the actor, which feeds the feed
        ▲    another's: a follower feeds the feed while somebody watches; commands go to the owner
        └──── lost, handed over, or the owner is not where we thought

The feed and those who watch outlive every change of role: they notice a snapshot, not more. Losing the
raffle is an event here, whoever brings it (the lease, the fence, PostgreSQL's epoch): an owner that
only finds out by its next commit would show its viewers an old board until then.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Final
from uuid import UUID

import trio

from sorteos_actors import metrics
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.follower import Follower
from sorteos_actors.actors.mailbox import STOPPED, Mailbox
from sorteos_actors.actors.ownership import Ownership
from sorteos_actors.actors.supervisor import Ending, RaffleSupervisor, World
from sorteos_actors.errors import Leaving, RaffleNotFound, StoreUnavailable
from sorteos_actors.ports import Owner, Position
from sorteos_actors.raffle import Raffle, Rejection, RejectionCode

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 30.0
"""A raffle of another node is remembered for so long after nobody watches or asks any more."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 5.0
STABLE_SECONDS: Final = 10.0
WARM_SECONDS: Final = 10.0


class Host:
    """Made and run by the registry, one for each raffle that this node has to do with."""

    def __init__(
        self,
        raffle_id: UUID,
        world: World,
        ownership: Ownership,
        *,
        on_crash: Callable[[UUID], None],
    ) -> None:
        self.raffle_id = raffle_id
        self.feed = Feed(raffle_id, world.clock, world.bus)
        self.supervisor: RaffleSupervisor | None = None
        self.owner: Owner | None = None
        """Who has the raffle, when it is not us."""
        self.is_over = False
        self._world = world
        self._ownership = ownership
        self._on_crash = on_crash
        self._refusal: Rejection | None = None
        self._follower: Follower | None = None
        self._changed = trio.Event()
        self._poked = trio.Event()
        self._gone: Owner | None = None
        self._silent: Owner | None = None
        self._look_again = False
        self._wants_feed = False
        self._heir: Owner | None = None
        self._used_at = trio.current_time()
        self._warm: tuple[float, Raffle] | None = None
        self._failures = 0
        self._role_began_at = 0.0

    # -- for the registry ----------------------------------------------------------------------

    @property
    def open_mailbox(self) -> Mailbox | None:
        """The mailbox, if the actor runs here and takes commands at this moment."""
        return None if self.supervisor is None else self.supervisor.open_mailbox

    @property
    def is_owner(self) -> bool:
        """Whether the actor serves here at this moment."""
        return self.supervisor is not None and self.supervisor.is_running

    @property
    def shows_truth(self) -> bool:
        """Whether the feed is fed by somebody at this moment."""
        return self.is_owner or (self._follower is not None and self._follower.ready.is_set())

    async def place(self) -> Mailbox | Owner | Rejection | None:
        """Where commands go, once it is known; None when this life is over: ask the registry again."""
        while True:
            self._used_at = trio.current_time()
            found = self._where()
            if found is not None or self.is_over:
                return found
            await self._changed.wait()

    def _where(self) -> Mailbox | Owner | Rejection | None:
        if self._refusal is not None:
            return self._refusal
        if self.supervisor is None:
            return self.owner
        return self.supervisor.refusal or self.supervisor.open_mailbox

    async def wait_for_feed(self) -> Rejection | None:
        """Until the feed shows the truth; or why there will be none. Waits without limit."""
        while not self.shows_truth:
            self._used_at = trio.current_time()
            self._wants_feed = True
            self._poke()
            found = self._where()
            if isinstance(found, Rejection):
                return found
            if self.is_over:
                return None
            if self._follower is not None:
                await self._follower.ready.wait()
            else:
                await self._changed.wait()
        return None

    def look_again(self, *, gone: Owner | None = None, silent: Owner | None = None) -> None:
        """The owner is not where we thought; `gone` was found dead, `silent` did not answer."""
        if self.supervisor is None:
            self._gone, self._silent = gone or self._gone, silent or self._silent
            self.owner = None
            self._look_again = True
            self._poke()

    def moved_to(self, owner: Owner) -> None:
        """Somebody who should know says that the raffle is there."""
        if self.owner is not None and owner.node != self._world.peers.me.node:
            self.owner = owner
            self._announce()
        else:
            self.look_again()

    def lose(self) -> None:
        """The lease is another's, or in doubt."""
        if self.supervisor is not None:
            self.supervisor.depose()

    def compare(self, position: Position) -> None:
        """Where PostgreSQL says that the raffle stands: find out when we were left behind."""
        if self.supervisor is not None:
            if self.supervisor.is_running and position.epoch > self.supervisor.epoch:
                self.supervisor.depose()
        elif self._follower is not None:
            self._follower.compare(position)

    @property
    def must_be_compared(self) -> bool:
        """Whether only PostgreSQL can tell how the raffle goes on elsewhere."""
        if self.is_owner:
            return not self._world.bus.delivers(self.raffle_id)
        return self._follower is not None and (
            self._follower.is_silent or not self._world.bus.delivers(self.raffle_id)
        )

    async def prepare(self) -> None:
        """Load the raffle, because it will be given to us. Raises `RaffleNotFound`, `StoreUnavailable`."""
        raffle = await self._world.store.load(self.raffle_id)
        self._warm = (trio.current_time(), raffle)

    async def give_to(self, heir: Owner) -> None:
        """Hand the raffle over, and return when it is not ours any more. Nothing when it is not ours.

        Serves while the heir loads, then finishes what waits, and lets go. Bounded by the caller.
        """
        supervisor = self.supervisor
        if supervisor is None or not supervisor.is_running:
            return
        await self._world.peers.prepare(heir, self.raffle_id)
        if self.supervisor is supervisor:
            self._heir = heir
            supervisor.drain()
            while self.supervisor is supervisor:
                await self._changed.wait()

    async def wait_changed(self) -> None:
        """Until the role, or who has the raffle, changes."""
        await self._changed.wait()

    def drain(self) -> None:
        """Serve what waits, then let go and end: there is nobody to give it to."""
        if self.supervisor is not None:
            self.supervisor.drain()

    # -- life ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Take one role after the other, until nobody needs this raffle here any more."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.feed.run)
            try:
                while await self._take_a_role():
                    pass
            finally:
                self.is_over = True
                self._announce()
            self.feed.finish()
            nursery.cancel_scope.cancel()

    async def _take_a_role(self) -> bool:
        """One role, to its end. False when this life is over."""
        self._look_again = False
        gone, silent, self._gone, self._silent = self._gone, self._silent, None, None
        self._role_began_at = trio.current_time()
        try:
            owner = await self._ownership.claim(self.raffle_id, gone=gone, silent=silent)
        except StoreUnavailable:
            self._world.outage.failed()
            return await self._pause()
        except Leaving:
            self._refusal = STOPPED
            return False
        if owner is not None:
            return await self._stay_with(owner)
        metrics.TAKEOVERS.labels(
            "dead owner" if gone else "silent owner" if silent else "free"
        ).inc()
        ending = await self._own()
        if ending is Ending.NOT_FOUND:
            return False
        if ending is Ending.RESTED:
            return self._heir is not None or self.feed.has_subscribers
        return await self._pause()

    async def _own(self) -> Ending:
        warm, self._warm = self._warm, None
        is_fresh = warm is not None and trio.current_time() - warm[0] < WARM_SECONDS
        self.supervisor = supervisor = RaffleSupervisor(
            self.raffle_id,
            self.feed,
            self._world,
            on_crash=self._on_crash,
            on_change=self._announce,
            warm=warm[1] if warm is not None and is_fresh else None,
        )
        self.owner = self._heir = None
        try:
            ending = await supervisor.run()
            if ending is Ending.NOT_FOUND:
                self._refusal = Rejection(RejectionCode.NOT_FOUND)
            elif ending is not Ending.DEPOSED:
                self.feed.finish()
            return ending
        finally:
            with trio.CancelScope(shield=True):  # Bounded: every use of Redis is.
                await self._let_go()
            self.supervisor = None
            self._announce()

    async def _let_go(self) -> None:
        """After the last effect, not before: give the lease away, or back."""
        heir, lease = self._heir, self._world.lease
        if heir is not None and await lease.hand_over(self.raffle_id, heir):
            self._world.peers.give(heir, self.raffle_id)
            self.owner = heir
            metrics.HANDED_OVER.inc()
        else:
            self._heir = None
            await lease.release(self.raffle_id)

    async def _stay_with(self, owner: Owner) -> bool:
        """Ask there, and watch from here. True when the owner has to be found anew."""
        self.owner = owner
        self._announce()
        async with trio.open_nursery() as nursery:
            while not self._look_again and self._is_needed:
                if self._follower is None and (self._wants_feed or self.feed.has_subscribers):
                    self._wants_feed = False
                    self._start_following(nursery)
                with trio.move_on_after(IDLE_SECONDS / 3):
                    await self._poked.wait()
                self._poked = trio.Event()
            nursery.cancel_scope.cancel()
        self.owner = None
        if self._refusal is not None:
            return False
        return self._look_again

    def _start_following(self, nursery: trio.Nursery) -> None:
        self._follower = follower = Follower(
            self.raffle_id,
            self.feed,
            store=self._world.store,
            bus=self._world.bus,
            clock=self._world.clock,
            outage=self._world.outage,
        )
        self._announce()
        nursery.start_soon(self._follow, follower)

    async def _follow(self, follower: Follower) -> None:
        metrics.FOLLOWED.inc()
        try:
            await follower.run()
        except RaffleNotFound:
            self._refusal = Rejection(RejectionCode.NOT_FOUND)
            self._look_again = True
            self._poke()
        finally:
            metrics.FOLLOWED.dec()
            follower.ready.set()  # Who waits for it looks again.
            self._follower = None
            self._announce()

    @property
    def _is_needed(self) -> bool:
        is_used = trio.current_time() - self._used_at < IDLE_SECONDS
        return is_used or self.feed.has_subscribers

    async def _pause(self) -> bool:
        """Before the raffle is claimed again, longer each time. Those who watch are kept meanwhile."""
        if trio.current_time() - self._role_began_at > STABLE_SECONDS:
            self._failures = 0
        longest = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
        self._failures += 1
        await trio.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spread, not secrecy
        return self._is_needed

    def _poke(self) -> None:
        self._poked.set()

    def _announce(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
