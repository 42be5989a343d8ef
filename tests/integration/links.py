"""Links to real servers, and short ways to use them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import trio

from sorteos_actors.cluster import scripts
from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.link import RedisLink, ScriptCall
from tests.waiting import PATIENCE_SECONDS, until

VALUE = '{"node":"ana","url":"http://ana","epoch":0}'


@asynccontextmanager
async def open_link(url: str, *, connected: bool = True) -> AsyncIterator[RedisLink]:
    """A link that lives until the block ends."""
    link = RedisLink(url)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        if connected:
            with trio.fail_after(PATIENCE_SECONDS):
                await link.wait_connected()
        yield link
        nursery.cancel_scope.cancel()


def acquire(key: str) -> ScriptCall:
    """Take a key for Ana."""
    return ScriptCall(scripts.ACQUIRE, key, (VALUE, "ana", 60_000))


def release(key: str) -> ScriptCall:
    """Give it back."""
    return ScriptCall(scripts.RELEASE, key, ("ana",))


def hand_over(key: str) -> ScriptCall:
    """Give it to Beto."""
    heir = VALUE.replace("ana", "beto")
    return ScriptCall(scripts.HAND_OVER, key, ("ana", heir, 60_000))


async def run(link: RedisLink, call: ScriptCall) -> object:
    """The answer of one script."""
    [answer] = await link.run_scripts([call])
    return answer


async def until_state(link: RedisLink, state: State) -> None:
    """Wait for the breaker."""
    await until(lambda: link.state is state)


async def until_heard(sender: RedisLink, channels: Sequence[str], heard: dict[str, int]) -> None:
    """Publish to the channels that nobody has heard yet, until somebody has heard each."""
    with trio.fail_after(PATIENCE_SECONDS):
        while missing := [channel for channel in channels if not heard.get(channel)]:
            for channel in missing:
                sender.publish(channel, b"is anybody here?")
            await trio.sleep(0.05)


def counting(link: RedisLink, channels: Sequence[str]) -> dict[str, int]:
    """Subscribe to channels; how often each was heard."""
    heard: dict[str, int] = {}

    def listener(channel: str) -> Callable[[bytes], None]:
        def take(_: bytes) -> None:
            heard[channel] = heard.get(channel, 0) + 1

        return take

    for channel in channels:
        link.subscribe(channel, listener(channel))
    return heard
