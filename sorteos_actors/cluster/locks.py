"""A distributed lock for anybody: acquire, wait, extend, release; never another's.

The care is redis-py's own: a random token is the value, and Lua compares it before a lock is extended
or released. A lock makes it *unlikely* that two do the same work; what must not happen twice needs a
fence where it is written, as raffles have in PostgreSQL.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import redis.asyncio
import redis.asyncio.lock
import redis.asyncio.retry
import redis.backoff
import redis.exceptions
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import LockLost, LockTaken, RedisUnavailable

logger = logging.getLogger(__name__)

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

        Raises `LockTaken` when another has it all that time, `RedisUnavailable`. When cancelled,
        nothing is left, as far as Redis answers; else it ends by itself.
        """
        lock = redis.asyncio.lock.Lock(self._client, name, timeout=seconds)
        token = secrets.token_hex(16).encode()
        give_up = trio.current_time() + wait
        try:
            while not await _guarded(lock.acquire, blocking=False, token=token):
                if trio.current_time() >= give_up:
                    raise LockTaken(name)
                await trio.sleep(min(POLL_SECONDS, max(0.0, give_up - trio.current_time())))
        except (trio.Cancelled, RedisUnavailable):
            # It may have been taken, and nobody was told.
            lock.local.token = token
            await _give_back(Lock(lock))
            raise
        return Lock(lock)

    @asynccontextmanager
    async def hold(self, name: str, seconds: float, *, wait: float = 0.0) -> AsyncIterator[Lock]:
        """As `acquire`, released with the block.

        A block that ends in peace raises `LockLost` when the lock was lost meanwhile; one that fails
        or is cancelled raises what it raised.
        """
        lock = await self.acquire(name, seconds, wait=wait)
        try:
            yield lock
        except BaseException:
            await _give_back(lock)
            raise
        await lock.release()


async def _give_back(lock: Lock) -> None:
    """Release it if it is ours, also when cancelled; whatever comes of it, its time will end."""
    with trio.CancelScope(shield=True, deadline=trio.current_time() + ANSWER_SECONDS):
        try:
            await lock.release()
        except (LockLost, RedisUnavailable) as error:
            logger.debug("a lock was not given back: %s", error)


@asynccontextmanager
async def open_locks(url: str) -> AsyncIterator[Locks]:
    """Locks on the Redis at `url`, for the block; needs `asyncio_bridge.open_loop` around."""
    client = redis.asyncio.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        # A repeated SET NX whose answer was lost would find its own lock taken; and retries take long.
        retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
    )
    try:
        yield Locks(client)
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + ANSWER_SECONDS):
            await asyncio_bridge.run(client.aclose)


async def _guarded(function: object, *args: object, **kwargs: object) -> object:
    try:
        return await asyncio_bridge.run(function, *args, **kwargs)  # type: ignore[arg-type]
    except redis.exceptions.LockError as error:
        raise LockLost(str(error)) from error
    except (redis.exceptions.RedisError, OSError) as error:
        raise RedisUnavailable(str(error)) from error
