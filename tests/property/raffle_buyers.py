"""What buyers do to the raffle under test: one rule for each command that they can send."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sorteos_actors.raffle import Command
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    ExtendReservation,
    QuickPick,
    QuickPickFilter,
    RemoveNumbers,
    ReserveNumbers,
    StartCheckout,
    SwapNumbers,
)
from sorteos_actors.raffle.events import NumbersChanged, NumbersReserved
from tests.property.raffle_under_test import ANCIENT, BUYERS, NUMBERS, RaffleUnderTest

CANCELLABLE = ("selection", "checkout")

users = st.sampled_from(BUYERS)
people = st.integers(0, 11)
spare_ids = st.sampled_from([*(UUID(int=n) for n in range(1, 7)), *ANCIENT])
numbers = st.lists(st.integers(0, NUMBERS - 1), min_size=1, max_size=3).map(tuple)
odd_numbers = st.lists(st.integers(-1, NUMBERS), max_size=4).map(tuple)
any_numbers = st.integers(0, 7).flatmap(lambda n: odd_numbers if n == 7 else numbers)
filters = st.builds(
    QuickPickFilter,
    starts_with=st.sampled_from(["", "", "0", "1"]),
    ends_with=st.sampled_from(["", "", "", "3", "x"]),
    contains=st.sampled_from(["", "", "", "0", "1", "007"]),
)


def somebody_holds(machine: RaffleUnderTest) -> bool:
    return bool(machine.model.holds)


class RaffleWithBuyers(RaffleUnderTest):
    """Three buyers who do what they like, and sometimes what they may not."""

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

    @precondition(lambda self: len(self.model.holds) < len(BUYERS))
    @rule(turn=st.integers(0, 2), first=st.integers(0, NUMBERS - 1), count=st.integers(1, 3))
    def newcomer_reserves_free_numbers(self, turn: int, first: int, count: int) -> None:
        idle = [user for user in BUYERS if self.model.hold_of(user) is None]
        free = [n for n in self.model.free() if n >= first] or self.model.free()
        number_of_ids = len(self.model.ended) + len(self.model.holds)
        self.reserve(idle[turn % len(idle)], UUID(int=100 + number_of_ids), tuple(free[:count]))

    @rule(
        who=people,
        spare=spare_ids,
        count=st.integers(0, 5),
        wanted=filters,
        entropy=st.integers(0, 2**64 - 1),
    )
    def quick_pick(
        self, who: int, spare: UUID, count: int, wanted: QuickPickFilter, entropy: int
    ) -> None:
        model = self.model
        user, id_ = self.somebody(who, spare)
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

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids, take=any_numbers)
    def add(self, who: int, spare: UUID, take: tuple[int, ...]) -> None:
        user, id_ = self.somebody(who, spare)
        self.change(AddNumbers(user, id_, take), user, id_, (), take)

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids, give=any_numbers, all_of_them=st.booleans())
    def remove(self, who: int, spare: UUID, give: tuple[int, ...], all_of_them: bool) -> None:
        user, id_ = self.somebody(who, spare)
        if all_of_them and id_ in self.model.holds:
            give = tuple(self.model.holds[id_].numbers)
        self.change(RemoveNumbers(user, id_, give), user, id_, give, ())

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids, give=any_numbers, take=any_numbers)
    def swap(
        self,
        who: int,
        spare: UUID,
        give: tuple[int, ...],
        take: tuple[int, ...],
    ) -> None:
        user, id_ = self.somebody(who, spare)
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

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids)
    def checkout(self, who: int, spare: UUID) -> None:
        user, id_ = self.somebody(who, spare)
        against = self.model.against_using(id_, user)
        hold = self.model.holds.get(id_)
        again = hold is not None and hold.phase == "checkout"
        if not against and not again:
            against = self.model.against_phase(id_, ("selection",), self.now)
        if self.send(StartCheckout(user, id_), against):
            assert not again, "repeating checkout reset the clock"
            self.model.check_out(id_, self.now)

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids, seen=st.sampled_from(["true", "stale", "none"]))
    def extend(self, who: int, spare: UUID, seen: str) -> None:
        model = self.model
        user, id_ = self.somebody(who, spare)
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

    @precondition(somebody_holds)
    @rule(who=people, spare=spare_ids)
    def cancel(self, who: int, spare: UUID) -> None:
        user, id_ = self.somebody(who, spare)
        against = self.model.against_using(id_, user)
        if self.model.ended.get(id_) == ("cancelled", user):
            against = set()
        elif not against:
            against = self.model.against_phase(id_, CANCELLABLE, self.now)
            against |= self.model.against_waiting(id_)
        if self.send(CancelReservation(user, id_), against):
            self.model.end(id_, "cancelled")
