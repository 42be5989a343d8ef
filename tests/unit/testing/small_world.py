"""Buyers, a raffle by the real rules, and a network that loses things: histories that really happened.

Everything is executed one after the other, each command at an instant of its own. What the clients
saw is stretched around that instant, so that operations overlap; some answers are lost, some commands
too, and some arrive when nobody waits for them any more.
"""

from __future__ import annotations

import random
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports import JournalEntry, JournalRow
from sorteos_actors.raffle import Command, Phase, Raffle, RaffleStatus, Rejection, decide, evolve
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    CompleteReservation,
    EndPayment,
    ExpireDue,
    ExtendDeadlines,
    ExtendReservation,
    FindReservation,
    QuickPick,
    RemoveNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
    SwapNumbers,
)
from sorteos_actors.raffle.model import RESERVED, SOLD, Reservation
from sorteos_actors.testing.durable import Claim, DatabaseState
from sorteos_actors.testing.history import HistoryRecorder, Kind
from tests.builders import NOW, paid, payment_of, some_terms

STEP_MS = 10
OVERLAP_MS = 60
MS = 1_000_000


class SmallWorld:
    """Few numbers, few people, short deadlines: they get into each other's way."""

    def __init__(self, chance: random.Random, *, numbers: int = 6, people: int = 4) -> None:
        self.chance = chance
        self.now = NOW
        self.numbers = numbers
        self.people = people
        terms = some_terms(
            number_count=numbers,
            max_numbers_per_user=3,
            selection_ms=300,
            checkout_ms=120,
            extension_ms=150,
            max_hold_ms=2000,
        )
        self.raffle = Raffle(terms)
        self.raffle.status = RaffleStatus.ACTIVE
        self.journal: list[JournalRow] = []
        self.epoch = 1
        self.current: dict[int, UUID] = {}
        self.loses_answers = True
        self._made = 0
        self._rows: dict[UUID, Reservation] = {}
        self._asked: list[UUID] = []
        self._late: list[tuple[int, Command]] = []
        self._time = 0
        self.recorder = HistoryRecorder(clock=lambda: self._time)

    def live(self, steps: int) -> None:
        """One command a step, and time."""
        for _ in range(steps):
            self.now += STEP_MS
            self._house()
            self._buyer(self.chance.randrange(self.people))

    def ask(
        self,
        kind: Kind,
        person: int,
        *,
        take: tuple[int, ...] = (),
        give: tuple[int, ...] = (),
        is_heard: bool = True,
    ) -> Rejection | None:
        """One command about the person's current reservation, now, without overlap or loss."""
        index = self._begin(kind, person, take, give, self.now * MS)
        refused = self.execute(self._command(kind, person, take, give))
        if is_heard:
            self._end(index, person, refused, self.now * MS)
        return refused

    def execute(self, command: Command) -> Rejection | None:
        """What the server does. Money never comes late in this world."""
        if isinstance(command, StartReview):
            begins = StartPayment(
                self._user_of(command), command.reservation_id, command.payment_id
            )
            self.execute(begins)
        if isinstance(command, CompleteReservation):
            is_late = command.reservation_id not in self.raffle.reservations
            command = replace(command, amount=-1) if is_late else command
        decision = decide(self.raffle, command, self.now)
        if isinstance(decision, Rejection):
            return decision
        for event in decision:
            evolve(self.raffle, event)
            entry = JournalEntry(event, None)
            id_ = getattr(event, "reservation_id", None)
            changed = self.raffle.reservations if id_ is None else (id_,)
            for each in changed:
                self._rows[each] = self.the(each)
            self.journal.append(JournalRow(self.raffle.seq, self.epoch, self.now, entry))
        return None

    def _user_of(self, command: StartReview) -> UUID:
        held = self.raffle.reservations.get(command.reservation_id)
        return UUID(int=0) if held is None else held.user_id

    def the(self, reservation_id: UUID) -> Reservation:
        """A reservation, alive or ended just now."""
        found = self.raffle.reservation(reservation_id)
        assert found is not None
        return found

    def database(self) -> DatabaseState:
        """The rows of this raffle."""
        reservations = list(self._rows.values())
        claims = [
            Claim(number, status, r.id)
            for r in reservations
            if r.phase.is_live or r.phase is Phase.COMPLETED
            for number in r.numbers
            if number not in self.raffle.returned.get(r.id, ())
            for status in ("reserved" if self.raffle.board[number] == RESERVED else "sold",)
        ]
        assert len(claims) == sum(state in (RESERVED, SOLD) for state in self.raffle.board)
        return DatabaseState(
            epoch=self.epoch,
            seq=self.raffle.seq,
            reservations=reservations,
            claims=claims,
            journal=list(self.journal),
        )

    # -- who does what -----------------------------------------------------------------------

    def _house(self) -> None:
        """Time, takeovers, outages, late messages."""
        chance = self.chance
        if chance.random() < 0.4:
            self.execute(ExpireDue())
        for hold in list(self.raffle.reservations.values()):
            # Only what waits for money that is overdue has that much time.
            is_overdue = hold.expires_at > self.now + 100 * STEP_MS
            if hold.payment_id is not None and is_overdue and chance.random() < 0.5:
                self.execute(EndPayment(hold.id, hold.payment_id))
        if chance.random() < 0.05:
            self.epoch += 1
        if chance.random() < 0.05:  # Some holds are younger than the outage.
            outage_at = self.now - chance.randrange(1, 200)
            self.execute(ExtendDeadlines(by_ms=50, outage_at=outage_at))
        due = [command for at, command in self._late if at <= self.now]
        self._late = [(at, command) for at, command in self._late if at > self.now]
        for command in due:
            self.execute(command)

    def _buyer(self, person: int) -> None:
        chance = self.chance
        kinds: list[Kind] = ["reserve", "reserve", "quick_pick", "add", "remove", "swap", "cancel"]
        kinds += ["checkout", "extend", "read", "review"]
        kinds += ["complete"] if chance.random() < 0.3 else []  # Else all is sold too soon.
        kind = chance.choice(kinds)
        is_new = person not in self.current or chance.random() < 0.3
        if is_new and kind in ("reserve", "quick_pick"):
            self._made += 1
            self.current[person] = UUID(int=self._made)
        if person not in self.current:
            return
        some = chance.sample(range(self.numbers), chance.randint(1, 2))
        take = tuple(some) if kind in ("reserve", "add") else ()
        give = tuple(some) if kind == "remove" else ()
        if kind == "swap":
            take, give = tuple(some[:1]), tuple(some[1:])
        begin = self.now * MS - chance.randrange(OVERLAP_MS * MS)
        index = self._begin(kind, person, take, give, begin)
        command = self._command(kind, person, take, give)
        fate = chance.random() if self.loses_answers else 1
        if fate < 0.05:
            return
        if fate < 0.1:
            self._late.append((self.now + chance.randrange(300), command))
            return
        refused = self.execute(command)
        if fate >= 0.2:
            self._end(index, person, refused, self.now * MS + chance.randrange(OVERLAP_MS * MS))

    def _begin(
        self, kind: Kind, person: int, take: tuple[int, ...], give: tuple[int, ...], at: int
    ) -> int:
        self._time = at
        id_ = self.current[person]
        self._asked.append(id_)
        return self.recorder.begin(f"buyer {person}", kind, id_, take=take, give=give)

    def _end(self, index: int, person: int, refused: Rejection | None, at: int) -> None:
        self._time = at
        if refused is not None:
            taken = refused.params.get("numbers", []) if "taken" in refused.code else []
            assert isinstance(taken, list)
            self.recorder.end_refused(index, refused.code.value, taken=map(int, taken))
            return
        shown = self.raffle.reservation(self._asked[index])
        if shown is None:  # Only a question is answered for what was never born.
            self.recorder.end_refused(index, "not_found")
            return
        self.recorder.end_ok(
            index,
            phase=shown.phase.value,
            numbers=shown.numbers,
            expires_at=shown.expires_at,
            expires_in_ms=max(0, shown.expires_at - self.now),
        )

    def _command(
        self, kind: Kind, person: int, take: tuple[int, ...], give: tuple[int, ...]
    ) -> Command:
        user, id_ = UUID(int=1000 + person), self.current[person]
        match kind:
            case "reserve":
                return ReserveNumbers(user, id_, take)
            case "quick_pick":
                return QuickPick(user, id_, self.chance.randint(1, 3), self.chance.getrandbits(64))
            case "add":
                return AddNumbers(user, id_, take)
            case "remove":
                return RemoveNumbers(user, id_, give)
            case "swap":
                return SwapNumbers(user, id_, give, take)
            case "cancel":
                return CancelReservation(user, id_)
            case "checkout":
                return StartCheckout(user, id_)
            case "extend":
                return ExtendReservation(user, id_)
            case "review":
                return StartReview(id_, payment_of(id_), self.now + 100)
            case "complete":
                held = self.raffle.reservations.get(id_)
                return paid(*(held.numbers if held else (0,)), user=user, reservation_id=id_)
            case _:
                return FindReservation(user)
