"""A raffle's owner without mailbox and timers; and how to compare two raffles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sorteos_actors.ports import Batch, JournalEntry, RaffleStore
from sorteos_actors.raffle import (
    Command,
    Event,
    Millis,
    Raffle,
    Rejection,
    decide,
    events,
    evolve,
    next_deadline,
)


class Owner:
    """Whoever took the raffle over. `raffle` is what it believes; tests may make that wrong."""

    def __init__(self, store: RaffleStore, raffle: Raffle, epoch: int, now: Millis) -> None:
        self.store = store
        self.raffle = raffle
        self.epoch = epoch
        self.now = now
        """When commands are decided, unless a test says otherwise."""

    @classmethod
    async def of(cls, store: RaffleStore, raffle_id: UUID) -> Owner:
        """Take the raffle over."""
        activation = await store.activate(raffle_id, node="test", url="http://test")
        return cls(store, activation.raffle, activation.epoch, activation.server_time)

    def decided(
        self, commands: Iterable[Command], now: Millis | None = None, who: UUID | None = None
    ) -> list[JournalEntry]:
        """Decide and evolve each command in turn; what is refused leaves no entry."""
        entries: list[JournalEntry] = []
        for command in commands:
            decision = decide(self.raffle, command, self.now if now is None else now)
            if isinstance(decision, Rejection):
                continue
            for event in decision:
                evolve(self.raffle, event)
                entries.append(JournalEntry(event, who))
        return entries

    def batch(self, entries: Sequence[JournalEntry]) -> Batch:
        """The batch of entries that the raffle has just gone through."""
        raffle = self.raffle
        touched: dict[UUID, None] = {}
        for entry in entries:
            if isinstance(entry.event, events.DeadlinesExtended):
                touched.update(dict.fromkeys(raffle.reservations))
            elif not isinstance(entry.event, events.StatusChanged):
                touched[entry.event.reservation_id] = None
        found = [raffle.reservation(reservation_id) for reservation_id in touched]
        return Batch(
            raffle_id=raffle.terms.id,
            epoch=self.epoch,
            seq=raffle.seq - len(entries),
            entries=entries,
            reservations=[reservation for reservation in found if reservation is not None],
            status=raffle.status,
            reserved_count=raffle.reserved_count,
            sold_count=raffle.sold_count,
            last_outage_at=raffle.last_outage_at,
        )

    async def do(
        self, *commands: Command, now: Millis | None = None, who: UUID | None = None
    ) -> list[Event]:
        """One batch, committed. Returns what happened."""
        entries = self.decided(commands, now, who)
        if entries:
            await self.store.commit(self.batch(entries))
        return [entry.event for entry in entries]


def everything_of(raffle: Raffle, ever: Iterable[UUID]) -> dict[str, object]:
    """All that matters of a raffle, and of the reservations that it `ever` had."""
    return {
        "terms": raffle.terms,
        "status": raffle.status,
        "seq": raffle.seq,
        "board": bytes(raffle.board),
        "reservations": dict(raffle.reservations),
        "live_by_user": dict(raffle.live_by_user),
        "sold_by_user": dict(raffle.sold_by_user),
        "returned": dict(raffle.returned),
        "ended": {id_: (raffle.ended.phase(id_), raffle.ended.recent(id_)) for id_ in ever},
        "next_deadline": next_deadline(raffle),
        "reserved_count": raffle.reserved_count,
        "sold_count": raffle.sold_count,
        "last_outage_at": raffle.last_outage_at,
    }
