"""Times on the wire: RFC 3339, UTC, milliseconds. Inside, integers of milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from sorteos_actors.raffle import Millis

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_HOUR_MINUTE: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
# `fromisoformat` also takes week dates, bare dates, commas and times without a zone.
_GRAMMAR: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\dT{_HOUR_MINUTE}:[0-5]\d(?:\.\d{{1,9}})?(?:Z|[+-]{_HOUR_MINUTE})", re.ASCII
)


def rfc3339(at: Millis) -> str:
    """``2026-11-25T10:10:00.000Z``. Raises `OverflowError` outside of the years 1 to 9999."""
    second, millis = divmod(at, 1000)
    return f"{_second(second)}.{millis:03}Z"


@lru_cache(maxsize=1024)  # Every reply prints three times, and a busy second prints the same ones.
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]


def parse_rfc3339(text: str) -> Millis:
    """The instant a text names, whatever its zone; a finer fraction is cut off, not rounded.

    Raises `ValueError` for everything else, also for a leap second and for an instant that
    `rfc3339` could not print.
    """
    text = text.upper()
    if not _GRAMMAR.fullmatch(text):
        raise ValueError("not an RFC 3339 time with its zone")
    at = (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND
    if not _FIRST <= at <= _LAST:
        raise ValueError("a time outside of the years 1 to 9999")
    return at
