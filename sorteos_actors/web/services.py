"""What the routes and sockets are given. Built once, in `main`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.payments.house import Money
from sorteos_actors.ports import Accounts, Clock, Ids, Owner, Queries, RaffleStore
from sorteos_actors.tickets.code import TicketCodes
from sorteos_actors.web.addresses import Network
from sorteos_actors.web.auth import Tokens
from sorteos_actors.web.limits import Limits


class WebSettings(msgspec.Struct, frozen=True):
    """The part of the settings that the edge needs."""

    cors_origins: frozenset[str]
    trusted_proxies: Sequence[Network]
    limits: Limits
    selection_seconds: int
    checkout_seconds: int
    max_numbers_per_user: int
    cards: bool = False
    """Whether Stripe is configured: the checkout may then load its fields."""


class Services(msgspec.Struct, frozen=True):
    """Everything the edge may call."""

    registry: Registry
    store: RaffleStore
    queries: Queries
    accounts: Accounts
    clock: Clock
    ids: Ids
    tokens: Tokens
    money: Money
    tickets: TicketCodes
    outage: OutageMeter
    settings: WebSettings
    me: Owner
    """This node's name, and where other nodes and operators reach it alone."""
    redis_state: Callable[[], str]
    """Redis by the breaker: ``up``, ``half_open``, ``down``, or ``unused``. Never a condition."""
    is_draining: Callable[[], bool]
