"""From money to mail, in virtual time: who paid for nothing is told within seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from unittest import mock

import trio

from sorteos_actors.errors import MailUnavailable
from sorteos_actors.notify import mailer as module
from sorteos_actors.notify.mailer import Mailer
from sorteos_actors.payments.cashier import Cashier
from sorteos_actors.ports.mail import OutboxItem
from sorteos_actors.raffle import Phase
from sorteos_actors.testing.memory_outbox import MemoryOutbox
from tests.simulation.test_cashier import late_money, the_bank_takes_it_anyway
from tests.simulation.till import BETO, Till, at_the_till

TOLD_SECONDS = 5.0


class PostOffice:
    """Takes every mail, or none, and knows when it did."""

    def __init__(self) -> None:
        self.is_away = False
        self.is_open = True
        self.got: list[tuple[float, str]] = []

    async def write(self, item: OutboxItem) -> EmailMessage:
        await trio.lowlevel.checkpoint()
        mail = EmailMessage()
        mail["Subject"] = item.kind
        return mail

    @asynccontextmanager
    async def session(self) -> AsyncIterator[PostOffice]:
        if self.is_away:
            await trio.sleep(15)
            raise MailUnavailable("no answer in time")
        yield self

    async def send(self, mail: EmailMessage) -> None:
        await trio.sleep(0.05)
        self.got.append((trio.current_time(), mail["Subject"]))


@asynccontextmanager
async def at_work(till: Till, office: PostOffice) -> AsyncIterator[None]:
    """A cashier and a mailer, wired as a node does it."""
    mailer = Mailer(MemoryOutbox(till.store), office, office, till.store.now)
    cashier = Cashier(
        "node",
        {"sandbox": till.bank},
        till.registry,
        store=till.payments,
        post=till.payments.post,
        desk=till.desk,
        clock=till.clock,
        on_mail=mailer.wake,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(cashier.run)
        nursery.start_soon(mailer.run)
        yield
        nursery.cancel_scope.cancel()


def test_who_paid_too_late_for_numbers_of_somebody_else_gets_a_mail_in_time() -> None:
    async def scene(till: Till) -> None:
        office, payment = PostOffice(), await late_money(till, 7, 8)
        await till.reserve(8, who=BETO)
        async with at_work(till, office):
            await trio.sleep(60)
            known = trio.current_time()
            await the_bank_takes_it_anyway(till, payment)
            await trio.sleep(30)
        refused = await till.now(payment)
        assert refused.applied == "refused"
        [(at, kind)] = office.got
        assert kind == "refund"
        assert at - known <= TOLD_SECONDS

    # The node that decides wakes its own mailer: the poll is for what other nodes decide.
    with mock.patch.object(module, "POLL_SECONDS", 600.0):
        at_the_till(scene)


def test_numbers_are_sold_while_the_mail_server_is_away_and_the_receipt_goes_later() -> None:
    async def scene(till: Till) -> None:
        office = PostOffice()
        office.is_away = True
        async with at_work(till, office):
            for number in range(10):
                reservation = await till.reserve(number)
                begun = trio.current_time()
                await till.pay(reservation, number)
                assert await till.phase(reservation) is Phase.COMPLETED
                assert trio.current_time() - begun < 1
            await trio.sleep(60)
            assert office.got == []
            office.is_away = False
            await trio.sleep(600)
        assert [kind for _, kind in office.got] == ["receipt"] * 10

    at_the_till(scene)
