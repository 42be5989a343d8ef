"""A raffle's feed: what viewers see, position by position.

A subscriber is a cursor `(sink, seq)`, not a queue. The feed keeps a **ring** of encoded deltas, each
with its seq range, and a **screen**: the public board at the newest position. Publishing only merges
the changes into what is *pending* and wakes the **walker**, so the actor never waits for a socket. The
walker encodes one delta per tick (the first update after a quiet time at once, then at most ~20 a
second, last state wins) and writes the same bytes to every sink in slices, with a checkpoint between.

A sink that still has bytes of its own to send is passed over: its cursor stays behind, and when it
has drained it catches up from the ring in one write, or from a snapshot when the ring has moved on.
So a slow reader costs one integer and delays nobody.

The owner's feed is fed by its actor, and is the *source*: what it sends to its viewers it also gives
to the bus, and the feeds of other nodes pass on the very same bytes (`relay`). Joining is one
synchronous step: hello, snapshot at S, and the cursor at S, with no window in which an event is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import trio
from msgspec.structs import replace

from sorteos_actors import metrics
from sorteos_actors.actors.audience import Audience, Subscriber
from sorteos_actors.actors.pending import Pending
from sorteos_actors.actors.publication import Publication
from sorteos_actors.actors.ring import Delta, Ring
from sorteos_actors.actors.screen import Screen, Snapshot
from sorteos_actors.ports import Bus, Clock, FeedUpdate, Notice
from sorteos_actors.protocol import board as board_codec
from sorteos_actors.protocol import encode
from sorteos_actors.protocol.close_codes import TOO_SLOW, CloseCode
from sorteos_actors.protocol.websocket_frames import binary_frame, text_frame
from sorteos_actors.raffle import RaffleStatus, RaffleSummary

logger = logging.getLogger(__name__)

MAX_HZ = 20.0
SECONDS_PER_WRITE = 8.3e-6
"""CPU of one write to one socket; `benchmarks` prints this machine's figure."""
CPU_SHARE = 0.5
"""Part of a core that one feed may use: with many viewers the rate falls, never the truth."""
SLICE = 100
"""Sockets between two checkpoints: the others wait 3 ms for the loop instead of 34."""
QUIET_SECONDS = 1.0
"""Events that change no number move the position within this time, together."""
SLOW_SECONDS = 60.0
SNAPSHOTS_IN_A_ROW = 3
BEACON_SECONDS = 1.0
"""A source that has nothing to say repeats its position, so that a lost last word is noticed."""


