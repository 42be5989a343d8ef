"""One simulated buyer: looks at the board, takes numbers, changes its mind, goes to pay or leaves."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError

from sorteos_actors.protocol.close_codes import may_reconnect
from sorteos_actors.raffle.model import AVAILABLE
from sorteos_actors.terminal.client import RaffleClient, open_client
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.follow import back_off, retry_after
from sorteos_actors.terminal.tally import Tally

_LOOKS: Final = 200
"""How many cells a buyer looks at to find a free one; a nearly sold raffle is left to quick pick."""
_WAIT_SECONDS: Final = 1.0
_HOPELESS: Final = {400, 401, 403, 404}
_RESTS: Final = {"raffle_not_active": 10, "too_many_numbers": 1, "numbers_taken": 1}
"""After these refusals a buyer thinks for so many pauses."""

Token = Callable[[random.Random], Awaitable[str]]
Slot = Callable[[], Awaitable[None]]


class Buyer:
    """Buys until cancelled. Its choices come from `chance` alone."""

    def __init__(
        self,
        url: str,
        raffle_id: str,
        *,
        token: Token,
        slot: Slot,
        tally: Tally,
        chance: random.Random,
        pace: float,
        pause: Callable[[int], float] = back_off,
    ) -> None:
        self._url = url
        self._raffle_id = raffle_id
        self._new_token = token
        self._slot = slot
        self._tally = tally
        self._chance = chance
        self._pace = pace
        self._pause = pause
        self._token = ""
        self._reservation: dict[str, Any] | None = None

    async def run(self) -> None:
        """Come, buy, lose the connection, come back. Raises `Complaint` when that makes no sense."""
        await self._think(self._chance.random())
        attempt = 0
        while True:
            hint: float | None = None
            try:
                if not self._token:
                    self._token = await self._new_token(self._chance)
                async with open_client(
                    self._url, self._raffle_id, self._token, deflate=True
                ) as client:
                    attempt = 0
                    self._tally.events["connections"] += 1
                    await self._visit(client)
            except ConnectionRejected as rejected:
                if rejected.status_code in _HOPELESS:
                    raise Complaint(
                        f"The server refused a bot's connection (HTTP {rejected.status_code})."
                    ) from None
                self._tally.events["connections_refused"] += 1
                hint = retry_after(rejected)
            except HandshakeError:
                self._tally.events["connections_failed"] += 1
            except ConnectionClosed as closed:
                reason = closed.reason
                if reason is not None and not may_reconnect(reason.code):
                    raise Complaint(
                        f"The server sent a bot away ({reason.code} {reason.reason})."
                    ) from None
                self._tally.events["connections_lost"] += 1
            await trio.sleep(self._pause(attempt) if hint is None else hint)
            attempt += 1

    async def _visit(self, client: RaffleClient) -> None:
        """Serve one connection until it ends."""
        reply = await self._ask(client, "auth", token=self._token)
        self._reservation = reply.get("reservation")
        while True:
            await self._think(1)
            if self._reservation is None:
                await self._take(client)
            elif self._reservation["phase"] == "selection":
                await self._change_mind(client)
            else:
                await self._pay_or_not(client)

    # -- the three moods ---------------------------------------------------------------------

    async def _take(self, client: RaffleClient) -> None:
        """Nothing yet: take a few numbers by eye, or let chance choose."""
        reservation_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        most = max(1, min(5, int(client.raffle["max_numbers_per_user"])))
        wanted = self._chance.randint(1, most)
        labels = self._free_labels(client, wanted)
        if labels and self._chance.random() < 0.7:
            await self._command(client, "reserve", reservation_id, numbers=labels)
        else:
            await self._command(client, "quick_pick", reservation_id, count=wanted)
        if self._reservation is not None:
            self._tally.events["reservations"] += 1

    async def _change_mind(self, client: RaffleClient) -> None:
        assert self._reservation is not None
        reservation_id, held = self._reservation["id"], self._reservation["number_ids"]
        # A board may be a moment behind: what we hold already may still look free on it.
        other = [label for label in self._free_labels(client, 1) if label not in held]
        mood = self._chance.random()
        if mood < 0.20 and other:
            await self._command(client, "add", reservation_id, numbers=other)
        elif mood < 0.40 and other and held:
            give = [self._chance.choice(held)]
            await self._command(client, "swap", reservation_id, give=give, take=other)
        elif mood < 0.50 and self._reservation["extensions_left"]:
            seen = self._reservation["expires_at"]
            await self._command(client, "extend", reservation_id, expires_at=seen)
        elif mood < 0.85:
            await self._command(client, "checkout", reservation_id)
        else:
            await self._command(client, "cancel", reservation_id)

    async def _pay_or_not(self, client: RaffleClient) -> None:
        """In checkout: leave the numbers to their deadline and come as somebody else, or cancel."""
        assert self._reservation is not None
        if self._chance.random() < 0.25:
            self._tally.events["left_in_checkout"] += 1
            self._reservation = None
            self._token = await self._new_token(self._chance)
            await self._ask(client, "auth", token=self._token)
        else:
            await self._command(client, "cancel", self._reservation["id"])

    # -- talking -----------------------------------------------------------------------------

    async def _command(
        self, client: RaffleClient, type_: str, reservation_id: str, **f: Any
    ) -> None:
        reply = await self._ask(client, type_, reservation_id=reservation_id, **f)
        if reply["ok"]:
            reservation = reply["reservation"]
            is_live = reservation["phase"] in ("selection", "checkout", "payment_review")
            self._reservation = reservation if is_live else None
            return
        code, params = reply["error"]["code"], reply["error"]["params"]
        if code in ("reservation_expired", "wrong_phase", "not_found", "already_reserved"):
            # What we believe is old: ask who we are, and go on from there.
            known = await self._ask(client, "auth", token=self._token)
            self._reservation = known.get("reservation")
        elif code in _RESTS:
            await self._think(_RESTS[code] if params or code != "numbers_taken" else 1)

    async def _ask(self, client: RaffleClient, type_: str, **fields: Any) -> dict[str, Any]:
        """One request, repeated as long as the server asks for patience."""
        while True:
            await self._slot()
            sent = trio.current_time()
            reply = await client.request(type_, **fields)
            self._tally.reply(type_, trio.current_time() - sent, reply)
            code = "" if reply["ok"] else reply["error"]["code"]
            if code not in ("rate_limited", "unavailable"):
                return reply
            asked = reply["error"]["params"].get("retry_after_ms", _WAIT_SECONDS * 1000)
            await trio.sleep(asked / 1000 * (1 + self._chance.random() / 2))

    async def _think(self, pauses: float) -> None:
        """As people do: mostly short, now and then long."""
        await trio.sleep(min(self._chance.expovariate(1), 5) * pauses * self._pace)

    def _free_labels(self, client: RaffleClient, wanted: int) -> list[str]:
        """Some numbers that look free on this buyer's board: by the time it asks they may not be."""
        cells = client.board.cells
        found: dict[int, None] = {}
        for _ in range(_LOOKS):
            number = self._chance.randrange(len(cells))
            if cells[number] == AVAILABLE:
                found[number] = None
                if len(found) == wanted:
                    break
        width = max(2, len(str(len(cells) - 1)))
        return [str(number).zfill(width) for number in found]
