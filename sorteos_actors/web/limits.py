"""How much one connection and one address may do. Token buckets: pure, the caller brings the time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """`burst` at once, then `per_second`."""

    per_second: float
    burst: float


class Bucket:
    """One caller's budget."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._left = rate.burst
        self._at = now

    def take(self, now: float) -> float:
        """Spend one. Zero when it was there; else how many seconds until it will be."""
        rate = self._rate
        self._left = min(rate.burst, self._left + (now - self._at) * rate.per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / rate.per_second


class Budgets:
    """A bucket per key (an address), for one kind of thing. Forgets the longest unused ones."""

    MOST_KEYS: Final = 50_000

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """As `Bucket.take`, for one key. Without a rate everything is allowed."""
        if self._rate is None:
            return 0.0
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, now)
            if len(self._buckets) > self.MOST_KEYS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket.take(now)


class Limits(msgspec.Struct, frozen=True):
    """The whole table, in one place. None: without limit.

    Phones of one carrier share an address (CGNAT), so an address is allowed far more than a person.
    """

    socket_commands: Rate | None = Rate(5, 20)
    address_handshakes: Rate | None = Rate(10, 60)
    address_requests: Rate | None = Rate(30, 120)
    address_guests: Rate | None = Rate(1, 30)
    address_webhooks: Rate | None = Rate(200, 1000)
    """A company sends for all of its customers from a few addresses."""
    node_handshakes: Rate | None = Rate(500, 500)
    sockets_per_address: int | None = 200
    sockets_per_node: int | None = 20_000
    strikes: int = 20
    """Refused commands in a row after which a socket is closed."""


UNLIMITED: Final = Limits(
    socket_commands=None,
    address_handshakes=None,
    address_requests=None,
    address_guests=None,
    address_webhooks=None,
    node_handshakes=None,
    sockets_per_address=None,
    sockets_per_node=None,
)
"""For load tests (``RATE_LIMITS=off``)."""
