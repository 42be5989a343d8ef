"""The evening of a simulated day: one node stays until no money moves, and every colón is counted."""

from __future__ import annotations

from typing import Final

import trio

from sorteos_actors.payments.answered_cases import QUIET_MS, AnsweredCases
from sorteos_actors.payments.sandbox_ledger import SandboxMode
from sorteos_actors.ports.payment_store import CaseKind, MoneyCase
from sorteos_actors.testing.simulation.nodes import Town
from sorteos_actors.testing.simulation.truth import Truth, short

EVENING_SECONDS: Final = 240
"""Longer than the lease of a cashier that died, and the longest pause between two looks."""

_REASONS: Final[dict[CaseKind, SandboxMode]] = {
    "overpaid": SandboxMode.OVERPAID,
    "underpaid": SandboxMode.UNDERPAID,
    "wrong_currency": SandboxMode.WRONG_CURRENCY,
    "refund_failed": SandboxMode.REFUND_REFUSED,
    "stuck": SandboxMode.CAPTURE_REFUSED,
}


async def close(town: Town, truth: Truth) -> None:
    """Wait until every payment is at rest, then judge the money. Nobody buys or looks any more."""
    for node in town.nodes[1:]:
        node.crash()
    unrest = await _unrest(truth)
    for _ in range(EVENING_SECONDS):
        if not unrest:
            break
        await trio.sleep(1)
        unrest = await _unrest(truth)
    truth.seen.update(f"case: {case.kind}" for case in await truth.desk.cases(None, 1000))
    cases = await _left_open(truth)
    gone_back = [p for p in truth.books.payments.values() if p.applied == "refused" and p.refunded]
    truth.seen["late money sent back"] += len(gone_back)
    found = [*unrest, *_not_theirs(truth)]
    found += [
        f"nothing explains the case {case.kind} of {case.facts}"
        for case in cases
        if not _is_explained(truth, case)
    ]
    found += truth.books.unaccounted({case.payment_id for case in cases})
    for raffle_id, record in truth.records.items():
        worth = record.terms.price * record.raffle.sold_count
        found += truth.books.differences(raffle_id, worth)
    truth.violations += found


async def _left_open(truth: Truth) -> list[MoneyCase]:
    """The cases that people have to decide, once those that are answered have closed by themselves."""
    await trio.sleep(QUIET_MS / 1000)
    await AnsweredCases(truth.payments, truth.desk, truth.clock).sweep()
    closed = await truth.desk.cases(None, 1000, is_open=False)
    truth.seen.update(f"case closed by itself: {case.kind}" for case in closed)
    return await truth.desk.cases(None, 1000)


async def _unrest(truth: Truth) -> list[str]:
    """What somebody still has to do. Money in a case waits for a person, and keeps its numbers."""
    in_cases = {case.payment_id for case in await truth.desk.cases(None, 1000)}
    held = [
        f"{short(reservation.id)} is still held"
        for record in truth.records.values()
        for reservation in record.raffle.reservations.values()
        if reservation.payment_id is None or reservation.payment_id not in in_cases
    ]
    unread = [f"{key} was never processed" for key in truth.payments.post.unprocessed]
    return [*truth.books.unrest(in_cases), *held, *unread]


def _not_theirs(truth: Truth) -> list[str]:
    """Who has paid and got nothing back has the numbers."""
    found = []
    for payment in truth.books.payments.values():
        claims = truth.records[payment.raffle_id].claims
        for number in {*payment.numbers} - {*payment.returned}:
            is_theirs = claims.get(number) == ("sold", payment.sold_as)
            if payment.applied == "sold" and not is_theirs:
                found.append(f"{number} was paid with {short(payment.id)}, and is somebody else's")
    return found


def _is_explained(truth: Truth, case: MoneyCase) -> bool:
    """A person is asked only where the product cannot help."""
    payment = next(p for p in truth.books.payments.values() if p.id == case.payment_id)
    charge = truth.books.charge(payment)
    if case.kind == "paid_twice":
        return payment.applied == "refused"
    if case.kind == "stuck" and payment.applied == "sold" and payment.is_over:
        return True  # The bank has let go of money that was reserved, after the sale.
    return charge is not None and charge.mode is _REASONS.get(case.kind)
