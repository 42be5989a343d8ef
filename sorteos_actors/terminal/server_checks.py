"""The doctor's look at PostgreSQL and Redis: reachable, durable, migrated, on time."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
import redis
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.config import mask_url
from sorteos_actors.errors import CannotStart, GuardViolated, StoreUnavailable
from sorteos_actors.store import migrate
from sorteos_actors.store.pool import open_pool
from sorteos_actors.terminal.findings import Finding, ok, skipped, unhealthy, warning

_MOST_CLOCK_MS: Final = 1000
_OLDEST_REDIS: Final = 7
_REDIS_SECONDS: Final = 2.0
_LEAST_POSTGRES: Final = 140_000
_QUERY: Final = """
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS number,
       current_setting('fsync') AS fsync,
       current_setting('synchronous_commit') AS synchronous_commit,
       extract(epoch FROM clock_timestamp())::float8 * 1000 AS clock_ms
"""


class DatabaseFacts(msgspec.Struct, frozen=True):
    """What PostgreSQL says of itself; `ahead_ms` is its clock against ours."""

    version: str
    number: int
    fsync: str
    synchronous_commit: str
    ahead_ms: float


def postgres(url: str) -> list[Finding]:
    """Everything about one PostgreSQL."""
    facts = trio.run(_ask, url)
    if isinstance(facts, DatabaseFacts):
        return [reachable(facts), durability(facts), migrations(url), clock(facts.ahead_ms)]
    unseen = [
        skipped(c, "PostgreSQL cannot be asked.") for c in ("durability", "migrations", "clock")
    ]
    return [unhealthy("postgresql", str(facts), ""), *unseen]


async def _ask(url: str) -> DatabaseFacts | Exception:
    """The facts, or why they cannot be had: a sentence for a person."""

    async def look(connection: Any) -> tuple[Any, float, float]:
        await connection.fetchval("SELECT 1")  # The first question of a connection is slow.
        before = time.time()
        row = await connection.fetchrow(_QUERY)
        return row, before, time.time()

    async with asyncio_bridge.open_loop():
        try:
            async with open_pool(url) as pool:
                row, before, after = await pool.run(look)
        except (CannotStart, StoreUnavailable, GuardViolated) as error:
            return error
    ahead = row["clock_ms"] - (before + after) * 500
    return DatabaseFacts(
        row["version"], row["number"], row["fsync"], row["synchronous_commit"], ahead
    )


def reachable(facts: DatabaseFacts) -> Finding:
    """Whether this PostgreSQL is new enough."""
    if facts.number < _LEAST_POSTGRES:
        advice = "Use PostgreSQL 14 or newer."
        return unhealthy("postgresql", f"PostgreSQL {facts.version} answers.", advice)
    return ok("postgresql", f"PostgreSQL {facts.version} answers.")


def durability(facts: DatabaseFacts) -> Finding:
    """Whether what was acknowledged survives a power cut."""
    told = f"fsync is {facts.fsync}, synchronous_commit is {facts.synchronous_commit}."
    if facts.fsync != "on" or facts.synchronous_commit == "off":
        advice = "Turn both on in postgresql.conf: an acknowledged reservation could be lost."
        return unhealthy("durability", told, advice)
    return ok("durability", told)


def migrations(url: str) -> Finding:
    """Whether the schema is the one that this version needs."""
    try:
        steps = migrate.status(url)
    except CannotStart as error:
        return unhealthy("migrations", str(error), "")
    missing = [step.name for step in steps if not step.is_applied]
    if missing:
        told = f"{len(missing)} of {len(steps)} are missing, from {missing[0]} on."
        return warning("migrations", told, "`sorteos serve` takes them, or `sorteos migrate up`.")
    return ok("migrations", f"All {len(steps)} are applied.")


def clock(ahead_ms: float) -> Finding:
    """Whether this machine's clock and PostgreSQL's agree. Deadlines follow PostgreSQL's alone."""
    way = "ahead of" if ahead_ms >= 0 else "behind"
    told = f"PostgreSQL's clock is {abs(ahead_ms):,.0f} ms {way} this machine's."
    if abs(ahead_ms) > _MOST_CLOCK_MS:
        advice = "Set both by NTP: deadlines hold, but tokens and logs show the wrong time."
        return warning("clock", told, advice)
    return ok("clock", told)


def redis_server(url: str) -> Finding:
    """Whether Redis answers, has sharded channels, and throws nothing away.

    Only ever a warning: nodes work without it, each a little slower.
    """
    client = redis.Redis.from_url(
        url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
    )
    try:
        client.ping()
        version = str(client.info("server").get("redis_version", "0"))
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
    except (redis.RedisError, OSError, ValueError) as error:
        advice = f"Start it at {mask_url(url)}, or correct REDIS_URL. One node works without it."
        return warning("redis", f"It does not answer ({error}).", advice)
    finally:
        client.close()
    if int(version.partition(".")[0]) < _OLDEST_REDIS:
        advice = "Use Redis 7 or newer, or Valkey: nodes speak over its sharded channels."
        return warning("redis", f"It answers; it is version {version}.", advice)
    if policy != "noeviction":
        advice = "Set it to noeviction: a lease must not be thrown away to make room."
        return warning("redis", f"It answers; maxmemory-policy is {policy}.", advice)
    return ok("redis", "It answers and evicts nothing.")
