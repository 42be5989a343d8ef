"""What every `RaffleStore` promises: memory in the tests, PostgreSQL in the world."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from sorteos_actors.errors import Deposed, GuardViolated, RaffleNotFound
from sorteos_actors.ports import JournalEntry, Queries, RaffleStore
from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.raffle import Command, Phase, Raffle, RaffleStatus, events, replay
from sorteos_actors.raffle.commands import (
    AddNumbers,
    CancelReservation,
    PauseRaffle,
    RemoveNumbers,
    ReserveNumbers,
    StartCheckout,
    SwapNumbers,
)
from sorteos_actors.raffle.model import AVAILABLE, RESERVED, SOLD
from tests.builders import ANA, BETO, FIRST, HOUR, NOW, ORGANIZER, OTHER, THIRD, paid, some_terms
from tests.contract.conftest import ARaffle, Fund
from tests.contract.money import next_batch
from tests.contract.owner import Owner, everything_of
from tests.contract.traffic import Traffic

# -- making and loading ------------------------------------------------------------------------


async def test_making_a_raffle_twice_changes_nothing(store: RaffleStore, queries: Queries) -> None:
    terms = some_terms(id=uuid4(), sales_close_at=NOW + 1, draw_at=NOW + 2, title="Rifa «ñandú» 🎟")
    await store.create(terms, status=RaffleStatus.ACTIVE)
    await store.create(replace(terms, title="Another", price=1), status=RaffleStatus.DRAFT)
    made = await queries.raffle(terms.id)
    assert made is not None
    assert (made.terms, made.status, made.seq) == (terms, RaffleStatus.ACTIVE, 0)


async def test_an_unknown_raffle_is_not_found(store: RaffleStore) -> None:
    with pytest.raises(RaffleNotFound):
        await store.activate(uuid4(), node="test", url="")


async def test_a_fresh_raffle_has_all_numbers_available(a_raffle: ARaffle) -> None:
    owner = await a_raffle(number_count=1_000_000)
    assert owner.raffle.available_count == 1_000_000
    assert not any(owner.raffle.board)


@pytest.mark.parametrize("seed", range(5))
async def test_a_takeover_loads_exactly_what_was_committed(
    store: RaffleStore, payments: PaymentStore, a_raffle: ARaffle, seed: int
) -> None:
    owner = await a_raffle(number_count=24, max_numbers_per_user=12)
    traffic = Traffic(seed, await store.ping())
    raffle_id, kinds = owner.raffle.terms.id, Counter[str]()
    for turn in range(150):
        batch = await next_batch(payments, owner.raffle, traffic)
        for event in await owner.do(*batch, now=traffic.now):
            kinds[type(event).__name__] += 1
            traffic.note(event)
        if turn % 30 == 29:
            taken_over = await Owner.of(store, raffle_id)
            ever = traffic.reservation_ids
            assert everything_of(taken_over.raffle, ever) == everything_of(owner.raffle, ever)
            owner = taken_over
    assert len(kinds) >= 12, kinds


async def test_the_journal_replayed_is_the_loaded_raffle_and_the_counts_that_all_see(
    store: RaffleStore, queries: Queries, payments: PaymentStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle(number_count=24, max_numbers_per_user=12)
    traffic = Traffic(99, await store.ping())
    for _ in range(40):
        batch = await next_batch(payments, owner.raffle, traffic)
        for event in await owner.do(*batch, now=traffic.now):
            traffic.note(event)
    rows = await store.journal(owner.raffle.terms.id, 0, 100_000)
    assert [row.seq for row in rows] == list(range(1, owner.raffle.seq + 1))
    assert {row.epoch for row in rows} == {owner.epoch}
    again = Raffle(owner.raffle.terms)
    again.status = RaffleStatus.ACTIVE
    replay(again, (row.entry.event for row in rows))
    loaded = (await Owner.of(store, owner.raffle.terms.id)).raffle
    ever = traffic.reservation_ids
    assert everything_of(again, ever) == everything_of(loaded, ever)
    seen = await queries.raffle(loaded.terms.id)
    assert seen is not None
    assert (seen.reserved_count, seen.sold_count) == (
        loaded.board.count(RESERVED),
        loaded.board.count(SOLD),
    )
    assert seen.seq == loaded.seq


async def test_what_is_loaded_is_a_copy_that_nobody_else_sees(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    owner.decided([ReserveNumbers(ANA, FIRST, (1,))])  # decided, never committed
    fresh = await Owner.of(store, owner.raffle.terms.id)
    assert fresh.raffle.seq == 0
    assert not fresh.raffle.reservations


# -- the fence ---------------------------------------------------------------------------------


async def test_every_takeover_has_a_greater_epoch_that_follows_the_clock(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    owners = [owner, *[await Owner.of(store, owner.raffle.terms.id) for _ in range(3)]]
    epochs = [owner.epoch for owner in owners]
    assert epochs == sorted(set(epochs))
    assert abs(epochs[0] - await store.ping() // 1000) < 60
    assert epochs[-1] < 2**32


async def test_a_deposed_owner_writes_nothing(store: RaffleStore, a_raffle: ARaffle) -> None:
    old = await a_raffle()
    new = await Owner.of(store, old.raffle.terms.id)
    with pytest.raises(Deposed):
        await old.do(ReserveNumbers(ANA, FIRST, (1,)))
    await new.do(ReserveNumbers(BETO, OTHER, (1,)))
    loaded = (await Owner.of(store, old.raffle.terms.id)).raffle
    assert set(loaded.reservations) == {OTHER}


async def test_a_batch_sent_twice_is_applied_once(store: RaffleStore, a_raffle: ARaffle) -> None:
    owner = await a_raffle()
    batch = owner.batch(owner.decided([ReserveNumbers(ANA, FIRST, (1, 2))]))
    await store.commit(batch)
    with pytest.raises(Deposed):
        await store.commit(batch)
    await nothing_but(store, owner)


async def test_a_batch_for_a_raffle_that_is_not_there_is_deposed(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    batch = owner.batch(owner.decided([PauseRaffle(ORGANIZER)]))
    with pytest.raises(Deposed):
        await store.commit(replace(batch, raffle_id=uuid4()))


# -- net effects -------------------------------------------------------------------------------


async def test_numbers_may_change_hands_inside_one_batch(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    await owner.do(ReserveNumbers(ANA, FIRST, (1, 2, 3)))
    await owner.do(
        RemoveNumbers(ANA, FIRST, (1,)),
        ReserveNumbers(BETO, OTHER, (1, 7)),  # released, then taken by another
        SwapNumbers(ANA, FIRST, (2,), (4,)),
        AddNumbers(ANA, FIRST, (2,)),  # released, then taken back
        AddNumbers(BETO, OTHER, (8, 9)),
        RemoveNumbers(BETO, OTHER, (8,)),  # taken, then released
    )
    await nothing_but(store, owner)
    assert owner.raffle.reservations[FIRST].numbers == (3, 4, 2)
    assert owner.raffle.reservations[OTHER].numbers == (1, 7, 9)


async def test_a_person_may_cancel_and_reserve_anew_inside_one_batch(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    await owner.do(ReserveNumbers(ANA, FIRST, (1, 2)))
    await owner.do(
        CancelReservation(ANA, FIRST),
        ReserveNumbers(ANA, OTHER, (2, 3)),
        CancelReservation(ANA, OTHER),  # born and ended in the same batch
        ReserveNumbers(ANA, THIRD, (3, 1)),
    )
    await nothing_but(store, owner)
    assert owner.raffle.ended.phase(OTHER) is Phase.CANCELLED


async def test_a_reservation_may_be_born_and_sold_inside_one_batch(
    store: RaffleStore, a_raffle: ARaffle, fund: Fund
) -> None:
    owner = await a_raffle()
    await owner.do(
        ReserveNumbers(ANA, FIRST, (1, 2)),
        StartCheckout(ANA, FIRST),
        await fund(owner, paid(1, 2)),
        ReserveNumbers(ANA, OTHER, (3,)),
    )
    await nothing_but(store, owner)
    assert owner.raffle.sold_by_user == {ANA: 2}


# -- the guards: an owner whose memory is wrong --------------------------------------------------


async def test_a_number_is_never_claimed_twice(owner: Owner) -> None:
    owner.raffle.board[1] = AVAILABLE
    await violates(owner, ReserveNumbers(BETO, OTHER, (50, 1)))


async def test_a_sold_number_is_never_claimed_again(owner: Owner) -> None:
    owner.raffle.board[11] = AVAILABLE
    await violates(owner, ReserveNumbers(BETO, OTHER, (50, 11)))


async def test_an_ended_reservation_is_never_born_again(owner: Owner) -> None:
    await owner.do(CancelReservation(ANA, FIRST))
    owner.raffle.ended = type(owner.raffle.ended)()
    await violates(owner, ReserveNumbers(ANA, FIRST, (60,)))


async def test_an_ended_reservation_never_changes_again(owner: Owner) -> None:
    alive = owner.raffle.reservations[FIRST]
    await owner.do(CancelReservation(ANA, FIRST))
    owner.raffle.reservations[FIRST] = alive
    await violates(owner, StartCheckout(ANA, FIRST))


async def test_a_person_never_has_two_live_reservations(owner: Owner) -> None:
    del owner.raffle.live_by_user[ANA]
    await violates(owner, ReserveNumbers(ANA, OTHER, (60,)))


async def test_a_reservation_never_changes_its_owner(owner: Owner) -> None:
    stolen = replace(owner.raffle.reservations[FIRST], user_id=BETO)
    owner.raffle.reservations[FIRST] = stolen
    await violates(owner, StartCheckout(BETO, FIRST))


async def test_nobody_releases_what_he_does_not_hold(owner: Owner) -> None:
    await owner.do(ReserveNumbers(BETO, OTHER, (50, 51)))
    wrong = replace(owner.raffle.reservations[OTHER], numbers=(50, 51, 1))
    owner.raffle.reservations[OTHER] = wrong
    await violates(owner, RemoveNumbers(BETO, OTHER, (1,)))


async def test_nobody_buys_what_he_does_not_hold(owner: Owner, fund: Fund) -> None:
    await owner.do(ReserveNumbers(BETO, OTHER, (50, 51)), StartCheckout(BETO, OTHER), now=NOW)
    wrong = replace(owner.raffle.reservations[OTHER], numbers=(50, 1))
    owner.raffle.reservations[OTHER] = wrong
    await violates(owner, await fund(owner, paid(50, 1, user=BETO, reservation_id=OTHER)))


@pytest.mark.parametrize("field", ["reserved_count", "sold_count"])
async def test_counts_that_disagree_with_the_rows_are_refused(owner: Owner, field: str) -> None:
    setattr(owner.raffle, field, getattr(owner.raffle, field) + 1)
    await violates(owner, ReserveNumbers(BETO, OTHER, (50,)))


async def test_a_number_beyond_the_board_is_refused(owner: Owner) -> None:
    owner.raffle.board.extend(bytes(10))
    owner.raffle.terms = replace(owner.raffle.terms, number_count=110)
    await violates(owner, ReserveNumbers(BETO, OTHER, (105,)))


async def test_a_batch_that_hides_what_became_of_a_reservation_is_refused(
    store: RaffleStore, owner: Owner
) -> None:
    batch = owner.batch(owner.decided([ReserveNumbers(BETO, OTHER, (50,))]))
    with pytest.raises(GuardViolated):
        await store.commit(replace(batch, reservations=[]))


# -- the journal, and what the world may do beside the owner ---------------------------------------


async def test_the_journal_tells_what_who_and_when_from_any_position(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    before = await store.ping()
    await owner.do(ReserveNumbers(ANA, FIRST, (1,)), who=ANA)
    await owner.do(PauseRaffle(ORGANIZER))
    raffle_id = owner.raffle.terms.id
    first, second = await store.journal(raffle_id, 0, 10)
    assert first.entry == JournalEntry(
        events.NumbersReserved(
            reservation_id=FIRST,
            user_id=ANA,
            numbers=(1,),
            unit_price=owner.raffle.terms.price,
            at=owner.now,
            expires_at=owner.now + owner.raffle.terms.selection_ms,
        ),
        ANA,
    )
    assert second.entry == JournalEntry(events.StatusChanged(RaffleStatus.PAUSED, owner.now), None)
    assert before <= first.at <= second.at <= await store.ping()
    assert await store.journal(raffle_id, 1, 10) == [second]
    assert await store.journal(raffle_id, 0, 1) == [first]
    assert await store.journal(uuid4(), 0, 10) == []


async def test_a_commit_returns_the_time_of_the_store(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    before = await store.ping()
    batch = owner.batch(owner.decided([PauseRaffle(ORGANIZER)]))
    assert before <= await store.commit(batch) <= await store.ping()


async def test_raffles_with_something_due_are_found_longest_overdue_first(
    store: RaffleStore, a_raffle: ARaffle, fund: Fund
) -> None:
    now = await store.ping()
    held = await a_raffle()
    await held.do(ReserveNumbers(ANA, FIRST, (1,)), now=now - 2 * HOUR)
    await a_raffle(sales_close_at=now - 3 * HOUR)
    closing = await a_raffle(status=RaffleStatus.PAUSED, sales_close_at=now - 3 * HOUR - 1)
    resting = await a_raffle(sales_close_at=now + HOUR)
    await resting.do(ReserveNumbers(ANA, FIRST, (1,)), now=now)
    await a_raffle(status=RaffleStatus.CLOSED, sales_close_at=now - HOUR)
    bought = await a_raffle()
    await bought.do(
        ReserveNumbers(ANA, FIRST, (1,)),
        StartCheckout(ANA, FIRST),
        await fund(bought, paid(1)),
        now=now - 2 * HOUR,
    )
    found = await store.overdue(0, 10)
    assert len(found) == 3
    assert found[0] == closing.raffle.terms.id
    assert found[2] == held.raffle.terms.id
    assert await store.overdue(0, 1) == found[:1]
    assert await store.overdue(2 * HOUR, 10) == found[:2]


async def test_a_quarantined_raffle_is_paused_and_its_owner_deposed(
    store: RaffleStore, queries: Queries, a_raffle: ARaffle
) -> None:
    owner = await a_raffle()
    raffle_id = owner.raffle.terms.id
    await owner.do(ReserveNumbers(ANA, FIRST, (1,)))
    await store.quarantine(raffle_id, "it keeps failing")
    with pytest.raises(Deposed):
        await owner.do(ReserveNumbers(BETO, OTHER, (2,)))
    (row,) = await store.journal(raffle_id, 1, 10)
    assert isinstance(row.entry.event, events.StatusChanged)
    assert row.entry.event.status is RaffleStatus.PAUSED
    assert row.entry.event.reason == "it keeps failing"
    assert row.entry.event.at == row.at
    assert row.epoch > owner.epoch
    loaded = (await Owner.of(store, raffle_id)).raffle
    assert loaded.status is RaffleStatus.PAUSED
    assert set(loaded.reservations) == {FIRST}


async def test_only_an_active_raffle_can_be_quarantined(
    store: RaffleStore, a_raffle: ARaffle
) -> None:
    owner = await a_raffle(status=RaffleStatus.DRAFT)
    await store.quarantine(owner.raffle.terms.id, "it keeps failing")
    await store.quarantine(uuid4(), "it keeps failing")
    assert (await Owner.of(store, owner.raffle.terms.id)).raffle.status is RaffleStatus.DRAFT


# -- shared ------------------------------------------------------------------------------------


@pytest.fixture
async def owner(a_raffle: ARaffle, fund: Fund) -> Owner:
    """Ana holds 1 and 2; 11 and 12 are sold to somebody."""
    owner = await a_raffle()
    await owner.do(
        ReserveNumbers(UUID(int=5), THIRD, (11, 12)),
        StartCheckout(UUID(int=5), THIRD),
        await fund(owner, paid(11, 12, user=UUID(int=5), reservation_id=THIRD)),
        ReserveNumbers(ANA, FIRST, (1, 2)),
    )
    return owner


async def violates(owner: Owner, *commands: Command) -> None:
    """The batch is refused by the schema, and nothing of it was written."""
    before = await Owner.of(owner.store, owner.raffle.terms.id)
    owner.epoch = before.epoch
    with pytest.raises(GuardViolated):
        await owner.do(*commands, PauseRaffle(ORGANIZER))
    after = await Owner.of(owner.store, owner.raffle.terms.id)
    ever = (FIRST, OTHER, THIRD)
    assert everything_of(after.raffle, ever) == everything_of(before.raffle, ever)


async def nothing_but(store: RaffleStore, owner: Owner) -> None:
    """A fresh load is what the owner believes."""
    loaded = (await Owner.of(store, owner.raffle.terms.id)).raffle
    ever = (FIRST, OTHER, THIRD)
    assert everything_of(loaded, ever) == everything_of(owner.raffle, ever)
