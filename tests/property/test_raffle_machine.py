"""The core against a notebook: random people, few numbers, small limits, and time that moves.

Each step sends one command to `decide` and asks the model for the reasons against it. The core
must refuse exactly when there is a reason, name one of them, change nothing while deciding, and
afterwards agree with the model in everything that can be seen. After every step the journal, read
back from its stored form and replayed on a fresh raffle, must give the very same raffle.
"""

from __future__ import annotations

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sorteos_actors.raffle import Command
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    CloseRaffle,
    CompleteReservation,
    ExpireDue,
    ExtendDeadlines,
    ExtendReservation,
    PauseRaffle,
    PublishRaffle,
    QuickPick,
    QuickPickFilter,
    RemoveNumbers,
    ReserveNumbers,
    ResumeRaffle,
    StartCheckout,
    StartReview,
    SwapNumbers,
)
from sorteos_actors.raffle.events import NumbersChanged, NumbersReserved, ReservationExpired
from tests.builders import ANA, BETO, CARLA, ORGANIZER
from tests.property.raffle_model import CANCELLABLE, PAYABLE, REVIEWABLE
from tests.property.raffle_under_test import ANCIENT, NUMBERS, RaffleUnderTest

users = st.sampled_from([ANA, BETO, CARLA])
spare_ids = st.sampled_from([*(UUID(int=n) for n in range(1, 13)), *ANCIENT])
own = st.sampled_from([True, True, True, False])
numbers = st.lists(st.integers(0, NUMBERS - 1), min_size=1, max_size=3).map(tuple)
odd_numbers = st.lists(st.integers(-1, NUMBERS), max_size=4).map(tuple)
any_numbers = st.one_of(numbers, numbers, odd_numbers)
filters = st.builds(
    QuickPickFilter,
    starts_with=st.sampled_from(["", "", "0", "1"]),
    ends_with=st.sampled_from(["", "", "3", "x"]),
    contains=st.sampled_from(["", "", "0", "7", "007"]),
)