class Feed:
    """The feed of one raffle on one node. All methods but `run` and `show` are synchronous."""

    def __init__(self, raffle_id: UUID, clock: Clock, bus: Bus) -> None:
        self.raffle_id = raffle_id
        self._clock = clock
        self._bus = bus
        self._screen: Screen | None = None
        self._is_source = False
        self._ring = Ring(0)
        self._audience = Audience()
        self._frames_written = 0
        self._pending: Pending | None = None
        self._next_flush_at = 0.0
        self._last_word_at = 0.0
        self._wake = trio.Event()

    # -- who feeds it --------------------------------------------------------------------------

    def reset(self, summary: RaffleSummary, board: bytearray, *, is_source: bool = True) -> None:
        """Begin a new epoch: everybody who watches gets a snapshot of it.

        `is_source`: an actor feeds it, and the feeds of other nodes hear what it says.
        """
        self._screen = Screen(summary, board)
        self._is_source = is_source
        self._ring = Ring(summary.seq)
        self._pending = None
        if is_source:
            self._say(summary.seq, b"", Pending())
        for subscriber in self._audience:
            subscriber.seq = -1
            self._serve(subscriber)

    def publish(self, publication: Publication) -> None:
        """Take what commits changed. Constant work per changed number; never blocks."""
        assert self._screen is not None
        if self._pending is None:
            self._pending = Pending()
        self._pending.add(publication, publication.private if self._is_source else ())
        self._screen.show(publication.summary, publication.changes)
        self._audience.push_private(self.summary.terms, publication.private, publication.at)
        self._wake.set()

    def relay(self, update: FeedUpdate) -> None:
        """Pass on what the source has sent: the same bytes, to those who watch here.

        The update is of our epoch, begins at or before our position, and ends after it.
        """
        assert self._screen is not None
        self._flush()
        summary = replace(
            self.summary,
            seq=update.seq_to,
            status=update.status,
            reserved_count=update.reserved_count,
            sold_count=update.sold_count,
        )
        self._screen.show(summary, update.changes)
        legacy = self._legacy_frames(update.changes, update.expired)
        self._ring.append(Delta(self._ring.head_seq, update.seq_to, update.frames, legacy))
        self._audience.push_private(self.summary.terms, update.private, update.at)
        self._wake.set()

    def repeat(self) -> None:
        """As the source, say again where we are, if there was nothing to say for a second."""
        if self._is_source and trio.current_time() - self._last_word_at >= BEACON_SECONDS:
            self._say(self._ring.head_seq, b"", Pending())

    def announce(self, status: RaffleStatus) -> None:
        """Tell everybody of a status that did not come from the actor: it is in quarantine."""
        if self._screen is None:
            return
        self._screen.show_status(status)
        frame = text_frame(encode.push_raffle(self.summary))
        self._audience.push_to_all(frame)

    def finish(self) -> None:
        """Send what is pending at once: the actor leaves, and its last words should be heard."""
        if self._screen is not None:
            self._flush()
            self._is_source = False
            for subscriber in self._audience:
                self._serve(subscriber)

    def close_all(self, code: CloseCode) -> None:
        """Send every socket away."""
        for subscriber in self._audience:
            self.leave(subscriber)
            subscriber.sink.close(code)

    # -- what sockets say --------------------------------------------------------------------

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody watches."""
        return len(self._audience) > 0

    @property
    def subscriber_count(self) -> int:
        """How many sockets watch."""
        return len(self._audience)

    @property
    def users(self) -> Collection[UUID]:
        """Who of the people that we know watches here."""
        return self._audience.users

    @property
    def summary(self) -> RaffleSummary:
        """The raffle as of the newest commit. Only on a feed that was `reset` once."""
        assert self._screen is not None
        return self._screen.summary

    def join(self, subscriber: Subscriber) -> None:
        """Say hello, send the board, and follow from there on."""
        self._audience.add(subscriber)
        if subscriber.is_legacy:
            subscriber.seq = self.summary.seq
            return
        hello = text_frame(encode.hello(self.summary, self._clock.now()))
        subscriber.sink.push(hello)
        self._send_snapshot(subscriber, "join")

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a socket; harmless when it is not here."""
        self._audience.remove(subscriber)

    def identify(self, subscriber: Subscriber, user_id: UUID) -> None:
        """From now on private pushes of this person also go to this socket."""
        self._audience.identify(subscriber, user_id)

    def resume(self, subscriber: Subscriber, epoch: int, seq: int) -> None:
        """Send exactly what is missing after (epoch, seq), or snapshots when that is not known."""
        known = epoch == self.summary.epoch and self._ring.oldest_seq <= seq <= self.summary.seq
        subscriber.seq = seq if known else -1
        self._serve(subscriber)

    def drained(self, subscriber: Subscriber) -> None:
        """A sink that was passed over can take bytes again."""
        if subscriber in self._audience:
            self._serve(subscriber)

    def board(self) -> bytes:
        """The board at `summary`, as one or more contract snapshots in a row; shared."""
        assert self._screen is not None
        return b"".join(self._screen.snapshot(deflate=False).blocks)

    def states(self) -> bytes:
        """The state of every number at `summary`, one byte each."""
        assert self._screen is not None
        return self._screen.states()

    def _snapshot(self, *, deflate: bool) -> Snapshot:
        """One from which a subscriber can catch up by the ring."""
        assert self._screen is not None
        return self._screen.snapshot(deflate=deflate, not_before=self._ring.oldest_seq)

    # -- the walker --------------------------------------------------------------------------

    async def run(self) -> None:
        """Tick and walk, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            while trio.current_time() < (flush_at := self._flush_time()):
                with trio.move_on_at(flush_at):
                    await self._wake.wait()  # A visible change may come, and need not wait so long.
                    self._wake = trio.Event()
            self._flush()
            self._next_flush_at = trio.current_time() + self.interval
            metrics.FEED_INTERVAL.set(self.interval)
            await self._walk()

    async def show(self, notice: Notice) -> None:
        """Tell those who watch now and whom it is for. Out of turn: it has no position."""
        frame = text_frame(notice.text)
        listeners = self._audience.listeners(notice.user_id)
        for start in range(0, len(listeners), SLICE):
            for subscriber in listeners[start : start + SLICE]:
                if subscriber in self._audience:
                    subscriber.sink.push(frame)
            await trio.lowlevel.checkpoint()

    def sweep(self) -> None:
        """Close sockets that have not taken a byte for a minute. To be called about once a second."""
        now = trio.current_time()
        for subscriber in self._audience:
            blocked_since = subscriber.sink.blocked_since
            if blocked_since is not None and now - blocked_since > SLOW_SECONDS:
                self._close_slow(subscriber)

    @property
    def interval(self) -> float:
        """Seconds between two ticks: 1/20, or more when viewers times their cost ask for it."""
        return max(1 / MAX_HZ, len(self._audience) * SECONDS_PER_WRITE / CPU_SHARE)

    def _flush_time(self) -> float:
        """When the pending changes may go out. New changes meanwhile only join them."""
        pending = self._pending
        if pending is None or pending.is_visible or not self._is_source:
            return self._next_flush_at  # What came from elsewhere has waited there.
        return max(self._next_flush_at, pending.since + QUIET_SECONDS)

    def _flush(self) -> None:
        """Turn what is pending into one delta in the ring."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        summary, ring = self.summary, self._ring
        seq_from, changes = ring.head_seq, pending.changes
        frames = binary_frame(board_codec.delta(summary.epoch, seq_from, summary.seq, changes))
        if pending.raffle_changed:
            frames += text_frame(encode.push_raffle(summary))
        legacy = self._legacy_frames(changes, pending.expired)
        ring.append(Delta(seq_from, summary.seq, frames, legacy))
        if self._is_source:
            self._say(seq_from, frames, pending)

    def _say(self, seq_from: int, frames: bytes, said: Pending) -> None:
        """Give the other nodes' feeds what our viewers get; without frames only our position."""
        summary = self.summary
        self._last_word_at = trio.current_time()
        self._bus.publish(
            self.raffle_id,
            FeedUpdate(
                epoch=summary.epoch,
                seq_from=seq_from,
                seq_to=self._ring.head_seq,
                status=summary.status,
                reserved_count=summary.reserved_count,
                sold_count=summary.sold_count,
                frames=frames,
                changes=said.changes,
                expired=said.expired,
                private=said.private,
                at=self._clock.now(),
            ),
        )

    def _legacy_frames(
        self, changes: Mapping[int, int], expired: Sequence[tuple[UUID, tuple[int, ...]]]
    ) -> bytes:
        """In the seed's language, if anybody speaks it.

        Who does joins at the head: nobody will ask for older ones in it.
        """
        if not self._audience.speaks_legacy:
            return b""
        terms = self.summary.terms
        texts = [encode.legacy_reservation_expired(terms, i, n) for i, n in expired]
        texts += [encode.legacy_number_update(terms, n, s) for n, s in changes.items()]
        return b"".join(map(text_frame, texts))

    async def _walk(self) -> None:
        subscribers = list(self._audience)
        for start in range(0, len(subscribers), SLICE):
            for subscriber in subscribers[start : start + SLICE]:
                self._serve(subscriber)
            metrics.FRAMES.inc(self._frames_written)
            self._frames_written = 0
            await trio.lowlevel.checkpoint()

    def _serve(self, subscriber: Subscriber) -> None:
        """Bring one cursor to the head, if its sink takes bytes at this moment."""
        if subscriber.seq >= self._ring.head_seq or subscriber not in self._audience:
            return
        suffix = self._ring.after(subscriber.seq, is_legacy=subscriber.is_legacy)
        if suffix is None:
            if subscriber.is_legacy and subscriber.seq >= 0:
                self._close_slow(subscriber)  # The seed's wire has no snapshot: start over.
            else:
                self._send_snapshot(subscriber, "behind" if subscriber.seq >= 0 else "epoch")
        elif subscriber.sink.offer(suffix):
            self._frames_written += 1
            subscriber.seq = self._ring.head_seq
            subscriber.snapshots_in_row = 0

    def _send_snapshot(self, subscriber: Subscriber, reason: str) -> None:
        if subscriber.is_legacy:
            subscriber.seq = self._ring.head_seq
            return
        snapshot = self._snapshot(deflate=subscriber.deflate)
        if not subscriber.sink.offer(snapshot.frames):
            return
        metrics.SNAPSHOTS.labels(reason).inc()
        subscriber.seq = snapshot.seq
        if reason == "behind":
            subscriber.snapshots_in_row += 1
            if subscriber.snapshots_in_row >= SNAPSHOTS_IN_A_ROW:
                self._close_slow(subscriber)
                return
        self._serve(subscriber)

    def _close_slow(self, subscriber: Subscriber) -> None:
        metrics.SLOW_CLOSED.inc()
        self.leave(subscriber)
        subscriber.sink.close(TOO_SLOW)
