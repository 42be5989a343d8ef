"""Random but repeatable traffic on a small raffle: every command, in batches, with time passing."""

from __future__ import annotations

import random
from uuid import UUID

from sorteos_actors.raffle import Command, Millis, Raffle, commands

PEOPLE = [UUID(int=0xA000 + n) for n in range(7)]
ORGANIZER = UUID(int=0xF000)
_COMMANDS = (
    *("reserve",) * 9,
    *("pick", "pick", "expire", "outage", "pause", "resume"),
    *("add", "remove", "swap", "swap", "cancel", "cancel", "extend"),
    *("checkout", "checkout", "checkout", "review", "complete", "complete", "complete"),
)


class Traffic:
    """A few people who want the same few numbers. Same seed, same traffic."""

    def __init__(self, seed: int, now: Millis) -> None:
        self._chance = random.Random(seed)
        self.now = now
        self.reservation_ids: list[UUID] = [UUID(int=0x9000)]

    def batch(self, raffle: Raffle) -> list[Command]:
        """The next 1 to 12 commands, after some time has passed. Most of them make sense."""
        self.now += self._chance.choice([1, 500, 20_000, 200_000])
        return [self._command(raffle) for _ in range(self._chance.randint(1, 12))]

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
            case "review":
                return commands.StartReview(known, self.now + 3_600_000)
            case _:
                return commands.CompleteReservation(known)

    def _new_id(self) -> UUID:
        self.reservation_ids.append(UUID(int=self._chance.getrandbits(128)))
        return self.reservation_ids[-1]

    def _some(self, raffle: Raffle) -> tuple[int, ...]:
        count = self._chance.choice([1, 1, 2, 3])
        return tuple(self._chance.sample(range(raffle.terms.number_count), count))
