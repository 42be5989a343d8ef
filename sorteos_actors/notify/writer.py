"""Finds what a mail is about, and writes it."""

from __future__ import annotations

import logging
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import UUID

from sorteos_actors.errors import MailUnavailable
from sorteos_actors.notify.letter import DEFAULT, KINDS, letter_of
from sorteos_actors.notify.render import message_of, receiver_of
from sorteos_actors.ports import Accounts, Queries
from sorteos_actors.ports.mail import RECEIPT, OutboxItem
from sorteos_actors.ports.payment_store import PaymentStore
from sorteos_actors.tickets.code import TicketCodes
from sorteos_actors.tickets.press import Press, PressBusy
from sorteos_actors.tickets.ticket import Ticket, ticket_of

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """There is nobody to send this mail to; the message says why, and names nobody."""


class Writer:
    """Writes mails from committed rows."""

    def __init__(
        self,
        sender: Address,
        codes: TicketCodes,
        base: str,
        *,
        payments: PaymentStore,
        queries: Queries,
        accounts: Accounts,
    ) -> None:
        """`base` is where people find the pages; empty: no mail has a link, or a ticket with one."""
        self._sender = sender
        self._codes = codes
        self._base = base
        self._payments = payments
        self._queries = queries
        self._accounts = accounts
        self._press = Press()

    async def write(self, item: OutboxItem) -> EmailMessage:
        """The mail that an item stands for. A ticket that cannot be drawn is left out.

        Raises `NotSent`, `MailUnavailable` and `StoreUnavailable`.
        """
        if item.kind not in KINDS:
            raise MailUnavailable("this version does not know such a mail")
        payment = await self._payments.get(item.raffle_id, UUID(item.payload["payment_id"]))
        raffle = await self._queries.raffle(item.raffle_id)
        if payment is None or raffle is None:
            raise NotSent("what it is about is not there")
        contact = await self._accounts.contact(payment.user_id)
        if contact is None or contact.email is None:
            raise NotSent("the buyer has no e-mail address")
        receiver = receiver_of(contact.email)
        if receiver is None:
            raise NotSent("the address cannot be used")
        ticket = await self._ticket(item)
        drawn = None if ticket is None else await self._drawn(ticket, contact.language or DEFAULT)
        letter = letter_of(
            item,
            payment,
            raffle.terms,
            contact,
            link="" if ticket is None else ticket.address,
            has_ticket=drawn is not None,
        )
        return message_of(item, letter, self._sender, receiver, drawn)

    async def _ticket(self, item: OutboxItem) -> Ticket | None:
        if item.kind != RECEIPT or not self._base:
            return None
        reservation_id = UUID(item.payload["reservation_id"])
        record = await self._queries.ticket(item.raffle_id, reservation_id)
        return None if record is None else ticket_of(record, self._codes, self._base)

    async def _drawn(self, ticket: Ticket, language: str) -> bytes | None:
        try:
            return await self._press.pdf(ticket, language)
        except PressBusy:
            return None
        except Exception as error:
            # The mail is worth more than its attachment; the link leads to the same ticket.
            logger.error("a ticket could not be drawn: %s", type(error).__name__)
            return None
