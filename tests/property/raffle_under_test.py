"""The core beside its model, and everything that must hold between the two after each step.

The rules that drive it are in `raffle_buyers` and `test_raffle_machine`.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from sorteos_actors.raffle import (
    Command,
    Event,
    Phase,
    Raffle,
    RaffleStatus,
    Rejection,
    decide,
    evolve,
    next_deadline,
    replay,
)
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CompleteReservation,
    ExtendReservation,
    PublishRaffle,
    QuickPick,
    ReserveNumbers,
    SwapNumbers,
)
from sorteos_actors.raffle.model import (
    AVAILABLE,
    PHASE_CODES,
    RESERVED,
    SOLD,
    EndedReservations,
)
from tests.builders import ANA, BETO, CARLA, NOW, ORGANIZER, everything, some_terms
from tests.property.raffle_model import ModelRaffle

NUMBERS = 12
BUYERS = (ANA, BETO, CARLA)
ANCIENT = {UUID(int=900 + code): phase for code, phase in enumerate(PHASE_CODES) if code > 2}
"""Reservations that ended long ago: only their id and phase are left."""


class RaffleUnderTest(RuleBasedStateMachine):
    """A small raffle with short deadlines, its notebook and its journal."""

    @initialize(
        limit=st.sampled_from([2, 3, 4, 6]),
        selection_ms=st.sampled_from([100, 50]),
        extensions=st.sampled_from([1, 2, 0]),
        ceiling=st.sampled_from([1000, 180, 100]),
        closes_in=st.sampled_from([None, None, 300]),
        published=st.sampled_from([True, True, True, False]),
    )
    def begin(
        self,
        limit: int,
        selection_ms: int,
        extensions: int,
        ceiling: int,
        closes_in: int | None,
        published: bool,
    ) -> None:
        self.now = NOW
        self.terms = some_terms(
            number_count=NUMBERS,
            max_numbers_per_user=limit,
            selection_ms=selection_ms,
            checkout_ms=50,
            extension_ms=50,
            extensions_per_phase=extensions,
            max_hold_ms=ceiling,
            sales_close_at=None if closes_in is None else NOW + closes_in,
        )
        self.raffle = self.fresh()
        self.model = ModelRaffle(self.terms)
        self.model.ended = {id_: (phase.value, None) for id_, phase in ANCIENT.items()}
        self.journal: list[bytes] = []
        if published:
            self.send(PublishRaffle(ORGANIZER), set())
            self.model.status = "active"

    def fresh(self) -> Raffle:
        raffle = Raffle(self.terms)
        records = (id_.bytes + bytes([PHASE_CODES.index(p)]) for id_, p in sorted(ANCIENT.items()))
        raffle.ended = EndedReservations(b"".join(records))
        return raffle

    # -- sending -----------------------------------------------------------------------------

    def send(self, command: Command, against: set[str]) -> tuple[Event, ...]:
        """Decide, compare with the model's reasons, evolve; what happened, () when refused."""
        before = everything(self.raffle)
        decision = decide(self.raffle, command, self.now)
        assert everything(self.raffle) == before, "deciding changed the raffle"
        assert decide(self.raffle, command, self.now) == decision, "deciding twice differs"
        if isinstance(decision, Rejection):
            assert decision.code.value in against, (decision, against)
            self.check_the_list_of_conflicts(command, decision)
            return ()
        assert not against, (decision, against)
        for event in decision:
            evolve(self.raffle, event)
            self.journal.append(msgspec.json.encode(event))
        # Only "more time, whatever the deadline is" means something new when it is said again.
        if not isinstance(command, ExtendReservation) or command.expires_at is not None:
            assert decide(self.raffle, command, self.now) == (), "a repeat had an effect"
        return decision

    def check_the_list_of_conflicts(self, command: Command, refusal: Rejection) -> None:
        if refusal.code.value != "numbers_taken" or isinstance(command, QuickPick):
            return
        wanted: tuple[int, ...] = ()
        keeps: list[int] = []
        if isinstance(command, ReserveNumbers):
            wanted = command.numbers
        elif isinstance(command, CompleteReservation):
            known = self.model.was.get(command.reservation_id)
            wanted = known.numbers if known else command.numbers
        elif isinstance(command, AddNumbers | SwapNumbers):
            wanted = command.numbers if isinstance(command, AddNumbers) else command.take
            keeps = self.model.holds[command.reservation_id].numbers
        taken = {
            self.terms.label(n) for n in wanted if n not in keeps and not self.model.is_free(n)
        }
        told = refusal.params["numbers"]
        assert isinstance(told, list)
        assert len(told) == len(set(told))
        assert set(told) == taken

    def somebody(self, who: int, spare: UUID) -> tuple[UUID, UUID]:
        """A buyer and a reservation: mostly their own live one, now and then quite another."""
        holds = sorted(self.model.holds)
        if not holds or who == 0:
            return BUYERS[spare.int % 3], spare
        id_ = holds[who % len(holds)]
        return BUYERS[id_.int % 3] if who == 1 else self.model.holds[id_].user, id_

    # -- what always holds ---------------------------------------------------------------------

    @invariant()
    def no_number_has_two_owners(self) -> None:
        held = [n for h in self.raffle.reservations.values() for n in h.numbers]
        assert len(held) == len(set(held))
        assert all(self.raffle.board[n] == RESERVED for n in held)
        assert not set(held) & set(self.model.sold)

    @invariant()
    def the_core_agrees_with_the_notebook(self) -> None:
        raffle, model = self.raffle, self.model
        assert raffle.status is RaffleStatus(model.status)
        held = model.held()
        states = dict.fromkeys(held, RESERVED) | dict.fromkeys(model.sold, SOLD)
        assert list(raffle.board) == [states.get(n, AVAILABLE) for n in range(NUMBERS)]
        seen = {
            r.id: (
                *(r.user_id, list(r.numbers), r.phase.value, r.created_at, r.expires_at),
                r.payment_id,
            )
            for r in raffle.reservations.values()
        }
        assert seen == {
            id_: (h.user, h.numbers, h.phase, h.created_at, h.deadline, h.attempt)
            for id_, h in model.holds.items()
        }
        for reservation in raffle.reservations.values():
            assert reservation.unit_price == self.terms.price
            assert reservation.total_amount == self.terms.price * len(reservation.numbers)
        for id_, (phase, _) in model.ended.items():
            assert raffle.ended.phase(id_) is Phase(phase)
        assert raffle.last_outage_at == model.last_outage

    @invariant()
    def what_waits_for_money_is_nobody_elses(self) -> None:
        for hold in self.model.holds.values():
            if hold.attempt is not None:
                assert all(self.raffle.board[n] == RESERVED for n in hold.numbers)

    @invariant()
    def whatever_is_sold_was_paid(self) -> None:
        for number, id_ in self.model.sold_by.items():
            sale = self.raffle.ended.recent(id_)
            assert sale is not None
            assert sale.phase is Phase.COMPLETED
            assert number in sale.numbers
            assert sale.payment_id is not None
            assert sale.payment_id == self.model.was[id_].payment

    @invariant()
    def counters_equal_the_board(self) -> None:
        raffle = self.raffle
        assert raffle.reserved_count == raffle.board.count(RESERVED)
        assert raffle.sold_count == raffle.board.count(SOLD)
        assert raffle.available_count == raffle.board.count(AVAILABLE)

    @invariant()
    def everybody_keeps_to_one_hold_and_the_limit(self) -> None:
        raffle = self.raffle
        assert raffle.live_by_user == {r.user_id: r.id for r in raffle.reservations.values()}
        assert len(raffle.live_by_user) == len(raffle.reservations)
        for user in BUYERS:
            assert raffle.sold_by_user.get(user, 0) == self.model.bought(user)
            live = raffle.live_reservation_of(user)
            owned = self.model.bought(user) + (len(live.numbers) if live else 0)
            assert owned <= self.terms.max_numbers_per_user

    @invariant()
    def the_alarm_is_set_to_the_earliest_deadline(self) -> None:
        assert next_deadline(self.raffle) == self.model.deadline()
        top = self.raffle.deadlines[0][0] if self.raffle.deadlines else None
        assert top == min((r.expires_at for r in self.raffle.reservations.values()), default=None)

    @invariant()
    def the_journal_replayed_is_the_raffle(self) -> None:
        events = [msgspec.json.decode(line, type=Event) for line in self.journal]
        assert everything(replay(self.fresh(), events)) == everything(self.raffle)
        assert self.raffle.seq == len(self.journal)
