"""Between rows and what the core knows. Pure: no connection, no clock.

A row is anything that gives a value for a column's name. Times are milliseconds on both sides; the
statements convert them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from sorteos_actors.errors import GuardViolated
from sorteos_actors.ports import Batch, JournalEntry, JournalRow
from sorteos_actors.raffle import (
    Event,
    Millis,
    Phase,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Reservation,
    deadline,
)
from sorteos_actors.raffle.events import NumbersRefunded, NumbersReserved, NumbersSold
from sorteos_actors.raffle.model import BLOCKED, RESERVED, SOLD, EndedReservations
from sorteos_actors.store.claims import ClaimChanges, net_changes
from sorteos_actors.store.payment_changes import payment_changes

TERMS_COLUMNS = """
    r.id AS raffle_id, r.organizer_id, r.title, r.description, r.number_count, r.price, r.currency,
    r.max_numbers_per_user, r.selection_ms, r.checkout_ms, r.extension_ms, r.extensions_per_phase,
    r.max_hold_ms, time_to_ms(r.sales_close_at) AS sales_close_at, time_to_ms(r.draw_at) AS draw_at
"""
"""What `terms_from_row` needs, from ``raffles AS r``."""

SUMMARY_COLUMNS = f"{TERMS_COLUMNS}, r.status, r.epoch, r.seq, r.reserved_count, r.sold_count"
"""What `summary_from_row` needs, from ``raffles AS r``."""

RESERVATION_COLUMNS = """
    v.id AS reservation_id, v.user_id, v.phase, v.numbers, v.unit_price, v.extensions_used,
    time_to_ms(v.created_at) AS created_at, time_to_ms(v.expires_at) AS expires_at,
    time_to_ms(v.ended_at) AS ended_at, v.payment_id
