"""What PostgreSQL would keep of one raffle, and what its schema would refuse."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sorteos_actors.errors import GuardViolated
from sorteos_actors.ports import Batch, JournalRow, Owner
from sorteos_actors.raffle import (
    Millis,
    Raffle,
    RaffleStatus,
    RaffleSummary,
    RaffleTerms,
    Reservation,
    evolve,
)
from sorteos_actors.store.claims import Claim, ClaimChanges, ClaimStatus
from sorteos_actors.store.rows import born, checked


class Record:
    """One raffle: its journal, what that comes to, and the rows beside it."""

    def __init__(self, terms: RaffleTerms, status: RaffleStatus) -> None:
        self.terms = terms
        self.first_status = status
        self.epoch = 0
        self.owner: Owner | None = None
        self.owner_since: Millis = 0
        self.journal: list[JournalRow] = []
        self.raffle = self.replayed()
        self.claims: dict[int, tuple[ClaimStatus, UUID]] = {}
        """Status and reservation of every taken number."""
        self.ended: dict[UUID, Reservation] = {}

    def replayed(self) -> Raffle:
        """A fresh raffle from the journal, shared with nobody."""
        raffle = Raffle(self.terms)
        raffle.status = self.first_status
        for row in self.journal:
            evolve(raffle, row.entry.event)
        return raffle

    def claim(self, changes: ClaimChanges) -> None:
        """Write the net changes of a batch."""
        for claim in changes.released:
            del self.claims[claim.number]
        for claim in (*changes.sold, *changes.taken):
            self.claims[claim.number] = (claim.status, claim.reservation_id)

    def summary(self) -> RaffleSummary:
        """What everybody may see."""
        raffle = self.raffle
        return RaffleSummary(
            terms=self.terms,
            status=raffle.status,
            epoch=self.epoch,
            seq=raffle.seq,
            reserved_count=raffle.reserved_count,
            sold_count=raffle.sold_count,
        )

    def guard(self, batch: Batch) -> None:
        """What the schema would refuse; it sees net effects, and so does this."""
        raffle = self.raffle
        changes, reservations = checked(batch)
        were = [*changes.released, *(Claim(c.number, c.reservation_id) for c in changes.sold)]
        for claim in were:
            if self.claims.get(claim.number) != (claim.status, claim.reservation_id):
                raise GuardViolated(f"number {claim.number} was not {claim.status} by its holder")
        freed = {claim.number for claim in changes.released}
        for claim in changes.taken:
            if not 0 <= claim.number < raffle.terms.number_count:
                raise GuardViolated(f"number {claim.number} is not on the board")
            if claim.number in self.claims and claim.number not in freed:
                raise GuardViolated(f"number {claim.number} is claimed twice")
        let_go = sum(claim.status == "reserved" for claim in changes.released)
        newly_reserved = sum(claim.status == "reserved" for claim in changes.taken)
        newly_sold = len(changes.sold) + len(changes.taken) - newly_reserved
        reserved = raffle.reserved_count + newly_reserved - let_go - len(changes.sold)
        sold = raffle.sold_count + newly_sold - (len(changes.released) - let_go)
        if (batch.reserved_count, batch.sold_count) != (reserved, sold):
            raise GuardViolated("the counts of the batch are not those of its claims")
        _guard_reservations(raffle, reservations, born(batch))


def _guard_reservations(
    raffle: Raffle, reservations: Sequence[Reservation], new: Collection[UUID]
) -> None:
    live_by_user = dict(raffle.live_by_user)
    for reservation in reservations:
        before = raffle.reservations.get(reservation.id)
        if reservation.id in new:
            if before is not None or raffle.ended.phase(reservation.id) is not None:
                raise GuardViolated(f"the reservation id {reservation.id} was used before")
        elif before is None or before.user_id != reservation.user_id:
            raise GuardViolated(f"{reservation.id} had ended, or belongs to somebody else")
        elif not reservation.phase.is_live:
            del live_by_user[reservation.user_id]
    for reservation in reservations:
        if reservation.id in new and reservation.phase.is_live:
            if reservation.user_id in live_by_user:
                raise GuardViolated(f"a second live reservation of {reservation.user_id}")
            live_by_user[reservation.user_id] = reservation.id
