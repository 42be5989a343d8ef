"""The whole vocabulary of the wire: what clients say, what bodies carry, what the server shows."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from sorteos_actors.ports import Language
from sorteos_actors.protocol.texts import one_line, paragraphs
from sorteos_actors.protocol.timestamps import parse_rfc3339
from sorteos_actors.protocol.views import (
    ContactView,
    Counts,
    NumberView,
    RaffleView,
    ReservationView,
    TicketView,
    raffle_view,
    reservation_view,
)
from sorteos_actors.raffle import Millis

__all__ = [
    "Add",
    "AddNumberBody",
    "Auth",
    "BoughtLabels",
    "Cancel",
    "Checkout",
    "ClientMessage",
    "CommandMessage",
    "ContactBody",
    "ContactView",
    "Counts",
    "Digits",
    "Extend",
    "ExtendBody",
    "Filter",
    "GuestBody",
    "Label",
    "Labels",
    "NumberView",
    "Ping",
    "QuickPick",
    "RaffleBody",
    "RaffleView",
    "Ref",
    "Remove",
    "ReservationBody",
    "ReservationView",
    "Reserve",
    "Resume",
    "Swap",
    "TicketView",
    "Time",
    "raffle_view",
    "reservation_view",
]

Ref = Annotated[str, Meta(max_length=64)] | int
"""Made by the client, echoed in the answer."""
Label = Annotated[str, Meta(max_length=16)]
"""A printed number, with its leading zeros."""
Labels = Annotated[list[Label], Meta(min_length=1, max_length=100)]
BoughtLabels = Annotated[list[Label], Meta(min_length=1, max_length=1000)]
"""As many as one person may have of a raffle."""
Digits = Annotated[str, Meta(max_length=16)]
Time = Annotated[str, Meta(max_length=40)]
"""RFC 3339."""
MAX_NAME: Final = 120
MAX_PHONE: Final = 40
MAX_EMAIL: Final = 254
_PHONE: Final = r"^[0-9+() .-]+$"


def _up_to(characters: int) -> Meta:
    """A length that is documented, and checked by somebody else."""
    return Meta(extra_json_schema={"minLength": 1, "maxLength": characters})


# -- what clients say ------------------------------------------------------------------------------


class Auth(msgspec.Struct, tag="auth", tag_field="type", frozen=True):
    """Say who you are."""

    ref: Ref
    token: Annotated[str, Meta(max_length=8192)]


class Reserve(msgspec.Struct, tag="reserve", tag_field="type", frozen=True):
    """Hold all of these numbers, or none."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Filter(msgspec.Struct, frozen=True):
    """Digits that a picked number must have."""

    starts_with: Digits = ""
    ends_with: Digits = ""
    contains: Digits = ""


class QuickPick(msgspec.Struct, tag="quick_pick", tag_field="type", frozen=True):
    """Let chance choose until the hold has `count` numbers."""

    ref: Ref
    reservation_id: UUID
    count: Annotated[int, Meta(ge=1, le=100)]
    filter: Filter | None = None


class Add(msgspec.Struct, tag="add", tag_field="type", frozen=True):
    """Hold these too."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Remove(msgspec.Struct, tag="remove", tag_field="type", frozen=True):
    """Let these go."""

    ref: Ref
    reservation_id: UUID
    numbers: Labels


class Swap(msgspec.Struct, tag="swap", tag_field="type", frozen=True):
    """Give some, take others, in one step."""

    ref: Ref
    reservation_id: UUID
    give: Labels
    take: Labels


class Cancel(msgspec.Struct, tag="cancel", tag_field="type", frozen=True):
    """Let everything go."""

    ref: Ref
    reservation_id: UUID


class Checkout(msgspec.Struct, tag="checkout", tag_field="type", frozen=True):
    """Go to pay."""

    ref: Ref
    reservation_id: UUID


class Extend(msgspec.Struct, tag="extend", tag_field="type", frozen=True):
    """More time; `expires_at` is the deadline the client sees."""

    ref: Ref
    reservation_id: UUID
    expires_at: Time

    def __post_init__(self) -> None:
        _instant("expires_at", self.expires_at)


class Resume(msgspec.Struct, tag="resume", tag_field="type", frozen=True):
    """Send what I missed since this position."""

    ref: Ref
    epoch: Annotated[int, Meta(ge=0)]
    seq: Annotated[int, Meta(ge=0)]


class Ping(msgspec.Struct, tag="ping", tag_field="type", frozen=True):
    """What time is it? `t0` comes back as it is."""

    t0: int | float | str | None = None
    ref: Ref | None = None


CommandMessage = Reserve | QuickPick | Add | Remove | Swap | Cancel | Checkout | Extend
ClientMessage = CommandMessage | Auth | Resume | Ping


# -- what HTTP bodies carry ------------------------------------------------------------------------


class GuestBody(msgspec.Struct, frozen=True):
    """``POST /auth/guest``."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    phone: Annotated[str, Meta(min_length=4, max_length=32, pattern=_PHONE)] | None = None

    def __post_init__(self) -> None:
        if self.name is not None:
            force_setattr(self, "name", one_line("name", self.name, 120))
        if self.phone is not None:
            one_line("phone", self.phone, 32)  # In the pattern, `$` allows a line end.


class ContactBody(msgspec.Struct, frozen=True):
    """``PUT /me/contact``. Only types are checked here: `contacts` judges, and the field is named."""

    name: Annotated[str, _up_to(MAX_NAME)]
    phone: Annotated[str, _up_to(MAX_PHONE)]
    email: Annotated[str, _up_to(MAX_EMAIL)] | None = None
    language: Language | None = None


class RaffleBody(msgspec.Struct, frozen=True):
    """``POST /raffles``."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    number_count: Annotated[int, Meta(ge=1, le=1_000_000)]
    price: Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", max_length=3)]  # `$` allows a line end.
    description: Annotated[str, Meta(max_length=5000)] | None = None
    selection_seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None
    checkout_seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None
    max_numbers_per_user: Annotated[int, Meta(ge=1, le=1000)] | None = None
    sales_close_at: Time | None = None
    draw_at: Time | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "title", one_line("title", self.title, 200))
        if self.description is not None:
            force_setattr(self, "description", paragraphs("description", self.description, 5000))
        closes = _instant("sales_close_at", self.sales_close_at)
        draws = _instant("draw_at", self.draw_at)
        if closes is not None and draws is not None and draws < closes:
            raise ValueError("`draw_at` is before `sales_close_at`")


class ReservationBody(msgspec.Struct, frozen=True):
    """``POST /reservations``."""

    raffle_id: UUID
    number_ids: Labels


class AddNumberBody(msgspec.Struct, frozen=True):
    """``POST /reservations/:id/add-number``."""

    number_id: Label


class ExtendBody(msgspec.Struct, frozen=True):
    """``POST /reservations/:id/extend``; without a body, whatever the deadline is."""

    expires_at: Time | None = None

    def __post_init__(self) -> None:
        _instant("expires_at", self.expires_at)


def _instant(field: str, text: str | None) -> Millis | None:
    """The time, if there is one. Raises `ValueError` naming the field."""
    try:
        return None if text is None else parse_rfc3339(text)
    except ValueError as error:
        raise ValueError(f"`{field}` is {error}") from None
