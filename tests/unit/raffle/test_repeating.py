"""Retries, strangers and old ids: what an unreliable network and a curious person may send."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import pytest

from sorteos_actors.raffle import (
    Command,
    Phase,
    Raffle,
    RaffleStatus,
    Rejection,
    RejectionCode,
    decide,
)
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    CloseRaffle,
    CompleteReservation,
    EndPayment,
    ExpireDue,
    ExtendDeadlines,
    ExtendReservation,
    FindReservation,
    PauseRaffle,
    PublishRaffle,
    QuickPick,
    RefundNumbers,
    RemoveNumbers,
    ReserveNumbers,
    ResumeRaffle,
    StartCheckout,
    StartPayment,
    StartReview,
    SwapNumbers,
)
from sorteos_actors.raffle.model import PHASE_CODES, EndedReservations
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    HOUR,
    MINUTE,
    NOBODYS,
    NOW,
    ORGANIZER,
    OTHER,
    PAYMENT,
    a_hold,
    a_raffle,
    do,
    everything,
    paid,
    refused,
    the,
)

SELECTION, CHECKOUT, REVIEW = Phase.SELECTION, Phase.CHECKOUT, Phase.PAYMENT_REVIEW

EVERY_COMMAND: list[tuple[Phase | None, RaffleStatus, Command]] = [
    (None, RaffleStatus.ACTIVE, ReserveNumbers(ANA, FIRST, (7, 8))),
    (None, RaffleStatus.ACTIVE, QuickPick(ANA, FIRST, 3, entropy=1)),
    (SELECTION, RaffleStatus.ACTIVE, QuickPick(ANA, FIRST, 3, entropy=1)),
    (SELECTION, RaffleStatus.ACTIVE, AddNumbers(ANA, FIRST, (9, 10))),
    (SELECTION, RaffleStatus.ACTIVE, RemoveNumbers(ANA, FIRST, (7,))),
    (SELECTION, RaffleStatus.ACTIVE, RemoveNumbers(ANA, FIRST, (7, 8))),
    (SELECTION, RaffleStatus.ACTIVE, SwapNumbers(ANA, FIRST, (7,), (9, 10))),
    (SELECTION, RaffleStatus.ACTIVE, StartCheckout(ANA, FIRST)),
    (SELECTION, RaffleStatus.ACTIVE, ExtendReservation(ANA, FIRST, NOW + 10 * MINUTE)),
    (CHECKOUT, RaffleStatus.ACTIVE, ExtendReservation(ANA, FIRST, NOW + 5 * MINUTE)),
    (SELECTION, RaffleStatus.ACTIVE, CancelReservation(ANA, FIRST)),
    (CHECKOUT, RaffleStatus.ACTIVE, CancelReservation(ANA, FIRST)),
    (CHECKOUT, RaffleStatus.ACTIVE, StartPayment(ANA, FIRST, PAYMENT)),
    (REVIEW, RaffleStatus.ACTIVE, StartReview(FIRST, PAYMENT, NOW + 25 * HOUR)),
    (REVIEW, RaffleStatus.ACTIVE, EndPayment(FIRST, PAYMENT)),
    (CHECKOUT, RaffleStatus.ACTIVE, paid(7, 8)),
    (REVIEW, RaffleStatus.ACTIVE, paid(7, 8)),
    (Phase.EXPIRED, RaffleStatus.ACTIVE, paid(7, 8)),
    (Phase.COMPLETED, RaffleStatus.ACTIVE, RefundNumbers(FIRST, PAYMENT, ANA, (7,))),
    (SELECTION, RaffleStatus.ACTIVE, ExtendDeadlines(MINUTE, NOW + 1)),
    (None, RaffleStatus.DRAFT, PublishRaffle(ORGANIZER)),
    (None, RaffleStatus.ACTIVE, PauseRaffle(ORGANIZER)),
    (None, RaffleStatus.PAUSED, ResumeRaffle(ORGANIZER)),
    (None, RaffleStatus.ACTIVE, CloseRaffle(ORGANIZER)),
]

OF_A_BUYER: list[Command] = [
    ReserveNumbers(BETO, FIRST, (9,)),
    QuickPick(BETO, FIRST, 3, entropy=1),
    AddNumbers(BETO, FIRST, (9,)),
    RemoveNumbers(BETO, FIRST, (7,)),
    SwapNumbers(BETO, FIRST, (7,), (9,)),
    StartCheckout(BETO, FIRST),
    StartPayment(BETO, FIRST, PAYMENT),
    ExtendReservation(BETO, FIRST),
    CancelReservation(BETO, FIRST),
]


def named(command: Command, reservation_id: object) -> Command:
    """The same command about another reservation."""
    values = {f: getattr(command, f) for f in command.__struct_fields__}
    return type(command)(**(values | {"reservation_id": reservation_id}))


def ended(phase: Phase, *, forgotten: bool) -> Raffle:
    """A raffle where FIRST, of 7 and 8, has ended; forgotten: only its id and phase are known."""
    raffle = a_raffle()
    reservation = a_hold(raffle, 7, 8, phase=phase)
    if forgotten:
        packed = reservation.id.bytes + bytes([PHASE_CODES.index(phase)])
        raffle.ended = EndedReservations(packed)
    return raffle


# -- the same command twice ----------------------------------------------------------------------


def test_the_list_of_commands_below_is_complete() -> None:
    listed = {type(command) for _, _, command in EVERY_COMMAND} | {ExpireDue, FindReservation}

    assert listed == set(get_args(Command))


@pytest.mark.parametrize(("phase", "status", "command"), EVERY_COMMAND)
def test_a_command_sent_twice_has_one_effect(
    phase: Phase | None, status: RaffleStatus, command: Command
) -> None:
    raffle = a_raffle(status)
    if phase is not None:
        a_hold(raffle, 7, 8, phase=phase)
    assert do(raffle, command, NOW + 1)
    once = everything(raffle)

    assert do(raffle, command, NOW + 2) == ()

    assert everything(raffle) == once


def test_what_is_due_is_due_once() -> None:
    raffle = a_raffle()
    due = a_hold(raffle, 7).expires_at

    assert len(do(raffle, ExpireDue(), due)) == 1
    assert do(raffle, ExpireDue(), due) == ()


def test_a_reservation_that_was_changed_since_is_not_reset_by_a_late_retry() -> None:
    raffle = a_raffle()
    reserve = ReserveNumbers(ANA, FIRST, (7, 8))
    do(raffle, reserve)
    do(raffle, RemoveNumbers(ANA, FIRST, (8,)))

    assert do(raffle, reserve) == ()
    assert the(raffle).numbers == (7,)


@pytest.mark.parametrize("user", [ANA, BETO])
def test_a_question_changes_nothing_whoever_asks(user: UUID) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7)
    before = everything(raffle)

    assert do(raffle, FindReservation(user)) == ()
    assert everything(raffle) == before


# -- strangers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", OF_A_BUYER)
@pytest.mark.parametrize("phase", [*Phase])
def test_nobody_touches_the_reservation_of_somebody_else(phase: Phase, command: Command) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, 8, phase=phase)

    assert refused(raffle, command).code is RejectionCode.FORBIDDEN


def test_the_buyers_commands_above_are_all_there_are() -> None:
    both = {"user_id", "reservation_id"}
    with_both = {kind for kind in get_args(Command) if both <= set(kind.__struct_fields__)}

    assert {type(command) for command in OF_A_BUYER} == with_both - {
        CompleteReservation,
        RefundNumbers,
    }


# -- ids that do not exist, or no longer ---------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        *(c for c in OF_A_BUYER if not isinstance(c, ReserveNumbers | QuickPick)),
        StartReview(FIRST, PAYMENT, NOW + HOUR),
        paid(7),
        RefundNumbers(FIRST, PAYMENT, ANA, (7,)),
    ],
)
def test_a_reservation_that_never_was_is_not_found(command: Command) -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, user=BETO)

    assert refused(raffle, named(command, NOBODYS)).code is RejectionCode.NOT_FOUND


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (Phase.EXPIRED, RejectionCode.RESERVATION_EXPIRED),
        (Phase.CANCELLED, RejectionCode.WRONG_PHASE),
        (Phase.COMPLETED, RejectionCode.WRONG_PHASE),
    ],
)
@pytest.mark.parametrize(
    "command", [ReserveNumbers(ANA, FIRST, (9,)), QuickPick(ANA, FIRST, 3, entropy=1)]
)
def test_an_id_that_has_ended_never_comes_back(
    phase: Phase, code: RejectionCode, command: Command, forgotten: bool
) -> None:
    raffle = ended(phase, forgotten=forgotten)

    refusal = refused(raffle, command)

    assert refusal.code is code
    assert refusal.params == ({} if phase is Phase.EXPIRED else {"phase": phase.value})


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize("phase", [Phase.EXPIRED, Phase.CANCELLED, Phase.COMPLETED])
@pytest.mark.parametrize(
    "command",
    [
        command
        for _, _, command in EVERY_COMMAND
        if hasattr(command, "reservation_id")
        and not isinstance(command, CompleteReservation | RefundNumbers)
    ],
)
def test_nothing_happens_to_a_reservation_that_has_ended(
    command: Command, phase: Phase, forgotten: bool
) -> None:
    raffle = ended(phase, forgotten=forgotten)
    before = everything(raffle)

    decision = decide(raffle, command, NOW + 1)

    if isinstance(decision, Rejection):
        expired = phase is Phase.EXPIRED
        reason = RejectionCode.RESERVATION_EXPIRED if expired else RejectionCode.WRONG_PHASE
        assert decision.code is reason
    else:
        # What the command itself had done once, it says again while the memory is fresh.
        assert decision == ()
        assert not forgotten or isinstance(command, EndPayment)
    assert everything(raffle) == before


def test_a_numbers_own_history_does_not_mix_up_two_reservations() -> None:
    raffle = a_raffle()
    a_hold(raffle, 7, phase=Phase.CANCELLED)
    a_hold(raffle, 7, user=BETO, reservation_id=OTHER)

    assert do(raffle, CancelReservation(ANA, FIRST)) == ()
    assert the(raffle, OTHER).phase is Phase.SELECTION
