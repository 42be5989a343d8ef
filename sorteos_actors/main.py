"""The composition root: the only place that builds things and wires them together.

Order is part of the design. The asyncio loop of asyncpg and redis opens above everything that uses
it, above the HTTP server too. What starts last stops first:

    embedded servers ▸ asyncio loop ▸ pool ▸ registry ▸ HTTP application ▸ listeners

Draining (SIGINT, SIGTERM): not ready, accept nothing new, actors finish what waits in their
mailboxes, sockets are sent home with 1012 and a hint, the pool closes, the embedded servers stop.
"""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

import msgspec
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HypercornConfig
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from sorteos_actors import asyncio_bridge, logs, metrics
from sorteos_actors.actors.alone import LoneBus, LoneLease
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.actors.supervisor import World
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.redis_probe import RedisProbe
from sorteos_actors.config import Settings, mask_url
from sorteos_actors.embedded import load_or_create_secret, open_embedded
from sorteos_actors.errors import CannotStart
from sorteos_actors.ids import SystemIds
from sorteos_actors.raffle import RaffleStatus, RaffleTerms
from sorteos_actors.store import migrate
from sorteos_actors.store.accounts import PostgresAccounts
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.queries import PostgresQueries
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.web.app import NoUpgrades, create_app
from sorteos_actors.web.auth import Role, Tokens
from sorteos_actors.web.front_door import FrontDoor
from sorteos_actors.web.limits import UNLIMITED, Limits
from sorteos_actors.web.services import Services, WebSettings
from sorteos_actors.web.sockets import Sockets

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
_DEMO_NAMESPACE = UUID("6f3b1c64-5a0e-4c55-9d0c-0f9a3ad1c001")
DEMO_ORGANIZER = uuid5(_DEMO_NAMESPACE, "organizer")
DEMO_RAFFLES = (
    ("Rifa de la escuela", 100, 100_000),
    ("Sorteo del carro", 10_000, 250_000),
    ("El gran millón", 1_000_000, 50_000),
)
"""Title, numbers, price in céntimos."""


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve: the part of the settings that is a command's options."""

    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = Path(".sorteos")
    seed_demo: bool = True


def serve(settings: Settings, options: ServeOptions) -> int:
    """Set up what is not configured, serve until SIGINT or SIGTERM, stop what was started.

    Returns the exit status. Raises `CannotStart`; nothing is left running then, nor when a signal
    comes before it serves.
    """
    try:
        return _serve_until_signal(settings, options)
    except KeyboardInterrupt:
        return 0


def _serve_until_signal(settings: Settings, options: ServeOptions) -> int:
    logs.set_up(settings.log_format, settings.log_level)
    with (
        _listen(options.host, options.port) as listener,  # First: a taken port costs nothing.
        open_embedded(
            options.data_dir,
            postgres=settings.database_url is None,
            valkey=settings.redis_url is None,
        ) as servers,
    ):
        database_url = settings.database_url or servers.database_url
        assert database_url is not None
        tokens = Tokens(settings.jwt_secret or load_or_create_secret(options.data_dir))
        migrate.up(database_url)
        redis_url = settings.redis_url or servers.redis_url
        trio.run(_serve, settings, options, database_url, redis_url, tokens, listener)
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=4096)
    except OSError as error:
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror or error}). "
            "Stop the program that has it, or choose another one with --port."
        ) from None


async def _serve(
    settings: Settings,
    options: ServeOptions,
    database_url: str,
    redis_url: str | None,
    tokens: Tokens,
    listener: socket.socket,
) -> None:
    draining = trio.Event()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio_bridge.open_loop())
        node = await stack.enter_async_context(
            open_node(settings, options, database_url, redis_url, tokens, draining.is_set)
        )
        await node.store.ping()
        if options.seed_demo:
            await _seed(node.store)
        async with trio.open_nursery() as nursery:
            listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(listener))]
            await nursery.start(
                partial(trio.serve_listeners, node.door.serve, listeners, handler_nursery=nursery)
            )
            _spare_the_collector()
            _greet(listener, database_url, tokens)
            await _wait_for_signal()
            draining.set()
            logger.info("draining: finishing what was begun")
            with trio.move_on_after(DRAIN_SECONDS):
                await node.registry.drain()
                await node.sockets.drain()
            nursery.cancel_scope.cancel()


class Node(msgspec.Struct, frozen=True):
    """One node's parts, running."""

    registry: Registry
    store: PostgresRaffleStore
    sockets: Sockets
    door: FrontDoor


