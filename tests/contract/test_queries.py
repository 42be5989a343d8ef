"""What every `Queries` promises: pages show committed state."""

from __future__ import annotations

from uuid import UUID, uuid4

from sorteos_actors.ports import Queries, RaffleStore, ReservationRecord
from sorteos_actors.raffle import Phase, RaffleStatus
from sorteos_actors.raffle.commands import (
    CancelReservation,
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
)
from tests.builders import (
    ANA,
    BETO,
    FIRST,
    HOUR,
    NOBODYS,
    OTHER,
    PAYMENT,
    THIRD,
    paid,
    some_terms,
    the,
)
from tests.contract.conftest import ARaffle, Fund

PUBLIC = (RaffleStatus.ACTIVE, RaffleStatus.PAUSED)


async def test_a_raffle_is_shown_with_its_position_and_counts(
    queries: Queries, a_raffle: ARaffle, fund: Fund
) -> None:
    owner = await a_raffle()
    await owner.do(
        ReserveNumbers(ANA, FIRST, (1, 2)),
        StartCheckout(ANA, FIRST),
        await fund(owner, paid(1, 2)),
        ReserveNumbers(BETO, OTHER, (3,)),
    )
    shown = await queries.raffle(owner.raffle.terms.id)
    assert shown is not None
    assert shown.terms == owner.raffle.terms
    assert (shown.status, shown.epoch, shown.seq) == (RaffleStatus.ACTIVE, owner.epoch, 4)
    assert (shown.reserved_count, shown.sold_count) == (1, 2)
    assert await queries.raffle(uuid4()) is None


async def test_raffles_come_newest_first_in_pages_with_their_total(
    store: RaffleStore, queries: Queries
) -> None:
    made = []
    for status in (RaffleStatus.ACTIVE, RaffleStatus.PAUSED, RaffleStatus.DRAFT) * 2:
        made.append(terms := some_terms(id=uuid4()))
        await store.create(terms, status=status)
    shown = [made[n].id for n in (4, 3, 1, 0)]
    first, total = await queries.raffles(statuses=PUBLIC, organizer_id=None, limit=3, offset=0)
    rest, _ = await queries.raffles(statuses=PUBLIC, organizer_id=None, limit=3, offset=3)
    beyond, still = await queries.raffles(statuses=PUBLIC, organizer_id=None, limit=3, offset=9)
    assert [summary.terms.id for summary in (*first, *rest)] == shown
    assert total == still == 4
    assert beyond == []


async def test_an_organizer_sees_his_drafts_and_nobody_elses(
    store: RaffleStore, queries: Queries
) -> None:
    mine, theirs, public = (some_terms(id=uuid4(), organizer_id=UUID(int=n)) for n in (1, 2, 3))
    await store.create(mine, status=RaffleStatus.DRAFT)
    await store.create(theirs, status=RaffleStatus.DRAFT)
    await store.create(public, status=RaffleStatus.ACTIVE)
    found, total = await queries.raffles(
        statuses=PUBLIC, organizer_id=mine.organizer_id, limit=10, offset=0
    )
    assert [summary.terms.id for summary in found] == [public.id, mine.id]
    assert total == 2


async def test_a_reservation_is_found_alive_and_ended_with_its_raffles_terms(
    queries: Queries, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    await owner.do(ReserveNumbers(ANA, FIRST, (2, 1)))
    alive = ReservationRecord(owner.raffle.terms, the(owner.raffle, FIRST))
    assert await queries.reservation(FIRST) == alive
    assert await queries.live_reservation(owner.raffle.terms.id, ANA) == alive
    await owner.do(CancelReservation(ANA, FIRST))
    ended = await queries.reservation(FIRST)
    assert ended == ReservationRecord(owner.raffle.terms, the(owner.raffle, FIRST))
    assert ended.reservation.phase is Phase.CANCELLED
    assert ended.reservation.ended_at == owner.now
    assert await queries.live_reservation(owner.raffle.terms.id, ANA) is None
    assert await queries.live_reservation(uuid4(), ANA) is None
    assert await queries.reservation(NOBODYS) is None


async def test_who_copies_an_id_into_another_raffle_hides_nobodys_reservation(
    queries: Queries, a_raffle: ARaffle
) -> None:
    victim, copycat = await a_raffle(), await a_raffle()
    await victim.do(ReserveNumbers(ANA, FIRST, (1,)))
    await copycat.do(ReserveNumbers(BETO, FIRST, (1,)), now=victim.now + 1)
    found = await queries.reservation(FIRST)
    assert found is not None
    assert found.reservation.user_id == ANA


async def test_a_person_sees_own_reservations_of_all_raffles_newest_first(
    queries: Queries, a_raffle: ARaffle
) -> None:
    one, another = await a_raffle(), await a_raffle()
    start = one.now
    await one.do(ReserveNumbers(ANA, FIRST, (1,)), ReserveNumbers(BETO, uuid4(), (2,)))
    await one.do(CancelReservation(ANA, FIRST))
    await another.do(ReserveNumbers(ANA, OTHER, (1,)), now=start + HOUR)
    await one.do(ReserveNumbers(ANA, THIRD, (1,)), now=start + 2 * HOUR)
    found = await queries.reservations_of(ANA, 10)
    assert [record.reservation.id for record in found] == [THIRD, OTHER, FIRST]
    assert [record.terms.id for record in found] == [
        one.raffle.terms.id,
        another.raffle.terms.id,
        one.raffle.terms.id,
    ]
    assert await queries.reservations_of(ANA, 1) == found[:1]
    assert await queries.reservations_of(UUID(int=77), 10) == []


async def test_a_ticket_is_what_was_bought_without_what_went_back(
    queries: Queries, a_raffle: ARaffle, fund: Fund
) -> None:
    owner = await a_raffle()
    raffle_id = owner.raffle.terms.id
    await owner.do(ReserveNumbers(ANA, FIRST, (3, 1, 2)), StartCheckout(ANA, FIRST))
    assert await queries.ticket(raffle_id, FIRST) is None
    await owner.do(await fund(owner, paid(3, 1, 2)))
    ticket = await queries.ticket(raffle_id, FIRST)
    assert ticket is not None
    assert (ticket.terms, ticket.owned) == (owner.raffle.terms, (1, 2, 3))
    assert (ticket.reservation.phase, ticket.reservation.ended_at) == (Phase.COMPLETED, owner.now)
    assert await queries.ticket(uuid4(), FIRST) is None
    assert await queries.ticket(raffle_id, NOBODYS) is None

    await owner.do(
        RefundNumbers(FIRST, PAYMENT, ANA, (2,)),
        ReserveNumbers(BETO, OTHER, (2,)),
        StartCheckout(BETO, OTHER),
        await fund(owner, paid(2, user=BETO, reservation_id=OTHER)),
    )
    less = await queries.ticket(raffle_id, FIRST)
    assert less is not None
    assert (less.reservation, less.owned) == (ticket.reservation, (1, 3))
    sold_again = await queries.ticket(raffle_id, OTHER)
    assert sold_again is not None
    assert sold_again.owned == (2,)
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (1, 3)))
    nothing = await queries.ticket(raffle_id, FIRST)
    assert nothing is not None
    assert nothing.owned == ()
