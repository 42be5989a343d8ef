"""Times on the wire: RFC 3339, UTC, milliseconds. Inside, integers of milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sorteos_actors.raffle import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def rfc3339(at: Millis) -> str:
    """``2026-11-25T10:10:00.000Z``."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> Millis:
    """The instant a text names, whatever its zone. Raises `ValueError`, also without a zone."""
    if len(text) > 40 or not text.isascii():
        raise ValueError("not an RFC 3339 time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text.upper().replace(" ", "T"):
        raise ValueError("a time needs its zone")
    return (moment - _EPOCH) // _MILLISECOND
