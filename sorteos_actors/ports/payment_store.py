"""Where payments are kept, and what is written down beside them so that a crash forgets nothing.

Each method is one statement, atomic and autocommitted: a process that freezes holds no row of a
payment, for which the raffle's own commit would have to wait. Each raises `StoreUnavailable`, and
whether it had its effect is then unknown; repeating any of them is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec

from sorteos_actors.ports.payments import Observation, Payment
from sorteos_actors.raffle import Millis

RefundState = Literal["wanted", "sent", "done", "manual"]
"""`manual`: a person has to send it. `done`: the provider, or that person, says that it has arrived."""

TransferKind = Literal["captured", "refunded", "sold", "returned"]

CaseKind = Literal[
    "overpaid",
    "underpaid",
    "paid_twice",
    "wrong_currency",
    "unknown_reference",
    "refund_failed",
    "disputed",
    "stuck",
]

BY_ITSELF: Final = "by itself: "
"""How the resolution of a case begins that nobody had to settle. A person's begins otherwise."""


class EventKey(msgspec.Struct, frozen=True):
    """A webhook of a provider; the same event delivered again has the same key."""

    provider: str
    account: str
    event_id: str


class InboxEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified webhook, kept before it is acknowledged."""

    key: EventKey
    kind: str
    reference: str | None
    payment_id: UUID | None
    headers: Mapping[str, str] = {}
    """Those of an allow-list only."""
    body: bytes = b""
    attempts: int = 0


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money to send back, written down before anybody is asked to send it."""

    raffle_id: UUID
    payment_id: UUID
    n: int
    amount: int
    total: int
    """What all refunds of the payment up to this one come to: done when so much has arrived back."""
    reason: str
    key: str
    """The provider's idempotency key; a refund is asked for under this one only."""
    state: RefundState


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One move of the double-entry ledger: from `debit` to `credit`, always more than nothing."""

    debit: str
    credit: str
    amount: int
    currency: str
    payment_id: UUID
    kind: TransferKind
    total: int
    """What the moves of this kind of this payment come to; so the same one is never entered twice."""


class MoneyCase(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a person has to look at, with somebody who answers for it and a time to do so."""

    id: UUID
    kind: CaseKind
    raffle_id: UUID | None
    payment_id: UUID | None
    amount: int
    currency: str
    owner: str
    """A role, or a person's id."""
    deadline: Millis
    facts: Mapping[str, Any] = {}
    opened_at: Millis = 0
    resolved_at: Millis | None = None
    resolution: str | None = None

    @property
    def closed_by_itself(self) -> bool:
        """Whether its matter was settled elsewhere, before anybody decided it."""
        return self.resolution is not None and self.resolution.startswith(BY_ITSELF)


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a provider is offered: on the platform (no raffle), or otherwise in one raffle."""

    raffle_id: UUID | None
    provider: str
    enabled: bool
    priority: int = 0
    settings: Mapping[str, Any] = {}
    changed_by: UUID | None = None
    changed_at: Millis = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A picture with which a buyer shows that they have paid; at most 2 MiB."""

    id: UUID
    raffle_id: UUID
    payment_id: UUID
    content_type: str
    content: bytes
    sha256: bytes


class Awaiting(msgspec.Struct, frozen=True):
    """A payment that somebody's transfer may be for, and its buyer's phone as they have said it."""

    payment: Payment
    phone: str | None


class Received(msgspec.Struct, frozen=True):
    """A payment that has brought money, and whether a person has to send a refund of it."""

    payment: Payment
    refund_by_hand: bool