@asynccontextmanager
async def open_node(
    settings: Settings,
    options: ServeOptions,
    database_url: str,
    redis_url: str | None,
    tokens: Tokens,
    is_draining: Callable[[], bool],
) -> AsyncIterator[Node]:
    """Everything between the database and the listeners; ends with the block."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(database_url))
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        clock, ids = ServerClock(), SystemIds()
        outage = OutageMeter(clock)
        store = PostgresRaffleStore(pool)
        probe = RedisProbe(redis_url)
        world = World(
            store=store,
            clock=clock,
            lease=LoneLease(),
            outage=outage,
            node=f"{options.host}:{options.port}",
            url=f"http://{options.host}:{options.port}",
        )
        sent = trio.current_time()
        clock.sample(await store.ping(), sent, trio.current_time())
        outage.answered()
        registry = Registry(world, LoneBus())
        sockets = Sockets()
        services = Services(
            registry=registry,
            store=store,
            queries=PostgresQueries(pool),
            accounts=PostgresAccounts(pool),
            clock=clock,
            ids=ids,
            tokens=tokens,
            outage=outage,
            settings=WebSettings(
                cors_origins=frozenset(settings.cors_origins),
                trusted_proxies=settings.trusted_proxies,
                limits=Limits() if settings.rate_limits_on else UNLIMITED,
                selection_seconds=settings.selection_seconds,
                checkout_seconds=settings.checkout_seconds,
                max_numbers_per_user=settings.max_numbers_per_user,
            ),
            redis_state=lambda: probe.state,
            is_draining=is_draining,
        )
        if not settings.rate_limits_on:
            logger.warning("RATE_LIMITS=off: anybody may do anything as fast as they like")
        await nursery.start(registry.run)
        nursery.start_soon(sockets.run)
        nursery.start_soon(probe.run)
        nursery.start_soon(_measure_lateness)
        http = await nursery.start(run_http, services, sockets)
        yield Node(registry, store, sockets, FrontDoor(services, sockets, http))


async def run_http(
    services: Services,
    sockets: Sockets,
    *,
    task_status: trio.TaskStatus[Callable[[trio.abc.Stream], object]],
) -> None:
    """Keep the HTTP application started, and hand out what serves one connection with it."""
    config = HypercornConfig()
    config.keep_alive_timeout = 75
    config.read_timeout = 90
    config.h11_max_incomplete_size = 16_384
    config.include_server_header = False
    config.accesslog = None
    app = ASGIWrapper(NoUpgrades(create_app(services, sockets)))
    context = WorkerContext(None)
    lifespan = Lifespan(app, config, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()

        async def handle(stream: trio.abc.Stream) -> None:
            # It asks the stream itself whether it is TLS; ours never is.
            await TCPServer(app, config, context, ConnectionState({}), stream)  # type: ignore[arg-type]

        task_status.started(handle)
        await trio.sleep_forever()


def _spare_the_collector() -> None:
    """What was imported and built by now lives as long as we do: the collector need not look at it.

    Messages and events die young, by reference count, and leave no cycles: looking for some after
    every 700 of them finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _measure_lateness() -> None:
    """How late the loop runs what is due: above some milliseconds, somebody hogs it."""
    while True:
        due = trio.current_time() + 0.5
        await trio.sleep_until(due)
        metrics.LOOP_LATENESS.observe(trio.current_time() - due)


async def _wait_for_signal() -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return


async def _seed(store: PostgresRaffleStore) -> None:
    """The demo raffles, on the very first start only."""
    if not await store.is_empty():
        return
    for title, number_count, price in DEMO_RAFFLES:
        terms = RaffleTerms(
            id=uuid5(_DEMO_NAMESPACE, title),
            organizer_id=DEMO_ORGANIZER,
            title=title,
            number_count=number_count,
            price=price,
            currency="CRC",
        )
        await store.create(terms, status=RaffleStatus.ACTIVE)


def _greet(listener: socket.socket, database_url: str, tokens: Tokens) -> None:
    """Tell the person at the terminal where things are. On stderr: stdout is for data."""
    host, port = listener.getsockname()[:2]
    base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    token, _ = tokens.issue(DEMO_ORGANIZER, Role.ADMIN, now=int(time.time()), seconds=12 * 3600)
    print(
        f"\n  sorteos is open.\n\n"
        f"    API        {base}/api/v1/raffles\n"
        f"    WebSocket  ws{base[4:]}/api/v1/raffles/{{id}}/ws\n"
        f"    Health     {base}/readyz\n"
        f"    PostgreSQL {mask_url(database_url)}\n"
        f"    Admin token for 12 hours (also: sorteos token issue --role admin)\n    {token}\n",
        file=sys.stderr,
        flush=True,
    )
