"""Bugs to be found: each is a switch that breaks the product the way others have broken theirs.

The exam of the simulation itself. A bug that no seed finds means that the simulation is blind there.
These are about numbers; `planted_money` has those about money.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import trio

from sorteos_actors.actors import feed, follower, raffle_actor, ring
from sorteos_actors.actors.publication import Publication
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster import leases
from sorteos_actors.errors import Deposed, StoreUnavailable
from sorteos_actors.ports import Batch, News, Owner, Position
from sorteos_actors.raffle import (
    Raffle,
    Rejection,
    RejectionCode,
    decide_numbers,
)
from sorteos_actors.testing import memory_record, memory_store
from sorteos_actors.testing.simulation import truth
from sorteos_actors.testing.simulation.fake_redis import SimulatedRedis
from sorteos_actors.testing.simulation.node_store import NodeStore
from tests.simulation.planting import Plants, swap

PLANTS = Plants()


def _apply_unfenced(self: truth.Truth, batch: Batch) -> None:
    """What a commit writes when nobody compares epoch and position: what the sender believes."""
    record = self._records[batch.raffle_id]
    honest = msgspec.structs.replace(batch, epoch=record.epoch, seq=record.raffle.seq)
    try:
        memory_store.MemoryStore.apply(self, honest)
    except Exception as error:
        raise StoreUnavailable("its rows are gone") from error
    self._judge(batch)


@PLANTS.add
def the_fence_is_missing(stack: ExitStack) -> None:
    """1: the UPDATE does not compare epoch and position."""
    swap(stack, truth.Truth, "apply", _apply_unfenced)


@PLANTS.add
def the_epoch_is_read_and_the_row_written_later(stack: ExitStack) -> None:
    """2: check, then act: another owner may come in between."""

    async def commit(self: NodeStore, batch: Batch) -> int:
        await self._travel()
        if self._truth.position(batch.raffle_id) != Position(batch.epoch, batch.seq):
            raise Deposed
        await self._travel(self.slow_seconds)
        await trio.sleep(self._chance.uniform(0, 0.5))
        _apply_unfenced(self._truth, batch)
        return self._truth.now()

    swap(stack, NodeStore, "commit", commit)


@PLANTS.add
def the_fence_counts_in_redis(stack: ExitStack) -> None:
    """3: INCR in Redis: a flush begins to count anew."""
    counts: dict[UUID, int] = {}
    flush = SimulatedRedis.flush
    take_over = truth.Truth.take_over

    def forget(self: SimulatedRedis) -> None:
        counts.clear()
        flush(self)

    def count(self: truth.Truth, raffle_id: UUID, node: str, url: str, warm: Any = None) -> Any:
        activation = take_over(self, raffle_id, node, url, warm)
        counts[raffle_id] = counts.get(raffle_id, 0) + 1
        self._records[raffle_id].epoch = counts[raffle_id]
        return msgspec.structs.replace(activation, epoch=counts[raffle_id])

    def begin(self: SimulatedRedis) -> None:
        counts.clear()
        born(self)

    born = SimulatedRedis.__init__
    swap(stack, SimulatedRedis, "__init__", begin)
    swap(stack, SimulatedRedis, "flush", forget)
    swap(stack, truth.Truth, "take_over", count)


def _turn(*, answer_first: bool, publish_first: bool) -> Any:
    async def turn(self: Any, envelopes: Any) -> None:
        if self._deposed or not self._lease.is_held(self._id):
            raise Deposed
        before = self._raffle.seq
        refusals, entries = self._apply(envelopes)
        batch = self._batch(before, entries)

        def publish() -> None:
            if batch is not None:
                self._feed.publish(Publication.of(self._summary(), batch, self._clock.now()))

        def answer() -> None:
            for envelope, refusal in zip(envelopes, refusals, strict=True):
                envelope.answer(refusal or self._reply(envelope.command))

        if answer_first:
            answer()
        if publish_first:
            publish()
        await self._make_durable(batch, len(envelopes))
        if not publish_first:
            publish()
        answer()

    return turn


@PLANTS.add
def the_answer_comes_before_the_commit(stack: ExitStack) -> None:
    """4."""
    swap(
        stack,
        raffle_actor.RaffleActor,
        "_decide_commit_publish_answer",
        _turn(answer_first=True, publish_first=False),
    )


@PLANTS.add
def viewers_see_it_before_the_commit(stack: ExitStack) -> None:
    """5."""
    swap(
        stack,
        raffle_actor.RaffleActor,
        "_decide_commit_publish_answer",
        _turn(answer_first=False, publish_first=True),
    )


def _on_unknown(answer: Any) -> Any:
    honest = raffle_actor.RaffleActor._decide_commit_publish_answer

    async def turn(self: Any, envelopes: Any) -> None:
        try:
            await honest(self, envelopes)
        except StoreUnavailable:
            for envelope in envelopes:
                envelope.answer(answer(self, envelope))
            raise

    return turn


@PLANTS.add
def an_unknown_commit_counts_as_failed(stack: ExitStack) -> None:
    """6: the client is told that it did not happen, for good."""
    refusal = Rejection(RejectionCode.NUMBERS_TAKEN, {"available": 0})
    swap(
        stack,
        raffle_actor.RaffleActor,
        "_decide_commit_publish_answer",
        _on_unknown(lambda _, __: refusal),
    )


@PLANTS.add
def an_unknown_commit_counts_as_done(stack: ExitStack) -> None:
    """7."""
    swap(
        stack,
        raffle_actor.RaffleActor,
        "_decide_commit_publish_answer",
        _on_unknown(lambda actor, envelope: actor._reply(envelope.command)),
    )


@PLANTS.add
def nobody_asks_whether_a_number_is_free(stack: ExitStack) -> None:
    """8: no status guard, neither in the rule nor in the rows."""
    swap(stack, memory_record.Record, "guard", lambda *_: None)
    swap(stack, decide_numbers, "may_take", lambda *_: None)


@PLANTS.add
def the_row_count_is_ignored(stack: ExitStack) -> None:
    """9: nothing was written, and it counts as written."""
    honest = NodeStore.commit

    async def commit(self: NodeStore, batch: Batch) -> int:
        try:
            return await honest(self, batch)
        except Deposed:
            return self._truth.now()

    swap(stack, NodeStore, "commit", commit)


@PLANTS.add
def the_key_of_the_lease_names_the_node(stack: ExitStack) -> None:
    """10: a lock that excludes nobody but its holder."""
    honest = leases.RedisLeases._take

    async def take(self: Any, script: Any, raffle_id: UUID, *args: str) -> Owner | None:
        own = UUID(int=raffle_id.int ^ sum(self._me.node.encode()))
        return await honest(self, script, own, *args)

    swap(stack, leases.RedisLeases, "_take", take)
    swap(stack, leases.RedisLeases, "is_held", lambda *_: True)


@PLANTS.add
def holds_end_by_the_nodes_own_clock(stack: ExitStack) -> None:
    """11: which is wrong by some seconds on every node, differently."""

    skews: WeakKeyDictionary[ServerClock, int] = WeakKeyDictionary()

    def offset(self: ServerClock) -> int:
        return memory_store.BASE_MS + skews.setdefault(self, 1500 * (1 - len(skews) % 3))

    def now(self: ServerClock) -> int:
        return int(trio.current_time() * 1000) + offset(self)

    swap(stack, ServerClock, "now", now)
    swap(stack, ServerClock, "deadline", lambda self, at: (at - offset(self) + 1) / 1000)


@PLANTS.add
def a_resume_forgets_one_update(stack: ExitStack) -> None:
    """17: off by one."""
    honest = ring.Ring._build

    def build(self: ring.Ring, seq: int, is_legacy: bool) -> Any:
        return honest(self, min(seq + 1, self.head_seq), is_legacy)

    swap(stack, ring.Ring, "_build", build)


@PLANTS.add
def a_relay_accepts_a_gap_of_one(stack: ExitStack) -> None:
    """17, between nodes."""

    def apply(self: Any, update: Any) -> None:
        if (update.epoch, update.seq_to) <= (self._epoch, self._seq):
            return
        if update.epoch == self._epoch and update.seq_from <= self._seq + 1 and update.frames:
            self._feed.relay(update)
            self._seq = update.seq_to
        else:
            self._fall_behind()

    swap(stack, follower.Follower, "_apply", apply)


@PLANTS.add
def the_journal_is_read_in_the_order_of_a_sequence(stack: ExitStack) -> None:
    """18: a transaction that commits late has an early number, and is never read."""
    honest = memory_store.MemoryStore.news

    async def news(self: Any, raffle_id: UUID, after: int, limit: int, users: Any) -> News:
        found = await honest(self, raffle_id, after, limit, users)
        return msgspec.structs.replace(found, rows=[r for r in found.rows if r.seq % 3])

    swap(stack, memory_store.MemoryStore, "news", news)
    swap(stack, News, "is_whole", property(lambda _: True))


@PLANTS.add
def a_slow_viewer_stops_the_others(stack: ExitStack) -> None:
    """19: the walker waits for the socket that does not take anything."""

    async def walk(self: Any) -> None:
        for subscriber in list(self._audience):
            while subscriber.sink.blocked_since is not None and subscriber in self._audience:
                await trio.sleep(0.05)
            self._serve(subscriber)
        await trio.lowlevel.checkpoint()

    swap(stack, feed.Feed, "_walk", walk)


@PLANTS.add
def each_life_of_an_actor_counts_a_persons_numbers_anew(stack: ExitStack) -> None:
    """20: a limit per node instead of per person."""
    honest = memory_store.MemoryStore.take_over

    def take_over(self: Any, raffle_id: UUID, node: str, url: str, warm: Any = None) -> Any:
        activation = honest(self, raffle_id, node, url, warm)
        raffle: Raffle = activation.raffle
        raffle.sold_by_user.clear()
        return activation

    swap(stack, memory_store.MemoryStore, "take_over", take_over)
