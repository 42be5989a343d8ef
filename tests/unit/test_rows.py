"""Rows and net effects, without a database."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from uuid import UUID

import msgspec
import pytest

from sorteos_actors.errors import GuardViolated
from sorteos_actors.ports import Batch, JournalEntry
from sorteos_actors.raffle import Event, RaffleStatus, RaffleSummary, events
from sorteos_actors.raffle.model import EndedReservations
from sorteos_actors.store.claims import Claim, ClaimChanges, net_changes
from sorteos_actors.store.payment_changes import Paid, PaymentChanges, payment_changes
from sorteos_actors.store.rows import (
    checked,
    commit_arguments,
    event_from_row,
    event_to_json,
    restore,
)
from tests.builders import ANA, BETO, FIRST, NOW, OTHER, PAYMENT, a_hold, a_raffle, some_terms, the

ONE_OF_EACH: list[Event] = [
    events.NumbersReserved(
        reservation_id=FIRST, user_id=ANA, numbers=(0, 7), unit_price=1, at=NOW, expires_at=NOW + 1
    ),
    events.NumbersChanged(FIRST, (7,), (8, 9)),
    events.CheckoutStarted(FIRST, NOW),
    events.PaymentStarted(FIRST, PAYMENT),
    events.PaymentEnded(FIRST, PAYMENT),
    events.ReviewStarted(FIRST, NOW),
    events.ReviewStarted(FIRST, NOW, overdue=True),
    events.ReservationExtended(FIRST, NOW),
    events.ReservationCancelled(FIRST, (1,), NOW),
    events.ReservationExpired(FIRST, (1,), NOW),
    events.ReservationCompleted(FIRST, ANA, (1,), NOW, PAYMENT),
    events.NumbersSold(PAYMENT, ANA, (1,), 100, NOW, PAYMENT),
    events.NumbersRefunded(FIRST, ANA, (1,), NOW, PAYMENT),
    events.DeadlinesExtended(5000, NOW),
    events.StatusChanged(RaffleStatus.PAUSED, NOW, "«porque sí»"),
]


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda e: type(e).__name__)
def test_an_event_survives_the_journal(event: Event) -> None:
    kind, what = event_to_json(event)
    assert event_from_row(kind, what) == event
    assert kind == event.__struct_config__.tag
    assert "type" not in msgspec.json.decode(what)


def test_no_kind_of_event_is_forgotten_above() -> None:
    assert {type(event) for event in ONE_OF_EACH} == set(typing.get_args(Event))


def test_an_unknown_kind_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(msgspec.ValidationError):
        event_from_row("numbers_vanished", "{}")


def reserved(reservation_id: UUID, *numbers: int) -> Event:
    return events.NumbersReserved(
        reservation_id=reservation_id,
        user_id=ANA,
        numbers=numbers,
        unit_price=1,
        at=NOW,
        expires_at=NOW,
    )


def changes(
    released: Sequence[Claim] = (), sold: Sequence[Claim] = (), taken: Sequence[Claim] = ()
) -> ClaimChanges:
    return ClaimChanges(list(released), list(sold), list(taken))


def test_a_number_taken_and_released_in_one_batch_writes_nothing() -> None:
    happened = [reserved(FIRST, 1, 2), events.NumbersChanged(FIRST, (1,), ())]
    assert net_changes(happened) == changes(taken=[Claim(2, FIRST)])


def test_a_number_released_and_taken_back_writes_nothing() -> None:
    happened = [events.NumbersChanged(FIRST, (1,), ()), events.NumbersChanged(FIRST, (), (1,))]
    assert net_changes(happened) == changes()


def test_a_number_that_passes_to_another_is_a_delete_and_an_insert() -> None:
    happened = [events.ReservationExpired(FIRST, (1,), NOW), reserved(OTHER, 1)]
    assert net_changes(happened) == changes(released=[Claim(1, FIRST)], taken=[Claim(1, OTHER)])


def test_a_number_held_before_is_marked_as_sold() -> None:
    happened = [events.ReservationCompleted(FIRST, ANA, (1,), NOW)]
    assert net_changes(happened) == changes(sold=[Claim(1, FIRST, "sold")])


def test_a_number_taken_and_sold_in_one_batch_is_inserted_as_sold() -> None:
    happened = [reserved(FIRST, 1), events.ReservationCompleted(FIRST, ANA, (1,), NOW)]
    assert net_changes(happened) == changes(taken=[Claim(1, FIRST, "sold")])


def test_a_number_sold_late_is_inserted_as_sold() -> None:
    happened = [events.NumbersSold(PAYMENT, ANA, (1,), 100, NOW, PAYMENT)]
    assert net_changes(happened) == changes(taken=[Claim(1, PAYMENT, "sold")])


def test_a_refunded_number_is_released_as_the_sold_one_it_was() -> None:
    happened = [events.NumbersRefunded(FIRST, ANA, (1,), NOW, PAYMENT)]
    assert net_changes(happened) == changes(released=[Claim(1, FIRST, "sold")])


def test_a_number_sold_and_refunded_in_one_batch_goes_as_the_reserved_one_it_was() -> None:
    happened: list[Event] = [
        events.ReservationCompleted(FIRST, ANA, (1,), NOW, PAYMENT),
        events.NumbersRefunded(FIRST, ANA, (1,), NOW, PAYMENT),
    ]
    assert net_changes(happened) == changes(released=[Claim(1, FIRST)])


@pytest.mark.parametrize(
    "happened",
    [
        [reserved(FIRST, 1), reserved(OTHER, 1)],
        [reserved(FIRST, 1), events.NumbersChanged(OTHER, (1,), ())],
        [reserved(FIRST, 1), events.ReservationCompleted(OTHER, ANA, (1,), NOW)],
        [
            events.ReservationCompleted(FIRST, ANA, (1,), NOW),
            events.ReservationExpired(FIRST, (1,), NOW),
        ],
        [reserved(FIRST, 1), events.NumbersRefunded(FIRST, ANA, (1,), NOW, PAYMENT)],
        [reserved(FIRST, 1), events.NumbersSold(PAYMENT, ANA, (1,), 100, NOW, PAYMENT)],
    ],
    ids=[
        *("taken twice", "released by another", "sold to another", "released after the sale"),
        *("refunded before the sale", "sold late while it is held"),
    ],
)
def test_events_that_contradict_each_other_are_refused(happened: list[Event]) -> None:
    with pytest.raises(GuardViolated):
        net_changes(happened)


def a_batch() -> Batch:
    raffle = a_raffle()
    a_hold(raffle, 3, 4)
    a_hold(raffle, 5, user=BETO, reservation_id=OTHER)
    reservations = [the(raffle, FIRST), the(raffle, OTHER)]
    return Batch(
        raffle_id=raffle.terms.id,
        epoch=1,
        seq=0,
        entries=[JournalEntry(reserved(FIRST, 3, 4), ANA), JournalEntry(reserved(OTHER, 5), None)],
        reservations=reservations,
        status=raffle.status,
        reserved_count=3,
        sold_count=0,
        last_outage_at=0,
    )


def test_a_commit_has_the_same_number_of_arguments_whatever_the_size_of_the_batch() -> None:
    batch = a_batch()
    nothing = msgspec.structs.replace(batch, entries=[], reservations=[])
    assert len(commit_arguments(batch)) == len(commit_arguments(nothing))


def test_a_batch_must_say_once_what_became_of_each_reservation() -> None:
    batch = a_batch()
    first, other = batch.reservations
    checked(batch)
    for wrong in ([first], [first, other, first]):
        with pytest.raises(GuardViolated):
            checked(msgspec.structs.replace(batch, reservations=wrong))


def money(*happened: Event, **hold: object) -> PaymentChanges:
    """What a batch of these events, about a reservation of 3 and 4, means for payments."""
    raffle = a_raffle()
    a_hold(raffle, 3, 4)
    batch = msgspec.structs.replace(
        a_batch(),
        entries=[JournalEntry(event, None) for event in happened],
        reservations=[msgspec.structs.replace(the(raffle), **hold)],
    )
    return payment_changes(batch)


def test_an_attempt_that_began_and_ended_in_one_batch_is_waited_for_by_none() -> None:
    begins, ends = events.PaymentStarted(FIRST, PAYMENT), events.PaymentEnded(FIRST, PAYMENT)
    assert money(begins).started == {PAYMENT: FIRST}
    assert money(begins, ends).started == {}
    assert money(begins, ends).stopped == [PAYMENT]
    assert money(begins, ends, begins).stopped == []


def test_only_what_is_overdue_and_still_in_doubt_is_to_be_cancelled() -> None:
    late = events.ReviewStarted(FIRST, NOW, overdue=True)
    assert money(late, payment_id=PAYMENT).overdue == [PAYMENT]
    assert money(events.ReviewStarted(FIRST, NOW), payment_id=PAYMENT).overdue == []
    ends = events.PaymentEnded(FIRST, PAYMENT)
    assert money(late, ends, payment_id=PAYMENT).overdue == []
    buys = events.ReservationCompleted(FIRST, ANA, (3, 4), NOW, PAYMENT)
    assert money(late, buys, payment_id=PAYMENT).overdue == []
    assert money(late, buys).paid == [Paid(PAYMENT, FIRST, (3, 4), 200_000)]


def test_nothing_is_sold_without_money_or_twice_for_the_same() -> None:
    unpaid = events.ReservationCompleted(FIRST, ANA, (3, 4), NOW)
    buys = msgspec.structs.replace(unpaid, payment_id=PAYMENT)
    for wrong in ([unpaid], [buys, buys]):
        with pytest.raises(GuardViolated):
            money(*wrong)


def test_numbers_that_go_back_are_gathered_by_the_payment_that_bought_them() -> None:
    some = events.NumbersRefunded(FIRST, ANA, (3,), NOW, PAYMENT)
    more = msgspec.structs.replace(some, numbers=(4,))
    assert money(some, more).returned == {PAYMENT: (3, 4)}


def test_what_only_gave_numbers_back_is_not_written_again() -> None:
    batch = a_batch()
    gone = JournalEntry(events.NumbersRefunded(FIRST, ANA, (3,), NOW, PAYMENT), None)
    after_sale = msgspec.structs.replace(batch, entries=[gone, batch.entries[1]])
    assert [r.id for r in checked(after_sale)[1]] == [OTHER]
    forgotten = msgspec.structs.replace(after_sale, reservations=batch.reservations[1:])
    assert [r.id for r in checked(forgotten)[1]] == [OTHER]


def test_a_raffle_whose_counts_are_not_those_of_its_claims_is_not_loaded() -> None:
    summary = RaffleSummary(
        terms=some_terms(),
        status=RaffleStatus.ACTIVE,
        epoch=1,
        seq=1,
        reserved_count=1,
        sold_count=0,
    )
    with pytest.raises(GuardViolated, match="counts 1 reserved"):
        restore(
            summary,
            last_outage_at=0,
            reserved=[1, 2],
            sold=[],
            blocked=[],
            live=[],
            sold_by_user={},
            returned={},
            ended=EndedReservations(),
        )
