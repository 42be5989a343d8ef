"""Money of simulated buyers: attempts, what becomes of them, and who asks until that is certain.

Providers are not simulated here. A payment's row is written at once, as by a store that is never away;
what the raffle makes of it travels as every other command.
"""

from __future__ import annotations

import random
from uuid import UUID

from sorteos_actors.payments.settlement import sale_of
from sorteos_actors.ports.payments import Observation, ObservedStatus, Payment, merged
from sorteos_actors.raffle import Command, RaffleTerms, Reservation, commands
from sorteos_actors.testing.simulation.truth import Truth


class Till:
    """The payments of one buyer."""

    def __init__(self, truth: Truth, chance: random.Random) -> None:
        self._truth = truth
        self._chance = chance

    def next_step(self, terms: RaffleTerms, reservation: Reservation) -> Command:
        """Begin to pay; while an attempt is live: the money comes, takes longer, or does not come."""
        payment_id = reservation.payment_id
        if payment_id is None:
            payment = self._new(terms, reservation)
            return commands.StartPayment(reservation.user_id, reservation.id, payment.id)
        payment = self._truth.money.payments[terms.id, payment_id]
        match self._chance.choice(("comes", "comes", "slow", "fails")):
            case "comes":
                return sale_of(self._learn(payment, "captured"))
            case "slow":
                later = self._truth.now() + self._chance.randint(500, 3000)
                return commands.StartReview(reservation.id, payment_id, later)
            case _:
                self._learn(payment, "failed")
                return commands.EndPayment(reservation.id, payment_id)

    def last_steps(self, raffle_id: UUID, reservation_id: UUID) -> list[Command]:
        """Until nothing is in doubt: no attempt is left live, and money comes, even when it is late."""
        steps: list[Command] = []
        for payment in list(self._truth.money.payments.values()):
            if (payment.raffle_id, payment.reservation_id) != (raffle_id, reservation_id):
                continue
            comes = payment.captured > 0 or self._chance.random() < 0.4
            is_over = payment.is_over or not comes
            if is_over:
                self._learn(payment, "cancelled")
                steps.append(commands.EndPayment(reservation_id, payment.id))
            if comes and payment.applied is None:
                paid = self._learn(self._truth.money.payments[raffle_id, payment.id], "captured")
                steps.append(sale_of(paid))
        return steps

    def _new(self, terms: RaffleTerms, reservation: Reservation) -> Payment:
        payment = Payment(
            raffle_id=terms.id,
            id=UUID(int=self._chance.getrandbits(128)),
            reservation_id=reservation.id,
            user_id=reservation.user_id,
            provider="simulated",
            account="test",
            amount=reservation.total_amount,
            currency=terms.currency,
            numbers=reservation.numbers,
            unit_price=reservation.unit_price,
        )
        return self._truth.money.keep(payment, self._truth.now())

    def _learn(self, payment: Payment, status: ObservedStatus) -> Payment:
        captured = payment.amount if status == "captured" else 0
        seen = Observation(
            reference=None,
            payment_id=payment.id,
            status=status,
            amount=payment.amount,
            currency=payment.currency,
            authorised=captured,
            captured=captured,
        )
        return self._truth.money.keep(merged(payment, seen), self._truth.now())
