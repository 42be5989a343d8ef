"""Buyers: each lives one story after the other, remembers every answer, and repeats what was lost.

A story is one reservation of a new person: it begins with `reserve` or `quick_pick`, goes on with a
few changes, and ends with `cancel`, or is left to its deadline. A command without a definite answer
is repeated word for word, over another connection, until it has one or is given up.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import trio

from sorteos_actors.testing.history import UNKNOWN_CODES, HistoryRecorder, Kind
from tests.chaos.doors import (
    ANSWER_SECONDS,
    Answer,
    Asked,
    Door,
    Lost,
    Person,
    http_door,
    reservation_id_over_http,
    socket_door,
)
from tests.chaos.http import open_http

MOST_ATTEMPTS: Final = 25
ELSEWHERE: Final = 3
"""After so many failures in a row somebody tries another door."""
_HOT: Final = 24
_HOT_SECONDS: Final = 4.0
_HTTP_SHARE: Final = 0.25
_LEFT_SHARE: Final = 0.02
_HINT_SECONDS: Final = 0.25


class Market(msgspec.Struct, frozen=True):
    """A raffle that is traded, and what is told about it."""

    raffle_id: UUID
    number_count: int
    recorder: HistoryRecorder
    leaves: bool = False
    """Whether holds are mostly left to their deadline."""

    @property
    def width(self) -> int:
        """Digits of a printed number."""
        return len(str(self.number_count - 1))


class Tally(msgspec.Struct):
    """What the buyers have gone through."""

    commands: int = 0
    attempts: int = 0
    unknown: int = 0
    """Attempts without a definite answer."""
    healed_by_one_retry: int = 0
    not_healed_by_one_retry: int = 0
    given_up: int = 0
    connections: int = 0
    failed_connections: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    slow: list[str] = msgspec.field(default_factory=list)
    """Commands that needed more than one retry, in words."""


class Buyers:
    """A crowd in front of some doors. `stop` lets everybody finish the command at hand."""

    def __init__(
        self, markets: Sequence[Market], urls: Callable[[], Sequence[str]], seed: int
    ) -> None:
        self.tally = Tally()
        self.is_over = False
        self._markets = markets
        self._urls = urls
        self._seed = seed

    async def trade(self, count: int) -> None:
        """Let so many trade at once, until `stop`."""
        async with open_http(ANSWER_SECONDS, count) as http, trio.open_nursery() as nursery:
            for number in range(count):
                chance = random.Random(f"{self._seed}/{number}")
                nursery.start_soon(self._live, f"buyer {number}", chance, http)

    def stop(self) -> None:
        """No new command; commands without an answer are not repeated any more."""
        self.is_over = True

    async def _live(self, name: str, chance: random.Random, http: httpx.AsyncClient) -> None:
        while not self.is_over:
            story = _Story(self, chance.choice(self._markets), name, chance, http)
            await story.live(self._urls)


class _Story:
    def __init__(
        self,
        crowd: Buyers,
        market: Market,
        name: str,
        chance: random.Random,
        http: httpx.AsyncClient,
    ) -> None:
        self._crowd = crowd
        self._market = market
        self._name = name
        self._chance = chance
        self._http = http
        self._over_http = chance.random() < _HTTP_SHARE
        self._person = Person.of(UUID(int=chance.getrandbits(128), version=4), int(time.time()))
        self._key = f"{chance.getrandbits(64):x}"
        if self._over_http:
            self._id = reservation_id_over_http(self._person, market.raffle_id, self._key)
        else:
            self._id = UUID(int=chance.getrandbits(128), version=4)
        self._changes_left = chance.randint(0, 4)
        self._leaves = chance.random() < (0.7 if market.leaves else _LEFT_SHARE)
        self._next: Asked | None = self._opening()
        self._failures = 0

    async def live(self, urls: Callable[[], Sequence[str]]) -> None:
        """To the end of the story, over as many connections as it takes."""
        tally = self._crowd.tally
        while self._next is not None and not self._crowd.is_over:
            tally.connections += 1
            try:
                async with self._door(self._chance.choice(urls())) as door:
                    while self._next is not None and not self._crowd.is_over:
                        await self._attempt(door, self._next)
                        await trio.sleep(self._chance.uniform(0, 0.03))
            except Lost:
                tally.failed_connections += 1
                await trio.sleep(self._chance.uniform(0.05, 0.3))

    def _door(self, url: str) -> AbstractAsyncContextManager[Door]:
        market = self._market
        if self._over_http:
            return http_door(
                self._http, url, market.raffle_id, self._person, self._key, market.width
            )
        return socket_door(url, market.raffle_id, self._person, market.width)

    async def _attempt(self, door: Door, asked: Asked) -> None:
        tally, recorder = self._crowd.tally, self._market.recorder
        index = recorder.begin(
            self._name, asked.kind, asked.reservation_id, take=asked.take, give=asked.give
        )
        tally.attempts += 1
        tally.commands += self._failures == 0
        try:
            answer = await door.say(asked)
        except BaseException:
            recorder.end_unknown(index)
            self._failed(asked, "lost")
            raise
        recorder.end_reply(index, answer)
        code = answer["error"]["code"] if "error" in answer else "ok"
        if code not in UNKNOWN_CODES:
            self._known(asked, code, answer)
            return
        self._failed(asked, code)
        hint = answer["error"]["params"].get("retry_after_ms", 0) / 1000
        await trio.sleep(max(hint, _HINT_SECONDS) * min(self._failures, 4))
        if self._failures % ELSEWHERE == 0:
            raise Lost("the same answer again and again")

    def _known(self, asked: Asked, code: str, answer: Answer) -> None:
        tally = self._crowd.tally
        tally.outcomes[code] += 1
        if self._failures == 1:
            tally.healed_by_one_retry += 1
        self._failures = 0
        reservation = answer.get("reservation") if code == "ok" else None
        self._next = self._choose(asked, reservation)

    def _failed(self, asked: Asked, why: str) -> None:
        tally = self._crowd.tally
        tally.unknown += 1
        tally.outcomes[why] += 1
        self._failures += 1
        if self._failures == 2:
            tally.not_healed_by_one_retry += 1
            tally.slow.append(f"{time.time():.3f} {self._name} {asked.kind} {why}")
        if self._failures >= MOST_ATTEMPTS:
            tally.given_up += 1
            self._next = None

    # -- what to say next ------------------------------------------------------------------------

    def _opening(self) -> Asked:
        chance = self._chance
        if self._over_http or chance.random() < 0.7:
            return self._ask("reserve", take=self._some(chance.randint(1, 3)))
        return self._ask("quick_pick", count=chance.randint(1, 3))

    def _choose(self, asked: Asked, reservation: dict[str, Any] | None) -> Asked | None:
        if reservation is None:
            # Refused. At the beginning that is the end; later the hold is still there.
            is_over = asked.kind in ("reserve", "quick_pick", "cancel")
            return None if is_over else self._ending()
        if reservation["phase"] != "selection":
            return None if asked.kind == "cancel" else self._ending()
        if self._changes_left == 0:
            return self._ending()
        self._changes_left -= 1
        return self._change(tuple(map(int, reservation["number_ids"])))

    def _change(self, held: tuple[int, ...]) -> Asked:
        chance = self._chance
        kinds: list[Kind] = ["add", "remove", "checkout"]
        kinds += ["read"] if self._over_http else ["swap", "quick_pick"]
        kind = chance.choice(kinds)
        mine = chance.choice(held)
        match kind:
            case "add":
                return self._ask("add", take=self._some(1))
            case "remove" if len(held) > 1:
                return self._ask("remove", give=(mine,))
            case "swap":
                take = tuple(n for n in self._some(1) if n not in held)
                return self._ask("swap", give=(mine,), take=take) if take else self._change(held)
            case "quick_pick":
                return self._ask("quick_pick", count=len(held) + 1)
            case "read":
                return self._ask("read")
            case "checkout" if chance.random() < 0.4:
                return self._ask("checkout")
            case _:
                return self._change(held)

    def _ending(self) -> Asked | None:
        return None if self._leaves else self._ask("cancel")

    def _ask(
        self, kind: Kind, *, take: tuple[int, ...] = (), give: tuple[int, ...] = (), count: int = 0
    ) -> Asked:
        return Asked(kind, self._id, take, give, count)

    def _some(self, count: int) -> tuple[int, ...]:
        """Numbers; half of the time those that everybody wants now, so that there is a fight."""
        size = self._market.number_count
        if self._chance.random() < 0.5:
            begin = int(time.monotonic() / _HOT_SECONDS) * _HOT
            return tuple((begin + n) % size for n in self._chance.sample(range(_HOT), count))
        return tuple(self._chance.sample(range(size), count))
