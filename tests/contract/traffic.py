"""Random but repeatable traffic on a small raffle: every command, in batches, with time passing."""

from __future__ import annotations

import random
from uuid import UUID

from sorteos_actors.raffle import (
    Command,
    Event,
    Millis,
    Phase,
    Raffle,
    Reservation,
    commands,
    events,
)
from tests.builders import HOUR

PEOPLE = [UUID(int=0xA000 + n) for n in range(7)]
ORGANIZER = UUID(int=0xF000)
_COMMANDS = (
    *("reserve",) * 9,
    *("pick", "pick", "expire", "outage", "pause", "resume", "resume"),
    *("add", "remove", "swap", "swap", "cancel", "cancel", "extend"),
    *("checkout", "checkout", "checkout", "pay", "pay", "pay", "review", "end", "late"),
    *("complete", "complete", "refund", "refund"),
)


class Traffic:
    """A few people who want the same few numbers. Same seed, same traffic."""

    def __init__(self, seed: int, now: Millis) -> None:
        self._chance = random.Random(seed)
        self.now = now
        self.reservation_ids: list[UUID] = [UUID(int=0x9000)]
        self._owned: dict[int, events.NumbersSold | events.ReservationCompleted] = {}

    def batch(self, raffle: Raffle) -> list[Command]:
        """The next 1 to 12 commands, after some time has passed. Most of them make sense."""
        self.now += self._chance.choice([1, 500, 20_000, 200_000])
        return [self._command(raffle) for _ in range(self._chance.randint(1, 12))]

    def note(self, event: Event) -> None:
        """What has happened, so that nobody gives back what is another's by now."""
        match event:
            case events.ReservationCompleted() | events.NumbersSold():
                self._owned.update(dict.fromkeys(event.numbers, event))
                self.reservation_ids.append(event.reservation_id)
            case events.NumbersRefunded():
                for number in event.numbers:
                    del self._owned[number]

    def _command(self, raffle: Raffle) -> Command:
        chance, user = self._chance, self._chance.choice(PEOPLE)
        match chance.choice(_COMMANDS):
            case "reserve":
                return commands.ReserveNumbers(user, self._new_id(), self._some(raffle))
            case "pick":
                return commands.QuickPick(user, self._new_id(), 3, chance.getrandbits(64))
            case "expire":
                return commands.ExpireDue()
            case "outage":
                return commands.ExtendDeadlines(chance.randint(1, 5_000), self.now)
            case "pause":
                return commands.PauseRaffle(ORGANIZER)
            case "resume":
                return commands.ResumeRaffle(ORGANIZER)
            case "late":
                return self._late(raffle)
            case "pay" | "review" | "end" | "complete" as verb:
                return self._pay(raffle, verb)
            case "refund" if self._owned:
                return self._refund()
            case verb:
                return self._change(raffle, verb)

    def _change(self, raffle: Raffle, verb: str) -> Command:
        chance = self._chance
        live = list(raffle.reservations.values())
        if live and chance.random() < 0.9:
            hold = chance.choice(live)
            user, known, held = hold.user_id, hold.id, hold.numbers
        else:
            user, known = chance.choice(PEOPLE), chance.choice(self.reservation_ids)
            held = self._some(raffle)
        match verb:
            case "add":
                return commands.AddNumbers(user, known, self._some(raffle))
            case "remove":
                return commands.RemoveNumbers(user, known, held[:1])
            case "swap":
                return commands.SwapNumbers(user, known, held[-1:], self._some(raffle))
            case "cancel":
                return commands.CancelReservation(user, known)
            case "extend":
                return commands.ExtendReservation(user, known)
            case _:
                return commands.StartCheckout(user, known)

    def _pay(self, raffle: Raffle, verb: str) -> Command:
        """About one whose numbers cannot change any more."""
        paying = [r for r in raffle.reservations.values() if r.phase is not Phase.SELECTION]
        if not paying:
            return commands.ExpireDue()
        hold = self._chance.choice(paying)
        payment_id = hold.payment_id or self._new_payment()
        match verb:
            case "pay":
                return commands.StartPayment(hold.user_id, hold.id, payment_id)
            case "review":
                return commands.StartReview(hold.id, payment_id, self.now + HOUR)
            case "end":
                return commands.EndPayment(hold.id, payment_id)
            case _:
                return self._money(raffle, hold, payment_id)

    def _late(self, raffle: Raffle) -> Command:
        """Money for one that has ended."""
        was = raffle.ended.recent(self._chance.choice(self.reservation_ids))
        return (
            commands.ExpireDue() if was is None else self._money(raffle, was, self._new_payment())
        )

    def _money(
        self, raffle: Raffle, reservation: Reservation, payment_id: UUID
    ) -> commands.CompleteReservation:
        return commands.CompleteReservation(
            reservation_id=reservation.id,
            payment_id=payment_id,
            user_id=reservation.user_id,
            numbers=reservation.numbers,
            unit_price=reservation.unit_price,
            amount=reservation.total_amount,
            currency=raffle.terms.currency,
        )

    def _new_payment(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128))

    def _refund(self) -> Command:
        sale = self._chance.choice(list(self._owned.values()))
        assert sale.payment_id is not None
        theirs = [n for n, owner in self._owned.items() if owner == sale]
        some = tuple(theirs[: self._chance.randint(1, len(theirs))])
        return commands.RefundNumbers(sale.reservation_id, sale.payment_id, sale.user_id, some)

    def _new_id(self) -> UUID:
        self.reservation_ids.append(UUID(int=self._chance.getrandbits(128)))
        return self.reservation_ids[-1]

    def _some(self, raffle: Raffle) -> tuple[int, ...]:
        count = self._chance.choice([1, 1, 2, 3])
        return tuple(self._chance.sample(range(raffle.terms.number_count), count))
