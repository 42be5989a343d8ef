"""The journal is the raffle: replayed, also through its stored form, it gives the same one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sorteos_actors.raffle import (
    Command,
    Event,
    Phase,
    Raffle,
    RaffleStatus,
    decide,
    evolve,
    replay,
)
from sorteos_actors.raffle.commands import (
    CloseRaffle,
    EndPayment,
    ExpireDue,
    ExtendDeadlines,
    ExtendReservation,
    PublishRaffle,
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
    StartReview,
    SwapNumbers,
)
from tests.builders import (
    ANA,
    BETO,
    CARLA,
    FIRST,
    HOUR,
    MINUTE,
    NOBODYS,
    NOW,
    ORGANIZER,
    OTHER,
    OTHER_PAYMENT,
    PAYMENT,
    THIRD,
    a_hold,
    a_raffle,
    do,
    everything,
    paid,
    some_terms,
    the,
)


def a_day_of_sales() -> tuple[Raffle, list[Event]]:
    """Sales, a swap, an outage, a slow payment that ended and came late, a refund, and the close."""
    raffle = Raffle(some_terms())
    journal: list[Event] = []
    story: list[tuple[int, Command]] = [
        (NOW, PublishRaffle(ORGANIZER)),
        (NOW, ReserveNumbers(ANA, FIRST, (7, 8))),
        (NOW, SwapNumbers(ANA, FIRST, (8,), (9, 10))),
        (NOW, ReserveNumbers(BETO, OTHER, (8,))),
        (NOW + MINUTE, ExtendReservation(BETO, OTHER)),
        (NOW + MINUTE, ExtendDeadlines(MINUTE, NOW + 1)),
        (NOW + MINUTE, StartCheckout(BETO, OTHER)),
        (NOW + MINUTE, StartPayment(BETO, OTHER, PAYMENT)),
        (NOW + MINUTE, StartReview(OTHER, PAYMENT, NOW + HOUR)),
        (NOW + 11 * MINUTE, ExpireDue()),
        (NOW + 11 * MINUTE, ReserveNumbers(CARLA, THIRD, (7,))),
        (NOW + HOUR, ExpireDue()),
        (NOW + HOUR, EndPayment(OTHER, PAYMENT)),
        (NOW + HOUR, paid(8, user=BETO, reservation_id=OTHER, payment_id=PAYMENT)),
        (NOW + HOUR, ReserveNumbers(CARLA, NOBODYS, (1, 2))),
        (NOW + HOUR, StartCheckout(CARLA, NOBODYS)),
        (NOW + HOUR, StartPayment(CARLA, NOBODYS, OTHER_PAYMENT)),
        (NOW + HOUR, paid(1, 2, user=CARLA, reservation_id=NOBODYS, payment_id=OTHER_PAYMENT)),
        (NOW + HOUR, RefundNumbers(NOBODYS, OTHER_PAYMENT, CARLA, (2,))),
        (NOW + HOUR, CloseRaffle(ORGANIZER)),
    ]
    for now, command in story:
        happened = do(raffle, command, now)
        assert happened
        journal += happened
    return raffle, journal


def test_a_replayed_journal_gives_the_same_raffle() -> None:
    raffle, journal = a_day_of_sales()

    assert everything(replay(Raffle(raffle.terms), journal)) == everything(raffle)


def test_events_come_back_from_their_stored_form_unchanged() -> None:
    _, journal = a_day_of_sales()

    stored = [msgspec.json.encode(event) for event in journal]

    assert [msgspec.json.decode(text, type=Event) for text in stored] == journal


def test_a_journal_from_before_there_were_payments_is_still_told() -> None:
    raffle = a_raffle()
    journal = [
        b"""{"type": "numbers_reserved", "reservation_id": "00000000-0000-0000-0000-000000000001",
        "user_id": "00000000-0000-0000-0000-00000000a000", "numbers": [7], "unit_price": 100000,
        "at": 1800000000000, "expires_at": 1800000600000}""",
        b"""{"type": "checkout_started", "expires_at": 1800000300000,
        "reservation_id": "00000000-0000-0000-0000-000000000001"}""",
        b"""{"type": "review_started", "expires_at": 1800086400000,
        "reservation_id": "00000000-0000-0000-0000-000000000001"}""",
        b"""{"type": "reservation_completed", "numbers": [7], "at": 1800000060000,
        "reservation_id": "00000000-0000-0000-0000-000000000001",
        "user_id": "00000000-0000-0000-0000-00000000a000"}""",
    ]

    replay(raffle, (msgspec.json.decode(line, type=Event) for line in journal))

    assert (the(raffle).phase, the(raffle).payment_id) == (Phase.COMPLETED, None)
    assert raffle.sold_by_user == {ANA: 1}


def test_each_event_takes_one_position() -> None:
    raffle, journal = a_day_of_sales()

    assert raffle.seq == len(journal)


def test_a_new_raffle_is_a_draft_with_everything_available() -> None:
    raffle = Raffle(some_terms())

    assert raffle.status is RaffleStatus.DRAFT
    assert (raffle.seq, raffle.available_count) == (0, 100)
    assert raffle.board == bytes(100)


def test_deciding_changes_nothing_until_the_events_are_applied() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CHECKOUT)
    before = everything(raffle)

    happened = decide(raffle, ReserveNumbers(BETO, OTHER, (8, 9)), NOW)

    assert everything(raffle) == before
    assert isinstance(happened, tuple)
    evolve(raffle, happened[0])
    assert everything(raffle) != before


def test_a_command_or_event_that_nobody_has_thought_of_is_a_crash_and_not_a_silence() -> None:
    raffle = a_raffle()
    unheard_of: Any = object()

    with pytest.raises(AssertionError, match="unreachable"):
        decide(raffle, unheard_of, NOW)
    with pytest.raises(AssertionError, match="unreachable"):
        evolve(raffle, unheard_of)
