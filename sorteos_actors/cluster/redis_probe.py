"""Whether Redis answers. A single node works without it; operators still want to know."""

from __future__ import annotations

import logging

import redis.asyncio
import redis.exceptions
import trio

from sorteos_actors import asyncio_bridge

logger = logging.getLogger(__name__)

PROBE_SECONDS = 2.0
ANSWER_SECONDS = 0.5


class RedisProbe:
    """Pings a Redis every two seconds and remembers the answer."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self.state = "unused" if url is None else "down"
        """``up``, ``down`` or ``unused``."""

    async def run(self) -> None:
        """Probe until cancelled. A Redis that is away is reported, and asked again."""
        if self._url is None:
            return
        client = redis.asyncio.Redis.from_url(
            self._url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
        try:
            while True:
                self._note(await asyncio_bridge.run(_answers, client))
                await trio.sleep(PROBE_SECONDS)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + ANSWER_SECONDS):
                await asyncio_bridge.run(client.aclose)

    def _note(self, answers: bool) -> None:
        state = "up" if answers else "down"
        if state != self.state:
            logger.log(logging.INFO if answers else logging.WARNING, "Redis is %s", state)
        self.state = state


async def _answers(client: redis.asyncio.Redis) -> bool:
    try:
        return bool(await client.ping())
    except (redis.exceptions.RedisError, OSError):
        return False
