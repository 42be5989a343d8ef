"""Draft, active, paused, closed: who may sell, and what goes on when nobody may."""

from __future__ import annotations

import pytest

from sorteos_actors.raffle import Command, Phase, RaffleStatus, RejectionCode
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    CloseRaffle,
    ExpireDue,
    ExtendReservation,
    PauseRaffle,
    PublishRaffle,
    QuickPick,
    RemoveNumbers,
    ReserveNumbers,
    ResumeRaffle,
    StartCheckout,
    StartPayment,
    StartReview,
    SwapNumbers,
)
from sorteos_actors.raffle.events import StatusChanged
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    HOUR,
    MINUTE,
    NOW,
    ORGANIZER,
    OTHER,
    PAYMENT,
    a_hold,
    a_raffle,
    do,
    paid,
    refused,
    taken,
    the,
)

NOT_SELLING = sorted(set(RaffleStatus) - {RaffleStatus.ACTIVE})


def test_a_raffle_lives_from_draft_to_closed() -> None:
    raffle = a_raffle(RaffleStatus.DRAFT)

    life: list[tuple[Command, RaffleStatus]] = [
        (PublishRaffle(ORGANIZER), RaffleStatus.ACTIVE),
        (PauseRaffle(ORGANIZER), RaffleStatus.PAUSED),
        (ResumeRaffle(ORGANIZER), RaffleStatus.ACTIVE),
        (CloseRaffle(ORGANIZER), RaffleStatus.CLOSED),
    ]
    for command, status in life:
        assert do(raffle, command) == (StatusChanged(status, NOW),)
        assert raffle.status is status


def test_a_paused_raffle_can_be_closed() -> None:
    raffle = a_raffle(RaffleStatus.PAUSED)

    do(raffle, CloseRaffle(ORGANIZER))

    assert raffle.status is RaffleStatus.CLOSED


@pytest.mark.parametrize("status", NOT_SELLING)
@pytest.mark.parametrize(
    "command", [ReserveNumbers(BETO, OTHER, (9,)), QuickPick(BETO, OTHER, 1, entropy=1)]
)
def test_only_an_active_raffle_opens_reservations(status: RaffleStatus, command: Command) -> None:
    refusal = refused(a_raffle(status), command)

    assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE
    assert refusal.params == {"status": status.value}


@pytest.mark.parametrize("status", [RaffleStatus.PAUSED, RaffleStatus.CLOSED])
@pytest.mark.parametrize(
    "command",
    [
        AddNumbers(ANA, FIRST, (9,)),
        SwapNumbers(ANA, FIRST, (7,), (9,)),
        QuickPick(ANA, FIRST, 3, entropy=1),
    ],
)
def test_nobody_takes_more_numbers_while_the_raffle_does_not_sell(
    status: RaffleStatus, command: Command
) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8)
    raffle.status = status

    assert refused(raffle, command).code is RejectionCode.RAFFLE_NOT_ACTIVE


@pytest.mark.parametrize("status", [RaffleStatus.PAUSED, RaffleStatus.CLOSED])
@pytest.mark.parametrize(
    ("phase", "command"),
    [
        (Phase.SELECTION, RemoveNumbers(ANA, FIRST, (7,))),
        (Phase.SELECTION, SwapNumbers(ANA, FIRST, (7,), ())),
        (Phase.SELECTION, CancelReservation(ANA, FIRST)),
        (Phase.SELECTION, StartCheckout(ANA, FIRST)),
        (Phase.SELECTION, ExtendReservation(ANA, FIRST)),
        (Phase.CHECKOUT, StartPayment(ANA, FIRST, PAYMENT)),
        (Phase.PAYMENT_REVIEW, StartReview(FIRST, PAYMENT, NOW + 25 * HOUR)),
        (Phase.CHECKOUT, paid(7, 8)),
        (Phase.PAYMENT_REVIEW, paid(7, 8)),
    ],
)
def test_what_is_held_goes_on_while_the_raffle_does_not_sell(
    status: RaffleStatus, phase: Phase, command: Command
) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)
    raffle.status = status

    assert len(do(raffle, command)) == 1


def test_what_is_held_still_expires_while_the_raffle_does_not_sell() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    do(raffle, CloseRaffle(ORGANIZER))

    do(raffle, ExpireDue(), NOW + 10 * MINUTE)

    assert taken(raffle) == set()


def test_a_repeated_reservation_is_answered_also_after_the_close() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    do(raffle, CloseRaffle(ORGANIZER))

    assert do(raffle, ReserveNumbers(ANA, FIRST, (7,))) == ()


@pytest.mark.parametrize(
    "command",
    [
        ReserveNumbers(BETO, OTHER, (9,)),
        QuickPick(BETO, OTHER, 1, entropy=1),
        AddNumbers(ANA, FIRST, (9,)),
    ],
)
def test_nothing_is_sold_from_the_close_of_sales_on_also_before_the_alarm_rang(
    command: Command,
) -> None:
    closes_at = NOW + MINUTE
    raffle = a_raffle(sales_close_at=closes_at)
    a_hold(raffle, 7)

    refusal = refused(raffle, command, closes_at)
    assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE
    assert refusal.params == {"status": "closed"}

    do(raffle, command, closes_at - 1)


@pytest.mark.parametrize(
    ("status", "command"),
    [
        (RaffleStatus.DRAFT, PublishRaffle(ORGANIZER)),
        (RaffleStatus.PAUSED, ResumeRaffle(ORGANIZER)),
    ],
)
def test_a_sale_that_would_be_over_at_once_does_not_open(
    status: RaffleStatus, command: Command
) -> None:
    raffle = a_raffle(status, sales_close_at=NOW)

    refusal = refused(raffle, command, NOW)
    assert refusal.code is RejectionCode.RAFFLE_NOT_ACTIVE
    assert refusal.params == {"status": "closed"}

    do(raffle, command, NOW - 1)
    assert raffle.status is RaffleStatus.ACTIVE


def test_closing_leaves_the_live_reservations_alone() -> None:
    raffle = a_raffle()
    before = a_hold(raffle, 7)

    do(raffle, CloseRaffle(ORGANIZER))

    assert the(raffle) == before


@pytest.mark.parametrize("command", [PauseRaffle(ORGANIZER), CloseRaffle(ORGANIZER)])
def test_a_sale_whose_time_is_over_can_still_be_stopped_by_hand(command: Command) -> None:
    raffle = a_raffle(sales_close_at=NOW)

    assert len(do(raffle, command, NOW)) == 1
