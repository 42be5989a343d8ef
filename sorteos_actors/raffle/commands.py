"""What may be asked of a raffle. Imperative names, frozen data, one closed union: `Command`."""

from __future__ import annotations

from uuid import UUID

import msgspec

from sorteos_actors.raffle.model import Millis


class ReserveNumbers(msgspec.Struct, frozen=True, tag=True):
    """Hold all of `numbers`, or none. The client made `reservation_id`, so a repeat is harmless."""

    user_id: UUID
    reservation_id: UUID
    numbers: tuple[int, ...]


class QuickPickFilter(msgspec.Struct, frozen=True):
    """Digits that a picked number must have, compared with its printed form."""

    starts_with: str = ""
    ends_with: str = ""
    contains: str = ""


class QuickPick(msgspec.Struct, frozen=True, tag=True):
    """Let chance choose until the hold has `count` numbers; `entropy` is the shell's randomness."""

    user_id: UUID
    reservation_id: UUID
    count: int
    entropy: int
    filter: QuickPickFilter = QuickPickFilter()


class AddNumbers(msgspec.Struct, frozen=True, tag=True):
    """Hold these too; the deadline stays."""

    user_id: UUID
    reservation_id: UUID
    numbers: tuple[int, ...]


class RemoveNumbers(msgspec.Struct, frozen=True, tag=True):
    """Let these go; letting the last one go cancels."""

    user_id: UUID
    reservation_id: UUID
    numbers: tuple[int, ...]


class SwapNumbers(msgspec.Struct, frozen=True, tag=True):
    """Give some and take others, in one step: if one cannot be taken, none is given."""

    user_id: UUID
    reservation_id: UUID
    give: tuple[int, ...]
    take: tuple[int, ...]


class StartCheckout(msgspec.Struct, frozen=True, tag=True):
    """From choosing to paying: the deadline becomes now + checkout time, once."""

    user_id: UUID
    reservation_id: UUID


class ExtendReservation(msgspec.Struct, frozen=True, tag=True):
    """More time, if the deadline is still the one the person saw (None: whatever it is)."""

    user_id: UUID
    reservation_id: UUID
    expires_at: Millis | None = None


class CancelReservation(msgspec.Struct, frozen=True, tag=True):
    """Let everything go."""

    user_id: UUID
    reservation_id: UUID


class StartPayment(msgspec.Struct, frozen=True, tag=True):
    """The buyer pays with this attempt. One attempt is live at a time; its row is there already."""

    user_id: UUID
    reservation_id: UUID
    payment_id: UUID


class StartReview(msgspec.Struct, frozen=True, tag=True):
    """Internal: the live attempt needs longer; the numbers stay taken until `expires_at` at least."""

    reservation_id: UUID
    payment_id: UUID
    expires_at: Millis


class EndPayment(msgspec.Struct, frozen=True, tag=True):
    """Internal: no money came of this attempt, and none will. What waited for it only, ends."""

    reservation_id: UUID
    payment_id: UUID


class CompleteReservation(msgspec.Struct, frozen=True, tag=True):
    """Internal: money is there, `amount` of `currency`. No outside caller can send this.

    `user_id`, `numbers` and `unit_price` are those of the reservation's row, for one that ended before
    its money came and that memory no longer has whole.
    """

    reservation_id: UUID
    payment_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]
    unit_price: int
    amount: int
    currency: str


class RefundNumbers(msgspec.Struct, frozen=True, tag=True):
    """Internal: these numbers, sold by this payment, go back, and so will their price."""

    reservation_id: UUID
    payment_id: UUID
    user_id: UUID
    numbers: tuple[int, ...]


class ExpireDue(msgspec.Struct, frozen=True, tag=True):
    """Internal: what is due is due. Sent by the actor's own timer."""


class ExtendDeadlines(msgspec.Struct, frozen=True, tag=True):
    """Internal: we could not commit for `by_ms`; nobody loses a hold to our fault."""

    by_ms: int
    outage_at: Millis


class FindReservation(msgspec.Struct, frozen=True, tag=True):
    """A question, not a change: which live reservation does this person have here?"""

    user_id: UUID


class PublishRaffle(msgspec.Struct, frozen=True, tag=True):
    """Open the sale."""

    user_id: UUID


class PauseRaffle(msgspec.Struct, frozen=True, tag=True):
    """Stop selling for a while; live reservations go on."""

    user_id: UUID


class ResumeRaffle(msgspec.Struct, frozen=True, tag=True):
    """Sell again."""

    user_id: UUID


class CloseRaffle(msgspec.Struct, frozen=True, tag=True):
    """End the sale for good; live reservations may still finish."""

    user_id: UUID


Command = (
    ReserveNumbers
    | QuickPick
    | AddNumbers
    | RemoveNumbers
    | SwapNumbers
    | StartCheckout
    | ExtendReservation
    | CancelReservation
    | StartPayment
    | StartReview
    | EndPayment
    | CompleteReservation
    | RefundNumbers
    | ExpireDue
    | ExtendDeadlines
    | FindReservation
    | PublishRaffle
    | PauseRaffle
    | ResumeRaffle
    | CloseRaffle
)
