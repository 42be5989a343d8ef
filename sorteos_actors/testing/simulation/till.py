"""How simulated buyers pay: at any node, again when it stays silent, and at times when it is too late."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final, Protocol
from uuid import UUID

import trio
from msgspec.structs import replace

from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.payments.status import PaymentStatus, status_of
from sorteos_actors.ports.payments import Charge, Payment, charge_for
from sorteos_actors.raffle import RaffleTerms, Rejection, RejectionCode, Reservation
from sorteos_actors.testing.simulation.bank import Bank
from sorteos_actors.testing.simulation.truth import Truth, short

PATIENCE_SECONDS: Final = 5.0
_MODES: Final = (
    *(SandboxMode.APPROVE,) * 8,
    *(SandboxMode.DECLINE, SandboxMode.DECLINE, SandboxMode.SLOW, SandboxMode.SLOW),
    *(SandboxMode.ABANDONED, SandboxMode.ABANDONED, SandboxMode.CANCEL_TOO_LATE),
    *(SandboxMode.CANCEL_FAILS, SandboxMode.TIMEOUT, SandboxMode.FAILURE_REPLAYED),
    *(SandboxMode.OVERPAID, SandboxMode.UNDERPAID, SandboxMode.WRONG_CURRENCY),
    *(SandboxMode.CAPTURE_REFUSED, SandboxMode.REFUND_REFUSED),
)
"""How charges go. What happens to webhooks is the bank's to decide, for all of them."""
_NO_MONEY: Final = (PaymentStatus.DECLINED, PaymentStatus.CANCELLED, PaymentStatus.REFUNDED)


class Door(Protocol):
    """What a node lets buyers do with money. None when there was no answer."""

    async def pay(self, payment: Payment, charge: Charge) -> Payment | Rejection | None:
        """Begin an attempt, or go on with it."""

    async def look(self, payment: Payment) -> Payment | None:
        """As it is now."""

    async def give_up(self, payment: Payment) -> Payment | None:
        """Ask that no money be taken any more."""


class Till:
    """The payments of one buyer."""

    def __init__(
        self,
        truth: Truth,
        banks: Mapping[str, Bank],
        door: Callable[[], Door],
        chance: random.Random,
    ) -> None:
        self._truth = truth
        self._banks = banks
        self._door = door
        self._chance = chance
        self._begun: dict[UUID, tuple[Payment, Charge]] = {}

    async def pay(self, terms: RaffleTerms, reservation: Reservation) -> Payment | None:
        """Try until it is decided or patience ends. The payment when it has bought the numbers."""
        chance = self._chance
        known = self._begun.get(reservation.payment_id) if reservation.payment_id else None
        payment, charge = known or self._attempt(terms, reservation)
        is_begun = known is not None
        give_up = trio.current_time() + PATIENCE_SECONDS
        while trio.current_time() < give_up:
            door = self._door()
            answer: Payment | Rejection | None
            if is_begun and chance.random() < 0.5:
                answer = await door.look(payment)
            else:
                answer = await door.pay(payment, charge)
            if isinstance(answer, Rejection) and answer.code is not RejectionCode.UNAVAILABLE:
                return None
            if isinstance(answer, Payment):
                is_begun = True
                status = status_of(answer)
                if status in _NO_MONEY:
                    return None
                if status is PaymentStatus.PAID:
                    self._judge_paid(answer)
                    return answer
            await trio.sleep(chance.uniform(0.1, 1))
        if chance.random() < 0.4:
            await self._door().give_up(payment)
        return None

    async def pay_late(self, reservation_id: UUID) -> None:
        """Some pay what nobody waits for any more: twice, after a decline, or after the deadline."""
        for payment, _ in list(self._begun.values()):
            bank = self._banks[payment.provider]
            if payment.reservation_id != reservation_id or self._chance.random() < 0.5:
                continue
            await trio.sleep(self._chance.expovariate(0.5))
            if payment.id in bank.vault.let_go:
                await bank.pay_anyway(payment.id)

    def _attempt(self, terms: RaffleTerms, reservation: Reservation) -> tuple[Payment, Charge]:
        chance = self._chance
        bank = chance.choice(list(self._banks.values()))
        payment = Payment(
            raffle_id=terms.id,
            id=UUID(int=chance.getrandbits(128)),
            reservation_id=reservation.id,
            user_id=reservation.user_id,
            provider=bank.name,
            account=bank.account,
            amount=reservation.total_amount,
            currency=terms.currency,
            numbers=reservation.numbers,
            unit_price=reservation.unit_price,
        )
        charge = charge_for(payment, description="Rifa", return_url="https://rifas.test/")
        charge = replace(charge, options={"mode": chance.choice(_MODES)})
        self._begun[payment.id] = payment, charge
        return payment, charge

    def _judge_paid(self, told: Payment) -> None:
        row = self._truth.books.payments.get((told.raffle_id, told.id))
        if row is None or (row.applied, row.sold_as) != ("sold", told.sold_as):
            self._truth.broken(f"the buyer of payment {short(told.id)} was told that it is paid")
