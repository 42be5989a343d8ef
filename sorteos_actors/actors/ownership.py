"""Who should run a raffle: its lease says so; and when Redis cannot, PostgreSQL's last owner.

    Redis answers     the lease: free, or a dead owner's: take it; another's: ask them
    Redis is away     who took it last, by PostgreSQL: nobody, or dead: take it; else ask them

Redis gone needs a route, not a race: without one, two healthy nodes would depose each other in turn.
So an owner that only stays silent is let be until it has had the raffle for a while.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.errors import Leaving, RedisUnavailable, StoreUnavailable
from sorteos_actors.ports import Lease, Owner, Peers, RaffleStore

LEAST_TENURE_MS: Final = 2000
"""A silent owner may be deposed after so long: then two nodes can not do it to each other in turn."""


class Ownership:
    """Finds the owner of a raffle, which may be this node."""

    def __init__(self, lease: Lease, store: RaffleStore, peers: Peers, outage: OutageMeter) -> None:
        self.is_draining = False
        """Set when this node leaves: it takes nothing any more."""
        self._lease = lease
        self._store = store
        self._peers = peers
        self._outage = outage

    async def claim(
        self, raffle_id: UUID, *, gone: Owner | None = None, silent: Owner | None = None
    ) -> Owner | None:
        """None when this node is to run the raffle from now on, else who does.

        `gone` is an owner that was found dead, `silent` one that did not answer. Raises
        `StoreUnavailable` when that cannot be known, or we could not run it; `Leaving`.
        """
        if self.is_draining:
            return await self._elsewhere(raffle_id)
        if self._outage.is_down:
            try:
                await self._store.ping()
            except StoreUnavailable:
                # Who cannot commit must not take a lease: it would only be in the way.
                holder = await self._holder(raffle_id)
                if holder is None:
                    raise
                return holder
            self._outage.answered()
        try:
            if gone is not None:
                return await self._lease.seize(raffle_id, gone)
            return await self._lease.acquire(raffle_id)
        except RedisUnavailable:
            return await self._last_owner(raffle_id, gone, silent)

    async def _last_owner(
        self, raffle_id: UUID, gone: Owner | None, silent: Owner | None
    ) -> Owner | None:
        tenure = await self._store.tenure(raffle_id)
        if tenure is None or tenure.owner.node == self._peers.me.node:
            return None
        if gone is not None and gone.node == tenure.owner.node:
            return None
        is_silent = silent is not None and silent.node == tenure.owner.node
        if is_silent and tenure.since_ms >= LEAST_TENURE_MS:
            return None
        return tenure.owner

    async def _elsewhere(self, raffle_id: UUID) -> Owner:
        """Who has it, or could: for a node that leaves. Raises `Leaving` when it is alone."""
        holder = await self._holder(raffle_id)
        heirs = self._peers.heirs()
        if holder is not None:
            return holder
        if heirs:
            return heirs[0]
        raise Leaving

    async def _holder(self, raffle_id: UUID) -> Owner | None:
        try:
            holder = await self._lease.holder(raffle_id)
        except RedisUnavailable:
            return None
        return None if holder is None or holder.node == self._peers.me.node else holder
