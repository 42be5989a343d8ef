"""The schema, both ways; what operators may ask it; and a COMMIT whose answer never comes."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.actors.mailbox import Reply
from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.raffle import Phase, RaffleStatus, Rejection, commands, replay
from sorteos_actors.raffle.model import Raffle
from sorteos_actors.store import migrate
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.testing.node import open_node
from tests.builders import paid, some_terms
from tests.contract.money import funded
from tests.databases import empty_database

SCHEMA = """
SELECT table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
CHECKS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
FUNCTIONS = """
SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1
"""


async def rows(database_url: str, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    async def fetch() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    return await asyncio_bridge.run(fetch)


def schema(database_url: str) -> list[list[tuple[Any, ...]]]:
    """Everything of ours in a database, as text."""

    async def main() -> list[list[tuple[Any, ...]]]:
        async with asyncio_bridge.open_loop():
            everything = [await rows(database_url, q) for q in (SCHEMA, INDEXES, CHECKS, FUNCTIONS)]
        return [[row for row in part if "schema_migrations" not in str(row)] for part in everything]

    return trio.run(main)


def test_up_down_to_nothing_and_up_again_gives_the_same_schema(servers: EmbeddedServers) -> None:
    database_url = empty_database(servers)
    migrate.up(database_url)
    migrate.up(database_url)  # Nothing is missing: nothing happens.
    steps = migrate.status(database_url)
    assert steps
    assert all(step.is_applied for step in steps)
    first = schema(database_url)
    assert all(first)
    for _ in steps:
        migrate.down(database_url)
    assert schema(database_url) == [[], [], [], []]
    assert not any(step.is_applied for step in migrate.status(database_url))
    migrate.up(database_url)
    assert schema(database_url) == first


def test_each_step_back_gives_the_schema_of_the_step_before(
    servers: EmbeddedServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database_url = empty_database(servers)
    files = sorted(migrate.MIGRATIONS.glob("*.sql"))
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path)
    before: list[list[list[tuple[Any, ...]]]] = []
    for file in files:
        before.append(schema(database_url) if before else [[], [], [], []])
        shutil.copy(file, tmp_path)
        migrate.up(database_url)
    for file, expected in zip(reversed(files), reversed(before), strict=True):
        migrate.down(database_url)
        assert schema(database_url) == expected, file.name


def test_every_time_in_the_schema_has_its_zone(database_url: str) -> None:
    kinds = {row[2] for row in schema(database_url)[0]}
    assert "timestamp with time zone" in kinds
    assert "timestamp without time zone" not in kinds


async def test_the_seeds_monitoring_queries_work_as_printed_and_are_true(database_url: str) -> None:
    async with asyncio_bridge.open_loop(), open_pool(database_url) as pool:
        store, payments = PostgresRaffleStore(pool), PostgresPayments(pool)
        terms = some_terms(id=uuid4())
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:
            call = partial(node.registry.call, terms.id)
            for user, numbers in ((1, (1, 2)), (2, (3,)), (3, (4, 5, 6)), (4, (7,)), (5, (8, 9))):
                user_id, reservation_id = UUID(int=user), UUID(int=100 + user)
                reserve = commands.ReserveNumbers(user_id, reservation_id, numbers)
                assert isinstance(await call(reserve, user_id), Reply)
                if user in (2, 3):
                    await call(commands.StartCheckout(user_id, reservation_id), user_id)
                if user == 3:
                    sale = paid(*numbers, user=user_id, reservation_id=reservation_id)
                    await call(await funded(payments, Raffle(terms), sale), None)
                if user == 4:
                    await call(commands.CancelReservation(user_id, reservation_id), user_id)
        phases = await rows(
            database_url,
            "SELECT phase, COUNT(*)\nFROM reservations\n"
            "WHERE phase IN ('selection', 'checkout')\nGROUP BY phase;",
        )
        assert dict(phases) == {"selection": 2, "checkout": 1}
        statuses = await rows(
            database_url, "SELECT status, COUNT(*)\nFROM raffle_numbers\nGROUP BY status;"
        )
        assert dict(statuses) == {"available": 92, "reserved": 5, "sold": 3}


async def test_journal_live_state_and_tables_are_three_tellings_of_one_story(
    database_url: str,
) -> None:
    async with asyncio_bridge.open_loop(), open_pool(database_url) as pool:
        store, payments = PostgresRaffleStore(pool), PostgresPayments(pool)
        terms = some_terms(id=uuid4(), number_count=50)
        await store.create(terms, status=RaffleStatus.ACTIVE)
        async with open_node(store) as node:

            async def live(user: int) -> None:
                user_id = UUID(int=user)
                for turn in range(8):
                    reservation_id = uuid4()
                    pick = commands.QuickPick(user_id, reservation_id, 1 + turn % 3, user * turn)
                    answer = await node.registry.call(terms.id, pick, user_id)
                    if isinstance(answer, Rejection):
                        continue
                    if turn == 7 and user % 2:
                        start = commands.StartCheckout(user_id, reservation_id)
                        await node.registry.call(terms.id, start, user_id)
                        assert answer.reservation is not None
                        numbers = answer.reservation.numbers
                        sale = paid(*numbers, user=user_id, reservation_id=reservation_id)
                        done = await funded(payments, Raffle(terms), sale)
                        await node.registry.call(terms.id, done, None)
                    elif turn < 7:
                        cancel = commands.CancelReservation(user_id, reservation_id)
                        await node.registry.call(terms.id, cancel, user_id)

            async with trio.open_nursery() as nursery:
                for user in range(1, 13):
                    nursery.start_soon(live, user)
            feed = await node.registry.feed(terms.id)
            assert not isinstance(feed, Rejection)
            seen = feed.states()
        journal = await store.journal(terms.id, 0, 10_000)
        assert [row.seq for row in journal] == list(range(1, len(journal) + 1))
        told = Raffle(terms)
        told.status = RaffleStatus.ACTIVE
        replay(told, (row.entry.event for row in journal))
        kept = (await store.activate(terms.id, node="", url="")).raffle
        assert bytes(told.board) == bytes(kept.board) == seen
        assert told.reservations == kept.reservations
        assert told.sold_by_user == kept.sold_by_user
        assert (told.reserved_count, told.sold_count) == (kept.reserved_count, kept.sold_count)
        assert kept.sold_count > 0


class Swallower:
    """A proxy to PostgreSQL that, once told, passes a request on and swallows its answer."""

    def __init__(self, database_url: str) -> None:
        self._upstream = urlsplit(database_url).port or 5432
        self._database_url = database_url
        self.swallow = False
        self.passed_on = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[str]) -> None:
        """Serve until cancelled; starts with the database's URL through here."""
        async with trio.open_nursery() as nursery:
            serve = partial(trio.serve_tcp, self._serve, 0, host="127.0.0.1")
            [listener] = await nursery.start(serve)
            port = listener.socket.getsockname()[1]
            parts = urlsplit(self._database_url)
            task_status.started(
                parts._replace(
                    netloc=parts.netloc.replace(f":{self._upstream}", f":{port}")
                ).geturl()
            )

    async def _serve(self, client: trio.SocketStream) -> None:
        server = await trio.open_tcp_stream("127.0.0.1", self._upstream)
        async with client, server, trio.open_nursery() as nursery:
            nursery.start_soon(self._pump, client, server, False)
            await self._pump(server, client, True)
            nursery.cancel_scope.cancel()

    async def _pump(self, source: trio.SocketStream, sink: trio.SocketStream, back: bool) -> None:
        try:
            async for data in source:
                if back and self.swallow:
                    self.passed_on.set()
                    return
                await sink.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return


