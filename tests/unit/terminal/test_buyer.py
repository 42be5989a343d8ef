"""Simulated people behave: they wait when told, come back, and repeat their choices by their seed."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
import trio

from sorteos_actors.terminal.api import Refusal, Unreachable
from sorteos_actors.terminal.bots import BotOptions, guests, run_bots, signed_tokens, slots
from sorteos_actors.terminal.buyer import Buyer
from sorteos_actors.terminal.complaint import Complaint
from sorteos_actors.terminal.tally import Tally
from sorteos_actors.web.auth import Tokens
from tests.unit.terminal.fake_server import Peer, start

SECRET = "a-secret-for-tests-that-is-long-enough"


async def no_token(_: random.Random) -> str:
    return "a.b.c"


async def no_slot() -> None:
    await trio.lowlevel.checkpoint()


def a_buyer(tally: Tally, *, seed: int = 1, url: str = "http://unused") -> Buyer:
    return Buyer(
        url,
        str(UUID(int=0xE000)),
        token=no_token,
        slot=no_slot,
        tally=tally,
        chance=random.Random(seed),
        pace=0.0,
        pause=lambda _: 0,
    )


class Answering:
    """Answers requests in turn; stands for a client."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    async def request(self, type_: str, /, **_: object) -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        self.asked.append(type_)
        return self.replies.pop(0)


def refusal(code: str, **params: object) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "params": params}}


async def test_a_buyer_who_is_told_to_wait_waits_and_asks_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    tally = Tally()
    client = Answering(
        refusal("rate_limited", retry_after_ms=30_000), refusal("unavailable"), {"ok": True}
    )
    began = trio.current_time()
    reply = await a_buyer(tally)._ask(client, "reserve")  # type: ignore[arg-type]
    assert reply == {"ok": True}
    assert 31 <= trio.current_time() - began <= 1.5 * 31
    assert tally.errors == {"rate_limited": 1, "unavailable": 1}


async def trade(peer: Peer, heard: Counter[str]) -> None:
    """A server on which every command succeeds."""
    await peer.welcome(200)
    held: dict[str, Any] | None = None
    while sum(heard.values()) < 60:
        message = await peer.hear()
        heard[message["type"]] += 1
        if message["type"] == "auth":
            held = None
        elif message["type"] == "cancel":
            held = {"phase": "cancelled"}
        else:
            phase = "checkout" if message["type"] == "checkout" else "selection"
            held = {
                "id": message["reservation_id"],
                "phase": phase,
                "number_ids": ["001"],
                "extensions_left": 1,
                "expires_at": "2026-11-25T10:10:00.000Z",
            }
        await peer.say(type="reply", ref=message["ref"], ok=True, seq=1, reservation=held)
    await peer.websocket.aclose(4404, "enough")


async def test_a_buyer_does_everything_a_person_may_do(nursery: trio.Nursery) -> None:
    heard: Counter[str] = Counter()

    async def script(peer: Peer) -> None:
        await trade(peer, heard)

    server = await start(nursery, script)
    tally = Tally()
    with pytest.raises(Complaint, match="4404 enough"):
        await a_buyer(tally, url=server.url).run()
    everything = {"auth", "reserve", "quick_pick", "add", "swap", "extend", "checkout", "cancel"}
    assert set(heard) == everything
    assert tally.answers == 60


async def test_the_same_seed_makes_the_same_choices(nursery: trio.Nursery) -> None:
    scripts = []
    for _ in range(2):
        heard: Counter[str] = Counter()

        async def script(peer: Peer, heard: Counter[str] = heard) -> None:
            await trade(peer, heard)

        server = await start(nursery, script)
        with pytest.raises(Complaint):
            await a_buyer(Tally(), seed=9, url=server.url).run()
        scripts.append(heard)
    assert scripts[0] == scripts[1]


async def test_a_buyer_comes_back_after_lost_and_refused_connections(
    nursery: trio.Nursery,
) -> None:
    async def lose(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.aclose(1012, '{"retry_after_ms":0}')

    async def end(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.aclose(4400, "end of the test")

    server = await start(nursery, lose, 503, lose, end)
    tally = Tally()
    with pytest.raises(Complaint):
        await a_buyer(tally, url=server.url).run()
    assert tally.events == {"connections": 3, "connections_lost": 2, "connections_refused": 1}


async def test_bots_end_when_their_time_is_over(nursery: trio.Nursery) -> None:
    async def script(peer: Peer) -> None:
        await peer.welcome()
        await peer.websocket.get_message()
        await trio.sleep_forever()

    server = await start(nursery, script)
    options = BotOptions(
        url=server.url, raffle_id="x", buyers=3, secret=SECRET, pace=0.0, duration=0.05
    )
    assert await run_bots(options, Tally()) >= 0.05


async def test_one_complaint_ends_all_bots_and_comes_out_as_it_is(nursery: trio.Nursery) -> None:
    server = await start(nursery, 404)
    options = BotOptions(url=server.url, raffle_id="x", buyers=5, secret=SECRET, pace=0.0)
    with pytest.raises(Complaint, match="404"):
        await run_bots(options, Tally())


async def test_signed_tokens_are_fresh_people_that_the_server_accepts() -> None:
    make, chance = signed_tokens(SECRET), random.Random(1)
    people = [Tokens(SECRET).check(await make(chance)) for _ in range(3)]
    assert len({person.user_id for person in people}) == 3
    assert {person.role.value for person in people} == {"user"}


async def test_guests_are_asked_for_as_slowly_as_the_server_wishes(
    autojump_clock: trio.testing.MockClock,
) -> None:
    autojump_clock.autojump_threshold = 0.05  # Asking runs in a thread.
    answers: list[Exception | str] = [
        Refusal(429, "rate_limited", "", {"retry_after_ms": 60_000}),
        Unreachable("away"),
        "a token",
    ]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    began = trio.current_time()
    assert await guests("http://unused", ask)(random.Random(1)) == "a token"
    assert trio.current_time() - began > 60


async def test_all_bots_together_keep_to_the_rate(autojump_clock: trio.testing.MockClock) -> None:
    gate = slots(10)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(101):
            nursery.start_soon(gate)
    assert trio.current_time() - began == pytest.approx(10)
