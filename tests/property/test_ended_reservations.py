"""The packed memory of ended reservations against a dict."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from sorteos_actors.raffle import Phase, Reservation
from sorteos_actors.raffle.model import PHASE_CODES, EndedReservations
from tests.builders import ANA, NOW

ids = st.one_of(
    st.uuids(),
    # Neighbours, and ids whose signed and unsigned orders differ.
    st.sampled_from([0, 1, 2, 255, 256, 2**63, 2**127 - 1, 2**127, 2**128 - 1]).map(
        lambda n: UUID(int=n)
    ),
)
histories = st.dictionaries(ids, st.sampled_from(Phase), max_size=60)


def packed(history: dict[UUID, Phase]) -> bytes:
    records = (id_.bytes + bytes([PHASE_CODES.index(p)]) for id_, p in history.items())
    return b"".join(sorted(records))


def whole(id_: UUID, phase: Phase) -> Reservation:
    return Reservation(
        id=id_,
        user_id=ANA,
        numbers=(1,),
        phase=phase,
        unit_price=1,
        created_at=NOW,
        expires_at=NOW,
    )


@settings(max_examples=150, deadline=None)
@given(histories, histories, ids)
def test_every_id_that_ever_ended_is_known_with_its_phase_and_no_other(
    old: dict[UUID, Phase], new: dict[UUID, Phase], stranger: UUID
) -> None:
    ended = EndedReservations(packed(old))
    for id_, phase in new.items():
        ended.add(whole(id_, phase))
    everyone = old | new

    assert {id_: ended.phase(id_) for id_ in everyone} == everyone
    assert ended.phase(stranger) is everyone.get(stranger)
    assert [id_ for id_ in everyone if ended.recent(id_) is not None] == [
        id_ for id_ in everyone if id_ in new
    ]


@settings(max_examples=100, deadline=None)
@given(histories, st.integers(0, 8))
def test_a_short_memory_keeps_the_newest_whole_and_the_phase_of_all(
    history: dict[UUID, Phase], recent: int
) -> None:
    class Short(EndedReservations):
        RECENT = recent

    ended = Short()
    for id_, phase in history.items():
        ended.add(whole(id_, phase))

    newest = list(history)[max(0, len(history) - recent) :]
    assert [id_ for id_ in history if ended.recent(id_) is not None] == newest
    assert {id_: ended.phase(id_) for id_ in history} == history