class RaffleMachine(RaffleUnderTest):
    """Three buyers, an organizer, a payment desk and a clock, each doing what it likes."""

    # -- buyers ------------------------------------------------------------------------------

    @rule(user=users, id_=spare_ids, wanted=any_numbers)
    def reserve(self, user: UUID, id_: UUID, wanted: tuple[int, ...]) -> None:
        model = self.model
        command = ReserveNumbers(user, id_, wanted)
        if id_ in model.holds or id_ in model.ended:
            assert self.send(command, model.against_using(id_, user)) == ()
            return
        against = model.against_opening(user, self.now) | model.against_taking(set(wanted))
        against |= model.against_owning(user, len(set(wanted)))
        if not wanted:
            against.add("bad_request")
        if self.send(command, against):
            model.open(id_, user, list(dict.fromkeys(wanted)), self.now)

    @rule(
        user=users,
        own=own,
        spare=spare_ids,
        count=st.integers(0, 5),
        wanted=filters,
        entropy=st.integers(0, 2**64 - 1),
    )
    def quick_pick(
        self, user: UUID, own: bool, spare: UUID, count: int, wanted: QuickPickFilter, entropy: int
    ) -> None:
        model = self.model
        id_ = self.pick_id(user, own, spare)
        command = QuickPick(user, id_, count, entropy, wanted)
        known = id_ in model.holds or id_ in model.ended
        against = model.against_using(id_, user) if known else set()
        hold = model.holds.get(id_)
        if against or (hold is not None and count <= len(hold.numbers)):
            assert self.send(command, against) == ()
            return
        if count < 1 or wanted.ends_with == "x" or wanted.contains == "007":
            against.add("bad_request")
        if hold is None:
            against |= model.against_opening(user, self.now)
        else:
            against |= model.against_phase(id_, ("selection",), self.now)
            against |= model.against_selling(self.now)
        against |= model.against_owning(user, count)
        missing = count - (len(hold.numbers) if hold is not None else 0)
        fitting = {n for n in model.free() if self.fits(wanted, self.terms.label(n))}
        if len(fitting) < missing:
            against.add("numbers_taken")
        for event in self.send(command, against):
            assert isinstance(event, NumbersReserved | NumbersChanged)
            picked = event.numbers if isinstance(event, NumbersReserved) else event.added
            assert len(picked) == len(set(picked)) == missing
            assert set(picked) <= fitting
            if hold is None:
                model.open(id_, user, list(picked), self.now)
            else:
                hold.numbers += picked

    @staticmethod
    def fits(wanted: QuickPickFilter, label: str) -> bool:
        return (
            label.startswith(wanted.starts_with)
            and label.endswith(wanted.ends_with)
            and wanted.contains in label
        )

    @rule(user=users, own=own, spare=spare_ids, take=any_numbers)
    def add(self, user: UUID, own: bool, spare: UUID, take: tuple[int, ...]) -> None:
        id_ = self.pick_id(user, own, spare)
        self.change(AddNumbers(user, id_, take), user, id_, (), take)

    @rule(user=users, own=own, spare=spare_ids, give=any_numbers)
    def remove(self, user: UUID, own: bool, spare: UUID, give: tuple[int, ...]) -> None:
        id_ = self.pick_id(user, own, spare)
        self.change(RemoveNumbers(user, id_, give), user, id_, give, ())

    @rule(user=users, own=own, spare=spare_ids, give=any_numbers, take=any_numbers)
    def swap(
        self,
        user: UUID,
        own: bool,
        spare: UUID,
        give: tuple[int, ...],
        take: tuple[int, ...],
    ) -> None:
        id_ = self.pick_id(user, own, spare)
        self.change(SwapNumbers(user, id_, give, take), user, id_, give, take)

    def change(
        self,
        command: Command,
        user: UUID,
        id_: UUID,
        give: tuple[int, ...],
        take: tuple[int, ...],
    ) -> None:
        model = self.model
        against = model.against_using(id_, user)
        if against:
            # Removing the last number had cancelled it: saying so again is no error.
            if not take and model.ended.get(id_) == ("cancelled", user):
                against = set()
            assert self.send(command, against) == ()
            return
        hold = model.holds[id_]
        removed = {n for n in give if n in hold.numbers}
        added = [n for n in dict.fromkeys(take) if n not in hold.numbers]
        if any(not 0 <= n < NUMBERS for n in (*give, *take)):
            against.add("unknown_number")
        if set(give) & set(take):
            against.add("bad_request")
        if removed or added:
            against |= model.against_phase(id_, ("selection",), self.now)
        if added:
            against |= model.against_selling(self.now) | model.against_taking(set(added))
            against |= model.against_owning(user, len(hold.numbers) - len(removed) + len(added))
        if self.send(command, against):
            hold_after = [n for n in hold.numbers if n not in removed] + added
            if hold_after:
                hold.numbers = hold_after
            else:
                model.end(id_, "cancelled")

    @rule(user=users, own=own, spare=spare_ids)
    def checkout(self, user: UUID, own: bool, spare: UUID) -> None:
        id_ = self.pick_id(user, own, spare)
        against = self.model.against_using(id_, user)
        hold = self.model.holds.get(id_)
        again = hold is not None and hold.phase == "checkout"
        if not against and not again:
            against = self.model.against_phase(id_, ("selection",), self.now)
        if self.send(StartCheckout(user, id_), against):
            assert not again, "repeating checkout reset the clock"
            self.model.check_out(id_, self.now)

    @rule(user=users, own=own, spare=spare_ids, seen=st.sampled_from(["true", "stale", "none"]))
    def extend(self, user: UUID, own: bool, spare: UUID, seen: str) -> None:
        model = self.model
        id_ = self.pick_id(user, own, spare)
        against = model.against_using(id_, user)
        longer = None
        expires_at = None
        if id_ in model.holds:
            deadline = model.holds[id_].deadline
            expires_at = {"true": deadline, "stale": deadline - 1, "none": None}[seen]
            if not against:
                against = model.against_phase(id_, ("selection", "checkout"), self.now)
                longer = model.longer(id_)
                if seen != "stale" and longer is None:
                    against.add("wrong_phase")
        if self.send(ExtendReservation(user, id_, expires_at), against):
            assert seen != "stale"
            assert longer is not None
            model.holds[id_].deadline = longer
            model.holds[id_].extended += 1

    @rule(user=users, own=own, spare=spare_ids)
    def cancel(self, user: UUID, own: bool, spare: UUID) -> None:
        id_ = self.pick_id(user, own, spare)
        against = self.model.against_using(id_, user)
        if self.model.ended.get(id_) == ("cancelled", user):
            against = set()
        elif not against:
            against = self.model.against_phase(id_, CANCELLABLE, self.now)
        if self.send(CancelReservation(user, id_), against):
            self.model.end(id_, "cancelled")

    # -- the payment desk, the organizer and the clock ----------------------------------------

    @rule(spare=spare_ids, in_ms=st.sampled_from([50, 100, 300]))
    def review(self, spare: UUID, in_ms: int) -> None:
        id_ = self.some_hold(spare)
        hold = self.model.holds.get(id_)
        against = self.model.against_using(id_, None)
        if hold is not None and hold.phase not in (*REVIEWABLE, "payment_review"):
            against.add("wrong_phase")
        if self.send(StartReview(id_, self.now + in_ms), against):
            assert hold is not None
            hold.phase, hold.deadline = "payment_review", self.now + in_ms

    @rule(spare=spare_ids)
    def complete(self, spare: UUID) -> None:
        id_ = self.some_hold(spare)
        hold = self.model.holds.get(id_)
        against = self.model.against_using(id_, None)
        if self.model.ended.get(id_, ("", None))[0] == "completed" and id_ not in ANCIENT:
            against = set()
        if hold is not None and hold.phase not in PAYABLE:
            against.add("wrong_phase")
        if self.send(CompleteReservation(id_), against):
            self.model.end(id_, "completed")

    @rule()
    def expire(self) -> None:
        happened = self.send(ExpireDue(), set())
        expired = [e.reservation_id for e in happened if isinstance(e, ReservationExpired)]
        assert sorted(expired) == sorted(self.model.run_out(self.now))
        closes_at = self.terms.sales_close_at
        if closes_at is not None and closes_at <= self.now:
            self.model.close_the_sale()

    @rule(ms=st.sampled_from([0, 1, 40, 150]), ago=st.integers(0, 200))
    def recover_from_an_outage(self, ms: int, ago: int) -> None:
        at = self.now - ago
        felt = [h for h in self.model.holds.values() if h.created_at <= at]
        new = at > self.model.last_outage and ms > 0
        happened = self.send(ExtendDeadlines(ms, at), set())
        assert len(happened) == (1 if felt and new else 0)
        if happened:
            self.model.last_outage = at
            for hold in felt:
                hold.deadline += ms

    @rule()
    def publish(self) -> None:
        self.change_status(PublishRaffle(ORGANIZER), {"draft": "active"})

    @rule()
    def pause(self) -> None:
        self.change_status(PauseRaffle(ORGANIZER), {"active": "paused"})

    @rule()
    def resume(self) -> None:
        self.change_status(ResumeRaffle(ORGANIZER), {"paused": "active"})

    @precondition(lambda self: len(self.journal) > 25)
    @rule()
    def close(self) -> None:
        self.change_status(CloseRaffle(ORGANIZER), {"active": "closed", "paused": "closed"})

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

    @rule(ms=st.sampled_from([1, 10, 50, 100]))
    def wait(self, ms: int) -> None:
        self.now += ms

    @rule(early=st.sampled_from([0, 0, 1]))
    def wait_for_the_next_deadline(self, early: int) -> None:
        self.now = max(self.now, (self.model.deadline() or 0) - early)


TestRaffleMachine = RaffleMachine.TestCase
TestRaffleMachine.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
