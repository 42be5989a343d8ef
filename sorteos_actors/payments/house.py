"""Everything about money that one node runs, built and wired."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import msgspec
import trio

from sorteos_actors.errors import ForgedWebhook, ProviderUnavailable, StoreUnavailable
from sorteos_actors.payments.answered_cases import AnsweredCases
from sorteos_actors.payments.audit import Auditor
from sorteos_actors.payments.bank_notices import BankNotices
from sorteos_actors.payments.cashier import Cashier, Raffles
from sorteos_actors.payments.checkout import Checkout
from sorteos_actors.payments.inbox import Inbox
from sorteos_actors.payments.opening import open_methods
from sorteos_actors.payments.registry import Methods
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.sandbox_store import PostgresLedger
from sorteos_actors.payments.sandbox_webhooks import Postman
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.payments.sinpe import Sinpe
from sorteos_actors.payments.sinpe_store import PostgresCodes
from sorteos_actors.payments.status import status_of
from sorteos_actors.ports import Clock, Notice
from sorteos_actors.ports.payment_store import PaymentDesk, PaymentPost, PaymentStore
from sorteos_actors.ports.payments import Payment
from sorteos_actors.protocol import encode
from sorteos_actors.store.audits import PostgresAudits
from sorteos_actors.store.payment_batches import BatchedPayments
from sorteos_actors.store.pool import Pool
from sorteos_actors.store.post_batches import BatchedPost
from sorteos_actors.store.read_batches import BatchedDesk

logger = logging.getLogger(__name__)


class Node(Raffles, Protocol):
    """What payments ask of the node: its registry."""

    def tell(self, notice: Notice) -> None:
        """Show it to open pages, wherever they are."""


class Money(msgspec.Struct, frozen=True):
    """What the edge may ask about money."""

    methods: Methods
    payments: PaymentStore
    post: PaymentPost
    desk: PaymentDesk
    cashier: Cashier
    checkout: Checkout
    inbox: Inbox
    auditor: Auditor
    answered_cases: AnsweredCases
    public_url: str
    """Where people find the pages; empty: where their request went."""


@asynccontextmanager
async def open_money(
    settings: PaymentSettings,
    *,
    node: str,
    secret: str,
    pool: Pool,
    raffles: Node,
    clock: Clock,
    on_mail: Callable[[], None],
) -> AsyncIterator[Money]:
    """Run the cashier, the auditor and, where there is one, the sandbox, until the block ends.

    `on_mail` is called when a mail to a buyer may have been promised.
    """
    async with AsyncExitStack() as stack:
        batches = await stack.enter_async_context(trio.open_nursery())
        stack.callback(batches.cancel_scope.cancel)
        payments, post = BatchedPayments(pool, batches), BatchedPost(pool, batches)
        desk = BatchedDesk(pool, batches)
        key = sandbox_secret(secret)
        inbox: Inbox

        async def carry(headers: Mapping[str, str], body: bytes) -> bool:
            """Through the same door as everybody else's, without the network."""
            try:
                await inbox.take(Sandbox.name, headers, body)
            except (ForgedWebhook, ProviderUnavailable, StoreUnavailable) as error:
                logger.warning("a webhook of the sandbox waits: %s", type(error).__name__)
                return False
            return True

        postman = Postman(carry, key, clock)
        sandbox = Sandbox(PostgresLedger(pool, batches), clock, key, postman.post)
        methods = await stack.enter_async_context(
            open_methods(settings, codes=PostgresCodes(pool), sandbox=sandbox)
        )
        cashier = Cashier(
            node,
            methods.providers,
            raffles,
            store=payments,
            post=post,
            desk=desk,
            clock=clock,
            takers={
                Sinpe.name: BankNotices(
                    settings.sinpe_phone, raffles, store=payments, post=post, desk=desk, clock=clock
                )
            },
            on_move=lambda payment: raffles.tell(_news(payment)),
            on_mail=on_mail,
        )
        inbox = Inbox(methods.providers, post, cashier, clock)
        answered_cases = AnsweredCases(payments, desk, clock)
        auditor = Auditor(PostgresAudits(pool), answered_cases)
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        for life in (cashier.run, auditor.run, postman.run):
            nursery.start_soon(life)
        yield Money(
            methods=methods,
            payments=payments,
            post=post,
            desk=desk,
            cashier=cashier,
            checkout=Checkout(payments, raffles, cashier),
            inbox=inbox,
            auditor=auditor,
            answered_cases=answered_cases,
            public_url=settings.public_url,
        )


def _news(payment: Payment) -> Notice:
    """For the buyer's own pages of that raffle."""
    text = encode.push_payment(payment.id, status_of(payment).value)
    return Notice(text, payment.raffle_id, payment.user_id)


def sandbox_secret(secret: str) -> Secret:
    """The same on every node of an installation, and of no use for anything else."""
    return Secret(hmac.digest(secret.encode(), b"sandbox webhooks", hashlib.sha256).hex())
