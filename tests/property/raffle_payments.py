"""What the payment desk does to the raffle under test: attempts, slow money, late money, refunds."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sorteos_actors.raffle.commands import (
    CompleteReservation,
    EndPayment,
    RefundNumbers,
    StartPayment,
    StartReview,
)
from tests.property.raffle_buyers import RaffleWithBuyers, any_numbers, people, spare_ids
from tests.property.raffle_under_test import ANCIENT, BUYERS, NUMBERS, RaffleUnderTest

PAYABLE = ("checkout", "payment_review")
attempts = st.sampled_from([0, 0, 0, 1])
"""Which attempt to pay a reservation: mostly the first."""


def payment_of(id_: UUID, attempt: int) -> UUID:
    return UUID(int=(attempt + 1 << 32) + id_.int)


def somebody_pays(machine: RaffleUnderTest) -> bool:
    return any(hold.phase in PAYABLE for hold in machine.model.holds.values())


def somebody_waits_for_money(machine: RaffleUnderTest) -> bool:
    return any(hold.attempt for hold in machine.model.holds.values())


def somebody_came_late(machine: RaffleUnderTest) -> bool:
    return any(phase in ("expired", "cancelled") for phase, _ in machine.model.ended.values())


class RaffleWithPayments(RaffleWithBuyers):
    """The buyers, and a desk where money comes, is slow, comes late, is wrong, or goes back."""

    @precondition(somebody_pays)
    @rule(who=people, spare=spare_ids, attempt=attempts)
    def start_payment(self, who: int, spare: UUID, attempt: int) -> None:
        model = self.model
        user, id_ = self.somebody(who, spare)
        payment = payment_of(id_, attempt)
        against = model.against_using(id_, user)
        hold = model.holds.get(id_)
        if id_ in model.was and model.was[id_].payment == payment and against != {"forbidden"}:
            against = set()
        elif hold is not None and not against and hold.attempt != payment:
            against = model.against_phase(id_, ("checkout",), self.now)
            against |= model.against_waiting(id_)
        if self.send(StartPayment(user, id_, payment), against):
            assert hold is not None
            assert hold.attempt is None
            hold.attempt = payment

    @precondition(somebody_pays)
    @rule(who=people, spare=spare_ids, attempt=attempts, in_ms=st.sampled_from([50, 100, 300]))
    def review(self, who: int, spare: UUID, attempt: int, in_ms: int) -> None:
        _, id_ = self.somebody(who, spare)
        payment = payment_of(id_, attempt)
        hold = self.model.holds.get(id_)
        against = self.model.against_using(id_, None)
        if hold is not None and hold.attempt != payment:
            against = self.model.against_waiting(id_) or {"wrong_phase"}
        if self.send(StartReview(id_, payment, self.now + in_ms), against):
            assert hold is not None
            hold.phase, hold.deadline = "payment_review", max(hold.deadline, self.now + in_ms)

    @precondition(somebody_waits_for_money)
    @rule(who=people, spare=spare_ids, late_by=st.sampled_from([None, None, 0, 1]))
    def end_payment(self, who: int, spare: UUID, late_by: int | None) -> None:
        waiting = sorted(id_ for id_, hold in self.model.holds.items() if hold.attempt)
        id_ = waiting[who % len(waiting)] if waiting and who else spare
        hold = self.model.holds.get(id_)
        payment = hold.attempt if hold and hold.attempt and who != 1 else payment_of(id_, 7)
        if hold is not None and late_by is not None:
            self.now = max(self.now, hold.deadline + late_by)
        happened = self.send(EndPayment(id_, payment), set())
        assert bool(happened) == (hold is not None and hold.attempt == payment)
        if hold is not None and happened:
            hold.attempt = None
            if hold.phase != "checkout" or hold.deadline <= self.now:
                self.model.end(id_, "expired")

    @precondition(somebody_pays)
    @rule(who=people, spare=spare_ids, attempt=attempts, wrong=st.integers(0, 6))
    def complete(self, who: int, spare: UUID, attempt: int, wrong: int) -> None:
        _, id_ = self.somebody(who, spare)
        hold = self.model.holds.get(id_)
        if hold is None:
            self.complete_late(id_, attempt, wrong, (spare.int % NUMBERS,))
            return
        payment = payment_of(id_, attempt)
        against = {"wrong_amount"} if wrong in (1, 2) else set()
        if hold.phase not in PAYABLE:
            against.add("wrong_phase")
        command = self.money(id_, payment, wrong, hold.user, tuple(hold.numbers))
        if self.send(command, against):
            self.model.end(id_, "completed", payment)

    @precondition(somebody_came_late)
    @rule(turn=st.integers(0, 20), attempt=attempts, wrong=st.integers(0, 6), other=any_numbers)
    def late_money(self, turn: int, attempt: int, wrong: int, other: tuple[int, ...]) -> None:
        ended = sorted(id_ for id_, (phase, _) in self.model.ended.items() if phase != "completed")
        self.complete_late(ended[turn % len(ended)], attempt, wrong, tuple(dict.fromkeys(other)))

    def complete_late(self, id_: UUID, attempt: int, wrong: int, other: tuple[int, ...]) -> None:
        """`other` are the numbers of one that ended before memory began."""
        model, payment = self.model, payment_of(id_, attempt)
        was = model.was.get(id_)
        user, numbers = (was.user, was.numbers) if was else (BUYERS[id_.int % 3], other)
        command = self.money(id_, payment, wrong, user, numbers)
        if model.is_paid_by(id_, payment):
            assert self.send(command, set()) == ()
            return
        if id_ not in model.ended:
            assert self.send(command, {"not_found"}) == ()
            return
        against = {"already_paid"} if model.ended[id_][0] == "completed" else set()
        against |= model.against_late_money(self.now) | model.against_taking(set(numbers))
        live = model.hold_of(user)
        held = len(model.holds[live].numbers) if live else 0
        against |= model.against_owning(user, held + len(numbers))
        if wrong in (1, 2):
            against.add("wrong_amount")
        if not numbers:
            against.add("bad_request")
        if self.send(command, against):
            model.sell_late(payment, user, numbers)

    def money(
        self, id_: UUID, payment: UUID, wrong: int, user: UUID, numbers: tuple[int, ...]
    ) -> CompleteReservation:
        price = self.terms.price
        return CompleteReservation(
            reservation_id=id_,
            payment_id=payment,
            user_id=user,
            numbers=numbers,
            unit_price=price,
            amount=price * len(numbers) + (wrong == 1),
            currency="USD" if wrong == 2 else self.terms.currency,
        )

    @precondition(lambda self: bool(self.model.was))
    @rule(
        turn=st.integers(0, 20),
        wanted=any_numbers,
        all_of_them=st.booleans(),
        who=st.integers(0, 5),
    )
    def refund(self, turn: int, wanted: tuple[int, ...], all_of_them: bool, who: int) -> None:
        model = self.model
        ids = sorted([*model.was, *ANCIENT, *model.holds])
        bought = sorted(id_ for id_ in model.was if model.ended[id_][0] == "completed")
        id_ = bought[turn % len(bought)] if bought and who else ids[turn % len(ids)]
        was = model.was.get(id_)
        user = was.user if was and who != 1 else BUYERS[turn % 3]
        payment = was.payment if was and was.payment and who != 2 else payment_of(id_, 7)
        if was is not None:
            numbers = was.numbers if all_of_them else was.numbers[:1]
            wanted = wanted if who == 3 else numbers
        if was is None and any(n in model.sold for n in wanted):
            return  # What one of long ago has bought, only the rows know.
        against: set[str] = set()
        if id_ not in model.ended:
            against = {"wrong_phase"}
        elif model.ended[id_][0] != "completed":
            against = model.against_using(id_, None)
        else:
            if was and ((user, payment) != (was.user, was.payment) or set(wanted) - {*was.numbers}):
                against.add("bad_request")
            if not wanted or len(set(wanted)) < len(wanted):
                against.add("bad_request")
            if any(not 0 <= n < NUMBERS for n in wanted):
                against.add("unknown_number")
            before = model.returned.get(id_, set())
            if not before.issuperset(wanted) and (was is None or before & {*wanted}):
                against.add("wrong_phase")
        if self.send(RefundNumbers(id_, payment, user, wanted), against):
            model.give_back(id_, wanted)