async def test_a_commit_whose_answer_is_lost_is_unknown_and_never_applied_twice(
    database_url: str,
) -> None:
    proxy = Swallower(database_url)
    async with asyncio_bridge.open_loop(), trio.open_nursery() as nursery:
        through = await nursery.start(proxy.run)
        async with open_pool(through) as pool:
            store = PostgresRaffleStore(pool)
            terms = some_terms(id=uuid4())
            await store.create(terms, status=RaffleStatus.ACTIVE)
            async with open_node(store) as node:
                await node.registry.feed(terms.id)
                user, reservation_id = uuid4(), uuid4()
                command = commands.ReserveNumbers(user, reservation_id, (7,))
                proxy.swallow = True
                first = await node.registry.call(terms.id, command, user)
                assert isinstance(first, Rejection)
                assert first.code.value == "unavailable"
                assert proxy.passed_on.is_set()
                proxy.swallow = False
                again: Reply | Rejection = first
                with trio.fail_after(60):
                    while isinstance(again, Rejection):
                        again = await node.registry.call(terms.id, command, user)
                assert again.reservation is not None
                assert again.reservation.phase is Phase.SELECTION
            [reserved] = await store.journal(terms.id, 0, 10)
            assert reserved.seq == 1
        nursery.cancel_scope.cancel()


async def test_a_database_that_is_gone_is_unavailable_and_not_an_error_of_another_kind(
    own_servers: EmbeddedServers, own_database_url: str
) -> None:
    async with asyncio_bridge.open_loop(), open_pool(own_database_url) as pool:
        store = PostgresRaffleStore(pool)
        await store.ping()
        await trio.to_thread.run_sync(own_servers.stop_postgres, "immediate")
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.ping()
        await trio.to_thread.run_sync(own_servers.start_postgres)
        with trio.fail_after(60):
            while True:
                try:
                    await store.ping()
                    return
                except StoreUnavailable:
                    await trio.sleep(0.05)
