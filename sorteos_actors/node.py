"""One node, built and wired: everything between its servers (PostgreSQL, Redis) and its listeners."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import msgspec
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HypercornConfig
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.typing import ConnectionState

from sorteos_actors import metrics
from sorteos_actors.actors.alone import LoneBus, LoneLease, LonePeers
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.actors.supervisor import World
from sorteos_actors.clock import ServerClock
from sorteos_actors.cluster.breaker import State
from sorteos_actors.cluster.bus import RedisBus
from sorteos_actors.cluster.courier import Courier, internal_key
from sorteos_actors.cluster.leases import RedisLeases, installation_of
from sorteos_actors.cluster.link import RedisLink
from sorteos_actors.cluster.peers import BusPeers
from sorteos_actors.config import Settings
from sorteos_actors.errors import CannotStart, StoreUnavailable
from sorteos_actors.ids import SystemIds
from sorteos_actors.notify.house import open_mail
from sorteos_actors.notify.settings import MailSettings
from sorteos_actors.payments.house import open_money
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.ports import Bus, Clock, Lease, Owner, Peers
from sorteos_actors.store.accounts import PostgresAccounts
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.store.read_batches import BatchedQueries
from sorteos_actors.tickets.code import TicketCodes
from sorteos_actors.web.app import Traffic, create_app
from sorteos_actors.web.auth import Tokens
from sorteos_actors.web.front_door import FrontDoor
from sorteos_actors.web.http_connection import ConnectionContext
from sorteos_actors.web.internal import create_internal_app
from sorteos_actors.web.limits import UNLIMITED, Limits
from sorteos_actors.web.services import Services, WebSettings
from sorteos_actors.web.sockets import Sockets

logger = logging.getLogger(__name__)

MAY_RENEW_SECONDS: Final = 2.0
"""Leases are renewed only while PostgreSQL has answered within this time."""
NOTICED_SECONDS: Final = 2.0
"""A leaving node goes on answering until a load balancer that looks every second has noticed."""
ARRIVING_SECONDS: Final = 0.5
"""Who has connected just before the end has so long to say what for."""
LAST_ANSWERS_SECONDS: Final = 5.0
_BREAKER_CODES: Final = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}

Handler = Callable[[trio.abc.Stream], Any]


class Surroundings(msgspec.Struct, frozen=True):
    """Where a node is, and what it leans on."""

    me: Owner
    database_url: str
    redis_url: str | None
    secret: str
    payments: PaymentSettings
    mail: MailSettings | None
    """None: no mail is sent."""
    is_draining: Callable[[], bool]


class Farewell(msgspec.Struct, frozen=True):
    """How a node leaves."""

    accepts: bool = True
    """Connections are accepted while it leaves, so that a load balancer has time to notice. Not so
    for a worker whose place, and its waiting connections, another one has taken already."""
    also: frozenset[str] | None = frozenset()
    """Nodes that leave too and are to inherit nothing; None: nobody inherits."""


class Node(msgspec.Struct, frozen=True):
    """One node's parts, running."""

    me: Owner
    registry: Registry
    store: PostgresRaffleStore
    sockets: Sockets
    door: FrontDoor
    internal: Handler
    leave: Callable[[Farewell], Any]
    """An async function: hand everything over, send everybody away. Bounded by the caller."""


class _Cluster(msgspec.Struct, frozen=True):
    lease: Lease
    bus: Bus
    peers: Peers
    redis_state: Callable[[], str]


@asynccontextmanager
async def open_node(settings: Settings, around: Surroundings) -> AsyncIterator[Node]:
    """Run a node until the block ends. Raises `CannotStart`."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(around.database_url))
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        clock, ids, tokens = ServerClock(), SystemIds(), Tokens(around.secret)
        outage = OutageMeter(clock)
        store = PostgresRaffleStore(pool)
        sent = trio.current_time()
        try:
            clock.sample(await store.ping(), sent, trio.current_time())
        except StoreUnavailable as error:
            raise CannotStart(f"PostgreSQL does not answer ({error}). Start it again.") from error
        outage.answered()
        around = msgspec.structs.replace(around, me=await _named(around.me, store))
        cluster = await _join(around, clock, outage, stack, nursery)
        registry = Registry(
            World(
                store=store,
                clock=clock,
                lease=cluster.lease,
                bus=cluster.bus,
                peers=cluster.peers,
                outage=outage,
            )
        )
        await nursery.start(registry.run)
        tickets = TicketCodes(around.secret)
        wake_mailer = await stack.enter_async_context(
            open_mail(
                around.mail,
                codes=tickets,
                base=around.payments.public_url,
                pool=pool,
                clock=clock,
            )
        )
        money = await stack.enter_async_context(
            open_money(
                around.payments,
                node=around.me.node,
                secret=around.secret,
                pool=pool,
                raffles=registry,
                clock=clock,
                on_mail=wake_mailer,
            )
        )
        sockets, traffic = Sockets(), Traffic()
        services = Services(
            registry=registry,
            store=store,
            queries=BatchedQueries(pool, nursery),
            accounts=PostgresAccounts(pool),
            clock=clock,
            ids=ids,
            tokens=tokens,
            money=money,
            tickets=tickets,
            outage=outage,
            settings=_web_settings(settings, around.payments),
            me=around.me,
            redis_state=cluster.redis_state,
            is_draining=around.is_draining,
        )
        if not settings.rate_limits_on:
            logger.warning("RATE_LIMITS=off: anybody may do anything as fast as they like")
        if isinstance(cluster.peers, BusPeers):
            cluster.peers.serve(registry, lambda: (registry.active_count, len(sockets)))
            nursery.start_soon(cluster.peers.run)
        nursery.start_soon(sockets.run)
        nursery.start_soon(_measure_lateness)
        http: Http = await nursery.start(run_http, create_app(services, sockets), traffic)
        internal: Http = await nursery.start(
            run_http, create_internal_app(services, sockets, internal_key(around.secret)), Traffic()
        )

        door = FrontDoor(services, sockets, http.handle)

        async def leave(farewell: Farewell) -> None:
            await _leave(farewell, cluster.peers, registry, sockets, door, http, traffic)

        yield Node(around.me, registry, store, sockets, door, internal.handle, leave)


async def _named(me: Owner, store: PostgresRaffleStore) -> Owner:
    """Our full name, with the installation's: several may share one Redis, and must not meet there."""
    return msgspec.structs.replace(me, node=f"{me.node}@{await store.installation()}")


