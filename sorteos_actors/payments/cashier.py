"""Brings every payment to its end: reads what is due, does the one step that follows, and again.

    webhook ─▶ inbox ─┐
    deadline, buyer ──┼─▶ due payments ─▶ facts ─▶ next_step ─▶ provider, actor or person ─▶ facts ─▶ …
    poll, crash ──────┘

Every node runs one. A payment is leased for as long as its step may take, so two nodes seldom do the
same at once; and if they do, each step is idempotent. Nothing is kept in memory between two steps: a
node that dies in between leaves a payment that is due, and another one goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol, TypeVar
from uuid import UUID

import trio
from msgspec.structs import replace

from sorteos_actors import metrics
from sorteos_actors.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from sorteos_actors.payments import cases
from sorteos_actors.payments.calls import ask, within
from sorteos_actors.payments.pace import pause_ms
from sorteos_actors.payments.settlement import Step, next_step, sale_of
from sorteos_actors.payments.status import status_of
from sorteos_actors.payments.turns import Turns
from sorteos_actors.ports import Answer, Clock
from sorteos_actors.ports.payment_store import (
    InboxEvent,
    PaymentDesk,
    PaymentPost,
    PaymentStore,
    Refund,
)
from sorteos_actors.ports.payments import Observation, Payment, Provider, merged
from sorteos_actors.raffle import Command, RaffleStatus, Rejection, RejectionCode, commands

logger = logging.getLogger(__name__)
T = TypeVar("T")

AT_ONCE: Final = 64
"""Payments that one node works on at the same time: what they need then is asked of the store together."""
LEAST_ROOM: Final = 8
"""Fewer than these are not worth two statements to look for them."""
LEASE_MS: Final = 30_000
POLL_SECONDS: Final = 1.0
"""How often a node looks for what became due elsewhere; what happens here wakes it at once."""
MOST_STEPS: Final = 12
"""In a row, for one payment: more means that a step changes nothing."""
SOON_SECONDS: Final = 0.05
STUCK_ATTEMPTS: Final = 12
ABANDONED_MS: Final = 60_000
"""A payment that no reservation waits for by then was never begun: its beginner has crashed."""

_PROMISES_MAIL: Final = frozenset({Step.SELL, Step.REFUND, Step.END})
"""Where the outbox may have grown, here or just before."""
_NOT_NOW: Final = frozenset({RejectionCode.UNAVAILABLE, RejectionCode.RATE_LIMITED})


class Raffles(Protocol):
    """Where numbers are decided: the registry."""

    async def call(self, raffle_id: UUID, command: Command, who: UUID | None) -> Answer:
        """Have a command decided, wherever the raffle runs; always answers."""


class TakesEvents(Protocol):
    """Whoever reads a provider's messages because nobody at the provider can be asked."""

    async def take(self, event: InboxEvent) -> tuple[Payment, Payment] | None:
        """The payment that has learned from it, before and after. Sees to the event itself."""


