"""The core against a notebook: random people, few numbers, small limits, and time that moves.

Each step sends one command to `decide` and asks the model for the reasons against it. The core
must refuse exactly when there is a reason, name one of them, change nothing while deciding, and
afterwards agree with the model in everything that can be seen. After every step the journal, read
back from its stored form and replayed on a fresh raffle, must give the very same raffle.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sorteos_actors.raffle import Command
from sorteos_actors.raffle.commands import (
    CloseRaffle,
    ExpireDue,
    ExtendDeadlines,
    PauseRaffle,
    PublishRaffle,
    ResumeRaffle,
)
from sorteos_actors.raffle.decide_payment import SETTLE_MS
from sorteos_actors.raffle.events import ReservationExpired
from tests.builders import ORGANIZER
from tests.property.raffle_buyers import somebody_holds
from tests.property.raffle_payments import RaffleWithPayments
from tests.property.raffle_under_test import BUYERS, NUMBERS

ORGANIZER_CAN: dict[str, tuple[Command, dict[str, str]]] = {
    "publish": (PublishRaffle(ORGANIZER), {"draft": "active"}),
    "pause": (PauseRaffle(ORGANIZER), {"active": "paused"}),
    "resume": (ResumeRaffle(ORGANIZER), {"paused": "active"}),
    "close": (CloseRaffle(ORGANIZER), {"active": "closed", "paused": "closed"}),
}


class RaffleMachine(RaffleWithPayments):
    """The buyers and the payment desk, with an organizer and a clock."""

    @precondition(lambda self: self.model.deadline() is not None)
    @rule()
    def expire(self) -> None:
        happened = self.send(ExpireDue(), set())
        expired = [e.reservation_id for e in happened if isinstance(e, ReservationExpired)]
        assert sorted(expired) == sorted(self.model.run_out(self.now, SETTLE_MS))
        closes_at = self.terms.sales_close_at
        if closes_at is not None and closes_at <= self.now:
            self.model.close_the_sale()

    @precondition(somebody_holds)
    @rule(ms=st.sampled_from([40, 150, 1, 0]), ago=st.integers(0, 60))
    def recover_from_an_outage(self, ms: int, ago: int) -> None:
        at = self.now - ago
        felt = [h for h in self.model.holds.values() if h.created_at <= at]
        new = at >= self.model.last_outage and ms > 0
        happened = self.send(ExtendDeadlines(ms, at), set())
        assert len(happened) == (1 if felt and new else 0)
        if happened:
            self.model.last_outage = at + ms
            for hold in felt:
                hold.deadline += ms

    @precondition(lambda self: len(self.model.holds) < len(BUYERS))
    @rule(
        turn=st.integers(0, 2),
        first=st.integers(0, NUMBERS - 1),
        who=st.integers(2, 11),
        pays=st.sampled_from(["at once", "slowly", "declined", "perhaps", "never"]),
    )
    def somebody_goes_straight_to_pay(self, turn: int, first: int, who: int, pays: str) -> None:
        self.newcomer_reserves_free_numbers(turn, first, 1)
        for id_ in sorted(self.model.holds):
            self.checkout(who, id_)
            if pays != "never":
                self.start_payment(who, id_, 0)
            if pays == "slowly":
                self.review(who, id_, 0, 100)
            if pays == "declined":
                self.end_payment(2, id_, None)
            if pays in ("slowly", "at once"):
                self.complete(who, id_, 0, 0)

    @rule(verb=st.sampled_from(["publish", "pause", "resume", "close"]))
    def organize(self, verb: str) -> None:
        if verb == "close" and len(self.journal) < 30:
            verb = "resume"
        self.change_status(*ORGANIZER_CAN[verb])

    @precondition(lambda self: self.model.status in ("draft", "paused"))
    @rule()
    def sell_again(self) -> None:
        verb = "publish" if self.model.status == "draft" else "resume"
        self.change_status(*ORGANIZER_CAN[verb])

    def change_status(self, command: Command, moves: dict[str, str]) -> None:
        target = moves.get(self.model.status)
        against = set()
        closes_at = self.terms.sales_close_at
        if target is None and self.model.status not in moves.values():
            against.add("raffle_not_active")
        if target == "active" and closes_at is not None and closes_at <= self.now:
            against.add("raffle_not_active")
        if self.send(command, against):
            assert target is not None
            self.model.status = target

    @rule(ms=st.sampled_from([1, 10, 50]))
    def wait(self, ms: int) -> None:
        self.now += ms

    @precondition(lambda self: self.model.deadline() is not None)
    @rule(early=st.sampled_from([1, 0]), alarm=st.booleans())
    def wait_for_the_next_deadline(self, early: int, alarm: bool) -> None:
        self.now = max(self.now, (self.model.deadline() or 0) - early)
        if alarm:
            self.expire()


TestRaffleMachine = RaffleMachine.TestCase
TestRaffleMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
