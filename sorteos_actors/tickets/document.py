"""A ticket on paper: A6 pages that a phone shows whole, and a printer puts on any sheet.

The same ticket gives the same bytes, on every node and at any time. Drawing is work for a processor,
some 100 ms of it: where an event loop runs, ask `press`.
"""

from __future__ import annotations

from typing import Final

from sorteos_actors.tickets.ticket import Ticket
from sorteos_actors.tickets.wording import WORDINGS

LANGUAGES: Final = tuple(WORDINGS)
"""The first is for those who do not say."""


def ticket_pdf(ticket: Ticket, language: str) -> bytes:
    """The ticket as a PDF in one of `LANGUAGES`. Raises `KeyError` for another one."""
    # The library takes a third of a second to load. The first ticket waits for it, no start does.
    from sorteos_actors.tickets.drawing import draw

    return draw(ticket, WORDINGS[language], language)
