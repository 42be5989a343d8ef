"""The rows of payments, judged as they are written, by what the banks have really done.

In every step: nothing is written down that no bank has moved, nothing goes back that nobody is owed, a
ticket is of numbers that are sold. At the end: every colón is sold numbers, given back, or a case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sorteos_actors.payments.sandbox_ledger import SandboxCharge
from sorteos_actors.ports.mail import RECEIPT
from sorteos_actors.ports.payment_store import Transfer, TransferKind
from sorteos_actors.ports.payments import Payment
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.memory_money import MemoryMoney
from sorteos_actors.testing.simulation.vault import Vault


class Books(MemoryMoney):
    """See the module. `broken` is told what must not be, and raises."""

    def __init__(self, broken: Callable[[str], None]) -> None:
        super().__init__()
        self.vaults: dict[str, Vault] = {}
        """By the name of the provider."""
        self._broken = broken
        self._entered: Counter[tuple[UUID, TransferKind]] = Counter()

    # -- every step ----------------------------------------------------------------------------------

    def keep(self, payment: Payment, now: Millis, *, is_due: bool = True) -> Payment:
        """As PostgreSQL's; judged."""
        kept = super().keep(payment, now, is_due=is_due)
        took, sent = self._moved(kept)
        if kept.captured > took or kept.refunded > sent:
            self._broken(
                f"payment {_short(kept.id)}: {kept.captured} taken and {kept.refunded} sent back are "
                f"written down, the bank took {took} and sent back {sent}"
            )
        return kept

    def enter(self, raffle_id: UUID, transfer: Transfer) -> None:
        """As PostgreSQL's; judged."""
        super().enter(raffle_id, transfer)
        about = (transfer.payment_id, transfer.kind)
        self._entered[about] += transfer.amount
        took, sent = self._moved(self.payments[raffle_id, transfer.payment_id])
        most = {"captured": took, "refunded": sent}.get(transfer.kind)
        if most is not None and self._entered[about] > most:
            self._broken(
                f"payment {_short(transfer.payment_id)}: the ledger has {self._entered[about]} "
                f"{transfer.kind}, the bank has moved {most}: entered twice"
            )

    def post(self, raffle_id: UUID, kind: str, payload: dict[str, Any], now: Millis) -> None:
        """As PostgreSQL's; judged: a ticket is for what is sold."""
        super().post(raffle_id, kind, payload, now)
        if kind != RECEIPT:
            return
        payment = self.payments[raffle_id, UUID(payload["payment_id"])]
        if (payment.applied, str(payment.sold_as)) != ("sold", payload["reservation_id"]):
            self._broken(
                f"a ticket went out for payment {_short(payment.id)}, which bought nothing"
            )

    def judge_refund(self, charge: SandboxCharge) -> None:
        """The bank has sent money back: only what is owed, and once."""
        payment = next(p for p in self.payments.values() if p.id == charge.payment_id)
        owed = payment.captured - (0 if payment.applied == "refused" else payment.price_kept)
        if charge.refunded > owed:
            self._broken(
                f"payment {_short(payment.id)}: {charge.refunded} went back, {owed} was owed: "
                "refunded twice"
            )

    def judge_stop(self, raffle_id: UUID, payment_id: UUID) -> None:
        """An attempt ends when it is certain that no money will come of it."""
        payment = self.payments[raffle_id, payment_id]
        is_open = self.vaults[payment.provider].may_still_pay(payment_id)
        if is_open and payment.applied != "refused":
            self._broken(f"payment {_short(payment_id)} was given up and may still come")

    def judge_sale(self, raffle_id: UUID, payment_id: UUID | None, reservation_id: UUID) -> None:
        """Sold is paid, with money of its own, and with exactly as much as it costs."""
        payment = payment_id and self.payments.get((raffle_id, payment_id))
        if not payment or (payment.applied, payment.sold_as) != ("sold", reservation_id):
            self._broken(f"{_short(reservation_id)} was sold and not paid")
            return
        charge = self.charge(payment)
        paid = (charge.authorised, charge.currency) if charge else (0, payment.currency)
        price = payment.unit_price * len(payment.numbers)
        if paid != (price, payment.currency):
            self._broken(f"{_short(reservation_id)} costs {price}, and was sold for {paid}")

    # -- the end -------------------------------------------------------------------------------------

    def unrest(self, in_cases: Collection[UUID | None]) -> list[str]:
        """Payments about which somebody still has to do something."""
        return [
            f"payment {_short(p.id)} is not at rest: {p}"
            for p in self.payments.values()
            if p.next_check_at is not None or (p.live and p.id not in in_cases)
        ]

    def unaccounted(self, in_cases: Collection[UUID | None]) -> list[str]:
        """Money that is neither sold numbers, nor back with its owner, nor in anybody's case."""
        found: list[str] = []
        for payment in self.payments.values():
            took, sent = self._moved(payment)
            kept = len(payment.numbers) - len(payment.returned)
            worth = payment.unit_price * kept if payment.applied == "sold" else 0
            if took - sent != worth and payment.id not in in_cases:
                found.append(
                    f"the bank took {took} of payment {_short(payment.id)} and sent back {sent}; it "
                    f"has bought numbers for {worth}, and nobody looks at the rest"
                )
            if (payment.captured, payment.refunded) != (took, sent):
                found.append(f"the money of payment {_short(payment.id)} never became known")
        return found

    def differences(self, raffle_id: UUID, worth: int) -> list[str]:
        """Captured less refunded is what was sold plus suspense, in the rows, the ledger, the banks."""
        balances: Counter[str] = Counter()
        for of, transfer in self.transfers:
            if of == raffle_id:
                balances[transfer.debit] += transfer.amount
                balances[transfer.credit] -= transfer.amount
        mine = [p for p in self.payments.values() if p.raffle_id == raffle_id]
        here = sum(p.captured - p.refunded for p in mine)
        sales, suspense = -balances.pop("sales", 0), -balances.pop("suspense", 0)
        found = []
        if (sum(balances.values()), here, worth) != (here, sales + suspense, sales):
            found.append(f"the ledger says {balances}, {sales=}, {suspense=}; {here=}, {worth=}")
        return found

    def charge(self, payment: Payment) -> SandboxCharge | None:
        """What its bank has of it."""
        return self.vaults[payment.provider].charges.get(payment.id)

    def _moved(self, payment: Payment) -> tuple[int, int]:
        charge = self.charge(payment)
        return (0, 0) if charge is None else (charge.captured, charge.refunded)


def _short(id_: UUID) -> str:
    return f"{id_.int % 0xFFFF:04x}"
