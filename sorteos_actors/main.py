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
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import msgspec
import trio

from sorteos_actors import asyncio_bridge, logs
from sorteos_actors.config import Settings, mask_url
from sorteos_actors.embedded import load_or_create_secret, open_embedded
from sorteos_actors.errors import CannotStart, StoreUnavailable
from sorteos_actors.node import Farewell, Handler, Node, Surroundings, open_node
from sorteos_actors.notify.settings import MailSettings
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.ports import Owner
from sorteos_actors.raffle import RaffleStatus, RaffleTerms
from sorteos_actors.stop_signals import open_stop_signals
from sorteos_actors.store import migrate
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.web import static_files
from sorteos_actors.web.auth import Role, Tokens
from sorteos_actors.web.routes import pages

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
BACKLOG = 4096
"""Connections that may wait to be accepted."""
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
    workers: int = 1
    """Node processes on the port; `workers.parent` serves when there are several."""


class Foundations(msgspec.Struct, frozen=True):
    """What all nodes of this machine lean on."""

    database_url: str
    redis_url: str | None
    secret: str
    is_embedded: bool = False
    """Whether the database is one that we started, in a data directory: on somebody's own machine."""


def serve(settings: Settings, options: ServeOptions) -> int:
    """Set up what is not configured, serve until SIGINT or SIGTERM, stop what was started.

    Returns the exit status. Raises `CannotStart`; nothing is left running then, nor when a signal
    comes before it serves.
    """
    return until_signalled(_serve_until_signal, settings, options)


def until_signalled(
    serving: Callable[[Settings, ServeOptions], int], settings: Settings, options: ServeOptions
) -> int:
    """The exit status of `serving`; 0 when a signal ends it before it listens to signals."""
    try:
        return serving(settings, options)
    except KeyboardInterrupt:
        return 0
    except BaseExceptionGroup as group:
        # In the instant before trio listens to them it comes up through its nurseries.
        _, others = group.split(KeyboardInterrupt)
        if others is not None:
            raise
        return 0


def _serve_until_signal(settings: Settings, options: ServeOptions) -> int:
    logs.set_up(settings.log_format, settings.log_level)
    with (
        listen(options.host, options.port) as listener,  # First: a taken port costs nothing.
        listen_internally(options.host, settings.node_url) as internal,
        open_foundations(settings, options) as foundations,
    ):

        async def run() -> None:
            async with open_stop_signals() as signals:

                async def until_signal(node: Node) -> Farewell:
                    if options.seed_demo:
                        await seed(node.store)
                    greet(listener, foundations)
                    await signals.wait()
                    return Farewell()

                await run_node(settings, foundations, listener, internal, until_signal)

        trio.run(run)
    return 0


@contextmanager
def open_foundations(settings: Settings, options: ServeOptions) -> Iterator[Foundations]:
    """Start the servers that are not configured, migrate, find the secret. Raises `CannotStart`."""
    # A word that is wrong is said before anything is started.
    PaymentSettings.from_environment(embedded=settings.database_url is None)
    MailSettings.from_environment()
    with open_embedded(
        options.data_dir,
        postgres=settings.database_url is None,
        valkey=settings.redis_url is None,
    ) as servers:
        database_url = settings.database_url or servers.database_url
        assert database_url is not None
        migrate.up(database_url)
        yield Foundations(
            database_url,
            settings.redis_url or servers.redis_url,
            settings.jwt_secret or load_or_create_secret(options.data_dir),
            settings.database_url is None,
        )


def listen(host: str, port: int, setting: str = "--port") -> socket.socket:
    """Take a port for ourselves alone; 0 takes a free one. `setting` is where it was chosen.

    Raises `CannotStart`.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror or error}). "
            f"Stop the program that has it, or choose another one with {setting}."
        ) from None


def listen_internally(host: str, node_url: str | None) -> socket.socket:
    """Where other nodes ask: at `NODE_URL`'s port, or at any port of this machine."""
    if node_url is None:
        return listen("127.0.0.1", 0)
    return listen(host, urlsplit(node_url).port or 80, "NODE_URL")


