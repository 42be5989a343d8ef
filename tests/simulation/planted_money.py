"""Bugs about money to be found, beside those of `planted`.

Where several guards stand behind each other, a bug is planted below all of them, and says so.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import trio

from sorteos_actors.ports.mail import RECEIPT
from sorteos_actors.ports.payment_store import EventKey, InboxEvent, Transfer
from sorteos_actors.ports.payments import Observation, Payment, merged
from sorteos_actors.raffle import Reservation, decide_payment, events
from sorteos_actors.testing.memory_money import MemoryMoney
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_post import MemoryPost
from sorteos_actors.testing.memory_record import Record
from sorteos_actors.testing.simulation.bank import NodeBank
from tests.simulation.planting import Plants, swap

PLANTS = Plants()


@PLANTS.add
def what_waits_for_money_is_let_go_at_its_deadline(stack: ExitStack) -> None:
    """12: nobody asks whether the money may still come."""

    def run_out(reservation: Reservation, now: int) -> events.Event:
        return events.ReservationExpired(reservation.id, reservation.numbers, now)

    swap(stack, decide_payment, "run_out", run_out)


@PLANTS.add
def a_webhook_counts_as_seen_only_after_its_effect(stack: ExitStack) -> None:
    """13: effect and mark are two commits. Who dies or loses in between has the effect again.

    Facts that only grow, and the ledger's unique totals, forgive it: so it is planted below both.
    """

    async def merge(
        self: MemoryPayments,
        raffle_id: UUID,
        payment_id: UUID,
        seen: Observation,
        event: EventKey | None = None,
    ) -> Payment | None:
        before = self._row(raffle_id, payment_id)
        if before is None:
            return None
        self._enter(before, merged(before, seen), seen.currency)
        await trio.sleep(0.01)
        money, now = self._money, self._store.now()
        after = money.keep(merged(money.payments[raffle_id, payment_id], seen), now)
        if event is not None:
            self.post.mark_processed(event)
        return after

    def enter(self: MemoryMoney, raffle_id: UUID, transfer: Transfer) -> None:
        if transfer.amount:
            self.transfers.append((raffle_id, transfer))

    swap(stack, MemoryPayments, "merge", merge)
    swap(stack, MemoryMoney, "enter", enter)


@PLANTS.add
def events_of_two_banks_may_have_the_same_key(stack: ExitStack) -> None:
    """14: the second bank's event 1 is taken for a repeat of the first bank's."""
    honest = MemoryPost.receive

    async def receive(self: MemoryPost, event: InboxEvent) -> bool:
        if event.key.event_id in {key.event_id for key in self._received}:
            return False
        return await honest(self, event)

    swap(stack, MemoryPost, "receive", receive)


@PLANTS.add
def nobody_compares_the_amount(stack: ExitStack) -> None:
    """15: money is there, so it is enough; neither the cashier nor the rows look how much it is."""
    swap(stack, Payment, "is_exact", property(lambda self: self.money_here > 0))


@PLANTS.add
def every_refund_has_a_fresh_key(stack: ExitStack) -> None:
    """16: the key is not the one that was written down, so a repeat is another refund."""
    honest = NodeBank.refund
    fresh = itertools.count()

    async def refund(self: NodeBank, payment: Payment, amount: int, key: str) -> Observation:
        return await honest(self, payment, amount, f"{key}-{next(fresh)}")

    swap(stack, NodeBank, "refund", refund)


@PLANTS.add
def late_money_brings_a_ticket_for_an_order_that_was_cancelled(stack: ExitStack) -> None:
    """27: whoever hears of the money sends the ticket, and does not ask what it has bought."""
    honest = MemoryPayments.merge

    async def merge(self: MemoryPayments, *args: Any, **more: Any) -> Payment | None:
        learned = await honest(self, *args, **more)
        if learned is not None and learned.captured and learned.applied is None:
            about = {"payment_id": learned.id, "reservation_id": learned.reservation_id}
            ticket = {key: str(value) for key, value in about.items()}
            self._money.post(learned.raffle_id, RECEIPT, ticket, self._store.now())
        return learned

    swap(stack, MemoryPayments, "merge", merge)


@PLANTS.add
def late_money_takes_its_numbers_from_whoever_has_them(stack: ExitStack) -> None:
    """27: the cancelled order is honoured, although its numbers are somebody else's by now.

    The claims of the rows refuse it: so it is planted below them.
    """
    swap(stack, decide_payment, "may_take", lambda *_: None)
    swap(stack, Record, "guard", lambda *_: None)