"""
"""What `reservation_from_row` needs, from ``reservations AS v``."""


class Row(Protocol):
    """A row of a result."""

    def __getitem__(self, column: str) -> Any:
        """The value of a column."""


def event_to_json(event: Event) -> tuple[str, str]:
    """An event as its kind, and a JSON object with all the rest."""
    fields: dict[str, object] = msgspec.to_builtins(event)
    kind = fields.pop("type")
    assert isinstance(kind, str)
    return kind, msgspec.json.encode(fields).decode()


def event_from_row(kind: str, what: str) -> Event:
    """The event that `event_to_json` took apart. Raises `msgspec.ValidationError`."""
    fields = msgspec.json.decode(what, type=dict[str, Any])
    event: Event = msgspec.convert({"type": kind, **fields}, Event)
    return event


def journal_row_from_row(row: Row) -> JournalRow:
    """A journal entry with its position."""
    entry = JournalEntry(event_from_row(row["kind"], row["what"]), row["who"])
    return JournalRow(seq=row["seq"], epoch=row["epoch"], at=row["at"], entry=entry)


def terms_from_row(row: Row) -> RaffleTerms:
    """From `TERMS_COLUMNS`."""
    fields = {name: row[name] for name in RaffleTerms.__struct_fields__ if name != "id"}
    return RaffleTerms(id=row["raffle_id"], **fields)


def summary_from_row(row: Row) -> RaffleSummary:
    """From `SUMMARY_COLUMNS`."""
    return RaffleSummary(
        terms=terms_from_row(row),
        status=RaffleStatus(row["status"]),
        epoch=row["epoch"],
        seq=row["seq"],
        reserved_count=row["reserved_count"],
        sold_count=row["sold_count"],
    )


def reservation_from_row(row: Row) -> Reservation:
    """From `RESERVATION_COLUMNS`."""
    return Reservation(
        id=row["reservation_id"],
        user_id=row["user_id"],
        numbers=tuple(row["numbers"]),
        phase=Phase(row["phase"]),
        unit_price=row["unit_price"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        extensions_used=row["extensions_used"],
        ended_at=row["ended_at"],
        payment_id=row["payment_id"],
    )


def terms_arguments(terms: RaffleTerms, status: RaffleStatus) -> list[object]:
    """The fields of the terms in their order, then the status: for the insert."""
    return [*(getattr(terms, name) for name in terms.__struct_fields__), status.value]


def commit_arguments(batch: Batch) -> list[object]:
    """The arguments of ``commit_batch`` in their order.

    Raises `GuardViolated` when the batch contradicts itself.
    """
    changes, reservations = checked(batch)
    money = payment_changes(batch)
    users = {r.id: r.user_id for r in reservations}
    new = born(batch)
    journal = [event_to_json(entry.event) for entry in batch.entries]
    return [
        *(batch.raffle_id, batch.epoch, batch.seq, batch.status.value),
        *(batch.reserved_count, batch.sold_count, batch.last_outage_at),
        *([c.number for c in changes.released], [c.status for c in changes.released]),
        [c.reservation_id for c in changes.released],
        *([c.number for c in changes.sold], [c.reservation_id for c in changes.sold]),
        *([c.number for c in changes.taken], [c.status for c in changes.taken]),
        [c.reservation_id for c in changes.taken],
        [users[c.reservation_id] for c in changes.taken],
        *([r.id for r in reservations], [r.id in new for r in reservations]),
        *([r.user_id for r in reservations], [r.phase.value for r in reservations]),
        [array_literal(r.numbers) for r in reservations],
        [r.unit_price for r in reservations],
        *([r.created_at for r in reservations], [r.expires_at for r in reservations]),
        *([r.extensions_used for r in reservations], [r.ended_at for r in reservations]),
        [r.payment_id for r in reservations],
        *(list(money.started), list(money.started.values()), money.stopped, money.overdue),
        *([p.payment_id for p in money.paid], [p.reservation_id for p in money.paid]),
        *([array_literal(p.numbers) for p in money.paid], [p.amount for p in money.paid]),
        *(list(money.returned), [array_literal(numbers) for numbers in money.returned.values()]),
        *([kind for kind, _ in journal], [entry.who for entry in batch.entries]),
        [getattr(entry.event, "reservation_id", None) for entry in batch.entries],
        [what for _, what in journal],
    ]


def array_literal(numbers: Iterable[int]) -> str:
    """An array of arrays would need them all of one length: so each travels as its text."""
    return "{" + ",".join(map(str, numbers)) + "}"


def columns(rows: Iterable[Sequence[object]]) -> list[list[Any]]:
    """The arrays that a statement unnests into these rows."""
    return list(map(list, zip(*rows, strict=True)))


def born(batch: Batch) -> set[UUID]:
    """The reservations that this batch makes."""
    return {
        entry.event.reservation_id
        for entry in batch.entries
        if isinstance(entry.event, NumbersReserved | NumbersSold)
    }


def checked(batch: Batch) -> tuple[ClaimChanges, Sequence[Reservation]]:
    """The net changes of a batch, and the reservations to write, once each is sure to be there.

    What only gave numbers back has ended before, and its row stays as it is.
    Raises `GuardViolated` when events contradict each other, or touch a reservation whose state
    after the batch is missing: its row would silently stay as it was.
    """
    known = {r.id for r in batch.reservations}
    if len(known) != len(batch.reservations):
        raise GuardViolated("a batch names a reservation twice")
    changed: set[UUID] = set()
    refunded: set[UUID] = set()
    for entry in batch.entries:
        touched: UUID | None = getattr(entry.event, "reservation_id", None)
        if isinstance(entry.event, NumbersRefunded):
            refunded.add(entry.event.reservation_id)
        elif touched is not None:
            changed.add(touched)
            if touched not in known:
                raise GuardViolated(f"a batch touches {touched} and does not say what became of it")
    only_refunded = refunded - changed
    written = [r for r in batch.reservations if r.id not in only_refunded]
    return net_changes(entry.event for entry in batch.entries), written


def restore(
    summary: RaffleSummary,
    *,
    last_outage_at: Millis,
    reserved: Sequence[int],
    sold: Sequence[int],
    blocked: Sequence[int],
    live: Iterable[Reservation],
    sold_by_user: Mapping[UUID, int],
    returned: Mapping[UUID, frozenset[int]],
    ended: EndedReservations,
) -> Raffle:
    """A raffle from what is kept of it. Raises `GuardViolated` when its counts are not true."""
    if (summary.reserved_count, summary.sold_count) != (len(reserved), len(sold)):
        raise GuardViolated(
            f"raffle {summary.terms.id} counts {summary.reserved_count} reserved and "
            f"{summary.sold_count} sold; its claims are {len(reserved)} and {len(sold)}"
        )
    raffle = Raffle(summary.terms)
    raffle.status = summary.status
    raffle.seq = summary.seq
    board = raffle.board
    for state, numbers in ((RESERVED, reserved), (SOLD, sold), (BLOCKED, blocked)):
        for number in numbers:
            board[number] = state
    raffle.reserved_count = len(reserved)
    raffle.sold_count = len(sold)
    raffle.last_outage_at = last_outage_at
    raffle.reservations = {r.id: r for r in live}
    raffle.live_by_user = {r.user_id: r.id for r in raffle.reservations.values()}
    raffle.sold_by_user = dict(sold_by_user)
    raffle.returned = dict(returned)
    raffle.ended = ended
    deadline.rebuild(raffle)
    return raffle