async def _join(
    around: Surroundings,
    clock: Clock,
    outage: OutageMeter,
    stack: AsyncExitStack,
    nursery: trio.Nursery,
) -> _Cluster:
    """The other nodes, if there is a Redis to find them with."""
    if around.redis_url is None:
        return _Cluster(LoneLease(), LoneBus(), LonePeers(around.me), lambda: "unused")
    link = RedisLink(around.redis_url)
    bus = RedisBus(link, installation_of(around.me))
    courier = await stack.enter_async_context(Courier(internal_key(around.secret), clock))
    leases = RedisLeases(link, around.me, lambda: outage.seconds_since_answer < MAY_RENEW_SECONDS)
    for life in (link.run, bus.run, leases.run):
        nursery.start_soon(life)
    nursery.start_soon(_watch_breaker, link)
    with trio.move_on_after(1):
        await link.wait_connected()

    def state() -> str:
        return {State.CLOSED: "up", State.HALF_OPEN: "half_open"}.get(link.state, "down")

    return _Cluster(leases, bus, BusPeers(around.me, bus, courier, clock), state)


async def _leave(
    farewell: Farewell,
    peers: Peers,
    registry: Registry,
    sockets: Sockets,
    door: FrontDoor,
    http: Http,
    traffic: Traffic,
) -> None:
    """Not ready, hand over, send sockets home, and answer requests until nobody sends any."""
    noticed_at = trio.current_time() + NOTICED_SECONDS
    if isinstance(peers, BusPeers):
        peers.is_leaving, peers.not_heirs = True, farewell.also
        peers.announce()
    has_heirs = bool(peers.heirs())
    await registry.drain()
    await sockets.drain()
    if has_heirs and farewell.accepts:
        await trio.sleep_until(noticed_at)
    with trio.move_on_after(ARRIVING_SECONDS):
        await door.wait_none_arriving()
    http.wind_up()
    with trio.move_on_after(LAST_ANSWERS_SECONDS):
        await traffic.wait_none()


class Http(msgspec.Struct, frozen=True):
    """A running HTTP application."""

    handle: Handler
    """Serves one connection."""
    wind_up: Callable[[], None]
    """From now on a connection ends after its answer."""


async def run_http(
    app: Any, traffic: Traffic | None = None, *, task_status: trio.TaskStatus[Http]
) -> None:
    """Keep an HTTP application started, and hand out what serves one connection with it."""
    config = HypercornConfig()
    config.keep_alive_timeout = 75
    config.read_timeout = 90
    config.h11_max_incomplete_size = 16_384
    config.include_server_header = False
    config.accesslog = None
    traffic = traffic or Traffic()
    wrapped = ASGIWrapper(traffic.counting(app))
    winding_up = trio.Event()
    lifespan = Lifespan(wrapped, config, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()

        async def handle(stream: trio.abc.Stream) -> None:
            traffic.begin()
            context = ConnectionContext(winding_up, traffic.end)
            try:
                # It asks the stream itself whether it is TLS; ours never is.
                await TCPServer(wrapped, config, context, ConnectionState({}), stream)  # type: ignore[arg-type]
            finally:
                context.end_first_request()

        task_status.started(Http(handle, winding_up.set))
        await trio.sleep_forever()


def _web_settings(settings: Settings, payments: PaymentSettings) -> WebSettings:
    return WebSettings(
        cors_origins=frozenset(settings.cors_origins),
        trusted_proxies=settings.trusted_proxies,
        limits=Limits() if settings.rate_limits_on else UNLIMITED,
        selection_seconds=settings.selection_seconds,
        checkout_seconds=settings.checkout_seconds,
        max_numbers_per_user=settings.max_numbers_per_user,
        cards=payments.stripe is not None,
    )


async def _watch_breaker(link: RedisLink) -> None:
    while True:
        metrics.BREAKER.set(_BREAKER_CODES[link.state])
        await trio.sleep(1)


async def _measure_lateness() -> None:
    """How late the loop runs what is due: above some milliseconds, somebody hogs it."""
    while True:
        due = trio.current_time() + 0.5
        await trio.sleep_until(due)
        metrics.LOOP_LATENESS.observe(trio.current_time() - due)
