"""One raffle with a cashier, all real but for the database and the bank; and ways to break it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import trio
from msgspec.structs import replace

from sorteos_actors.actors.registry import Registry
from sorteos_actors.payments.cashier import Cashier
from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.sandbox_ledger import MemoryLedger, SandboxMode
from sorteos_actors.payments.sandbox_webhooks import Due, sealed
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payment_store import EventKey, InboxEvent, MoneyCase
from sorteos_actors.ports.payments import Charge, Payment, charge_for
from sorteos_actors.raffle import Phase, RaffleStatus, RaffleTerms, Rejection, commands
from sorteos_actors.testing.memory_desk import MemoryDesk
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import open_node
from sorteos_actors.testing.simulate import simulate

PRICE = 100_000
ANA, BETO = UUID(int=0xA), UUID(int=0xB)
SECRET = Secret("a-secret-of-the-simulated-bank")


class Died(BaseException):
    """The process is gone at this very call."""


class Fuse:
    """Counts the calls that cross it, and dies at one of them: before its effect, or after."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        self.at = at
        self.after = after
        self.calls = 0

    async def cross(self, call: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
        """The call, unless it is the one."""
        self.calls += 1
        is_the_one = self.calls == self.at
        if is_the_one and not self.after:
            raise Died
        try:
            return await call(*args, **more)
        finally:
            if is_the_one:
                raise Died


class Fused:
    """Anything whose async methods go through a fuse."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or name == "accepts":
            return found

        async def crossed(*args: Any, **more: Any) -> Any:
            return await self._fuse.cross(found, *args, **more)

        return crossed


class Till:
    """The raffle, its money, and the people around it."""

    def __init__(
        self, store: MemoryStore, registry: Registry, clock: Clock, terms: RaffleTerms
    ) -> None:
        self.store = store
        self.registry = registry
        self.clock = clock
        self.terms = terms
        self.payments = MemoryPayments(store)
        self.desk = MemoryDesk(store)
        self.posted: list[Due] = []
        """Webhooks that the bank has to send; nobody carries them unless a test does."""
        self.bank = Sandbox(MemoryLedger(), clock, SECRET, self.posted.append)
        self.told: list[tuple[float, UUID, PaymentStatus]] = []
        """When buyers were told of which payment, and what."""

    def cashier(self, fuse: Fuse | None = None) -> Cashier:
        """A fresh one, as after a start of the process."""
        fuse = fuse or Fuse()
        return Cashier(
            "node",
            {"sandbox": Fused(self.bank, fuse)},
            Fused(self.registry, fuse),
            store=Fused(self.payments, fuse),
            post=Fused(self.payments.post, fuse),
            desk=Fused(self.desk, fuse),
            clock=self.clock,
            on_move=lambda payment: self.told.append(
                (trio.current_time(), payment.id, status_of(payment))
            ),
        )

    @asynccontextmanager
    async def open_cashier(self) -> AsyncIterator[Cashier]:
        """A cashier at work until the block ends."""
        async with trio.open_nursery() as nursery:
            cashier = self.cashier()
            nursery.start_soon(cashier.run)
            yield cashier
            nursery.cancel_scope.cancel()

    async def reserve(self, *numbers: int, who: UUID = ANA) -> UUID:
        """Numbers in checkout."""
        reservation_id = uuid4()
        for command in (
            commands.ReserveNumbers(who, reservation_id, numbers),
            commands.StartCheckout(who, reservation_id),
        ):
            answer = await self.registry.call(self.terms.id, command, who)
            assert not isinstance(answer, Rejection), answer
        return reservation_id

    def attempt(
        self, reservation_id: UUID, *numbers: int, who: UUID = ANA, mode: SandboxMode
    ) -> tuple[Payment, Charge]:
        """A new row, and what the bank is asked for."""
        payment = Payment(
            raffle_id=self.terms.id,
            id=uuid4(),
            reservation_id=reservation_id,
            user_id=who,
            provider="sandbox",
            account=self.bank.account,
            amount=PRICE * len(numbers),
            currency=self.terms.currency,
            numbers=numbers,
            unit_price=PRICE,
        )
        charge = charge_for(payment, description="Rifa", return_url="https://rifas.test/")
        return payment, replace(charge, options={"mode": mode})

    async def pay(
        self,
        reservation_id: UUID,
        *numbers: int,
        who: UUID = ANA,
        mode: SandboxMode = SandboxMode.APPROVE,
    ) -> Payment:
        """Begin an attempt, as the edge does."""
        payment, charge = self.attempt(reservation_id, *numbers, who=who, mode=mode)
        checkout = Checkout(self.payments, self.registry, self.cashier())
        begun = await checkout.begin(self.bank, payment, charge)
        assert not isinstance(begun, Rejection), begun
        return begun

    async def deliver(self, due: Due) -> None:
        """Bring one webhook of the bank, as the edge does."""
        headers, body = sealed(due.event, SECRET, self.clock.now())
        event = await self.bank.webhook(headers, body, self.clock.now())
        await self.payments.post.receive(
            InboxEvent(
                key=EventKey("sandbox", event.account, event.event_id),
                kind=event.kind,
                reference=event.reference,
                payment_id=event.payment_id,
                body=body,
            )
        )

    async def now(self, payment: Payment) -> Payment:
        """The row as it is."""
        found = await self.payments.get(payment.raffle_id, payment.id)
        assert found is not None
        return found

    async def phase(self, reservation_id: UUID) -> Phase:
        """Of a reservation."""
        record = await self.store.reservation(reservation_id)
        assert record is not None
        return record.reservation.phase

    async def sold(self) -> int:
        """Numbers that are sold."""
        summary = await self.store.raffle(self.terms.id)
        assert summary is not None
        return summary.sold_count

    async def reserved(self) -> int:
        """Numbers that are held."""
        summary = await self.store.raffle(self.terms.id)
        assert summary is not None
        return summary.reserved_count

    async def cases(self) -> list[MoneyCase]:
        """What people have to look at."""
        return await self.desk.cases(self.terms.id, 100)

    async def balance(self, account: str) -> int:
        """Of the ledger: debits less credits."""
        total = 0
        for transfer in await self.payments.ledger(self.terms.id):
            total += transfer.amount * ((transfer.debit == account) - (transfer.credit == account))
        return total

    async def check(self) -> None:
        """What is true of the money at every moment."""
        money = [p for p in self.store.money.payments.values() if p.raffle_id == self.terms.id]
        here = sum(p.captured - p.refunded for p in money)
        till = f"provider:sandbox:{self.bank.account}"
        sales, suspense = -await self.balance("sales"), -await self.balance("suspense")
        assert await self.balance(till) == here
        assert sales == PRICE * await self.sold()
        assert here == sales + suspense


def at_the_till(
    scene: Callable[[Till], Awaitable[None]], *, seed: int = 0, checkout_seconds: int = 300
) -> None:
    """Play a scene in a raffle of a hundred numbers; the money is checked at its end."""

    async def main() -> None:
        store = MemoryStore()
        terms = RaffleTerms(
            id=uuid4(),
            organizer_id=uuid4(),
            title="Rifa",
            number_count=100,
            price=PRICE,
            currency="CRC",
            checkout_ms=checkout_seconds * 1000,
        )
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:
            till = Till(store, node.registry, node.clock, terms)
            await scene(till)
            await till.check()

    simulate(main, seed=seed)
