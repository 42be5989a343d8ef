"""A small second raffle, written from the contract in plain dicts: what the core is compared with.

It knows no order of checks. A command has a set of *reasons* against it; the core must refuse
exactly when there is one, and must name one of them. It keeps no board, no counters and no heap
either: each answer is computed anew from the holds and the sales.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sorteos_actors.raffle import RaffleTerms


@dataclass
class Hold:
    user: UUID
    numbers: list[int]
    phase: str
    created_at: int
    deadline: int
    extended: int = 0
    attempt: UUID | None = None


@dataclass
class Purchase:
    """What a reservation had when it ended, and which payment has paid it."""

    user: UUID
    numbers: tuple[int, ...]
    payment: UUID | None = None


@dataclass
class ModelRaffle:
    """The truth as a careful clerk with a notebook would keep it."""

    terms: RaffleTerms
    status: str = "draft"
    holds: dict[UUID, Hold] = field(default_factory=dict)
    ended: dict[UUID, tuple[str, UUID | None]] = field(default_factory=dict)
    was: dict[UUID, Purchase] = field(default_factory=dict)
    sold: dict[int, UUID] = field(default_factory=dict)
    sold_by: dict[int, UUID] = field(default_factory=dict)
    returned: dict[UUID, set[int]] = field(default_factory=dict)
    last_outage: int = 0

    # -- what the notebook says ------------------------------------------------------------------

    def held(self) -> dict[int, UUID]:
        return {number: h.user for h in self.holds.values() for number in h.numbers}

    def is_free(self, number: int) -> bool:
        return number not in self.held() and number not in self.sold

    def free(self) -> list[int]:
        return [n for n in range(self.terms.number_count) if self.is_free(n)]

    def hold_of(self, user: UUID) -> UUID | None:
        return next((id_ for id_, h in self.holds.items() if h.user == user), None)

    def bought(self, user: UUID) -> int:
        return sum(1 for buyer in self.sold.values() if buyer == user)

    def deadline(self) -> int | None:
        instants = [h.deadline for h in self.holds.values()]
        closes_at = self.terms.sales_close_at
        if closes_at is not None and self.status in ("active", "paused"):
            instants.append(closes_at)
        return min(instants, default=None)

    # -- reasons against -------------------------------------------------------------------------

    def against_using(self, id_: UUID, user: UUID | None) -> set[str]:
        """Whether the reservation is there, alive, and the caller's (None: the system's own)."""
        if id_ in self.holds:
            stranger = user is not None and self.holds[id_].user != user
            return {"forbidden"} if stranger else set()
        if id_ not in self.ended:
            return {"not_found"}
        phase, owner = self.ended[id_]
        if user is not None and owner is not None and owner != user:
            return {"forbidden"}
        return {"reservation_expired" if phase == "expired" else "wrong_phase"}

    def against_phase(self, id_: UUID, phases: tuple[str, ...], now: int) -> set[str]:
        hold = self.holds[id_]
        reasons = set()
        if hold.phase not in phases:
            reasons.add("wrong_phase")
        if hold.deadline <= now:
            reasons.add("reservation_expired")
        return reasons

    def against_selling(self, now: int) -> set[str]:
        closes_at = self.terms.sales_close_at
        over = closes_at is not None and closes_at <= now
        return {"raffle_not_active"} if self.status != "active" or over else set()

    def against_waiting(self, id_: UUID) -> set[str]:
        """Whether an attempt to pay is under way."""
        return {"payment_in_progress"} if self.holds[id_].attempt else set()

    def against_late_money(self, now: int) -> set[str]:
        closes_at = self.terms.sales_close_at
        over = closes_at is not None and closes_at <= now
        return {"raffle_not_active"} if self.status not in ("active", "paused") or over else set()

    def against_opening(self, user: UUID, now: int) -> set[str]:
        already = {"already_reserved"} if self.hold_of(user) else set()
        return self.against_selling(now) | already

    def against_owning(self, user: UUID, count: int) -> set[str]:
        too_many = count + self.bought(user) > self.terms.max_numbers_per_user
        return {"too_many_numbers"} if too_many else set()

    def against_taking(self, numbers: set[int]) -> set[str]:
        reasons = set()
        if any(not 0 <= n < self.terms.number_count for n in numbers):
            reasons.add("unknown_number")
        if any(not self.is_free(n) for n in numbers):
            reasons.add("numbers_taken")
        return reasons

    # -- changes ---------------------------------------------------------------------------------

    def open(self, id_: UUID, user: UUID, numbers: list[int], now: int) -> None:
        deadline = now + self.terms.selection_ms
        self.holds[id_] = Hold(user, numbers, "selection", now, deadline)

    def end(self, id_: UUID, phase: str, payment: UUID | None = None) -> None:
        hold = self.holds.pop(id_)
        self.ended[id_] = (phase, hold.user)
        self.was[id_] = Purchase(hold.user, tuple(hold.numbers), payment)
        if phase == "completed":
            self.sell(id_)

    def sell_late(self, payment: UUID, user: UUID, numbers: tuple[int, ...]) -> None:
        self.ended[payment] = ("completed", user)
        self.was[payment] = Purchase(user, numbers, payment)
        self.sell(payment)

    def sell(self, id_: UUID) -> None:
        bought = self.was[id_]
        self.sold.update(dict.fromkeys(bought.numbers, bought.user))
        self.sold_by.update(dict.fromkeys(bought.numbers, id_))

    def give_back(self, id_: UUID, numbers: tuple[int, ...]) -> None:
        self.returned.setdefault(id_, set()).update(numbers)
        for number in numbers:
            del self.sold[number]
            del self.sold_by[number]

    def is_paid_by(self, id_: UUID, payment: UUID) -> bool:
        return any(
            self.was[known].payment == payment for known in (id_, payment) if known in self.was
        )

    def check_out(self, id_: UUID, now: int) -> None:
        hold = self.holds[id_]
        hold.phase, hold.extended = "checkout", 0
        hold.deadline = now + self.terms.checkout_ms

    def longer(self, id_: UUID) -> int | None:
        """The deadline after an extension; None when there is none to have."""
        hold = self.holds[id_]
        ceiling = hold.created_at + self.terms.max_hold_ms
        later = min(hold.deadline + self.terms.extension_ms, ceiling)
        used_up = hold.extended >= self.terms.extensions_per_phase
        return None if used_up or later <= hold.deadline else later

    def run_out(self, now: int, settle: int) -> list[UUID]:
        """Time is over for these; what waits for money goes on waiting."""
        due = [id_ for id_, h in self.holds.items() if h.deadline <= now]
        for id_ in due:
            hold = self.holds[id_]
            if hold.attempt is None:
                self.end(id_, "expired")
            else:
                hold.phase, hold.deadline = "payment_review", now + settle
        return [id_ for id_ in due if id_ not in self.holds]

    def close_the_sale(self) -> None:
        if self.status in ("active", "paused"):
            self.status = "closed"
