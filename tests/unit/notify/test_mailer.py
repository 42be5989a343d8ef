"""Sending at least once, and once when nothing goes wrong; on a clock that jumps, without a network."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from sorteos_actors.errors import MailRefused, MailUnavailable
from sorteos_actors.notify import mailer as module
from sorteos_actors.notify.house import put_away
from sorteos_actors.notify.mailer import MAX_AGE_MS, Mailer, pause_ms
from sorteos_actors.notify.writer import NotSent
from sorteos_actors.ports.mail import OutboxItem
from sorteos_actors.testing.memory_outbox import MemoryOutbox
from sorteos_actors.testing.memory_store import MemoryStore

RAFFLE = UUID(int=0xE000)
HOUR = 3600
NAME = "Ana Rojas <ana@example.com>"


class World:
    """An outbox, a mail server that does what `course` says next, and a writer that knows its items."""

    def __init__(self, course: Iterable[str] = ()) -> None:
        self.store = MemoryStore()
        self.outbox = MemoryOutbox(self.store)
        self.arrived: Counter[str] = Counter()
        self.sessions = 0
        self.sent_to_nowhere = 0
        """Mails given to a connection that was known to be broken."""
        self.nobody: set[int] = set()
        self._course = iter(course)

    def promise(self, kind: str = "receipt") -> OutboxItem:
        """One more mail."""
        money = self.store.money
        money.post(RAFFLE, kind, {"payment_id": "x"}, self.store.now())
        return list(money.outbox.values())[-1]

    def mailer(self) -> Mailer:
        """Of one node."""
        return Mailer(self.outbox, self, self, self.store.now)

    async def until(self, true: Callable[[], bool], seconds: float = 4 * 24 * HOUR) -> None:
        """Let time pass."""
        with trio.fail_after(seconds):
            while not true():
                await trio.sleep(min(seconds / 200, 60))

    # -- the ports -------------------------------------------------------------------------------

    async def write(self, item: OutboxItem) -> EmailMessage:
        await trio.lowlevel.checkpoint()
        if item.id in self.nobody:
            raise NotSent("the buyer has no e-mail address")
        if item.kind == "broken":
            raise KeyError(NAME)
        mail = EmailMessage()
        mail["Message-ID"] = f"<{item.id}@test>"
        return mail

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        self.sessions += 1
        await trio.sleep(0.01)
        if self.next() == "away":
            raise MailUnavailable("no connection: ConnectionRefusedError")
        yield Connection(self)

    def next(self) -> str:
        """What the server does now."""
        return next(self._course, "ok")


class Connection:
    """One, to that server."""

    def __init__(self, world: World) -> None:
        self.is_open = True
        self._world = world

    async def send(self, mail: EmailMessage) -> None:
        await trio.sleep(0.01)
        self._world.sent_to_nowhere += not self.is_open
        step = self._world.next()
        if step == "refused":
            raise MailRefused("the recipient was refused: 550")
        if step == "later":
            raise MailUnavailable("the recipient was refused: 450")
        if step != "lost":
            self._world.arrived[mail["Message-ID"]] += 1
        if step in ("lost", "taken"):
            self.is_open = False
            raise MailUnavailable("the connection broke")
        if step == "silent":
            await trio.sleep_forever()


def run(story: Callable[[], Awaitable[None]], poll: float = module.POLL_SECONDS) -> None:
    """On a clock that jumps to whatever is next. `poll`: longer, for stories of days."""
    with mock.patch.object(module, "POLL_SECONDS", poll):
        trio.run(story, clock=MockClock(autojump_threshold=0))


@asynccontextmanager
async def at_work(*mailers: Mailer) -> AsyncIterator[None]:
    """While the block runs."""
    async with trio.open_nursery() as nursery:
        for one in mailers:
            nursery.start_soon(one.run)
        yield
        nursery.cancel_scope.cancel()


# -- once ----------------------------------------------------------------------------------------


@given(kinds=st.lists(st.sampled_from(["receipt", "refund"]), max_size=60), nodes=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_with_a_server_that_works_each_mail_goes_once(kinds: list[str], nodes: int) -> None:
    async def story() -> None:
        world = World()
        for kind in kinds[::2]:
            world.promise(kind)
        async with at_work(*(world.mailer() for _ in range(nodes))):
            for kind in kinds[1::2]:
                world.promise(kind)
                await trio.sleep(0.02)
            await world.until(lambda: len(world.outbox.outcomes) == len(kinds))
            await trio.sleep(300)
        assert set(world.outbox.outcomes.values()) <= {("sent", None)}
        assert [*world.arrived.values()] == [1] * len(kinds)

    run(story, poll=5)


TROUBLE = ["ok", "ok", "later", "lost", "taken", "silent", "away"]


@given(
    course=st.lists(st.sampled_from(TROUBLE), max_size=40),
    kinds=st.lists(st.sampled_from(["receipt", "refund"]), min_size=1, max_size=15),
    nodes=st.integers(1, 3),
    outages=st.lists(st.floats(0.1, 300), max_size=3),
)
@settings(max_examples=80, deadline=None)
def test_whatever_goes_wrong_each_mail_goes_at_last(
    course: list[str], kinds: list[str], nodes: int, outages: list[float]
) -> None:
    async def story() -> None:
        world = World(course)
        for kind in kinds:
            world.promise(kind)
        async with at_work(*(world.mailer() for _ in range(nodes))):
            for seconds in outages:
                world.store.down()
                await trio.sleep(seconds)
                world.store.up()
                await trio.sleep(seconds)
            await world.until(lambda: len(world.outbox.outcomes) == len(kinds))
        assert {outcome for outcome, _ in world.outbox.outcomes.values()} == {"sent"}
        assert min(world.arrived.values()) >= 1
        assert not world.sent_to_nowhere
        assert len(world.arrived) == len(kinds)

    run(story, poll=20)


@pytest.mark.parametrize("moment", [0.005, 0.015, 0.025, 0.105])
def test_a_node_that_dies_leaves_its_mails_to_another(moment: float) -> None:
    async def story() -> None:
        world = World()
        for _ in range(12):
            world.promise()
        with trio.move_on_after(moment):
            await world.mailer().run()
        async with at_work(world.mailer()):
            await world.until(lambda: len(world.outbox.outcomes) == 12, 300)
        assert len(world.arrived) == 12
        assert sum(world.arrived.values()) <= 12 + 3  # One for each connection that it had.

    run(story)


def test_what_was_sent_is_noted_as_soon_as_it_can_be() -> None:
    async def story() -> None:
        world = World()
        item = world.promise()
        finish, calls = world.outbox.finish, []

        async def first_fails(*said: Any) -> None:
            calls.append(said)
            if len(calls) == 1:
                world.store.down()
            elif len(calls) == 5:
                world.store.up()
            await finish(*said)

        world.outbox.finish = first_fails  # type: ignore[method-assign, assignment]
        async with at_work(world.mailer()):
            await world.until(lambda: item.id in world.outbox.outcomes, 60)
        assert [*world.arrived.values()] == [1]

    run(story)


# -- soon, later, never --------------------------------------------------------------------------


def test_a_mail_of_another_node_goes_within_two_seconds_and_of_this_one_at_once() -> None:
    async def story() -> None:
        world = World()
        mailer = world.mailer()
        async with at_work(mailer):
            await trio.sleep(10)
            world.promise()
            await world.until(lambda: bool(world.arrived), 2)
            await trio.sleep(10)
            world.promise()
            mailer.wake()
            await world.until(lambda: len(world.arrived) == 2, 0.3)

    run(story)


def test_news_of_money_overtake_a_thousand_receipts() -> None:
    async def story() -> None:
        world = World()
        for _ in range(1000):
            world.promise()
        async with at_work(world.mailer()):
            await trio.sleep(1)
            refund = world.promise("refund")
            await world.until(lambda: refund.id in world.outbox.outcomes, 2)
            assert len(world.outbox.outcomes) < 500

    run(story)


def test_one_connection_carries_many_mails() -> None:
    async def story() -> None:
        world = World()
        for _ in range(module.BATCH):
            world.promise()
        assert await world.mailer().send_due()
        assert (world.sessions, len(world.arrived)) == (1, module.BATCH)

    run(story)


def test_attempts_become_rare_and_end_after_three_days() -> None:
    pauses = [pause_ms(n) for n in range(1, 100)]
    assert pauses[:4] == [5_000, 20_000, 80_000, 320_000]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 6 * HOUR * 1000

    async def story() -> None:
        world = World(iter(lambda: "away", ""))
        item = world.promise()
        async with at_work(world.mailer()):
            await world.until(lambda: item.id in world.outbox.outcomes)
            age = world.store.now() - item.created_at
        assert world.outbox.outcomes[item.id] == (
            "failed",
            "no connection: ConnectionRefusedError",
        )
        assert MAX_AGE_MS <= age <= MAX_AGE_MS + 7 * HOUR * 1000
        assert world.sessions < 30

    run(story, poll=600)


def test_a_receiver_who_is_refused_is_not_asked_again_and_the_others_get_theirs() -> None:
    async def story() -> None:
        world = World(["ok", "refused"])
        first, second = world.promise(), world.promise()
        await world.mailer().send_due()
        assert world.outbox.outcomes == {
            first.id: ("failed", "the recipient was refused: 550"),
            second.id: ("sent", None),
        }

    run(story)


def test_a_buyer_without_an_address_costs_no_connection() -> None:
    async def story() -> None:
        world = World()
        item = world.promise()
        world.nobody.add(item.id)
        await world.mailer().send_due()
        assert world.outbox.outcomes[item.id] == ("skipped", "the buyer has no e-mail address")
        assert world.sessions == 0

    run(story)


def test_a_mail_that_cannot_be_written_holds_up_no_other_and_quotes_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def story() -> None:
        world = World()
        broken, good = world.promise("broken"), world.promise()
        async with at_work(world.mailer()):
            await world.until(lambda: good.id in world.outbox.outcomes, 10)
        assert broken.id not in world.outbox.outcomes
        assert world.outbox.errors[broken.id] == "it could not be written: KeyError"

    run(story)
    assert "KeyError" in caplog.text
    assert "Ana" not in caplog.text
    assert "example.com" not in caplog.text


def test_a_mailer_survives_what_nobody_has_thought_of() -> None:
    async def story() -> None:
        world = World()
        due, failures = world.outbox.due, iter([RuntimeError(NAME)] * 5)

        async def unreliable(*args: Any, **named: Any) -> list[OutboxItem]:
            for failure in failures:
                raise failure
            return await due(*args, **named)

        world.outbox.due = unreliable  # type: ignore[method-assign]
        world.promise()
        async with at_work(world.mailer()):
            await world.until(lambda: bool(world.arrived), 30)

    run(story)


def test_without_a_mail_server_nothing_stays_open_for_ever() -> None:
    async def story() -> None:
        world = World()
        old = world.promise()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(put_away, world.outbox)
            await trio.sleep(2 * 24 * HOUR)
            young = world.promise()
            assert world.outbox.outcomes == {}
            await trio.sleep(1.1 * 24 * HOUR)
            assert world.outbox.outcomes == {old.id: ("skipped", "there is no mail server")}
            assert young.id in world.store.money.outbox
            nursery.cancel_scope.cancel()

    run(story)
