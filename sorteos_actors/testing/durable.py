"""Whether a database kept what was acknowledged, and whether its three tellings are one story.

The journal is folded here by rules of its own, a second time and simpler than in the product, so that
an error there does not hide itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sorteos_actors.ports import JournalRow
from sorteos_actors.raffle import Reservation
from sorteos_actors.testing.history import Operation
from sorteos_actors.testing.journal_fold import Finding, Fold, Moment


class Claim(msgspec.Struct, frozen=True):
    """A row of ``number_claims``. `status`: reserved, sold or blocked."""

    number: int
    status: str
    reservation_id: UUID | None


class DatabaseState(msgspec.Struct, frozen=True, kw_only=True):
    """One raffle as its rows say at one instant, nothing left out; the journal in order of `seq`."""

    epoch: int
    seq: int
    reservations: Sequence[Reservation]
    claims: Sequence[Claim]
    journal: Sequence[JournalRow]


def check_durable(history: Iterable[Operation], database: DatabaseState) -> list[Finding]:
    """Everything that is wrong; empty when each acknowledgement is durable and the rows agree.

    The history may be a part: what was not recorded is not missed.
    """
    fold = Fold()
    for row in database.journal:
        fold.take(row)
    return [
        *_journal(database),
        *fold.findings,
        *_rows(fold, database),
        *_holders(fold, database),
        *_acknowledgements(history, fold),
    ]


def name_picks(history: Iterable[Operation], database: DatabaseState) -> list[Operation]:
    """The same history, with the numbers of quick picks of unknown outcome from the journal.

    Without, such a pick explains too much: any number that somebody found taken.
    """
    fold = Fold()
    for row in database.journal:
        fold.take(row)
    named = []
    for operation in history:
        if operation.kind == "quick_pick" and operation.outcome == "unknown":
            moments = fold.moments.get(operation.reservation_id, [])
            had = frozenset[int]().union(*(moment.numbers for moment in moments))
            operation = replace(operation, kind="add", take=tuple(sorted(had)))
        named.append(operation)
    return named


def _journal(database: DatabaseState) -> Iterable[Finding]:
    seqs = [row.seq for row in database.journal]
    if seqs != list(range(1, database.seq + 1)):
        expected = set(range(1, database.seq + 1))
        missing, extra = sorted(expected - set(seqs))[:5], sorted(set(seqs) - expected)[:5]
        yield Finding(
            "journal_gap",
            f"the raffle is at seq {database.seq}; its journal has {len(seqs)} rows, "
            f"misses {missing}, has also {extra}",
        )
    epoch = 0
    for row in database.journal:
        if row.epoch < epoch:
            yield Finding(
                "epoch_decreased", f"seq {row.seq} is of epoch {row.epoch}, after {epoch}"
            )
        epoch = max(epoch, row.epoch)
    if epoch > database.epoch:
        yield Finding("epoch_decreased", f"the raffle is at {database.epoch}, after {epoch}")


def _rows(fold: Fold, database: DatabaseState) -> Iterable[Finding]:
    """The journal, folded, gives exactly the claims and the reservations."""
    told = {number: (status, id_) for number, (status, id_) in fold.claims.items()}
    kept = {
        claim.number: (claim.status, claim.reservation_id)
        for claim in database.claims
        if claim.status != "blocked"
    }
    for number in sorted(told.keys() | kept.keys()):
        if told.get(number) != kept.get(number):
            yield Finding(
                "fold_differs",
                f"number {number}: {told.get(number)} by the journal, {kept.get(number)} by its row",
            )
    rows = {r.id: Moment.of(r) for r in database.reservations}
    ends = {id_: moments[-1] for id_, moments in fold.moments.items()}
    for id_ in ends.keys() | rows.keys():
        if ends.get(id_) != rows.get(id_):
            yield Finding(
                "fold_differs",
                f"reservation {id_}: {ends.get(id_)} by the journal, {rows.get(id_)} by its row",
            )


def _holders(fold: Fold, database: DatabaseState) -> Iterable[Finding]:
    """No number in two reservations that are alive or have bought it and not given it back."""
    holders: dict[int, list[Reservation]] = defaultdict(list)
    for reservation in database.reservations:
        if reservation.phase.is_live or reservation.phase.value == "completed":
            returned = fold.returned.get(reservation.id, set())
            for number in set(reservation.numbers) - returned:
                holders[number].append(reservation)
    for number, found in sorted(holders.items()):
        if len(found) > 1:
            who = ", ".join(f"{r.id} ({r.phase.value})" for r in found)
            yield Finding("two_holders", f"number {number}: {who}")


def _acknowledgements(history: Iterable[Operation], fold: Fold) -> Iterable[Finding]:
    """Each answer shows its reservation as it was at some moment, and moments go forward only."""
    told: dict[UUID, list[Operation]] = defaultdict(list)
    for operation in history:
        if operation.outcome == "ok":
            told[operation.reservation_id].append(operation)
    for id_, operations in told.items():
        operations.sort(key=lambda operation: operation.invoked_at)
        origin = operations[0].invoked_at
        moments = fold.moments.get(id_, [])
        seen: list[tuple[int, int]] = []  # When an answer came, and the moment it showed.
        for operation in operations:
            first = max((m for at, m in seen if at < operation.invoked_at), default=0)
            fitting = [i for i, moment in enumerate(moments) if moment.fits(operation)]
            later = [i for i in fitting if i >= first]
            if later:
                assert operation.returned_at is not None
                seen.append((operation.returned_at, later[0]))
            elif fitting:
                yield Finding("went_back", f"told what was over: {operation.describe(origin)}")
            else:
                yield Finding(
                    "lost_acknowledgement",
                    f"never true in the journal: {operation.describe(origin)}; "
                    f"reservation {id_} was {moments or 'never born'}",
                )
        is_cancelled = any(o.phase == "cancelled" or o.kind == "cancel" for o in operations)
        if is_cancelled and moments and moments[-1].phase != "cancelled":
            yield Finding("resurrected", f"reservation {id_} was cancelled and is {moments[-1]}")
