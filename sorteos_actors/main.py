"""The composition root: the only place that builds things and wires them together.

Order is part of the design. The asyncio loop of asyncpg and redis opens above everything that uses
it, above the HTTP server too. What starts last stops first:

    embedded servers ▸ asyncio loop ▸ node (pool ▸ Redis ▸ registry ▸ HTTP) ▸ listeners

Draining (SIGINT, SIGTERM): not ready, no new sockets, every raffle is handed to another node or
finishes what waits, sockets are sent home with 1012 and a hint, last requests are answered, the pool
closes, the embedded servers stop.
"""

from __future__ import annotations

import gc
import logging
import secrets
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec
import trio

from sorteos_actors import asyncio_bridge, logs
from sorteos_actors.config import Settings, mask_url
from sorteos_actors.embedded import load_or_create_secret, open_embedded
from sorteos_actors.errors import CannotStart
from sorteos_actors.node import Surroundings, open_node
from sorteos_actors.ports import Owner
from sorteos_actors.raffle import RaffleStatus, RaffleTerms
from sorteos_actors.store import migrate
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.web.auth import Role, Tokens

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
        _listen_internally(options, settings) as internal,
        open_embedded(
            options.data_dir,
            postgres=settings.database_url is None,
            valkey=settings.redis_url is None,
        ) as servers,
    ):
        database_url = settings.database_url or servers.database_url
        assert database_url is not None
        migrate.up(database_url)
        draining = trio.Event()
        around = Surroundings(
            me=_me(settings, listener, internal),
            database_url=database_url,
            redis_url=settings.redis_url or servers.redis_url,
            secret=settings.jwt_secret or load_or_create_secret(options.data_dir),
            is_draining=draining.is_set,
        )
        trio.run(_serve, settings, options, around, draining, listener, internal)
    return 0


def _me(settings: Settings, listener: socket.socket, internal: socket.socket) -> Owner:
    """This life of this node: no other ever has its name."""
    port = listener.getsockname()[1]
    name = f"{socket.gethostname()}:{port}-{secrets.token_hex(4)}"
    host, internal_port = internal.getsockname()[:2]
    return Owner(name, settings.node_url or f"http://{host}:{internal_port}")


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


def _listen_internally(options: ServeOptions, settings: Settings) -> socket.socket:
    """Where other nodes ask: at `NODE_URL`'s port, or at any port of this machine."""
    if settings.node_url is None:
        return _listen("127.0.0.1", 0)
    return _listen(options.host, urlsplit(settings.node_url).port or 80)


async def _serve(
    settings: Settings,
    options: ServeOptions,
    around: Surroundings,
    draining: trio.Event,
    listener: socket.socket,
    internal: socket.socket,
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio_bridge.open_loop())
        node = await stack.enter_async_context(open_node(settings, around))
        if options.seed_demo:
            await _seed(node.store)
        async with trio.open_nursery() as nursery:
            for handler, sock in ((node.internal, internal), (node.door.serve, listener)):
                listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(sock))]
                await nursery.start(
                    partial(trio.serve_listeners, handler, listeners, handler_nursery=nursery)
                )
            _spare_the_collector()
            _greet(listener, around)
            await _wait_for_signal()
            draining.set()
            logger.info("draining: finishing what was begun")
            with trio.move_on_after(DRAIN_SECONDS):
                await node.leave()
            nursery.cancel_scope.cancel()


def _spare_the_collector() -> None:
    """What was imported and built by now lives as long as we do: the collector need not look at it.

    Messages and events die young, by reference count, and leave no cycles: looking for some after
    every 700 of them finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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


def _greet(listener: socket.socket, around: Surroundings) -> None:
    """Tell the person at the terminal where things are. On stderr: stdout is for data."""
    host, port = listener.getsockname()[:2]
    base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    token, _ = Tokens(around.secret).issue(
        DEMO_ORGANIZER, Role.ADMIN, now=int(time.time()), seconds=12 * 3600
    )
    print(
        f"\n  sorteos is open.\n\n"
        f"    API        {base}/api/v1/raffles\n"
        f"    WebSocket  ws{base[4:]}/api/v1/raffles/{{id}}/ws\n"
        f"    Health     {base}/readyz\n"
        f"    PostgreSQL {mask_url(around.database_url)}\n"
        f"    Admin token for 12 hours (also: sorteos token issue --role admin)\n    {token}\n",
        file=sys.stderr,
        flush=True,
    )
