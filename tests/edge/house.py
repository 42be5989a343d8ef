"""The whole edge in this process, on a real socket and a store in memory: for limits and for time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec
import trio

from sorteos_actors.ids import SystemIds
from sorteos_actors.node import run_http
from sorteos_actors.raffle import RaffleStatus, RaffleTerms
from sorteos_actors.testing.memory_accounts import MemoryAccounts
from sorteos_actors.testing.memory_store import MemoryStore
from sorteos_actors.testing.node import SimulatedNode, open_node
from sorteos_actors.tickets.code import TicketCodes
from sorteos_actors.web.app import create_app
from sorteos_actors.web.auth import Role, Tokens
from sorteos_actors.web.front_door import FrontDoor
from sorteos_actors.web.limits import UNLIMITED, Limits
from sorteos_actors.web.services import Services, WebSettings
from sorteos_actors.web.sockets import Sockets
from sorteos_actors.web.static_files import FOLDER

SECRET = "0123456789abcdef0123456789abcdef"


class House(msgspec.Struct, frozen=True):
    """A running edge and what is behind it."""

    port: int
    raffle_id: UUID
    node: SimulatedNode
    sockets: Sockets
    tokens: Tokens
    door: FrontDoor

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, role: Role = Role.USER, user_id: UUID | None = None) -> str:
        """A good token, by the wall clock."""
        now = int(time.time())
        return self.tokens.issue(user_id or uuid4(), role, now=now, seconds=3600)[0]

    async def connect(self) -> trio.SocketStream:
        """A bare connection."""
        return await trio.open_tcp_stream("127.0.0.1", self.port)


@asynccontextmanager
async def open_house(
    limits: Limits = UNLIMITED,
    number_count: int = 100,
    client: Path = FOLDER,
    *,
    cards: bool = False,
) -> AsyncIterator[House]:
    """Open it on a free port, with one active raffle and the browser client of a folder."""
    store = MemoryStore()
    terms = RaffleTerms(
        id=uuid4(),
        organizer_id=uuid4(),
        title="Rifa",
        number_count=number_count,
        price=100,
        currency="CRC",
    )
    await store.create(terms, status=RaffleStatus.ACTIVE)
    async with open_node(store) as node, trio.open_nursery() as nursery:
        tokens, sockets = Tokens(SECRET), Sockets()
        services = Services(
            registry=node.registry,
            store=store,
            queries=store,
            accounts=MemoryAccounts(),
            clock=node.clock,
            ids=SystemIds(),
            tokens=tokens,
            money=cast("Any", None),
            tickets=TicketCodes(SECRET),
            outage=node.world.outage,
            settings=WebSettings(
                cors_origins=frozenset(),
                trusted_proxies=(),
                limits=limits,
                selection_seconds=600,
                checkout_seconds=300,
                max_numbers_per_user=10,
                cards=cards,
            ),
            me=node.world.peers.me,
            redis_state=lambda: "unused",
            is_draining=lambda: False,
        )
        nursery.start_soon(sockets.run)
        http = await nursery.start(run_http, create_app(services, sockets, client))
        door = FrontDoor(services, sockets, http.handle)
        serve = partial(trio.serve_tcp, door.serve, 0, host="127.0.0.1")
        [listener] = await nursery.start(serve)
        port = listener.socket.getsockname()[1]
        yield House(port, terms.id, node, sockets, tokens, door)
        nursery.cancel_scope.cancel()
