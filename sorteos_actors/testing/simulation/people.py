"""Buyers who repeat what got no answer, and viewers who compare what they see with what was true.

A buyer checks every answer against the truth at the position that the answer names: an effect that was
acknowledged is there, a refusal was true at some instant between asking and hearing.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import trio

from sorteos_actors.actors.feed import Feed
from sorteos_actors.ports import Answer, Reply
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import (
    Command,
    Phase,
    Rejection,
    RejectionCode,
    Reservation,
    commands,
)
from sorteos_actors.raffle.model import AVAILABLE
from sorteos_actors.testing.node import Viewer
from sorteos_actors.testing.simulation.till import Till
from sorteos_actors.testing.simulation.truth import Truth, short

PATIENCE_SECONDS = 8.0


_NEVER_BORN = (
    RejectionCode.NUMBERS_TAKEN,
    RejectionCode.TOO_MANY_NUMBERS,
    RejectionCode.ALREADY_RESERVED,
)
"""Refusals of a reservation that does not exist; others may mean that it has ended meanwhile."""


class Lost(Exception):
    """The connection broke: what became of the command is unknown."""


Send = Callable[[UUID, Command, UUID], Awaitable[Answer]]
"""Through some node; raises `Lost`."""


class Buyer:
    """One person, choosing numbers in several raffles, through whatever node is there."""

    def __init__(
        self,
        user_id: UUID,
        raffles: list[UUID],
        truth: Truth,
        chance: random.Random,
        send: Send,
        till: Till,
    ) -> None:
        self.user_id = user_id
        self._raffles = raffles
        self._truth = truth
        self._chance = chance
        self._send = send
        self._till = till

    async def run(self) -> None:
        """Buy until cancelled."""
        while True:
            await trio.sleep(self._chance.expovariate(1.5))
            await self._one_reservation(self._chance.choice(self._raffles))

    async def _one_reservation(self, raffle_id: UUID) -> None:
        chance = self._chance
        reservation_id = UUID(int=chance.getrandbits(128))
        count = len(self._truth.past[raffle_id].boards[0])
        numbers = tuple(chance.sample(range(count), chance.randint(1, 3)))
        first: Command = commands.ReserveNumbers(self.user_id, reservation_id, numbers)
        if chance.random() < 0.2:
            first = commands.QuickPick(
                self.user_id, reservation_id, len(numbers), chance.getrandbits(64)
            )
        answer = await self._insist(raffle_id, first)
        while isinstance(answer, Reply) and answer.reservation is not None:
            reservation = answer.reservation
            if not reservation.phase.is_live or chance.random() < 0.25:
                break  # Left lying: it will expire, unless it waits for money.
            await trio.sleep(chance.expovariate(2))
            if reservation.phase is not Phase.SELECTION and chance.random() < 0.7:
                bought = await self._till.pay(answer.terms, reservation)
                if bought is not None:
                    await self._maybe_give_back(bought)
                    break
                command: Command = commands.FindReservation(self.user_id)
            else:
                command = self._next(reservation, count)
            answer = await self._insist(raffle_id, command)
        await self._till.pay_late(reservation_id)

    def _next(self, reservation: Reservation, count: int) -> Command:
        chance = self._chance
        user_id, id_ = self.user_id, reservation.id
        if reservation.phase is Phase.SELECTION and chance.random() < 0.5:
            return commands.StartCheckout(user_id, id_)
        number = chance.randrange(count)
        mine = chance.choice(reservation.numbers)
        return chance.choice(
            (
                commands.AddNumbers(user_id, id_, (number,)),
                commands.RemoveNumbers(user_id, id_, (mine,)),
                commands.SwapNumbers(user_id, id_, (mine,), (number,)),
                commands.CancelReservation(user_id, id_),
                commands.StartCheckout(user_id, id_),
                commands.ExtendReservation(user_id, id_, reservation.expires_at),
            )
        )

    async def _maybe_give_back(self, bought: Payment) -> None:
        """One number after the other, or none, or not all."""
        chance, left = self._chance, bought.numbers
        assert bought.sold_as is not None
        while left and chance.random() < 0.7:
            await trio.sleep(chance.expovariate(2))
            some, left = left[:1], left[1:]
            refund = commands.RefundNumbers(bought.sold_as, bought.id, self.user_id, some)
            await self._insist(bought.raffle_id, refund)

    async def _insist(self, raffle_id: UUID, command: Command) -> Answer | None:
        """Repeat until there is an answer, or for a while; None when it stays unknown."""
        truth = self._truth
        give_up = trio.current_time() + PATIENCE_SECONDS
        asked_at_seq = truth.seq(raffle_id)
        while trio.current_time() < give_up:
            before = truth.seq(raffle_id)
            answer: Answer | None = None
            try:
                answer = await self._send(raffle_id, command, self.user_id)
            except Lost:
                truth.seen["answers lost on the way"] += 1
            if isinstance(answer, Reply):
                self._judge_reply(raffle_id, answer, before)
                return answer
            if isinstance(answer, Rejection) and answer.code is not RejectionCode.UNAVAILABLE:
                self._judge_refusal(raffle_id, command, answer, asked_at_seq)
                return answer
            truth.seen["commands repeated"] += 1
            await trio.sleep(self._chance.uniform(0.05, 0.6))
        return None

    def _judge_reply(self, raffle_id: UUID, reply: Reply, before: int) -> None:
        truth, name = self._truth, short(raffle_id)
        truth.seen["acknowledged"] += 1
        if reply.seq > truth.seq(raffle_id):
            truth.broken(f"{name}: position {reply.seq} was acknowledged and is not durable")
        if reply.seq < before:
            truth.broken(f"{name}: an answer of position {reply.seq}, asked at {before}")
        if reply.reservation is None:
            return
        known = truth.past_of(reply.reservation.id, reply.seq)
        if known is None or _what_counts(known) != _what_counts(reply.reservation):
            truth.broken(f"{name}: {reply.reservation} was acknowledged; true is {known}")

    def _judge_refusal(
        self, raffle_id: UUID, command: Command, refusal: Rejection, asked_at_seq: int
    ) -> None:
        truth, name = self._truth, short(raffle_id)
        truth.seen["refused"] += 1
        if isinstance(command, commands.ReserveNumbers | commands.QuickPick):
            known = truth.past_of(command.reservation_id)
            if refusal.code in _NEVER_BORN and known is not None:
                truth.broken(f"{name}: {short(known.id)} was refused and is there")
        labels = refusal.params.get("numbers")
        if refusal.code is RejectionCode.NUMBERS_TAKEN and isinstance(labels, list):
            numbers = [int(label) for label in labels]
            boards = truth.past[raffle_id].boards[asked_at_seq:]
            if not any(all(b[n] != AVAILABLE for n in numbers) for b in boards):
                truth.broken(f"{name}: {numbers} were never taken together, and were refused")


def _what_counts(reservation: Any) -> tuple[object, ...]:
    return (
        reservation.user_id,
        sorted(reservation.numbers),
        reservation.phase,
        reservation.expires_at,
    )


class Watcher:
    """One viewer at one node, who goes to another when it ends, and never believes a wrong board."""

    def __init__(self, raffle_id: UUID, truth: Truth, chance: random.Random) -> None:
        self.viewer = Viewer()
        self.raffle_id = raffle_id
        self.is_slow = False
        self._joined_at = 0.0
        self._stalled_until = 0.0
        self._truth = truth
        self.chance = chance

    async def watch(self, feed: Feed, ended: trio.Event) -> None:
        """Join, resume where we were, and look until the node is gone or a while has passed."""
        before, self.viewer = self.viewer, Viewer()
        viewer = self.viewer
        if self.chance.random() < 0.5 and before.board.epoch and not before.board.needs_resume:
            viewer.board = before.board
        feed.join(viewer.subscriber)
        if before.board is viewer.board:
            feed.resume(viewer.subscriber, viewer.board.epoch, viewer.board.seq)
        self._joined_at = trio.current_time()
        stay = trio.current_time() + self.chance.uniform(2, 15)
        try:
            while trio.current_time() < stay and not ended.is_set():
                self.check()
                if viewer.board.needs_resume:
                    self._truth.seen["viewers resumed"] += 1
                    feed.resume(viewer.subscriber, viewer.board.epoch, viewer.board.seq)
                self._be_slow(feed)
                if viewer.closed_with is not None:
                    return
                with trio.move_on_after(0.2):
                    await ended.wait()
        finally:
            feed.leave(viewer.subscriber)

    def _be_slow(self, feed: Feed) -> None:
        """Stop reading for some seconds, and go on."""
        viewer, now = self.viewer, trio.current_time()
        if not viewer.is_stalled:
            if self.is_slow and self.chance.random() < 0.3:
                self._stalled_until = now + 4
                viewer.stall()
        elif now >= self._stalled_until or not self.is_slow:
            viewer.go_on()
            feed.drained(viewer.subscriber)

    def check(self) -> None:
        """What is on the screen was true at the position that it claims."""
        board, past = self.viewer.board, self._truth.past[self.raffle_id]
        if not board.epoch:
            return
        name = short(self.raffle_id)
        if board.seq >= len(past.boards):
            self._truth.broken(f"{name}: a viewer is at {board.seq}, which is not committed")
        if not board.needs_resume and bytes(board.cells) != past.boards[board.seq]:
            self._truth.broken(f"{name}: a viewer's board at {board.seq} was never true")

    @property
    def lateness(self) -> float:
        """For how long, in seconds, we could have seen something newer than what we see."""
        past, seq = self._truth.past[self.raffle_id], self.viewer.board.seq
        if seq >= len(past.boards) - 1:
            return 0.0
        return trio.current_time() - max(past.committed_at[seq + 1], self._joined_at)
