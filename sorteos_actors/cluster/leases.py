"""A node's leases: for each raffle that it runs a key in Redis with a short life, renewed every second.

    raffle:actor:{<raffle id>} = {"node": …, "url": …, "epoch": …}      `redis-cli GET`, `PTTL`

A lease says who *should* run a raffle; who *may* write is decided by the epoch in PostgreSQL, so a
lease that is wrong costs a needless takeover and never a number. Leases are renewed by the hundred,
and only while PostgreSQL answers: a node that cannot commit lets go. An owner whose lease could not be
renewed for two thirds of its life, by the monotonic clock and counted from when the last renewal was
*sent*, must stop, unless the server that has it is away for us: then owners go on by their epoch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import trio

from sorteos_actors import metrics
from sorteos_actors.cluster import scripts
from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.link import Link, ScriptCall
from sorteos_actors.errors import RedisUnavailable
from sorteos_actors.ports import Owner

logger = logging.getLogger(__name__)

LEASE_MS: Final = 4000
RENEW_SECONDS: Final = 1.0
RENEW_AT_ONCE: Final = 500
"""In one pipeline: all of them would keep the loop, and pass Redis' deadline, for ten thousands."""
DOUBT_SECONDS: Final = 2.7
"""Two thirds of a lease: who could not renew it for so long may not act as owner any more."""


class _Held(msgspec.Struct):
    epoch: int
    renewed_at: float
    """Trio's clock when the last renewal that succeeded was sent."""
    away_until: float = 0.0
    """When its server was last away for us: it may be asked for anew before it is in doubt."""


def _read(raffle_id: UUID, value: bytes, me: Owner) -> Owner:
    try:
        holder = msgspec.json.decode(value, type=Owner)
    except (msgspec.DecodeError, ValueError) as error:
        raise RedisUnavailable(f"{lease_key(raffle_id)} holds no lease: {error}") from error
    if installation_of(holder) != installation_of(me):
        # A copy of our database, or the same demo raffle: PostgreSQL has to say who owns ours.
        raise RedisUnavailable(f"{lease_key(raffle_id)} is another installation's")
    return holder


def installation_of(node: Owner) -> str:
    """The installation in a node's name; empty when it has none."""
    return node.node.partition("@")[2]


def lease_key(raffle_id: UUID) -> str:
    """Where a raffle's lease is; the id in braces keeps all that is the raffle's on one server."""
    return f"raffle:actor:{{{raffle_id}}}"


