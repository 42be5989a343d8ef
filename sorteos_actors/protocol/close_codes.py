"""Why the server closes a socket, and whether coming back makes sense. One table."""

from __future__ import annotations

from typing import Final

import msgspec


class CloseCode(msgspec.Struct, frozen=True):
    """A WebSocket close code of this server; `reason` is what the close frame says."""

    code: int
    name: str
    reason: str
    may_reconnect: bool


LEAVING: Final = CloseCode(1001, "leaving", "leaving", True)
RESTARTING: Final = CloseCode(1012, "restarting", "restarting", True)
BUSY: Final = CloseCode(1013, "busy", "busy", True)
BAD_MESSAGE: Final = CloseCode(4400, "bad_message", "bad message", False)
BAD_TOKEN: Final = CloseCode(4401, "bad_token", "token", False)
FORBIDDEN: Final = CloseCode(4403, "forbidden", "forbidden", False)
NO_SUCH_RAFFLE: Final = CloseCode(4404, "no_such_raffle", "no such raffle", False)
TOO_SLOW: Final = CloseCode(4408, "too_slow", "too slow", True)
TOO_MANY: Final = CloseCode(4429, "too_many", "too many", True)

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
_MAY_RECONNECT: Final = {close.code: close.may_reconnect for close in CLOSE_CODES}


def may_reconnect(code: int) -> bool:
    """Whether a client should come back after this code; also for codes that are not ours."""
    return _MAY_RECONNECT.get(code, code < 4400)
