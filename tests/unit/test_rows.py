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
from sorteos_actors.store.rows import (
    checked,
    commit_arguments,
    event_from_row,
    event_to_json,
    restore,
)
from tests.builders import ANA, BETO, FIRST, NOW, OTHER, a_hold, a_raffle, some_terms, the

ONE_OF_EACH: list[Event] = [
    events.NumbersReserved(
        reservation_id=FIRST, user_id=ANA, numbers=(0, 7), unit_price=1, at=NOW, expires_at=NOW + 1
    ),
    events.NumbersChanged(FIRST, (7,), (8, 9)),
    events.CheckoutStarted(FIRST, NOW),
    events.ReviewStarted(FIRST, NOW),
    events.ReservationExtended(FIRST, NOW),
    events.ReservationCancelled(FIRST, (1,), NOW),
    events.ReservationExpired(FIRST, (1,), NOW),
    events.ReservationCompleted(FIRST, ANA, (1,), NOW),
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
    ],
    ids=["taken twice", "released by another", "sold to another", "released after the sale"],
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
            ended=EndedReservations(),
        )
