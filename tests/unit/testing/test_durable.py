"""What the judge of databases finds: one thing wrong, one finding."""

from __future__ import annotations

import random
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.ports import JournalRow
from sorteos_actors.raffle import Event, Phase
from sorteos_actors.raffle.commands import (
    CancelReservation,
    EndPayment,
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
)
from sorteos_actors.raffle.events import (
    NumbersChanged,
    NumbersRefunded,
    NumbersReserved,
    NumbersSold,
    PaymentEnded,
    PaymentStarted,
    ReservationCancelled,
    ReservationExpired,
)
from sorteos_actors.testing.durable import Claim, DatabaseState, check_durable, name_picks
from sorteos_actors.testing.history import Operation
from tests.builders import FIRST, OTHER, OTHER_PAYMENT, PAYMENT, THIRD, paid
from tests.unit.testing.small_world import SmallWorld

ANA_THERE = UUID(int=1000)
"""Person 0 of a small world."""


def a_world() -> SmallWorld:
    """Ana holds 1 and 2, Beto holds 3, nothing lost and nothing ended; epochs 1 and 2."""
    world = SmallWorld(random.Random(1))
    world.current = {0: FIRST, 1: OTHER}
    world.ask("reserve", 0, take=(1,))
    world.now += 10
    world.epoch = 2
    world.ask("add", 0, take=(2,))
    world.now += 10
    world.ask("reserve", 1, take=(3,))
    return world


def kinds(world: SmallWorld, database: DatabaseState) -> set[str]:
    return {finding.kind for finding in check_durable(world.recorder.operations(), database)}


def with_event(world: SmallWorld, event: Event) -> DatabaseState:
    """The database after one more event in the journal; its rows know nothing of it."""
    database = world.database()
    row = replace(database.journal[-1], seq=database.seq + 1)
    row = replace(row, entry=replace(row.entry, event=event))
    return replace(database, seq=database.seq + 1, journal=[*database.journal, row])


def with_journal(database: DatabaseState, index: int, **changes: int) -> DatabaseState:
    journal: list[JournalRow] = list(database.journal)
    journal[index] = replace(journal[index], **changes)
    return replace(database, journal=journal)


def notes(world: SmallWorld, event: Event) -> list[str]:
    """What the fold itself says about an event."""
    findings = check_durable([], with_event(world, event))
    return [f.text for f in findings if f.kind in ("impossible_event", "released_early")]


def test_a_sound_database_has_no_findings() -> None:
    world = a_world()
    assert kinds(world, world.database()) == set()
    assert check_durable([], world.database()) == []


def test_a_gap_in_the_journal_is_found_and_so_is_a_lost_end() -> None:
    world = a_world()
    database = world.database()
    assert "journal_gap" in kinds(world, with_journal(database, 1, seq=7))
    assert "journal_gap" in kinds(world, replace(database, journal=database.journal[:-1]))
    assert "journal_gap" in kinds(world, replace(database, seq=database.seq - 1))


def test_an_epoch_that_goes_back_is_found() -> None:
    world = a_world()
    database = world.database()
    assert kinds(world, with_journal(database, 2, epoch=1)) == {"epoch_decreased"}
    assert kinds(world, replace(database, epoch=1)) == {"epoch_decreased"}


def test_rows_that_the_journal_does_not_tell_are_found() -> None:
    world = a_world()
    database = world.database()
    claims = database.claims
    sold = [replace(claims[0], status="sold"), *claims[1:]]
    for wrong in (claims[1:], [*claims, Claim(5, "reserved", FIRST)], sold):
        assert kinds(world, replace(database, claims=wrong)) == {"fold_differs"}
    ana, *others = database.reservations
    longer = replace(ana, expires_at=ana.expires_at + 1)
    for rows in ([longer, *others], others):
        assert kinds(world, replace(database, reservations=rows)) == {"fold_differs"}


def test_blocked_numbers_are_not_the_journals_business() -> None:
    database = a_world().database()
    blocked = [*database.claims, Claim(5, "blocked", None)]
    assert check_durable([], replace(database, claims=blocked)) == []


def test_two_live_reservations_of_a_number_are_found_by_their_rows_alone() -> None:
    world = a_world()
    database = world.database()
    ana, beto = sorted(database.reservations, key=lambda r: r.id)
    both = replace(beto, numbers=(1, 3))
    assert kinds(world, replace(database, reservations=[ana, both])) == {
        "fold_differs",
        "two_holders",
    }


def test_what_a_sound_journal_cannot_contain_is_noted() -> None:
    world = a_world()
    at = world.now
    stranger = UUID(int=99)
    reserved = NumbersReserved(stranger, stranger, (1,), 1, at, at + 300)
    [text] = notes(world, reserved)
    assert f"number 1 was reserved by {FIRST}" in text
    [text] = notes(world, replace(reserved, reservation_id=FIRST, numbers=(5,)))
    assert "born before" in text
    [text] = notes(world, NumbersChanged(FIRST, (3,), ()))
    assert f"number 3 was ('reserved', {OTHER!r})" in text
    [text] = notes(world, NumbersChanged(stranger, (), (5,)))
    assert "never born" in text
    [text] = notes(world, ReservationExpired(OTHER, (3,), at + 299))
    assert "1 ms before the deadline" in text
    assert notes(world, ReservationExpired(OTHER, (3,), at + 300)) == []
    [text] = notes(world, ReservationCancelled(FIRST, (1,), at))
    assert "the reservation had [1, 2]" in text


