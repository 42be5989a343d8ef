"""``sorteos bots``: many simulated buyers of one raffle, to see it live or to try a server.

They behave: they wait when they are told to, come back when they are sent home, and never hurry more
than `pace` and `rate` allow. With the server's secret they sign their own tokens; without it they ask
for guest tokens, one after the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
import trio

from sorteos_actors.terminal.access import issue
from sorteos_actors.terminal.api import Api, Refusal, Unreachable
from sorteos_actors.terminal.buyer import Buyer, Slot, Token
from sorteos_actors.terminal.tally import Tally
from sorteos_actors.terminal.until import run_until_signal
from sorteos_actors.web.auth import Role

_GUEST_SECONDS: Final = 1.2
"""Between two guests of one address, when the server does not say how long to wait."""
_TOKEN_HOURS: Final = 30 * 24


class BotOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who buys what, and how. Times in seconds; None: without limit."""

    url: str
    raffle_id: str
    buyers: int
    secret: str | None = None
    pace: float = 1.0
    rate: float | None = None
    duration: float | None = None
    seed: int | None = None


async def run_bots(
    options: BotOptions,
    tally: Tally,
    *,
    on_second: Callable[[float], None] = lambda _: None,
    guest: Callable[[], str] | None = None,
) -> float:
    """Buy until `duration` is over or a signal comes; what happened is in `tally`.

    `on_second` hears how many seconds have passed, each second. Returns them at the end. Raises
    `Complaint` when the server wants no bots at all.
    """
    chance = random.Random(options.seed)  # noqa: S311 - a simulation, repeatable by its seed
    token = signed_tokens(options.secret) if options.secret else guests(options.url, guest)
    slot = slots(options.rate)
    started = trio.current_time()

    buyers = [
        Buyer(
            options.url,
            options.raffle_id,
            token=token,
            slot=slot,
            tally=tally,
            chance=random.Random(chance.getrandbits(64)),  # noqa: S311
            pace=options.pace,
        )
        for _ in range(options.buyers)
    ]

    async def last() -> None:
        await trio.sleep(float("inf") if options.duration is None else options.duration)

    async def count_seconds() -> None:
        while True:
            await trio.sleep(1)
            on_second(trio.current_time() - started)

    await run_until_signal(last, count_seconds, *(buyer.run for buyer in buyers))
    return trio.current_time() - started


def signed_tokens(secret: str) -> Token:
    """Fresh people, signed with the server's own secret."""

    async def make(chance: random.Random) -> str:
        user_id = UUID(int=chance.getrandbits(128), version=4)
        return issue(secret, user_id, Role.USER, hours=_TOKEN_HOURS)[0]

    return make


def guests(url: str, ask: Callable[[], str] | None = None) -> Token:
    """Fresh guests, asked for one at a time and as slowly as the server wishes."""
    one_at_a_time = trio.Lock()

    def ask_server() -> str:
        with Api(url) as api:
            return api.guest()

    async def make(_: random.Random) -> str:
        async with one_at_a_time:
            while True:
                try:
                    return await trio.to_thread.run_sync(ask or ask_server)
                except Refusal as refusal:
                    if refusal.code not in ("rate_limited", "unavailable"):
                        raise
                    asked = refusal.params.get("retry_after_ms")
                    pause = asked / 1000 if isinstance(asked, int) else _GUEST_SECONDS
                except Unreachable:
                    pause = _GUEST_SECONDS
                await trio.sleep(pause)

    return make


def slots(rate: float | None) -> Slot:
    """A gate that lets at most `rate` requests a second through, for all bots together."""
    if rate is None:
        return _at_once
    next_at = -float("inf")

    async def wait() -> None:
        nonlocal next_at
        at = max(next_at, trio.current_time())
        next_at = at + 1 / rate
        await trio.sleep_until(at)

    return wait


async def _at_once() -> None:
    await trio.lowlevel.checkpoint()
