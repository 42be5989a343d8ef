"""Which pages may open a socket or read an answer: the same origin, and those on the list. Exactly."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit


def is_allowed(
    origin: str | None, host: str | None, allowed: Collection[str], *, browser: bool
) -> bool:
    """Whether an Origin may come in.

    A missing Origin is fine for programs. A browser always sends one on a WebSocket handshake, so
    one that says it is a browser (`browser`) and has none is refused.
    """
    if origin is None:
        return not browser
    if origin in allowed:
        return True
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or origin.count("/") != 2:
        return False
    return host is not None and parts.netloc.lower() == host.lower()


def looks_like_browser(user_agent: str | None, fetch_site: str | None) -> bool:
    """Whether the other headers are those that only a browser sends."""
    return fetch_site is not None or (user_agent or "").startswith("Mozilla/")
