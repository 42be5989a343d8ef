"""The fault proxy and the judges against the real PostgreSQL, driver and store."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID, uuid4

import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.ports import Reply
from sorteos_actors.raffle import RaffleStatus, commands
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.testing.durable import check_durable
from sorteos_actors.testing.fault_proxy import open_fault_proxy
from sorteos_actors.testing.history import HistoryRecorder
from sorteos_actors.testing.linearizable import check_linearizable
from sorteos_actors.testing.node import SimulatedNode, open_node
from sorteos_actors.testing.proxied_requests import PostgresRequests
from tests.builders import some_terms
from tests.chaos.database import Database

COMMIT = b"commit_batch"


class Buyer:
    """Reserves one number after the other, each with a reservation of its own, and remembers."""

    def __init__(self, node: SimulatedNode, raffle_id: UUID) -> None:
        self.recorder = HistoryRecorder()
        self._node = node
        self._raffle_id = raffle_id

    async def reserve(self, number: int, reservation_id: UUID) -> str:
        """The code of the refusal, or ok."""
        user = UUID(int=number)
        index = self.recorder.begin("buyer", "reserve", reservation_id, take=[number])
        command = commands.ReserveNumbers(user, reservation_id, (number,))
        answer = await self._node.registry.call(self._raffle_id, command, user)
        if not isinstance(answer, Reply):
            self.recorder.end_refused(index, answer.code.value)
            return answer.code.value
        assert answer.reservation is not None
        reservation = answer.reservation
        self.recorder.end_ok(
            index,
            phase=reservation.phase.value,
            numbers=reservation.numbers,
            expires_at=reservation.expires_at,
        )
        return "ok"

    async def reserve_at_last(self, number: int, reservation_id: UUID) -> None:
        with trio.fail_after(60):
            while await self.reserve(number, reservation_id) != "ok":
                await trio.sleep(0.05)


async def test_commits_without_an_answer_are_applied_or_not_as_the_proxy_was_told(
    database_url: str,
) -> None:
    target, database = urlsplit(database_url), Database(database_url)
    async with (
        asyncio_bridge.open_loop(),
        open_fault_proxy(
            target.hostname or "", target.port or 5432, requests=PostgresRequests
        ) as proxy,
        open_pool(proxy.through(database_url)) as pool,
    ):
        store = PostgresRaffleStore(pool)
        terms = some_terms(id=uuid4())
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:
            buyer = Buyer(node, terms.id)
            # Twice, so that the statement has been prepared when it matters.
            await buyer.reserve_at_last(1, uuid4())
            await buyer.reserve_at_last(2, uuid4())
            seq = (await database.state(terms.id)).seq

            unheard, lost = uuid4(), uuid4()
            proxy.swallow_answers(COMMIT, times=1)
            assert await buyer.reserve(3, unheard) == "unavailable"
            assert proxy.counters.swallowed_answers == 1
            assert (await database.state(terms.id)).seq == seq + 1
            await buyer.reserve_at_last(3, unheard)
            assert (await database.state(terms.id)).seq == seq + 1

            proxy.lose_requests(COMMIT, times=1)
            assert await buyer.reserve(4, lost) == "unavailable"
            assert proxy.counters.lost_requests == 1
            assert (await database.state(terms.id)).seq == seq + 1
            await buyer.reserve_at_last(4, lost)

            # A first commit of a connection is prepared before it is executed: also then.
            proxy.drop()
            proxy.swallow_answers(COMMIT, times=1)
            assert await buyer.reserve(5, uuid4()) == "unavailable"
            await buyer.reserve_at_last(6, uuid4())
        state = await database.state(terms.id)
    assert {claim.number for claim in state.claims} >= {1, 2, 3, 4, 6}
    history = buyer.recorder.operations()
    assert sum(operation.outcome == "unknown" for operation in history) >= 3
    verdict = check_linearizable(history)
    assert verdict.is_legal, verdict.report()
    assert check_durable(history, state) == []
