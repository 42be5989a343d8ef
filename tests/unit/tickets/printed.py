"""Reading a printed ticket back, as a person and as a phone's camera do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp

from sorteos_actors.tickets.code import TicketCodes
from sorteos_actors.tickets.document import ticket_pdf
from sorteos_actors.tickets.ticket import Ticket

EDGE = 10.0
"""Points that no text may come nearer to the edge of a page: printers cannot reach it."""
CODE = TicketCodes("secret").code(UUID(int=1 << 100), UUID(int=77))


def a_ticket(*labels: str, **changes: Any) -> Ticket:
    """A ticket of the school's raffle; keywords differ."""
    fields: dict[str, Any] = {
        "code": CODE,
        "base": "https://sorteos.example.cr",
        "title": "Rifa de la Escuela San José",
        "labels": labels,
        "refunded": 0,
        "unit_price": 150_000,
        "currency": "CRC",
        "sold_at": 1_764_115_320_000,
        "draw_at": None,
        **changes,
    }
    return Ticket(**fields)


def pages(ticket: Ticket, language: str = "es") -> list[str]:
    """The words of each page, single spaces between them."""
    document = pypdfium2.PdfDocument(ticket_pdf(ticket, language))
    texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return texts


def outside(ticket: Ticket) -> str:
    """The characters that are not wholly on their page, a finger's breadth from its edges."""
    document = pypdfium2.PdfDocument(ticket_pdf(ticket, "es"))
    found = []
    for page in document:
        text, (width, height) = page.get_textpage(), page.get_size()
        for place in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(place)
            if left < EDGE or bottom < EDGE or right > width - EDGE or top > height - EDGE:
                found.append(text.get_text_range(place, 1))
    document.close()
    return "".join(found).strip()


def scanned(ticket: Ticket, scale: float = 3) -> list[str]:
    """What the QR codes of the first page say, photographed at 72 dots an inch times `scale`."""
    document = pypdfium2.PdfDocument(ticket_pdf(ticket, "es"))
    picture = document[0].render(scale=scale).to_numpy()
    document.close()
    return [found.text for found in zxingcpp.read_barcodes(picture)]