async def run_node(
    settings: Settings,
    foundations: Foundations,
    listener: socket.socket,
    internal: socket.socket,
    until: Callable[[Node], Awaitable[Farewell]],
) -> None:
    """Run a node. `until` is called when it serves, and returns when and how it is to leave."""
    draining = trio.Event()
    around = Surroundings(
        me=_me(settings.node_url, listener, internal),
        database_url=foundations.database_url,
        redis_url=foundations.redis_url,
        secret=foundations.secret,
        payments=PaymentSettings.from_environment(embedded=foundations.is_embedded),
        mail=MailSettings.from_environment(),
        is_draining=draining.is_set,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio_bridge.open_loop())
        node = await stack.enter_async_context(open_node(settings, around))
        async with trio.open_nursery() as nursery:
            accepting: trio.CancelScope
            await nursery.start(_accept, internal, node.internal, nursery)
            accepting = await nursery.start(_accept, listener, node.door.serve, nursery)
            spare_the_collector()
            farewell = await until(node)
            draining.set()
            logger.info("draining: finishing what was begun")
            if not farewell.accepts:
                accepting.cancel()
            with trio.move_on_after(DRAIN_SECONDS):
                await node.leave(farewell)
            nursery.cancel_scope.cancel()


def _me(node_url: str | None, listener: socket.socket, internal: socket.socket) -> Owner:
    """This life of this node: no other ever has its name."""
    port = listener.getsockname()[1]
    name = f"{socket.gethostname()}:{port}-{secrets.token_hex(4)}"
    host, internal_port = internal.getsockname()[:2]
    return Owner(name, node_url or f"http://{host}:{internal_port}")


async def _accept(
    sock: socket.socket,
    handler: Handler,
    connections: trio.Nursery,
    *,
    task_status: trio.TaskStatus[trio.CancelScope],
) -> None:
    """Accept connections, each a task in `connections`. Cancelling the scope ends the accepting only."""
    sock.listen(
        BACKLOG
    )  # A worker's socket was only bound until now; for others it changes nothing.
    listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(sock))]
    with trio.CancelScope() as scope:
        task_status.started(scope)
        await trio.serve_listeners(handler, listeners, handler_nursery=connections)


def spare_the_collector() -> None:
    """What was imported and built by now lives as long as we do: the collector need not look at it.

    Messages and events die young, by reference count, and leave no cycles: looking for some after
    every 700 of them finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def seed(store: PostgresRaffleStore) -> None:
    """The demo raffles, on the very first start only. Raises `CannotStart`."""
    try:
        await _seed_if_empty(store)
    except StoreUnavailable as error:
        raise CannotStart(f"PostgreSQL does not answer ({error}). Start it again.") from error


async def _seed_if_empty(store: PostgresRaffleStore) -> None:
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


def greet(listener: socket.socket, foundations: Foundations, workers: Sequence[str] = ()) -> None:
    """Tell the person at the terminal where things are. On stderr: stdout is for data."""
    host, port = listener.getsockname()[:2]
    base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    is_built = static_files.is_built()
    tokens = ""
    if foundations.is_embedded:  # Elsewhere they would end in somebody's collected logs.
        hint = "also: sorteos token issue --role admin"
        admin = _demo_token(foundations.secret, Role.ADMIN)
        tokens = f"    Admin token for 12 hours ({hint})\n    {admin}\n"
        if is_built:
            link = f"{base}/organizar#token={_demo_token(foundations.secret, Role.ORGANIZER)}"
            tokens += f"    The organizer's page, open for as long\n    {link}\n"
    each = "".join(f"    Worker {n}   {url}/readyz\n" for n, url in enumerate(workers, 1))
    print(
        f"\n  sorteos is open.\n\n"
        f"    Page       {f'{base}/' if is_built else pages.NOT_BUILT}\n"
        f"    API        {base}/api/v1/raffles\n"
        f"    WebSocket  ws{base[4:]}/api/v1/raffles/{{id}}/ws\n"
        f"    Health     {base}/readyz\n{each}"
        f"    PostgreSQL {mask_url(foundations.database_url)}\n"
        f"{tokens}",
        file=sys.stderr,
        flush=True,
    )


def _demo_token(secret: str, role: Role) -> str:
    """For 12 hours, for whoever sits at this machine."""
    return Tokens(secret).issue(DEMO_ORGANIZER, role, now=int(time.time()), seconds=12 * 3600)[0]