class Cashier:
    """One a node; `run` is its life."""

    def __init__(
        self,
        node: str,
        providers: Mapping[str, Provider],
        raffles: Raffles,
        *,
        store: PaymentStore,
        post: PaymentPost,
        desk: PaymentDesk,
        clock: Clock,
        takers: Mapping[str, TakesEvents] = MappingProxyType({}),
        on_move: Callable[[Payment], None] = lambda _: None,
        on_mail: Callable[[], None] = lambda: None,
    ) -> None:
        """`takers` are by their provider's name. `on_move` hears of payments for which no reservation
        waits, when they stand elsewhere than before: of the others their reservation tells.
        `on_mail` is called when a mail to a buyer may have been promised."""
        self._takers = takers
        self._on_move = on_move
        self._on_mail = on_mail
        self._node = node
        self._providers = providers
        self._raffles = raffles
        self._store = store
        self._post = post
        self._desk = desk
        self._clock = clock
        self._woken = trio.Event()
        self._turns = Turns()
        self._slots = trio.CapacityLimiter(AT_ONCE)

    def wake(self) -> None:
        """Something is due: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. What was under way then is due again when its lease ends."""
        async with trio.open_nursery() as nursery:
            while True:
                self._woken = trio.Event()
                try:
                    found = await self._take_round(nursery)
                except StoreUnavailable as error:
                    logger.warning("payments wait for PostgreSQL: %s", error)
                    found = False
                if not found:
                    with trio.move_on_after(POLL_SECONDS):
                        await self._woken.wait()

    async def _take_round(self, nursery: trio.Nursery) -> bool:
        """Start on what is due, as far as there is room. Whether there may be more."""
        room = int(AT_ONCE - self._slots.borrowed_tokens)
        if room < LEAST_ROOM:
            await trio.sleep(0.01)
            return True
        events = await self._post.incoming(room, LEASE_MS)
        for event in events:
            nursery.start_soon(self._guarded, self._take_event, event)
        due = await self._store.due(self._node, max(1, room - len(events)), LEASE_MS)
        for payment in due:
            nursery.start_soon(self._guarded, self.settle, payment)
        await trio.lowlevel.checkpoint()
        return len(events) + len(due) >= room

    async def _guarded(self, work: Callable[[T], Awaitable[object]], subject: T) -> None:
        """One payment that cannot be handled must not end the work on all others."""
        async with self._slots:
            try:
                await work(subject)
            except StoreUnavailable as error:
                logger.warning("a payment waits for PostgreSQL: %s", error)
            except Exception:
                # Its lease runs out, and it is looked at again; the page of cases shows it by then.
                logger.exception("a payment could not be handled")
                metrics.PAYMENT_FAILURES.inc()

    # -- webhooks ------------------------------------------------------------------------------------

    async def _take_event(self, event: InboxEvent) -> None:
        """Look at what a webhook hints at. Its own words are never believed."""
        taker = self._takers.get(event.key.provider)
        if taker is not None:
            moved = await taker.take(event)
            if moved is not None:
                await self.settle(moved[1], was=moved[0])
            return
        provider = self._providers.get(event.key.provider)
        payment = await self._store.find(
            event.key.provider, event.key.account, event.reference, event.payment_id
        )
        if provider is None or payment is None:
            await self._desk.open_case(cases.unknown_reference(event, self._clock.now()))
            await self._post.processed(event.key, "no payment of ours")
            return
        try:
            seen = await within(provider.inspect(payment))
        except (ProviderUnavailable, ProviderRefused) as error:
            await self._post.postpone(event.key, pause_ms(event.attempts), type(error).__name__)
            return
        learned: Payment | None = payment
        if merged(payment, seen) == payment:
            await self._post.processed(event.key)  # Facts only grow: it is known already.
        else:
            learned = await self._store.merge(payment.raffle_id, payment.id, seen, event.key)
        if learned is not None:
            await self.settle(learned, was=payment)

    # -- one payment ---------------------------------------------------------------------------------

    async def settle(self, payment: Payment, *, was: Payment | None = None) -> Payment:
        """Do what follows from its facts until somebody else has to act; returns it as it is then.

        `was`: as it stood before whatever has led here, so that its buyer hears of the difference.
        Raises `StoreUnavailable`; repeating it is always safe.
        """
        async with self._turns.turn(payment.id) as had_to_wait:
            if had_to_wait:
                payment = await self._store.get(payment.raffle_id, payment.id) or payment
            return await self._settle(payment, was or payment)

    async def _settle(self, payment: Payment, was: Payment) -> Payment:
        for _ in range(MOST_STEPS):
            if not was.live and status_of(was) is not status_of(payment):
                self._on_move(payment)
            step = next_step(payment)
            metrics.PAYMENT_STEPS.labels(step.value).inc()
            later = await self._do(step, payment)
            if step in _PROMISES_MAIL:
                self._on_mail()
            if later is None:
                break
            was, payment = payment, later
        else:
            logger.error("payment %s goes round in circles at %s", payment.id, step.value)
            await self._again(payment)
        return payment

    async def _do(self, step: Step, payment: Payment) -> Payment | None:
        """The payment with what the step has taught; None when nothing more can be done now."""
        provider = self._providers.get(payment.provider)
        if step in (Step.REST, Step.WAIT):
            return await self._rest(payment, None)
        if step is Step.SELL:
            return await self._sell(payment)
        if step is Step.END:
            return await self._end(payment)
        if step is Step.CASE or provider is None:
            about = cases.stuck if provider is None else cases.about
            await self._desk.open_case(about(payment, self._clock.now()))
            return await self._rest(payment, None)
        try:
            if step is Step.REFUND:
                return await self._refund(provider, payment)
            seen = await within(ask(provider, step, payment))
        except (ProviderUnavailable, ProviderRefused) as error:
            # A call without an answer may have had its effect, and a refusal may be of a repeat: the
            # object itself tells. Without this, an error kept for a key would come for ever.
            logger.warning("payment %s: %s: %s", payment.id, step.value, type(error).__name__)
            looked = None if step is Step.ASK else await self._look(provider, payment)
            return await (self._again(payment) if looked is None else self._learn(payment, looked))
        return await self._learn(payment, seen)

    async def _learn(self, payment: Payment, seen: Observation) -> Payment | None:
        """Merge what was seen. Without news there is nothing to do but to ask again later."""
        learned = await self._store.merge(payment.raffle_id, payment.id, seen)
        if learned is None or next_step(learned) is next_step(payment):
            payment = learned or payment
            if self._is_abandoned(payment):
                return await self._store.want_cancel(payment.raffle_id, payment.id)
            return await self._again(payment)
        return learned

    def _is_abandoned(self, payment: Payment) -> bool:
        age = self._clock.now() - payment.created_at
        return next_step(payment) is Step.ASK and not payment.live and age > ABANDONED_MS

    async def _look(self, provider: Provider, payment: Payment) -> Observation | None:
        try:
            return await within(provider.inspect(payment))
        except (ProviderUnavailable, ProviderRefused):
            return None

    async def _sell(self, payment: Payment) -> Payment | None:
        sale = sale_of(payment)
        answer = await self._raffles.call(payment.raffle_id, sale, None)
        if isinstance(answer, Rejection) and answer.code is RejectionCode.UNAVAILABLE:
            # Mostly because somebody has touched the payment's row in the same instant.
            await trio.sleep(SOON_SECONDS)
            answer = await self._raffles.call(payment.raffle_id, sale, None)
        if not isinstance(answer, Rejection):
            metrics.PAYMENTS.labels(payment.provider, "sold").inc()
            if answer.reservation is not None and payment.captured < payment.amount:
                # Its money is taken next, and what is learned by that brings the row as it is.
                return replace(payment, applied="sold", sold_as=answer.reservation.id)
            return await self._store.get(payment.raffle_id, payment.id)
        if _is_not_now(answer):
            return await self._again(payment)
        metrics.PAYMENTS.labels(payment.provider, "refused").inc()
        if answer.code is RejectionCode.ALREADY_PAID:
            await self._desk.open_case(cases.paid_twice(payment, self._clock.now()))
        return await self._store.refuse(payment.raffle_id, payment.id, answer.code.value)

    async def _end(self, payment: Payment) -> Payment | None:
        answer = await self._raffles.call(
            payment.raffle_id, commands.EndPayment(payment.reservation_id, payment.id), None
        )
        if isinstance(answer, Rejection):
            if not _is_not_now(answer):
                logger.error("payment %s could not be ended: %s", payment.id, answer.code.value)
            return await self._again(payment)
        return await self._store.get(payment.raffle_id, payment.id)

    async def _refund(self, provider: Provider, payment: Payment) -> Payment | None:
        """Money goes back under a key that is written down first, so it goes once."""
        why = payment.applied_why or ("numbers_returned" if payment.returned else "overpaid")
        refund = await self._store.next_refund(payment.raffle_id, payment.id, why)
        if refund is None:
            # Somebody else has sent it, and seen it arrive, since this payment was read.
            newer = await self._store.get(payment.raffle_id, payment.id)
            if newer is not None and newer.version != payment.version:
                return newer
            return await self._rest(payment, None)
        if refund.state == "manual" or not provider.capabilities.refund_by_api:
            return await self._refund_by_hand(payment, refund)
        if refund.state == "sent":
            return await self._learn(payment, await within(provider.inspect(payment)))
        try:
            seen = await within(provider.refund(payment, refund.amount, refund.key))
        except ProviderRefused:
            # Perhaps a repeat of what is done already; if it is not, only a person can send it.
            seen = await within(provider.inspect(payment))
            if seen.refunded < refund.total:
                return await self._refund_by_hand(payment, refund)
        await self._store.refund_is(refund, "sent")
        return await self._learn(payment, seen)

    async def _refund_by_hand(self, payment: Payment, refund: Refund) -> Payment | None:
        if refund.state == "wanted":
            await self._store.refund_is(refund, "manual")
        await self._desk.open_case(cases.refund_by_hand(payment, refund, self._clock.now()))
        return await self._rest(payment, None)

    # -- later ---------------------------------------------------------------------------------------

    async def _again(self, payment: Payment) -> Payment | None:
        """Nothing can be said now: look again, ever more seldom, and tell a person if it takes long."""
        if payment.attempts >= STUCK_ATTEMPTS and next_step(payment) is not Step.ASK:
            await self._desk.open_case(cases.stuck(payment, self._clock.now()))
        return await self._rest(payment, self._clock.now() + pause_ms(payment.attempts))

    async def _rest(self, payment: Payment, until: int | None) -> Payment | None:
        if until is not None or payment.next_check_at is not None:
            await self._store.schedule(payment, until)
        return None


def _is_not_now(refusal: Rejection) -> bool:
    """Whether it says nothing about the money. A raffle whose actor keeps failing seems to be paused;
    one that is paused takes money for what it had promised."""
    is_resting = refusal.params.get("status") == RaffleStatus.PAUSED
    return refusal.code in _NOT_NOW or is_resting