class PaymentStore(Protocol):
    """Payments: their facts, what was decided about them, and who looks at them next."""

    async def create(self, payment: Payment, lease_ms: int = 0) -> Payment:
        """Keep a new one, to be looked at from now on. When the id is known: the one that is there.

        For `lease_ms` it is its maker's, who looks at it first, and nobody else's.
        Raises `ReferenceTaken`.
        """

    async def get(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """One payment."""

    async def look_up(self, payment_id: UUID) -> Payment | None:
        """One payment, of whichever raffle."""

    async def find(
        self, provider: str, account: str, reference: str | None, payment_id: UUID | None
    ) -> Payment | None:
        """The payment of this provider with that reference, or else with our own id."""

    async def of_reservation(self, raffle_id: UUID, reservation_id: UUID) -> list[Payment]:
        """All attempts to pay one reservation, oldest first."""

    async def of_user(self, user_id: UUID, limit: int) -> list[Payment]:
        """A person's payments, newest first."""

    async def in_review(self, raffle_id: UUID, limit: int) -> list[Payment]:
        """Payments whose buyers say that they have paid, and nobody has confirmed it; oldest first."""

    async def received(
        self, raffle_id: UUID, limit: int, *, before: UUID | None = None, number: int | None = None
    ) -> list[Received]:
        """Payments that have brought money or numbers, newest first, whatever became of them later.

        From the one after `before`, which is a payment of the raffle; none when it is unknown. With a
        `number` those only whose money has bought it, or went back instead.
        """

    async def awaited(
        self,
        provider: str,
        account: str,
        *,
        codes: Sequence[str],
        phone: str | None,
        amount: int,
        limit: int,
    ) -> list[Awaiting]:
        """Payments that a transfer may be for, of those that a person confirms.

        All of the last 60 days that have one of these codes, whatever became of them; then those of
        the last two days without money whose buyer has this phone (eight digits); then the others
        that have exactly this amount; each the oldest first.
        """

    async def merge(
        self,
        raffle_id: UUID,
        payment_id: UUID,
        seen: Observation,
        event: EventKey | None = None,
    ) -> Payment | None:
        """Learn from a provider: facts only grow, whatever the order, as in `payments.merged`.

        In the same statement money that came or went is entered in the ledger, refunds that have
        arrived are done, and `event`, which led here, is processed. A new fact makes the payment due,
        or puts it to rest, whoever had it leased, when nothing is left to do by that. None when there
        is no such payment. Raises `ReferenceTaken`; then nothing was written.
        """

    async def want_cancel(self, raffle_id: UUID, payment_id: UUID) -> Payment | None:
        """Nobody waits for it any more. Makes it due."""

    async def claim_paid(
        self, raffle_id: UUID, payment_id: UUID, details: Mapping[str, Any]
    ) -> Payment | None:
        """The buyer says that the money was sent; `details` are added. Makes it due."""

    async def refuse(self, raffle_id: UUID, payment_id: UUID, why: str) -> Payment | None:
        """Its money buys nothing and goes back; no effect when it has bought something already."""

    async def due(self, node: str, limit: int, lease_ms: int) -> list[Payment]:
        """Payments that somebody must look at now: ours for `lease_ms`, longest waiting first."""

    async def schedule(self, payment: Payment, at: Millis | None) -> None:
        """Look at it again then, or never, and give up the lease.

        A payment that has changed since `payment` was read stays due: nothing is overlooked.
        """

    async def next_refund(self, raffle_id: UUID, payment_id: UUID, reason: str) -> Refund | None:
        """The refund that is under way, or a new one of all that is owed; None when nothing is.

        Owed is what was captured, less what was sent back and the price of the numbers that the buyer
        still has; a refused payment has none.
        """

    async def refund_is(self, refund: Refund, state: RefundState) -> None:
        """It was sent, or is a person's to send. One that is done stays done."""

    async def refunds(self, raffle_id: UUID, payment_id: UUID) -> list[Refund]:
        """All refunds of a payment, in order."""

    async def ledger(self, raffle_id: UUID) -> list[Transfer]:
        """Every transfer of a raffle, in order."""

    async def add_receipt(self, receipt: Receipt) -> None:
        """Keep a buyer's picture."""

    async def receipts(self, raffle_id: UUID, payment_id: UUID) -> list[Receipt]:
        """The pictures of a payment, oldest first."""

    async def receipt_count(self, raffle_id: UUID, payment_id: UUID) -> int:
        """How many there are, without fetching them."""


class PaymentPost(Protocol):
    """What came in and is not processed."""

    async def receive(self, event: InboxEvent) -> bool:
        """Keep a webhook. False when it was there already. Durable when it returns."""

    async def incoming(self, limit: int, lease_ms: int) -> list[InboxEvent]:
        """Events to process, ours for `lease_ms`, oldest first."""

    async def processed(self, key: EventKey, error: str | None = None) -> None:
        """It leads nowhere, and `error` says why; events with an effect are processed by `merge`."""

    async def postpone(self, key: EventKey, by_ms: int, error: str) -> None:
        """Processing failed; try it again later."""


class PaymentDesk(Protocol):
    """What people decide: cases, and which methods are offered."""

    async def open_case(self, case: MoneyCase) -> MoneyCase:
        """Ask a person to look; an open case of the same kind about the same payment stays the one.

        What a person has settled stays settled. A case that was closed by itself is opened anew, with
        what is known now: its trouble has come again.
        """

    async def cases(
        self, raffle_id: UUID | None, limit: int, *, is_open: bool = True
    ) -> list[MoneyCase]:
        """Cases of a raffle, or of all, the most urgent first."""

    async def open_cases(self, after: UUID | None, limit: int) -> list[MoneyCase]:
        """A page of all open cases, ordered by id: those that follow the id `after`."""

    async def case(self, case_id: UUID) -> MoneyCase | None:
        """One case, open or settled."""

    async def resolve_case(self, case_id: UUID, resolution: str) -> MoneyCase | None:
        """Settle a case, once. None when there is none that is open."""

    async def set_method(self, method: Method) -> None:
        """Offer a method or not. Every change is kept with who made it."""

    async def methods(self, raffle_id: UUID | None) -> list[Method]:
        """What was set for a raffle and for the platform; the raffle's own word comes first."""

    async def method_changes(self, raffle_id: UUID | None, limit: int) -> list[Method]:
        """What was set there over time, newest first."""
