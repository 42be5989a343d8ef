"""Where tickets are drawn while a node does other things: in one thread, with a short queue."""

from __future__ import annotations

from typing import Final

import trio

from sorteos_actors.tickets.document import ticket_pdf
from sorteos_actors.tickets.ticket import Ticket

MOST_WAITING: Final = 16
"""A queue of about two seconds; who comes later is better told so."""


class PressBusy(Exception):
    """Too many tickets wait to be drawn. Nothing was begun."""


class Press:
    """Draws one ticket at a time: Python's threads share one lock, and the event loop needs it too."""

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(1)

    async def pdf(self, ticket: Ticket, language: str) -> bytes:
        """See `ticket_pdf`. Raises `PressBusy`. Once begun it is drawn to its end, cancelled or not."""
        if self._limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise PressBusy
        return await trio.to_thread.run_sync(ticket_pdf, ticket, language, limiter=self._limiter)