def test_what_waits_for_money_is_not_let_go_by_a_sound_journal() -> None:
    world = a_world()
    world.execute(StartCheckout(ANA_THERE, FIRST))
    world.execute(StartPayment(ANA_THERE, FIRST, PAYMENT))
    late = world.the(FIRST).expires_at
    [text] = notes(world, ReservationExpired(FIRST, (1, 2), late))
    assert f"its money may still come: {PAYMENT}" in text
    [text] = notes(world, PaymentStarted(FIRST, OTHER_PAYMENT))
    assert f"it waits for {PAYMENT}" in text
    [text] = notes(world, PaymentEnded(FIRST, OTHER_PAYMENT))
    assert "it did not wait for that" in text
    world.execute(StartReview(FIRST, PAYMENT, late + 1000))
    world.execute(EndPayment(FIRST, PAYMENT))
    assert world.the(FIRST).phase is Phase.EXPIRED
    assert check_durable([], world.database()) == []


def test_a_number_that_was_given_back_and_sold_again_has_one_holder() -> None:
    world = a_world()
    world.execute(StartCheckout(ANA_THERE, FIRST))
    world.execute(paid(1, 2, user=ANA_THERE))
    world.execute(RefundNumbers(FIRST, PAYMENT, ANA_THERE, (2,)))
    world.execute(ReserveNumbers(ANA_THERE, THIRD, (2,)))
    assert check_durable([], world.database()) == []
    [text] = notes(world, NumbersRefunded(FIRST, ANA_THERE, (2,), world.now, PAYMENT))
    assert "number 2 was ('reserved'" in text


def test_money_that_came_late_has_a_reservation_of_its_own() -> None:
    world = a_world()
    world.execute(CancelReservation(ANA_THERE, FIRST))
    sale = NumbersSold(PAYMENT, ANA_THERE, (1, 2), 100_000, world.now, PAYMENT)
    assert notes(world, sale) == []
    [text] = notes(world, replace(sale, reservation_id=OTHER))
    assert "born before" in text
    [text] = notes(world, replace(sale, numbers=(3,)))
    assert "number 3 was reserved" in text


def test_an_event_of_an_ended_reservation_is_noted() -> None:
    world = a_world()
    world.ask("cancel", 1)
    [text] = notes(world, NumbersChanged(OTHER, (), (5,)))
    assert "was cancelled" in text


def test_an_acknowledgement_that_never_was_is_found() -> None:
    world = a_world()
    before = world.database()
    world.ask("add", 1, take=(4,))
    [finding] = check_durable(world.recorder.operations(), before)
    assert finding.kind == "lost_acknowledgement"
    assert "add of …00000002 takes 4" in finding.text


def test_an_acknowledged_deadline_that_never_was_is_found() -> None:
    world = a_world()
    before = world.database()
    world.ask("extend", 1)
    assert kinds(world, before) == {"lost_acknowledgement"}
    assert kinds(world, world.database()) == set()


def test_an_acknowledged_cancel_that_is_undone_is_found() -> None:
    world = a_world()
    before = world.database()
    world.ask("cancel", 1)
    assert kinds(world, before) == {"lost_acknowledgement", "resurrected"}
    assert kinds(world, world.database()) == set()


def test_answers_that_go_back_in_time_are_found() -> None:
    world = a_world()
    history: list[Operation] = world.recorder.operations()
    stale = replace(history[0], kind="read", take=(), invoked_at=history[1].invoked_at + 1,
                    returned_at=history[1].invoked_at + 2)  # fmt: skip
    [finding] = check_durable([*history, stale], world.database())
    assert finding.kind == "went_back"
    overlapping = replace(stale, invoked_at=history[0].invoked_at)
    assert check_durable([*history, overlapping], world.database()) == []


def test_an_unknown_outcome_may_be_in_the_journal_or_not() -> None:
    world = a_world()
    before = world.database()
    world.ask("add", 1, take=(4,), is_heard=False)
    assert kinds(world, before) == kinds(world, world.database()) == set()


def test_the_journal_tells_what_an_unheard_quick_pick_took() -> None:
    world = a_world()
    before = world.database()
    world.current[2] = UUID(int=77)
    world.ask("quick_pick", 2, is_heard=False)
    history, database = world.recorder.operations(), world.database()
    [*rest, pick] = name_picks(history, database)
    assert rest == history[:-1]
    [reservation] = [r for r in database.reservations if r.id == UUID(int=77)]
    assert (pick.kind, pick.take) == ("add", tuple(sorted(reservation.numbers)))
    assert name_picks(history, before)[-1].take == ()
