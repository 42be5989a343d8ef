"""A distributed lock for anybody: acquire, wait, extend, release; never another's.

The care is redis-py's own: a random token is the value, and Lua compares it before a lock is extended
or released. A lock makes it *unlikely* that two do the same work; what must not happen twice needs a
fence where it is written, as raffles have in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import redis.asyncio
import redis.asyncio.lock
import redis.exceptions
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import LockLost, LockTaken, RedisUnavailable

ANSWER_SECONDS: Final = 0.5
POLL_SECONDS: Final = 0.05


class Lock:
    """A lock that is held. Made by `Locks.acquire`."""

    def __init__(self, lock: redis.asyncio.lock.Lock) -> None:
        self._lock = lock

    async def extend(self, seconds: float) -> None:
        """Hold it for `seconds` from now. Raises `LockLost`, `RedisUnavailable`."""
        await _guarded(self._lock.extend, seconds, replace_ttl=True)

    async def release(self) -> None:
        """Give it back. Raises `LockLost` when its time was over: somebody else may have it."""
        await _guarded(self._lock.release)

    async def is_held(self) -> bool:
        """Whether it is still ours. Raises `RedisUnavailable`."""
        return bool(await _guarded(self._lock.owned))


class Locks:
    """Locks on one Redis. Made by `open_locks`."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def acquire(self, name: str, seconds: float, *, wait: float = 0.0) -> Lock:
        """The lock `name` for `seconds`, waiting for it up to `wait` seconds.

        Raises `LockTaken` when another has it all that time, `RedisUnavailable`. When cancelled, it
        may have been taken; it ends by itself.
        """
        lock = redis.asyncio.lock.Lock(self._client, name, timeout=seconds, sleep=POLL_SECONDS)
        give_up = trio.current_time() + wait
        while not await _guarded(lock.acquire, blocking=False):
            if trio.current_time() >= give_up:
                raise LockTaken(name)
            await trio.sleep(min(POLL_SECONDS, max(0.0, give_up - trio.current_time())))
        return Lock(lock)

    @asynccontextmanager
    async def hold(self, name: str, seconds: float, *, wait: float = 0.0) -> AsyncIterator[Lock]:
        """As `acquire`, released with the block. A lock that was lost meanwhile raises `LockLost`."""
        lock = await self.acquire(name, seconds, wait=wait)
        try:
            yield lock
        except BaseException:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + ANSWER_SECONDS):
                if await lock.is_held():
                    await lock.release()
            raise
        await lock.release()


@asynccontextmanager
async def open_locks(url: str) -> AsyncIterator[Locks]:
    """Locks on the Redis at `url`, for the block; needs `asyncio_bridge.open_loop` around."""
    client = redis.asyncio.Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )
    try:
        yield Locks(client)
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + ANSWER_SECONDS):
            await asyncio_bridge.run(client.aclose)


async def _guarded(function: object, *args: object, **kwargs: object) -> object:
    try:
        return await asyncio_bridge.run(function, *args, **kwargs)  # type: ignore[arg-type]
    except redis.exceptions.LockNotOwnedError as error:
        raise LockLost(str(error)) from error
    except redis.exceptions.LockError as error:
        raise LockLost(str(error)) from error
    except (redis.exceptions.RedisError, OSError) as error:
        raise RedisUnavailable(str(error)) from error
