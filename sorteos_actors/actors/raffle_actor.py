"""One raffle's actor: the only one who changes it, while it holds the newest epoch.

A turn, in order:

    1 take what waits (at most 256)     2 decide each (pure)     3 evolve (private memory)
    4 COMMIT all in one statement       5 publish to the feed    6 answer each caller

**The output gate.** Memory runs ahead of the commit within one turn, so that later commands of a batch
see the earlier ones. But nothing of it leaves this object before COMMIT has returned: no answer, no
frame, not even a refusal, since it may rest on a neighbour that never becomes true. A turn that changes
nothing has no commit; then a read confirms that the raffle still stands where we think, so that a
deposed actor cannot refuse by a board that is old. A commit that failed, or whose answer was lost,
breaks the gate: all callers of the turn hear `unavailable`, the actor stops with its memory, and a
fresh one loads the truth. So a failed commit needs no undo.

**Timers are data.** The actor waits for its mailbox until `next_deadline`, and not longer.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import trio
from prometheus_client import Counter

from sorteos_actors import metrics
from sorteos_actors.actors.feed import Feed
from sorteos_actors.actors.mailbox import STOPPED, Answer, Envelope, Mailbox, Reply
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.publication import Publication
from sorteos_actors.errors import Deposed, GuardViolated, StoreUnavailable
from sorteos_actors.ports import (
    Activation,
    Batch,
    Clock,
    JournalEntry,
    Lease,
    Position,
    RaffleStore,
)
from sorteos_actors.raffle import (
    Command,
    RaffleSummary,
    Rejection,
    RejectionCode,
    commands,
    decide,
    events,
    evolve,
    next_deadline,
    paid_reservation,
)

logger = logging.getLogger(__name__)

BATCH = 256
"""Commands in one commit: beyond ~500 rows PostgreSQL changes its plan and a batch gets slower."""
OUTAGE_POLL_SECONDS = 0.25
STALL_SECONDS = 1.0
"""A commit that takes longer is time that the holds lost to us."""
COMMIT_SECONDS = 6.0
"""The longest a turn waits for its commit; the store gives up earlier by itself."""


class ActorCrashed(Exception):
    """Our own code or the schema refused a batch. `suspects` are its callers, not yet answered."""

    def __init__(self, suspects: Sequence[Envelope]) -> None:
        super().__init__("a batch could not be applied")
        self.suspects = suspects


class RaffleActor:
    """Runs one raffle from its activation until it is idle, deposed, or broken."""

    def __init__(
        self,
        activation: Activation,
        mailbox: Mailbox,
        feed: Feed,
        *,
        store: RaffleStore,
        clock: Clock,
        lease: Lease,
        outage: OutageMeter,
        idle_seconds: float,
    ) -> None:
        self.epoch = activation.epoch
        self._raffle = activation.raffle
        self._mailbox = mailbox
        self._feed = feed
        self._store = store
        self._clock = clock
        self._lease = lease
        self._outage = outage
        self._idle_seconds = idle_seconds
        self._id = activation.raffle.terms.id
        self._draining = False
        self._deposed = False
        self._stalled_ms = 0
        self._stalled_at = 0

    @property
    def is_resting(self) -> bool:
        """Whether nothing would be missed if the actor left memory now."""
        return not (self._mailbox or self._raffle.reservations or self._feed.has_subscribers)

    def drain(self) -> None:
        """Take nothing new, finish what waits in the mailbox, then return from `run`."""
        self._draining = True
        self._mailbox.seal()

    def depose(self) -> None:
        """Stop before the next turn: `run` raises `Deposed`."""
        self._deposed = True
        self._mailbox.seal()

    async def run(self, suspects: deque[Envelope], extend: Command | None) -> None:
        """Serve until idle or drained. The mailbox is closed in any case when this ends.

        `suspects` are commands of a batch that broke the previous incarnation: each is taken out and
        runs alone, so that the guilty one is found. `extend` is what an outage of PostgreSQL owes to
        the holds.
        Raises `Deposed`, `StoreUnavailable`, `ActorCrashed`.
        """
        try:
            self._feed.reset(self._summary(), self._raffle.board)
            if extend is not None:
                await self._turn([Envelope(extend, None)])
            await self._expire()
            while suspects:
                await self._turn([suspects.popleft()])
            await self._serve()
        finally:
            self._mailbox.close()

    async def _serve(self) -> None:
        while True:
            rest_at = trio.current_time() + self._idle_seconds
            due = next_deadline(self._raffle)
            until = rest_at if due is None else min(rest_at, self._clock.deadline(due))
            if self._outage.is_down:
                until = max(until, trio.current_time() + OUTAGE_POLL_SECONDS)
            if not (self._draining or self._deposed):
                with trio.move_on_at(until):
                    await self._mailbox.wait()
            if self._deposed:
                raise Deposed
            await self._make_good()
            envelopes = self._mailbox.take(BATCH)
            if envelopes:
                await self._turn(envelopes)
            await self._expire()
            is_over = self._draining or (trio.current_time() >= rest_at and self.is_resting)
            if is_over and not envelopes:
                return

    async def _expire(self) -> None:
        """End what is due; but not during an outage, since it will move the deadlines."""
        while not self._outage.is_down:
            await self._make_good()
            due = next_deadline(self._raffle)
            if due is None or due > self._clock.now():
                return
            await self._turn([Envelope(commands.ExpireDue(), None)])

    async def _make_good(self) -> None:
        """Before anything expires: give the holds the time that our slow commits have cost them."""
        due = next_deadline(self._raffle)
        if self._stalled_ms and due is not None and due <= self._clock.now():
            extend = commands.ExtendDeadlines(self._stalled_ms, self._stalled_at)
            self._stalled_ms = 0
            await self._turn([Envelope(extend, None)])

    async def _turn(self, envelopes: Sequence[Envelope]) -> None:
        try:
            await self._decide_commit_publish_answer(envelopes)
        except ActorCrashed:
            raise  # Its suspects are answered by the next incarnation, or by the supervisor.
        except BaseException:
            # Deposed, unreachable, cancelled: whatever it is, the outcome is not for us to know.
            for envelope in envelopes:
                envelope.answer(STOPPED)
            raise

    async def _decide_commit_publish_answer(self, envelopes: Sequence[Envelope]) -> None:
        if self._deposed or not self._lease.is_held(self._id):
            raise Deposed
        before = self._raffle.seq
        try:
            refusals, entries = self._apply(envelopes)
            batch = self._batch(before, entries)
        except Exception as error:
            raise ActorCrashed(envelopes) from error
        try:
            await self._make_durable(batch, len(envelopes))
        except GuardViolated as error:
            raise ActorCrashed(envelopes) from error
        if batch is not None:
            self._feed.publish(Publication.of(self._summary(), batch, self._clock.now()))
        for envelope, refusal in zip(envelopes, refusals, strict=True):
            _count("ok" if refusal is None else refusal.code.value)
            envelope.answer(refusal or self._reply(envelope.command))

    def _apply(
        self, envelopes: Sequence[Envelope]
    ) -> tuple[list[Rejection | None], list[JournalEntry]]:
        now = self._clock.now()
        refusals: list[Rejection | None] = []
        entries: list[JournalEntry] = []
        for envelope in envelopes:
            if envelope.until is not None and envelope.until < now:
                refusals.append(STOPPED)
                continue
            try:
                decision = decide(self._raffle, envelope.command, now)
            except Exception:
                # `decide` is pure: nothing was changed, so only this command is refused.
                logger.exception("raffle %s could not decide a command", self._id)
                decision = Rejection(RejectionCode.BAD_REQUEST)
            if isinstance(decision, Rejection):
                refusals.append(decision)
                continue
            for event in decision:
                evolve(self._raffle, event)
                entries.append(JournalEntry(event, envelope.who))
            refusals.append(None)
        return refusals, entries

    def _batch(self, seq: int, entries: Sequence[JournalEntry]) -> Batch | None:
        if not entries:
            return None
        raffle = self._raffle
        touched: dict[UUID, None] = {}
        for entry in entries:
            if isinstance(entry.event, events.DeadlinesExtended):
                touched.update(dict.fromkeys(raffle.reservations))
            elif not isinstance(entry.event, events.StatusChanged):
                touched[entry.event.reservation_id] = None
        reservations = [raffle.reservation(reservation_id) for reservation_id in touched]
        return Batch(
            raffle_id=self._id,
            epoch=self.epoch,
            seq=seq,
            entries=entries,
            reservations=[r for r in reservations if r is not None],
            status=raffle.status,
            reserved_count=raffle.reserved_count,
            sold_count=raffle.sold_count,
            last_outage_at=raffle.last_outage_at,
        )

    async def _make_durable(self, batch: Batch | None, commands_in_batch: int) -> None:
        """Commit, or confirm the position when there is nothing to commit."""
        sent = trio.current_time()
        # The one shielded place: a commit is never left half-awaited, and never waits for ever.
        server_time = None
        with trio.CancelScope(shield=True, deadline=sent + COMMIT_SECONDS):
            if batch is None:
                position = Position(self.epoch, self._raffle.seq)
                server_time = await self._store.confirm(position, self._id)
            else:
                server_time = await self._store.commit(batch)
        if server_time is None:
            raise StoreUnavailable("the commit got no answer in time")
        received = trio.current_time()
        self._clock.sample(server_time, sent, received)
        self._note_stall(received - sent)
        if batch is not None:
            metrics.COMMIT_SECONDS.observe(received - sent)
            metrics.BATCH_COMMANDS.observe(commands_in_batch)

    def _note_stall(self, seconds: float) -> None:
        if seconds < STALL_SECONDS:
            return
        if not self._stalled_ms:
            self._stalled_at = self._clock.now() - int(seconds * 1000)
        self._stalled_ms += int(seconds * 1000)

    def _reply(self, command: Command) -> Answer:
        raffle = self._raffle
        reservation_id: UUID | None = getattr(command, "reservation_id", None)
        reservation = None
        if isinstance(command, commands.CompleteReservation):
            reservation = paid_reservation(raffle, command)
        elif isinstance(command, commands.FindReservation):
            reservation = raffle.live_reservation_of(command.user_id)
        elif reservation_id is not None:
            reservation = raffle.reservation(reservation_id)
        return Reply(raffle.terms, self.epoch, raffle.seq, reservation)

    def _summary(self) -> RaffleSummary:
        raffle = self._raffle
        return RaffleSummary(
            terms=raffle.terms,
            status=raffle.status,
            epoch=self.epoch,
            seq=raffle.seq,
            reserved_count=raffle.reserved_count,
            sold_count=raffle.sold_count,
        )


@lru_cache(maxsize=64)
def _counter(outcome: str) -> Counter:
    return metrics.COMMANDS.labels(outcome)


def _count(outcome: str) -> None:
    """Looking a label up costs more than counting; there are as many as rejection codes."""
    _counter(outcome).inc()
