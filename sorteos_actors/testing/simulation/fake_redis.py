"""A Redis in memory, as far as a cluster of ours uses one: five scripts, GET, and channels.

Keys end by trio's clock. The scripts do in Python what `cluster/scripts/*.lua` do; the same contract
tests run against both. Faults belong to whoever stands between a node and this.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import trio

from sorteos_actors.cluster.link import ScriptCall
from sorteos_actors.ports import Owner

Script = Callable[["SimulatedRedis", str, tuple[str | int, ...]], "bytes | int | None"]


class SimulatedRedis:
    """One server. Synchronous: each call is one step, as a script is."""

    def __init__(self) -> None:
        self.is_away = False
        self._keys: dict[str, tuple[bytes, float]] = {}
        self._channels: dict[str, dict[str, Callable[[bytes], None]]] = {}

    # -- keys --------------------------------------------------------------------------------------

    def run(self, call: ScriptCall) -> bytes | int | None:
        """Run one script on one key."""
        return _SCRIPTS[call.script.name](self, call.key, call.args)

    def get(self, key: str) -> bytes | None:
        """A key's value, if it has not ended."""
        value, ends_at = self._keys.get(key, (b"", 0.0))
        return value if ends_at > trio.current_time() else None

    def set(self, key: str, value: str, ttl_ms: int) -> None:
        """SET … PX."""
        self._keys[key] = (value.encode(), trio.current_time() + ttl_ms / 1000)

    def delete(self, key: str) -> None:
        """DEL."""
        self._keys.pop(key, None)

    def flush(self) -> None:
        """FLUSHALL, or a restart with nothing on the disk."""
        self._keys.clear()

    def jump(self, seconds: float) -> None:
        """Redis' clock jumps ahead: keys end early."""
        self._keys = {key: (value, at - seconds) for key, (value, at) in self._keys.items()}

    # -- channels ----------------------------------------------------------------------------------

    def publish(self, channel: str, payload: bytes) -> int:
        """SPUBLISH: hand it to all who hear the channel; how many there were."""
        listeners = self._channels.get(channel, {})
        for listener in list(listeners.values()):
            listener(payload)
        return len(listeners)

    def subscribe(self, who: str, channel: str, listener: Callable[[bytes], None]) -> None:
        """SSUBSCRIBE, by a connection called `who`."""
        self._channels.setdefault(channel, {})[who] = listener

    def unsubscribe(self, who: str, channel: str) -> None:
        """SUNSUBSCRIBE."""
        self._channels.get(channel, {}).pop(who, None)

    def forget(self, who: str) -> None:
        """The connection is gone, and its subscriptions with it."""
        for listeners in self._channels.values():
            listeners.pop(who, None)


def _holder(redis: SimulatedRedis, key: str) -> tuple[bytes | None, Owner | None]:
    held = redis.get(key)
    return held, None if held is None else msgspec.json.decode(held, type=Owner)


def _acquire(redis: SimulatedRedis, key: str, args: tuple[str | int, ...]) -> bytes | None:
    value, node, ttl = args
    held, holder = _holder(redis, key)
    if holder is not None and holder.node != node:
        return held
    redis.set(key, str(value), int(ttl))
    return None


def _seize(redis: SimulatedRedis, key: str, args: tuple[str | int, ...]) -> bytes | None:
    value, node, ttl, dead = args
    held, holder = _holder(redis, key)
    if holder is not None and holder.node not in (node, dead):
        return held
    redis.set(key, str(value), int(ttl))
    return None


def _renew(redis: SimulatedRedis, key: str, args: tuple[str | int, ...]) -> bytes | None:
    value, node, ttl, epoch = args
    held, holder = _holder(redis, key)
    if (
        holder is not None
        and holder.node != node
        and (holder.epoch == 0 or holder.epoch > int(epoch))
    ):
        return held
    redis.set(key, str(value), int(ttl))
    return None


def _release(redis: SimulatedRedis, key: str, args: tuple[str | int, ...]) -> int:
    _, holder = _holder(redis, key)
    if holder is None or holder.node != args[0]:
        return 0
    redis.delete(key)
    return 1


def _hand_over(redis: SimulatedRedis, key: str, args: tuple[str | int, ...]) -> int:
    node, value, ttl = args
    _, holder = _holder(redis, key)
    if holder is None or holder.node != node:
        return 0
    redis.set(key, str(value), int(ttl))
    return 1


_SCRIPTS: dict[str, Script] = {
    "acquire": _acquire,
    "seize": _seize,
    "renew": _renew,
    "release": _release,
    "hand_over": _hand_over,
}
