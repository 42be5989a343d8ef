"""Sends what waits in the outbox: at least once each, and never on the way of a sale.

Every node runs one. An item is leased for longer than a round may take, so two nodes do not send the
same; a node that dies between sending and saying so leaves an item that another one sends again, with
the same ``Message-ID``. What fails is tried again ever more seldom, for three days.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.message import EmailMessage
from typing import Final, Protocol

import trio

from sorteos_actors import metrics
from sorteos_actors.errors import MailRefused, MailUnavailable, StoreUnavailable
from sorteos_actors.notify.writer import NotSent
from sorteos_actors.ports.mail import Outbox, OutboxItem, Outcome
from sorteos_actors.raffle import Millis

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
"""How often a node looks for what was promised elsewhere."""
GATHER_SECONDS: Final = 0.1
"""Who is woken waits so long, so that a raffle that sells fast is not asked for each sale."""
LANES: Final = 2
"""Connections for all mails; there is one more, on which receipts do not go."""
BATCH: Final = 10
ROUND_SECONDS: Final = 90.0
LEASE_MS: Final = 120_000
FIRST_PAUSE_MS: Final = 5_000
LONGEST_PAUSE_MS: Final = 6 * 3_600_000
MAX_AGE_MS: Final = 3 * 24 * 3_600_000
COUNT_SECONDS: Final = 15.0
MOST_COUNTED: Final = 10_000


class Session(Protocol):
    """A connection to a mail server."""

    @property
    def is_open(self) -> bool:
        """Whether more may be sent."""

    async def send(self, message: EmailMessage) -> None:
        """Raises `MailRefused` and `MailUnavailable`."""


class PostOffice(Protocol):
    """A mail server."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Connect. Raises `MailUnavailable`."""


class Writes(Protocol):
    """Whoever writes mails."""

    async def write(self, item: OutboxItem) -> EmailMessage:
        """Raises `NotSent`, `MailUnavailable` and `StoreUnavailable`."""


def pause_ms(attempts: int) -> Millis:
    """Until the attempt after so many: 5 s, 20 s, 80 s, … and at most six hours."""
    return int(min(FIRST_PAUSE_MS * 4 ** min(attempts - 1, 10), LONGEST_PAUSE_MS))


class Mailer:
    """One a node; `run` is its life."""

    def __init__(
        self, outbox: Outbox, writer: Writes, post_office: PostOffice, now: Callable[[], Millis]
    ) -> None:
        """`now` is PostgreSQL's time."""
        self._outbox = outbox
        self._writer = writer
        self._post_office = post_office
        self._now = now
        self._woken = trio.Event()

    def wake(self) -> None:
        """Something was promised here: look soon."""
        woken, self._woken = self._woken, trio.Event()
        woken.set()

    async def run(self) -> None:
        """Send until cancelled. What was under way then is due again when its lease ends."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._count)
            for urgent in (True, *([False] * LANES)):
                nursery.start_soon(self._lane, urgent)

    async def _lane(self, urgent: bool) -> None:
        while True:
            woken = self._woken
            if await self._guarded_round(urgent):
                continue
            with trio.move_on_after(POLL_SECONDS):
                await woken.wait()
                await trio.sleep(GATHER_SECONDS)

    async def _guarded_round(self, urgent: bool) -> bool:
        try:
            return await self.send_due(urgent=urgent)
        except StoreUnavailable as error:
            logger.warning("mails wait for PostgreSQL: %s", error)
        except Exception as error:
            # Whatever it is, its message may quote a mail. The leases run out, and it is tried again.
            logger.error("mails could not be sent: %s", type(error).__name__)
        return False

    async def send_due(self, *, urgent: bool = False) -> bool:
        """One round: what is due, on one connection. Whether there may be more to send now.

        Raises `StoreUnavailable`; what is not sent then is due again when its lease ends.
        """
        items = await self._outbox.due(BATCH, LEASE_MS, urgent=urgent)
        works = True
        with trio.move_on_after(ROUND_SECONDS):
            works = await self._send_all(items)
        return works and len(items) == BATCH

    async def _send_all(self, items: list[OutboxItem]) -> bool:
        """Whether the server takes mails."""
        written = [(item, mail) for item in items if (mail := await self._written(item))]
        if not written:
            return True
        try:
            async with self._post_office.session() as session:
                while written and session.is_open:
                    item, mail = written.pop(0)
                    await self._send(session, item, mail)
                is_open = session.is_open
        except MailUnavailable as error:
            for item, _ in written:
                await self._later(item, str(error))
            return False
        for item, _ in written:  # The connection broke at another mail.
            await self._outbox.postpone(item, FIRST_PAUSE_MS)
        return is_open

    async def _written(self, item: OutboxItem) -> EmailMessage | None:
        """The mail; None when the item has been seen to."""
        try:
            return await self._writer.write(item)
        except NotSent as nobody:
            await self._over(item, "skipped", str(nobody))
        except StoreUnavailable:
            raise
        except MailUnavailable as error:
            await self._later(item, str(error))
        except Exception as error:
            await self._later(item, f"it could not be written: {type(error).__name__}")
        return None

    async def _send(self, session: Session, item: OutboxItem, mail: EmailMessage) -> None:
        try:
            await session.send(mail)
        except MailRefused as error:
            await self._over(item, "failed", str(error))
        except MailUnavailable as error:
            await self._later(item, str(error))
        except Exception as error:
            await self._later(item, f"it could not be sent: {type(error).__name__}")
        else:
            await self._over(item, "sent")

    # -- what became of it -----------------------------------------------------------------------

    async def _over(self, item: OutboxItem, outcome: Outcome, why: str | None = None) -> None:
        """Say so, and do not let go before it is written down: else it would be sent again."""
        if outcome == "failed":
            logger.warning("mail %s is given up: %s", item.id, why)
        metrics.MAILS.labels(item.kind, outcome).inc()
        while True:
            try:
                return await self._outbox.finish(item, outcome, why)
            except StoreUnavailable as error:
                logger.warning("mail %s: %s cannot be noted: %s", item.id, outcome, error)
            await trio.sleep(POLL_SECONDS)

    async def _later(self, item: OutboxItem, why: str) -> None:
        if self._now() - item.created_at >= MAX_AGE_MS:
            return await self._over(item, "failed", why)
        logger.warning("mail %s waits: %s", item.id, why)
        metrics.MAIL_RETRIES.inc()
        await self._outbox.postpone(item, pause_ms(item.attempts), why)
        return None

    async def _count(self) -> None:
        while True:
            try:
                metrics.MAILS_WAITING.set(await self._outbox.waiting(MOST_COUNTED))
            except StoreUnavailable as error:
                logger.warning("mails cannot be counted: %s", error)
            await trio.sleep(COUNT_SECONDS)
