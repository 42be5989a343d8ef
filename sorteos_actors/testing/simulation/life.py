"""One life of one simulated process: what runs in it, and the roads that it has."""

from __future__ import annotations

import trio

from sorteos_actors.actors.registry import Registry
from sorteos_actors.cluster.peers import BusPeers
from sorteos_actors.payments.cashier import Cashier
from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.inbox import Inbox
from sorteos_actors.ports import Clock, Owner
from sorteos_actors.testing.simulation.bank import NodeBank
from sorteos_actors.testing.simulation.node_link import NodeLink
from sorteos_actors.testing.simulation.node_money import NodeMoney
from sorteos_actors.testing.simulation.node_store import NodeStore
from sorteos_actors.testing.simulation.truth import Truth


class Life:
    """See the module. What has no value yet gets one while it starts."""

    def __init__(self, me: Owner, store: NodeStore, link: NodeLink) -> None:
        self.me = me
        self.store = store
        self.link = link
        self.ended = trio.Event()
        self.scope = trio.CancelScope()
        self.is_leaving = False
        self.registry: Registry
        self.peers: BusPeers
        self.banks: dict[str, NodeBank]
        self.payments: NodeMoney
        self.cashier: Cashier
        self.checkout: Checkout
        self.inbox: Inbox

    def open_till(self, banks: dict[str, NodeBank], truth: Truth, clock: Clock) -> None:
        """The real cashier, checkout and inbox, on the road that the raffles use too."""
        self.banks = banks
        self.payments = NodeMoney(truth.payments, self.store)
        post = NodeMoney(truth.payments.post, self.store)
        self.cashier = Cashier(
            self.me.node,
            banks,
            self.registry,
            store=self.payments,
            post=post,
            desk=NodeMoney(truth.desk, self.store),
            clock=clock,
        )
        self.checkout = Checkout(self.payments, self.registry, self.cashier)
        self.inbox = Inbox(banks, post, self.cashier, clock)
