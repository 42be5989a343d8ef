"""A raffle watched for hours: the connection comes back whatever happens to it.

The board is one object over all connections, so its position never goes back: what the server sends
after a reconnect (a snapshot, or a resume's exact deltas) is applied by the rules of the contract.
Waiting is exponential with full jitter, and a server that says when to come back is believed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import trio
from trio_websocket import CloseReason, ConnectionClosed, ConnectionRejected, HandshakeError

from sorteos_actors.protocol.board import BoardClient
from sorteos_actors.protocol.close_codes import may_reconnect
from sorteos_actors.terminal.client import Change, RaffleClient, open_client
from sorteos_actors.terminal.complaint import Complaint

FIRST_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 10.0
PING_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 10.0
"""A ping without an answer for so long means that the connection is dead, whatever TCP thinks."""
STABLE_SECONDS: Final = 5.0
"""A connection that lived for so long ends a row of failures."""
_FINAL_STATUSES: Final = {400, 401, 403, 404}


def back_off(attempt: int) -> float:
    """Seconds to wait before an attempt, the first being 0: anywhere up to a doubling limit."""
    limit = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt, 16))
    return random.uniform(0, limit)  # noqa: S311 - spread, not secrecy


class Follower:
    """Keeps a raffle's board up to date until cancelled."""

    def __init__(
        self,
        url: str,
        raffle_id: UUID | str,
        token: str | None = None,
        *,
        on_change: Callable[[Change], None] = lambda _: None,
        on_state: Callable[[], None] = lambda: None,
        pause: Callable[[int], float] = back_off,
    ) -> None:
        self.board = BoardClient()
        self.raffle: dict[str, Any] = {}
        self.is_live = False
        self.connections = 0
        """How many times a connection came up: 1 is the first one."""
        self.why = ""
        """Why the last connection ended or could not be made, in a few words."""
        self._url = url
        self._raffle_id = raffle_id
        self._token = token
        self._on_change = on_change
        self._on_state = on_state
        self._pause = pause

    async def run(self, on_ping: Callable[[float], None] = lambda _: None) -> None:
        """Follow until cancelled; `on_ping` gets a round trip in seconds, about once a second.

        Raises `Complaint` when coming back makes no sense: no such raffle, or the token is bad.
        """
        attempt = 0
        while True:
            hint: float | None = None
            started = trio.current_time()
            try:
                await self._stay(on_ping)
            except ConnectionRejected as rejected:
                self.why = f"the server answered {rejected.status_code}"
                if rejected.status_code in _FINAL_STATUSES:
                    raise Complaint(_sentence(rejected.status_code, self._raffle_id)) from None
                hint = retry_after(rejected)
            except HandshakeError:
                self.why = "the server is away"
            except ConnectionClosed as closed:
                self.why = _words(closed.reason)
                if closed.reason is not None and not may_reconnect(closed.reason.code):
                    raise Complaint(f"The server closed the connection: {self.why}.") from None
                hint = _hint(closed.reason)
            is_stable = trio.current_time() - started >= STABLE_SECONDS
            attempt = 0 if is_stable else attempt + 1
            await trio.sleep(self._pause(attempt) if hint is None else hint)

    async def _stay(self, on_ping: Callable[[float], None]) -> None:
        async with open_client(
            self._url,
            self._raffle_id,
            self._token,
            deflate=True,
            board=self.board,
            on_change=self._changed,
        ) as client:
            self.connections += 1
            self.is_live = True
            self._on_state()
            try:
                while True:
                    with trio.move_on_after(SILENT_SECONDS) as patience:
                        on_ping(await client.ping())
                    if patience.cancelled_caught:
                        raise ConnectionClosed(CloseReason(1006, "the server went silent"))
                    with trio.move_on_after(PING_SECONDS):
                        while True:  # A lost connection is noticed at once, not at the next ping.
                            await client.next_change()
            finally:
                self.is_live = False
                self._on_state()

    def _changed(self, client: RaffleClient, change: Change) -> None:
        self.raffle = client.raffle
        self._on_change(change)


def retry_after(rejected: ConnectionRejected) -> float | None:
    """Seconds that the server asks to wait, if it does."""
    for name, value in rejected.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value) + random.random()  # noqa: S311 - not all in the same instant
    return None


def _hint(reason: CloseReason | None) -> float | None:
    """The hint in the words of a close frame: ``{"retry_after_ms": 120}``."""
    try:
        words = json.loads((reason.reason if reason else "") or "")
        return float(words["retry_after_ms"]) / 1000
    except (ValueError, TypeError, KeyError):
        return None


def _words(reason: CloseReason | None) -> str:
    if reason is None or reason.code == 1006:
        return (reason.reason if reason else None) or "the connection was lost"
    if reason.code == 1012:
        return "the server restarts"
    return reason.reason or f"code {reason.code}"


def _sentence(status: int, raffle_id: UUID | str) -> str:
    if status == 404:
        return f"The server has no raffle {raffle_id}."
    if status in (401, 403):
        return "The server does not accept the token. Use --token, or the server's own --data-dir."
    return f"The server does not speak this protocol (HTTP {status})."
