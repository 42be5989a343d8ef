"""What is said of one call of the HTTP contract."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.schemas import Schema

API: Final = "/api/v1"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One call: what goes in, what comes out, and how it may be refused."""

    method: str
    path: str
    summary: str
    answer: Schema | None
    status: int = 200
    body: type | None = None
    body_required: bool = True
    raw: tuple[str, ...] = ()
    """Media types of bodies that are taken as they are, beside JSON or instead of it."""
    access: Literal["none", "optional", "required"] = "required"
    refusals: tuple[RejectionCode | tuple[int, RejectionCode], ...] = ()
    """By code; a code that comes with another status than its own as a pair."""
    bare: tuple[tuple[int, str], ...] = ()
    """Statuses that carry no body, and what they say."""
    parameters: tuple[str, ...] = ()
    media: str = "application/json"
    other_media: tuple[str, ...] = ()
    """What the same answer may come as instead."""
    has_etag: bool = False
    has_page: bool = False
    """Whether a browser, which prefers ``text/html``, gets a page there instead of the answer."""
