"""``sorteos doctor``: looks at everything a server needs, and says what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from sorteos_actors.config import Settings, mask_url
from sorteos_actors.embedded import Urls, has_cluster, is_held, open_embedded, running_urls
from sorteos_actors.errors import CannotStart
from sorteos_actors.terminal import machine_checks, server_checks
from sorteos_actors.terminal.findings import Finding, ok, skipped, unhealthy, warning


def examine(host: str, port: int, data_dir: Path) -> Iterator[Finding]:
    """All checks, one after the other. Raises nothing: what cannot be checked is a finding."""
    yield machine_checks.python_version()
    yield from machine_checks.data_directory(data_dir)
    yield machine_checks.port(host, port)
    yield machine_checks.open_files()
    try:
        settings = Settings.from_environment()
    except CannotStart as error:
        yield unhealthy("settings", str(error), "")
        return
    yield ok("settings", "Every variable of the environment can be used.")
    if not settings.rate_limits_on:
        yield warning("rate limits", "RATE_LIMITS is off.", "Only for load tests: unset it.")
    yield machine_checks.secret_of(data_dir)
    yield from _servers(settings, data_dir)


def _servers(settings: Settings, data_dir: Path) -> Iterator[Finding]:
    """PostgreSQL and Redis: configured, running in the data directory, or started for a moment."""
    embedded = Urls(None, None)
    with ExitStack() as stack:
        if settings.database_url is None or settings.redis_url is None:
            try:
                embedded = _embedded(settings, data_dir, stack)
            except CannotStart as error:
                yield unhealthy("embedded", str(error), "")
        database_url = settings.database_url or embedded.database
        if database_url is None:
            for check in ("postgresql", "durability", "migrations", "clock"):
                yield skipped(check, "The embedded database will be made at first start.")
        else:
            yield ok("database", f"{mask_url(database_url)}.")
            yield from server_checks.postgres(database_url)
        redis_url = settings.redis_url or embedded.redis
        if redis_url is None:
            yield skipped("redis", "The embedded Valkey starts with the server.")
        else:
            yield server_checks.redis_server(redis_url)


def _embedded(settings: Settings, data_dir: Path, stack: ExitStack) -> Urls:
    if is_held(data_dir):
        return running_urls(data_dir)
    if settings.database_url is None and not has_cluster(data_dir):
        return Urls(None, None)
    servers = stack.enter_context(
        open_embedded(
            data_dir,
            postgres=settings.database_url is None,
            valkey=settings.redis_url is None,
        )
    )
    return Urls(servers.database_url, servers.redis_url)
