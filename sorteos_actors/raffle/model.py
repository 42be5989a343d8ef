"""What a raffle is, in memory: its terms, its board and the reservations that are alive.

Times are integer milliseconds since 1970 in PostgreSQL's clock (``Millis``), money is an integer in
minor units. A number is its index, ``0 <= n < number_count``; its printed form has leading zeros.

`Raffle` is the one mutable object of the core. Only `evolve` changes it, and one actor owns it. The
board is a bytearray, one byte a number, and objects exist only for live reservations: a raffle with
500,000 sold numbers gives the garbage collector nothing to walk.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

Millis = int
"""Milliseconds since 1970-01-01 UTC, as PostgreSQL's clock counts them."""

AVAILABLE: Final = 0
RESERVED: Final = 1
SOLD: Final = 2
BLOCKED: Final = 3
STATE_NAMES: Final = ("available", "reserved", "sold", "blocked")
"""Name of a number's state by its code; the codes are the two bits of a snapshot."""

MAX_NUMBER_COUNT: Final = 1_000_000


class RaffleStatus(StrEnum):
    """Where a raffle stands in its life; see `lifecycle` for who may follow whom."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """Where a reservation stands; the first three are alive and keep their numbers."""

    SELECTION = "selection"
    CHECKOUT = "checkout"
    PAYMENT_REVIEW = "payment_review"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_live(self) -> bool:
        """Whether a reservation in this phase keeps its numbers taken and its deadline running."""
        return self in LIVE_PHASES


LIVE_PHASES: Final = frozenset({Phase.SELECTION, Phase.CHECKOUT, Phase.PAYMENT_REVIEW})
PHASE_CODES: Final = tuple(Phase)
"""Phase by its position: one byte a reservation in the packed memory of ended ones."""


class RaffleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed when the raffle was created; never changes while it sells."""

    id: UUID
    organizer_id: UUID
    title: str
    description: str = ""
    number_count: int
    price: int
    currency: str
    max_numbers_per_user: int = 10
    selection_ms: int = 600_000
    checkout_ms: int = 300_000
    extension_ms: int = 300_000
    extensions_per_phase: int = 1
    max_hold_ms: int = 1_800_000
    sales_close_at: Millis | None = None
    draw_at: Millis | None = None

    @property
    def width(self) -> int:
        """Digits of a printed number: those of the largest one, at least two."""
        return max(2, len(str(self.number_count - 1)))

    def label(self, number: int) -> str:
        """The printed form of a number: ``label(7) == "0007"`` in a raffle of 10,000."""
        return str(number).zfill(self.width)

    def parse_label(self, label: str) -> int | None:
        """The number printed as `label`, or None: wrong width, not ASCII digits, out of range."""
        if len(label) != self.width or not (label.isascii() and label.isdigit()):
            return None
        number = int(label)
        return number if number < self.number_count else None


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers kept for one person until a deadline. Frozen: a change makes a new one."""

    id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    phase: Phase
    unit_price: int
    created_at: Millis
    expires_at: Millis
    extensions_used: int = 0
    ended_at: Millis | None = None
    payment_id: UUID | None = None
    """The attempt to pay that it waits for; once completed, the payment that paid."""

    @property
    def total_amount(self) -> int:
        """What the numbers cost together, in minor units, at the price of the first tap."""
        return self.unit_price * len(self.numbers)


class EndedReservations:
    """Remembers every reservation that ended, so that an id is never used twice.

    The recent ones are whole, so a repeated command gets the answer it got before. Of the older
    ones only the id and the phase stay: those of the time before the raffle was loaded as 17 bytes
    each, sorted by id in one bytes object (250,000 are 4 MB), later ones as an entry of a dict.
    Neither is work for the garbage collector.
    """

    RECENT = 4096
    RECORD = 17

    def __init__(self, packed: bytes = b"", recent: Iterable[Reservation] = ()) -> None:
        self._packed = packed
        self._phases: dict[bytes, Phase] = {}
        self._recent: OrderedDict[UUID, Reservation] = OrderedDict((r.id, r) for r in recent)

    def add(self, reservation: Reservation) -> None:
        """Remember a reservation that has just ended."""
        self._recent[reservation.id] = reservation
        if len(self._recent) > self.RECENT:
            oldest_id, oldest = self._recent.popitem(last=False)
            self._phases[oldest_id.bytes] = oldest.phase

    def recent(self, reservation_id: UUID) -> Reservation | None:
        """The reservation as it ended, if that was not too long ago."""
        return self._recent.get(reservation_id)

    def phase(self, reservation_id: UUID) -> Phase | None:
        """How it ended; None when no reservation of this raffle ever had the id."""
        recent = self._recent.get(reservation_id)
        if recent is not None:
            return recent.phase
        key = reservation_id.bytes
        known = self._phases.get(key)
        if known is not None:
            return known
        low, high = 0, len(self._packed) // self.RECORD
        while low < high:
            middle = (low + high) // 2
            start = middle * self.RECORD
            found = self._packed[start : start + 16]
            if found == key:
                return PHASE_CODES[self._packed[start + 16]]
            if found < key:
                low = middle + 1
            else:
                high = middle
        return None


class Raffle:
    """One raffle, alive. Built by the store or by replaying the journal; changed only by `evolve`."""

    __slots__ = (
        "board",
        "deadlines",
        "ended",
        "last_outage_at",
        "live_by_user",
        "reservations",
        "reserved_count",
        "returned",
        "seq",
        "sold_by_user",
        "sold_count",
        "status",
        "terms",
    )

    def __init__(self, terms: RaffleTerms) -> None:
        self.terms = terms
        self.status = RaffleStatus.DRAFT
        self.seq = 0
        self.board = bytearray(terms.number_count)
        self.reservations: dict[UUID, Reservation] = {}
        self.live_by_user: dict[UUID, UUID] = {}
        self.sold_by_user: dict[UUID, int] = {}
        self.returned: dict[UUID, frozenset[int]] = {}
        """Numbers that were bought and given back, by the reservation that had bought them."""
        self.ended = EndedReservations()
        # A heap of (deadline, reservation id) with lazy deletion: see `deadline`.
        self.deadlines: list[tuple[Millis, UUID]] = []
        self.reserved_count = 0
        self.sold_count = 0
        self.last_outage_at: Millis = 0
        """When the last outage that was made good had ended: every node measures its own, and may
        come with the same one again."""

    @property
    def available_count(self) -> int:
        """Numbers that nobody holds or owns."""
        return self.terms.number_count - self.reserved_count - self.sold_count

    def reservation(self, reservation_id: UUID) -> Reservation | None:
        """The reservation, alive or ended recently."""
        return self.reservations.get(reservation_id) or self.ended.recent(reservation_id)

    def live_reservation_of(self, user_id: UUID) -> Reservation | None:
        """The one live reservation that a person may have in a raffle."""
        reservation_id = self.live_by_user.get(user_id)
        return None if reservation_id is None else self.reservations[reservation_id]


class RaffleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A raffle as everybody may see it, at one committed position: (epoch, seq)."""

    terms: RaffleTerms
    status: RaffleStatus
    epoch: int
    seq: int
    reserved_count: int
    sold_count: int
