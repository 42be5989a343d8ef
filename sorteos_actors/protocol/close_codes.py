"""Why the server closes a socket, and whether coming back makes sense. One table."""

from __future__ import annotations

from typing import Final

import msgspec


class CloseCode(msgspec.Struct, frozen=True):
    """A WebSocket close code of this server."""

    code: int
    reason: str
    may_reconnect: bool


LEAVING: Final = CloseCode(1001, "leaving", True)
RESTARTING: Final = CloseCode(1012, "restarting", True)
BUSY: Final = CloseCode(1013, "busy", True)
BAD_MESSAGE: Final = CloseCode(4400, "bad message", False)
BAD_TOKEN: Final = CloseCode(4401, "token", False)
FORBIDDEN: Final = CloseCode(4403, "forbidden", False)
NO_SUCH_RAFFLE: Final = CloseCode(4404, "no such raffle", False)
TOO_SLOW: Final = CloseCode(4408, "too slow", True)
TOO_MANY: Final = CloseCode(4429, "too many", True)

CLOSE_CODES: Final = (
    LEAVING,
    RESTARTING,
    BUSY,
    BAD_MESSAGE,
    BAD_TOKEN,
    FORBIDDEN,
    NO_SUCH_RAFFLE,
    TOO_SLOW,
    TOO_MANY,
)


def may_reconnect(code: int) -> bool:
    """Whether a client should come back after this code; also for codes that are not ours."""
    known = {close.code: close.may_reconnect for close in CLOSE_CODES}
    return known.get(code, code < 4400)
