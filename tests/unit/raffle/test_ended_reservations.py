"""The memory of what has ended: whole while it is recent, 17 bytes after, never wrong."""

from __future__ import annotations

from uuid import UUID

import pytest

from sorteos_actors.raffle import Phase, Reservation
from sorteos_actors.raffle.model import PHASE_CODES, EndedReservations
from tests.builders import ANA, NOW


def an_ended(number: int, phase: Phase = Phase.COMPLETED) -> Reservation:
    return Reservation(
        id=UUID(int=number),
        user_id=ANA,
        numbers=(number,),
        phase=phase,
        unit_price=1,
        created_at=NOW,
        expires_at=NOW,
        ended_at=NOW,
    )


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EndedReservations, "RECENT", 3)


def test_nothing_is_known_at_first() -> None:
    ended = EndedReservations()

    assert ended.phase(UUID(int=1)) is None
    assert ended.recent(UUID(int=1)) is None


def test_a_recent_one_is_whole() -> None:
    ended = EndedReservations()
    ended.add(an_ended(1))

    assert ended.recent(UUID(int=1)) == an_ended(1)
    assert ended.phase(UUID(int=1)) is Phase.COMPLETED


@pytest.mark.usefixtures("short_memory")
def test_the_oldest_is_cut_down_to_its_phase_and_never_forgotten() -> None:
    ended = EndedReservations()
    phases = [Phase.CANCELLED, Phase.EXPIRED, Phase.COMPLETED]
    for number in range(10):
        ended.add(an_ended(number, phases[number % 3]))

    assert [ended.recent(UUID(int=n)) is not None for n in range(10)] == [False] * 7 + [True] * 3
    assert [ended.phase(UUID(int=n)) for n in range(10)] == [phases[n % 3] for n in range(10)]


@pytest.mark.usefixtures("short_memory")
def test_what_the_store_brings_as_recent_is_recent_in_that_order() -> None:
    ended = EndedReservations(recent=[an_ended(n) for n in (5, 1, 3)])
    ended.add(an_ended(9))

    assert ended.recent(UUID(int=5)) is None
    assert ended.phase(UUID(int=5)) is Phase.COMPLETED
    assert ended.recent(UUID(int=1)) == an_ended(1)


def test_every_phase_has_a_code_and_fits_a_byte() -> None:
    assert sorted(PHASE_CODES) == sorted(Phase)
    for code, phase in enumerate(PHASE_CODES):
        packed = UUID(int=1).bytes + bytes([code])
        assert EndedReservations(packed).phase(UUID(int=1)) is phase


def test_a_record_is_an_id_and_a_phase() -> None:
    assert EndedReservations.RECORD == 17