class RedisLeases:
    """The `Lease` port. `run` renews; `may_renew` says whether PostgreSQL answers."""

    def __init__(self, link: Link, me: Owner, may_renew: Callable[[], bool]) -> None:
        self.on_lost: Callable[[UUID], None] = lambda _: None
        """Called once when a lease that we had is another's, or in doubt. Set by the registry."""
        self._link = link
        self._me = me
        self._may_renew = may_renew
        self._held: dict[UUID, _Held] = {}

    async def acquire(self, raffle_id: UUID) -> Owner | None:
        """See `Lease`."""
        return await self._take(scripts.ACQUIRE, raffle_id)

    async def seize(self, raffle_id: UUID, dead: Owner) -> Owner | None:
        """See `Lease`."""
        return await self._take(scripts.SEIZE, raffle_id, dead.node)

    async def _take(self, script: scripts.Script, raffle_id: UUID, *args: str) -> Owner | None:
        sent = trio.current_time()
        call = ScriptCall(
            script, lease_key(raffle_id), (self._value(0), self._me.node, LEASE_MS, *args)
        )
        holder = await self._run(call)
        if holder is not None:
            return _read(raffle_id, holder, self._me)
        held = self._held.get(raffle_id)
        self._held[raffle_id] = _Held(0 if held is None else held.epoch, sent)
        return None

    async def holder(self, raffle_id: UUID) -> Owner | None:
        """See `Lease`."""
        value = await self._link.get(lease_key(raffle_id))
        return None if value is None else _read(raffle_id, value, self._me)

    def confirm(self, raffle_id: UUID, epoch: int) -> None:
        """See `Lease`. Without Redis there is no lease to speak of, and this begins to ask for one."""
        held = self._held.setdefault(raffle_id, _Held(epoch, trio.current_time()))
        held.epoch = epoch

    def is_held(self, raffle_id: UUID) -> bool:
        """See `Lease`."""
        held = self._held.get(raffle_id)
        if held is None:
            return False
        return self._is_fresh(held) or self._is_away(raffle_id)

    async def release(self, raffle_id: UUID) -> None:
        """See `Lease`."""
        if self._held.pop(raffle_id, None) is not None:
            await self._give_back(raffle_id)

    async def hand_over(self, raffle_id: UUID, heir: Owner) -> bool:
        """See `Lease`."""
        self._held.pop(raffle_id, None)
        value = msgspec.json.encode(heir).decode()
        call = ScriptCall(scripts.HAND_OVER, lease_key(raffle_id), (self._me.node, value, LEASE_MS))
        try:
            was_mine = await self._run(call)
        except RedisUnavailable as error:
            logger.debug("a lease could not be handed over: %s", error)
            return False
        return bool(was_mine)

    # -- life --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Renew every second, and report what is lost, until cancelled."""
        while True:
            await trio.sleep(RENEW_SECONDS)
            if self._held and self._may_renew():
                await self._renew()
            self._report_doubts()

    async def _renew(self) -> None:
        raffle_ids = list(self._held)
        for start in range(0, len(raffle_ids), RENEW_AT_ONCE):
            some = raffle_ids[start : start + RENEW_AT_ONCE]
            await self._renew_some([raffle_id for raffle_id in some if raffle_id in self._held])

    async def _renew_some(self, raffle_ids: Sequence[UUID]) -> None:
        sent = trio.current_time()
        answers = await self._link.run_scripts([self._renewal(id_) for id_ in raffle_ids])
        for raffle_id, holder in zip(raffle_ids, answers, strict=True):
            held = self._held.get(raffle_id)
            if isinstance(holder, RedisUnavailable):
                logger.debug("raffle %s: the lease was not renewed: %s", raffle_id, holder)
            elif held is None:
                # Given back while the renewal was under way: it may have come after the release.
                await self._give_back(raffle_id)
            elif holder is None:
                held.renewed_at = sent
            else:
                self._lose(raffle_id, "another node has it")

    def _renewal(self, raffle_id: UUID) -> ScriptCall:
        epoch = self._held[raffle_id].epoch
        args = (self._value(epoch), self._me.node, LEASE_MS, epoch)
        return ScriptCall(scripts.RENEW, lease_key(raffle_id), args)

    async def _give_back(self, raffle_id: UUID) -> None:
        try:
            await self._run(ScriptCall(scripts.RELEASE, lease_key(raffle_id), (self._me.node,)))
        except RedisUnavailable as error:
            logger.debug("a lease runs out by itself: %s", error)

    async def _run(self, call: ScriptCall) -> Any:
        [answer] = await self._link.run_scripts([call])
        if isinstance(answer, RedisUnavailable):
            raise answer
        return answer

    def _report_doubts(self) -> None:
        now = trio.current_time()
        for raffle_id, held in list(self._held.items()):
            if self._is_away(raffle_id):
                held.away_until = now
            elif not self._is_fresh(held):
                self._lose(raffle_id, "it could not be renewed in time")

    def _is_away(self, raffle_id: UUID) -> bool:
        """Whether its server is away for us: then nobody can tell who should, and we go on."""
        return self._link.state_of(lease_key(raffle_id)) is not State.CLOSED

    def _lose(self, raffle_id: UUID, why: str) -> None:
        del self._held[raffle_id]
        metrics.LEASES_LOST.inc()
        logger.warning("raffle %s: the lease is lost, %s", raffle_id, why)
        self.on_lost(raffle_id)

    def _is_fresh(self, held: _Held) -> bool:
        since = max(held.renewed_at, held.away_until)
        return trio.current_time() - since < DOUBT_SECONDS

    def _value(self, epoch: int) -> str:
        return msgspec.json.encode(msgspec.structs.replace(self._me, epoch=epoch)).decode()
