"""What HTTP bodies say about money."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import force_setattr

from sorteos_actors.protocol.messages import BoughtLabels
from sorteos_actors.protocol.texts import one_line
from sorteos_actors.protocol.views import ContactView

Word = Annotated[str, Meta(min_length=1, max_length=64)]
Option = Annotated[str, Meta(max_length=200)]
Reference = Annotated[str, Meta(min_length=1, max_length=64)]
Bank = Annotated[str, Meta(max_length=64)]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Amount = Annotated[int, Meta(ge=1, le=1_000_000_000_000_000)]


class PaymentBody(msgspec.Struct, frozen=True):
    """``POST /reservations/:id/payments``; `options` are the method's own."""

    provider: Word
    options: Annotated[dict[Word, Option], Meta(max_length=10)] = {}


class ReceiptBody(msgspec.Struct, frozen=True):
    """``POST /payments/:id/receipt``: the reference that the buyer's bank has shown."""

    reference: Reference
    bank: Bank = ""


class ApprovalBody(msgspec.Struct, frozen=True):
    """``POST /payments/:id/approve``: what the organizer's own bank says; `amount` is all that came."""

    reference: Reference
    amount: Amount
    bank: Bank = ""


class RejectionBody(msgspec.Struct, frozen=True):
    """``POST /payments/:id/reject``."""

    reason: Reason

    def __post_init__(self) -> None:
        force_setattr(self, "reason", one_line("reason", self.reason, 200))


class RefundBody(msgspec.Struct, frozen=True):
    """``POST /payments/:id/refund``; without numbers, all of them."""

    reason: Reason
    numbers: BoughtLabels | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "reason", one_line("reason", self.reason, 200))


class ResolutionBody(msgspec.Struct, frozen=True):
    """``POST /money-cases/:id/resolve``."""

    resolution: Literal["refund", "keep"]
    note: Annotated[str, Meta(min_length=1, max_length=500)]

    def __post_init__(self) -> None:
        force_setattr(self, "note", one_line("note", self.note, 500))


class MethodBody(msgspec.Struct, frozen=True):
    """``PUT /payment-methods/:provider``: whether a method is offered, and with which settings."""

    enabled: bool
    priority: Annotated[int, Meta(ge=-1000, le=1000)] = 0
    settings: Annotated[dict[Word, Option], Meta(max_length=10)] = {}


class MethodView(msgspec.Struct, frozen=True):
    """A way to pay, for whoever chooses one."""

    provider: str
    priority: int
    immediate: bool
    """The buyer hears within seconds whether it worked."""
    needs_review: bool
    """A person confirms it, within `longest_settle_ms` of the buyer's word."""
    longest_settle_ms: int


class MethodWord(msgspec.Struct, frozen=True):
    """What somebody has set about a method, in one place, and who was the last."""

    enabled: bool
    priority: int
    settings: dict[str, str]
    changed_by: UUID | None
    changed_at: str


class MethodSwitchView(msgspec.Struct, frozen=True):
    """A method as whoever switches it sees it."""

    provider: str
    priority: int
    """As it is now, wherever that comes from."""
    takes_currency: bool
    """Whether it can move money in the raffle's currency at all."""
    offered: bool
    """Whether buyers of this raffle can choose it now. A setting is missing when they cannot and
    nothing else forbids it."""
    here: MethodWord | None
    """What was set for this raffle."""
    everywhere: MethodWord | None
    """What was set for the installation; off here is off in every raffle."""


class PaymentView(msgspec.Struct, frozen=True):
    """PAYMENT of the contract."""

    id: UUID
    raffle_id: UUID
    reservation_id: UUID
    provider: str
    status: str
    amount: int
    currency: str
    number_ids: list[str]
    action: dict[str, Any] | None
    """What the buyer has to do next, while there is something to do."""
    reason: str | None
    """The provider's, or the raffle's, word for why it ended so."""
    refunded: int
    sold_as: UUID | None
    """The reservation that has the numbers; another one than was paid for when the money came late."""
    needs_review: bool
    created_at: str
    expires_at: str | None
    """Until when its reservation waits for it."""
    expires_in_ms: int
    server_time: str


class SuggestionView(msgspec.Struct, frozen=True):
    """A transfer that a bank has told of and that is certainly this payment's: what to approve."""

    reference: str
    bank: str
    amount: int
    matched_by: str
    """``code``, ``phone`` or ``code_and_phone``."""


class ReviewView(msgspec.Struct, frozen=True):
    """A payment for whoever has to say whether its money came."""

    payment: PaymentView
    user_id: UUID
    code: str | None
    """What the buyer was asked to write with the transfer."""
    declared_reference: str | None
    suggestion: SuggestionView | None
    receipts: list[str]
    """Where the pictures are."""
    contact: ContactView | None
    """How to reach the buyer, and the name that their transfer may show."""


class ReceivedView(msgspec.Struct, frozen=True):
    """A payment that has brought money or numbers, for whoever answers for it."""

    payment: PaymentView
    user_id: UUID
    contact: ContactView | None
    reference: str | None
    """The provider's, or the bank's, own name of it."""
    captured: int
    """All that ever came, in units of `paid_currency`."""
    paid_currency: str | None
    unit_price: int
    returned_ids: list[str]
    """Those of its numbers that were given back."""
    refund_by_hand: bool
    """Whether a person has to send back what goes back, because its provider does not."""
    decided_at: str | None
    """When its money bought the numbers, or was refused."""


class CaseView(msgspec.Struct, frozen=True):
    """Money that a person has to look at."""

    id: UUID
    kind: str
    raffle_id: UUID | None
    payment_id: UUID | None
    amount: int
    currency: str
    owner: str
    deadline: str
    facts: dict[str, Any]
    opened_at: str
