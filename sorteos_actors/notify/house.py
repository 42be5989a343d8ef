"""What one node runs for its mails, built and wired."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from sorteos_actors.errors import StoreUnavailable
from sorteos_actors.notify.mailer import MAX_AGE_MS, Mailer
from sorteos_actors.notify.settings import MailSettings
from sorteos_actors.notify.smtp import Smtp
from sorteos_actors.notify.writer import Writer
from sorteos_actors.ports import Clock
from sorteos_actors.ports.mail import Outbox
from sorteos_actors.store.accounts import PostgresAccounts
from sorteos_actors.store.mail import PostgresOutbox
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.queries import PostgresQueries
from sorteos_actors.tickets.code import TicketCodes

logger = logging.getLogger(__name__)

PUT_AWAY_SECONDS: Final = 600.0


@asynccontextmanager
async def open_mail(
    settings: MailSettings | None, *, codes: TicketCodes, base: str, pool: Pool, clock: Clock
) -> AsyncIterator[Callable[[], None]]:
    """Send mails until the block ends. Gives what to call when there is one to send.

    Without settings nothing is sent: what has waited for three days is put away then, and until then a
    node that has settings may still send it.
    """
    outbox = PostgresOutbox(pool)
    async with trio.open_nursery() as nursery:
        if settings is None:
            nursery.start_soon(put_away, outbox)
            yield lambda: None
        else:
            if not base:
                logger.warning("mails have no link and no ticket: set PUBLIC_URL")
            writer = Writer(
                settings.sender,
                codes,
                base,
                payments=PostgresPayments(pool),
                queries=PostgresQueries(pool),
                accounts=PostgresAccounts(pool),
            )
            mailer = Mailer(outbox, writer, Smtp(settings), clock.now)
            nursery.start_soon(mailer.run)
            yield mailer.wake
        nursery.cancel_scope.cancel()


async def put_away(outbox: Outbox) -> None:
    """See that mails that nobody sends are not kept as open for ever. Works until cancelled."""
    while True:
        try:
            while await outbox.skip_untouched(MAX_AGE_MS, "there is no mail server"):
                pass
        except StoreUnavailable as error:
            logger.warning("old mails wait for PostgreSQL: %s", error)
        await trio.sleep(PUT_AWAY_SECONDS)
