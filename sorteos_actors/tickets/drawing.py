"""What stands where on a ticket. Lengths are millimetres from the top left corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from fpdf.enums import Align

from sorteos_actors.tickets import qr
from sorteos_actors.tickets.fitting import Grid, fit
from sorteos_actors.tickets.paper import (
    BRAND,
    DANGER,
    HEIGHT,
    INK,
    INNER,
    MARGIN,
    SOFT,
    WIDTH,
    Paper,
)
from sorteos_actors.tickets.ticket import Ticket, TicketStatus
from sorteos_actors.tickets.wording import Wording, counted, date, money

_BAND: Final = 3.0
"""A stripe of colour along the upper edge."""
_PROOF_TOP: Final = 88.0
"""Where the numbers of the first page have ended, and the QR code and the facts begin."""
_FOOT_TOP: Final = HEIGHT - 11.0
_QR_SIDE: Final = 40.0
_FACTS_LEFT: Final = MARGIN + _QR_SIDE + 5
_GROUP: Final = 8


def draw(ticket: Ticket, wording: Wording, language: str) -> bytes:
    """The whole document."""
    paper = Paper(language, datetime.fromtimestamp(ticket.sold_at / 1000, UTC))
    title = paper.printable(ticket.title)
    paper.set_title(f"{wording.ticket}: {title}")
    paper.add_page()
    top = _head(paper, title, wording, most_lines=3)
    top = _heading(paper, ticket, wording, top)
    digits = max(map(len, ticket.labels), default=1)
    grid = fit(len(ticket.labels), digits, INNER, _PROOF_TOP - top)
    room = grid.capacity(_PROOF_TOP - top)
    _numbers(paper, grid, ticket.labels[:room], top)
    _proof(paper, ticket, wording)
    top = _BAND + 14
    sheets = list(_parts(ticket.labels[room:], grid.capacity(_FOOT_TOP - top)))
    _foot(paper, ticket.code, wording, 1, 1 + len(sheets))
    for page, labels in enumerate(sheets, 2):
        paper.add_page()
        _head(paper, title, wording, most_lines=1)
        _numbers(paper, grid, labels, top)
        _foot(paper, ticket.code, wording, page, 1 + len(sheets))
    return bytes(paper.output())


def _parts(labels: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(labels), size):
        yield labels[start : start + size]


def _head(paper: Paper, title: str, wording: Wording, *, most_lines: int) -> float:
    """What it is, of which raffle; returns where that ends."""
    paper.set_fill_color(*BRAND)
    paper.rect(0, 0, WIDTH, _BAND, style="F")
    top = _BAND + 3
    top += paper.write_lines(wording.ticket, (MARGIN, top), size=7, bold=True, color=BRAND)
    size = 14 if most_lines > 1 else 9
    return top + paper.write_lines(
        title, (MARGIN, top), size=size, bold=True, most_lines=most_lines
    )


def _heading(paper: Paper, ticket: Ticket, wording: Wording, top: float) -> float:
    """How many numbers there are, and what went back; returns where that ends."""
    top += 2
    if ticket.labels:
        text = counted(wording.numbers, len(ticket.labels))
        top += paper.write_lines(text, (MARGIN, top), size=8, color=SOFT)
    notice = {
        TicketStatus.VALID: "",
        TicketStatus.PARTLY_REFUNDED: counted(wording.partly_refunded, ticket.refunded),
        TicketStatus.REFUNDED: wording.refunded,
    }[ticket.status]
    if notice:
        size = 8 if ticket.labels else 14
        top += paper.write_lines(notice, (MARGIN, top), size=size, bold=True, color=DANGER)
    return top + 1.5


def _numbers(paper: Paper, grid: Grid, labels: Sequence[str], top: float) -> None:
    """The numbers, each in a box of its own; a single row of them stands in the middle."""
    width, height = grid.box
    row_width = min(len(labels), grid.columns) * grid.cell_width - (grid.cell_width - width)
    left = MARGIN + (INNER - row_width) / 2
    paper.set_draw_color(*BRAND)
    paper.set_line_width(0.35)
    paper.set_text_color(*INK)
    for place, label in enumerate(labels):
        row, column = divmod(place, grid.columns)
        x, y = left + column * grid.cell_width, top + row * grid.cell_height
        paper.rect(x, y, width, height, round_corners=True, corner_radius=height / 6)
        paper.write_centered(label, (x, y), (width, height), grid.size)


def _proof(paper: Paper, ticket: Ticket, wording: Wording) -> None:
    """The QR code, and beside it what was paid and when."""
    _qr(paper, ticket.address, (MARGIN, _PROOF_TOP), _QR_SIDE)
    facts = [(wording.sold_at, date(wording, ticket.sold_at))]
    if ticket.draw_at is not None:
        facts.append((wording.draw_at, date(wording, ticket.draw_at)))
    if ticket.labels:
        price = money(wording, ticket.unit_price, ticket.currency)
        facts.append((wording.price, price))
        facts.append((wording.total, money(wording, ticket.total, ticket.currency)))
    top, width = _PROOF_TOP, WIDTH - MARGIN - _FACTS_LEFT
    for name, value in facts:
        at = (_FACTS_LEFT, top)
        top += paper.write_lines(name, at, width=width, size=6, color=SOFT)
        top += paper.write_lines(value, (_FACTS_LEFT, top), width=width, size=8, bold=True) + 1.4
    paper.write_lines(wording.zone, (_FACTS_LEFT, top), width=width, size=6, color=SOFT)
    check = wording.check.format(host=urlsplit(ticket.address).netloc)
    paper.write_lines(check, (MARGIN, _PROOF_TOP + _QR_SIDE + 1.5), size=7, align=Align.C)


def _qr(paper: Paper, address: str, at: tuple[float, float], side: float) -> None:
    """The code in vectors, its quiet zone inside `side`; it is also a link."""
    module = side / (qr.size(address) + 2 * qr.QUIET)
    paper.set_fill_color(0, 0, 0)
    left, top = (edge + qr.QUIET * module for edge in at)
    for row, column, count in qr.dark_runs(address):
        # A little over its edge: between rows that only touch, some viewers show a hair of light.
        paper.rect(
            left + column * module, top + row * module, count * module, 1.02 * module, style="F"
        )
    paper.link(*at, side, side, link=address)


def _foot(paper: Paper, code: str, wording: Wording, page: int, pages: int) -> None:
    """The code, by which every page is known, and which page it is."""
    heading = wording.code
    if pages > 1:
        heading = f"{wording.page.format(page=page, pages=pages)}. {heading}"
    groups = " ".join(code[n : n + _GROUP] for n in range(0, len(code), _GROUP))
    top = _FOOT_TOP + 1
    for text in (heading, groups):
        top += paper.write_lines(text, (MARGIN, top), size=6, color=SOFT, align=Align.C)
