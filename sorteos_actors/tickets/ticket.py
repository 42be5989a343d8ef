"""What a ticket says: the purchase, and what is left of it. Nobody's name, nobody's money."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from sorteos_actors.ports import TicketRecord
from sorteos_actors.raffle import Millis
from sorteos_actors.tickets.code import TicketCodes

PATH = "/boleto/"
"""Where the browser client shows a ticket, before its code."""


class TicketStatus(StrEnum):
    """Whether it takes part."""

    VALID = "valid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase, as it is printed. Amounts are in minor units."""

    code: str
    base: str
    """The address of the installation, without a slash at its end."""
    title: str
    labels: tuple[str, ...]
    """The numbers that are still the buyer's, as they are printed."""
    refunded: int
    """How many more there were, whose money went back."""
    unit_price: int
    currency: str
    sold_at: Millis
    draw_at: Millis | None

    @property
    def address(self) -> str:
        """Where anybody can check it: what its QR code says."""
        return f"{self.base}{PATH}{self.code}"

    @property
    def status(self) -> TicketStatus:
        """Whether it takes part."""
        if not self.refunded:
            return TicketStatus.VALID
        return TicketStatus.PARTLY_REFUNDED if self.labels else TicketStatus.REFUNDED

    @property
    def total(self) -> int:
        """What the numbers that are left have cost together."""
        return self.unit_price * len(self.labels)


def ticket_of(record: TicketRecord, codes: TicketCodes, base: str) -> Ticket:
    """The ticket of a purchase, to be checked at the installation whose address is `base`."""
    terms, reservation = record.terms, record.reservation
    assert reservation.ended_at is not None, "a purchase has ended"
    return Ticket(
        code=codes.code(terms.id, reservation.id),
        base=base.rstrip("/"),
        title=terms.title,
        labels=tuple(terms.label(number) for number in record.owned),
        refunded=len(reservation.numbers) - len(record.owned),
        unit_price=reservation.unit_price,
        currency=terms.currency,
        sold_at=reservation.ended_at,
        draw_at=terms.draw_at,
    )
