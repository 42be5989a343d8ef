"""Random but repeatable traffic on a small raffle: every command, in batches, with time passing."""

from __future__ import annotations

import random
from uuid import UUID

from sorteos_actors.raffle import Command, Event, Millis, Raffle, commands, events
from tests.builders import HOUR

PEOPLE = [UUID(int=0xA000 + n) for n in range(7)]
ORGANIZER = UUID(int=0xF000)
_COMMANDS = (
    *("reserve",) * 9,
    *("pick", "pick", "expire", "outage", "pause", "resume"),
    *("add", "remove", "swap", "swap", "cancel", "cancel", "extend"),
    *("checkout", "checkout", "checkout", "pay", "pay", "pay", "review", "end", "late", "refund"),
    *("complete", "complete", "complete"),
)


class Traffic:
    """A few people who want the same few numbers. Same seed, same traffic."""

    def __init__(self, seed: int, now: Millis) -> None:
        self._chance = random.Random(seed)
        self.now = now
        self.reservation_ids: list[UUID] = [UUID(int=0x9000)]
        self.counts: dict[UUID, int] = {}
        """For how many numbers each payment is."""
        self._owned: dict[int, events.NumbersSold | events.ReservationCompleted] = {}

    def batch(self, raffle: Raffle) -> list[Command]:
        """The next 1 to 12 commands, after some time has passed. Most of them make sense."""
        self.now += self._chance.choice([1, 500, 20_000, 200_000])
        self._may_refund = True
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
            case "refund" if self._owned and self._may_refund:
                self._may_refund = False
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
            case "checkout":
                return commands.StartCheckout(user, known)
            case "pay":
                payment_id = self._payment(len(held))
                return commands.StartPayment(user, known, payment_id)
            case "review":
                return commands.StartReview(known, self._attempt(raffle, known), self.now + HOUR)
            case "end":
                return commands.EndPayment(known, self._attempt(raffle, known))
            case _:
                return self._money(raffle, known, user, held)

    def _attempt(self, raffle: Raffle, reservation_id: UUID) -> UUID:
        """The live attempt, if there is one, else a new one."""
        hold = raffle.reservations.get(reservation_id)
        if hold is not None and hold.payment_id is not None:
            return hold.payment_id
        return self._payment(len(hold.numbers) if hold else 1)

    def _payment(self, count: int) -> UUID:
        payment_id = UUID(int=self._chance.getrandbits(128))
        self.counts[payment_id] = count
        return payment_id

    def _late(self, raffle: Raffle) -> Command:
        """Money for one that has ended."""
        known = self._chance.choice(self.reservation_ids)
        was = raffle.ended.recent(known)
        if was is None:
            return commands.ExpireDue()
        return self._money(raffle, known, was.user_id, was.numbers)

    def _money(
        self, raffle: Raffle, known: UUID, user: UUID, held: tuple[int, ...]
    ) -> commands.CompleteReservation:
        payment_id = self._attempt(raffle, known)
        if known not in raffle.reservations:
            payment_id = self._payment(len(held))
        return commands.CompleteReservation(
            reservation_id=known,
            payment_id=payment_id,
            user_id=user,
            numbers=held,
            unit_price=raffle.terms.price,
            amount=self.counts[payment_id] * raffle.terms.price,
            currency=raffle.terms.currency,
        )

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
