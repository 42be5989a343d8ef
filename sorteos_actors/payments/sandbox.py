"""A provider without money: whatever can happen to a payment happens here, when it is asked for.

How a charge goes is chosen by the buyer (``options["mode"]``), or by a script for charges that choose
nothing. It keeps its own ledger, which every node of a cluster sees, and answers for keys as a real
company does. It is not for a server that sells for money: it gives numbers away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.sandbox_ledger import (
    Change,
    SandboxCharge,
    SandboxLedger,
    SandboxMode,
)
from sorteos_actors.payments.sandbox_webhooks import ACCOUNT, Due, Post, dues, opened, told
from sorteos_actors.payments.secret import Secret
from sorteos_actors.ports import Clock
from sorteos_actors.ports.payments import (
    Capabilities,
    Charge,
    Observation,
    ObservedStatus,
    Payment,
    WebhookEvent,
)
from sorteos_actors.raffle import Millis

Script = Callable[[Charge], SandboxMode]
"""How a charge goes that chose no mode."""

SLOW_MS: Final = 5_000
SLOW_LOOKS: Final = 3
CANCELS_THAT_FAIL: Final = 3
_PENDING: Final = (
    SandboxMode.SLOW,
    SandboxMode.ABANDONED,
    SandboxMode.CANCEL_FAILS,
    SandboxMode.CANCEL_TOO_LATE,
)
_ANSWERLESS: Final = (SandboxMode.TIMEOUT, SandboxMode.FAILURE_REPLAYED)


def approve(_: Charge) -> SandboxMode:
    """The script in which all goes well."""
    return SandboxMode.APPROVE


class _NoSuchCharge(ProviderRefused):
    pass


class Sandbox:
    """The `Provider` port for trying everything out."""

    name = "sandbox"
    account = ACCOUNT
    capabilities = Capabilities(
        immediate=True,
        two_steps=True,
        can_cancel=True,
        partial_refund=True,
        refund_by_api=True,
        needs_review=False,
        longest_settle_ms=15 * 60_000,
    )

    def __init__(
        self,
        ledger: SandboxLedger,
        clock: Clock,
        secret: Secret,
        post: Post,
        script: Script = approve,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._secret = secret
        self._post = post
        self._script = script

    def accepts(self, currency: str) -> bool:  # noqa: ARG002
        """Any: it moves none."""
        return True

    async def start(self, charge: Charge, key: str) -> Observation:
        """Make the charge, and let the buyer's bank decide at once, unless the mode takes its time."""
        mode = self._mode(charge)

        def start(before: SandboxCharge | None) -> SandboxCharge:
            return before if before is not None else _decided(self._new(charge, mode))

        return await self._act(charge.payment_id, start, key)

    async def inspect(self, payment: Payment) -> Observation:
        """The charge as it is; a slow one moves on by being looked at, and by itself."""

        def look(before: SandboxCharge | None) -> SandboxCharge:
            charge = self._known(before)
            is_slow = charge.mode is SandboxMode.SLOW and charge.status == "pending"
            return replace(charge, looks=charge.looks + 1) if is_slow else charge

        try:
            return (await self._change(payment.id, look)).observed()
        except _NoSuchCharge:
            return _nothing("unknown", payment)

    async def capture(self, payment: Payment, key: str) -> Observation:
        """Take what was authorised."""

        def capture(before: SandboxCharge | None) -> SandboxCharge:
            charge = self._known(before)
            if charge.status != "authorised":
                return charge
            if charge.mode is SandboxMode.CAPTURE_REFUSED:
                return charge.end("cancelled")
            return charge.capture()

        seen = await self._act(payment.id, capture, key)
        if seen.status not in ("captured", "cancelled"):
            raise ProviderRefused("not_authorised")
        return seen

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """Let go of it. A charge that was never made is as good as cancelled."""

        def cancel(before: SandboxCharge | None) -> SandboxCharge:
            charge = self._known(before)
            charge = replace(charge, cancels=charge.cancels + 1)
            if charge.status not in ("pending", "authorised"):
                return charge
            if charge.mode is SandboxMode.CANCEL_TOO_LATE:
                return charge.capture()
            if charge.mode is SandboxMode.CANCEL_FAILS and charge.cancels <= CANCELS_THAT_FAIL:
                return charge
            return charge.end("cancelled")

        try:
            seen = await self._act(payment.id, cancel, key)
        except _NoSuchCharge:
            return _nothing("cancelled", payment)
        if seen.status in ("pending", "authorised"):
            raise ProviderUnavailable("sandbox: the cancel had no answer")
        return seen

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """Send some of it back, once for each key."""

        def refund(before: SandboxCharge | None) -> SandboxCharge:
            charge = self._known(before)
            if key in charge.keys:
                return charge
            if charge.mode is SandboxMode.REFUND_REFUSED:
                raise ProviderRefused("refund_refused")
            if not 0 < amount <= charge.captured - charge.refunded:
                raise ProviderRefused("more_than_captured")
            return charge.refund(amount, key)

        return (await self._change(payment.id, refund)).observed()

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """What a webhook hints at, once its signature is good."""
        return opened(headers, body, self._secret, now)

    async def _act(self, payment_id: UUID, change: Change, key: str) -> Observation:
        """A call whose effect is there when its answer may be lost, by the mode."""
        seen_before = False

        def act(before: SandboxCharge | None) -> SandboxCharge:
            nonlocal seen_before
            seen_before = before is not None and key in before.keys
            charge = change(before)
            return replace(charge, keys=charge.keys | {key})

        charge = await self._change(payment_id, act)
        is_replayed = charge.mode is SandboxMode.FAILURE_REPLAYED
        if charge.mode in _ANSWERLESS and (is_replayed or not seen_before):
            raise ProviderUnavailable("sandbox: the answer was lost")
        return charge.observed()

    async def _change(self, payment_id: UUID, change: Change) -> SandboxCharge:
        """Change a charge, and send what is to be told of it."""
        known: SandboxCharge | None = None

        def changed(before: SandboxCharge | None) -> SandboxCharge:
            nonlocal known
            known = before
            return self._settled(change(before))

        charge = await self._ledger.change(payment_id, changed)
        now = self._clock.now()
        if charge.news != (0 if known is None else known.news):
            for due in dues(charge, now):
                self._post(due)
        elif known is None and charge.mode is SandboxMode.SLOW:
            self._post(Due(now + SLOW_MS, told(charge.authorise(), now)))
        return charge

    def _settled(self, charge: SandboxCharge) -> SandboxCharge:
        """A slow charge is approved in the end."""
        is_time = self._clock.now() - charge.created_at >= SLOW_MS or charge.looks >= SLOW_LOOKS
        if charge.mode is SandboxMode.SLOW and charge.status == "pending" and is_time:
            return charge.authorise()
        return charge

    def _mode(self, charge: Charge) -> SandboxMode:
        chosen = charge.options.get("mode")
        try:
            return self._script(charge) if chosen is None else SandboxMode(chosen)
        except ValueError:
            raise ProviderRefused("unknown_mode") from None

    def _new(self, charge: Charge, mode: SandboxMode) -> SandboxCharge:
        off = {SandboxMode.OVERPAID: 1, SandboxMode.UNDERPAID: -1}.get(mode, 0)
        currency = charge.currency
        if mode is SandboxMode.WRONG_CURRENCY:
            currency = "CRC" if currency == "USD" else "USD"
        return SandboxCharge(
            payment_id=charge.payment_id,
            mode=mode,
            amount=charge.amount + off,
            currency=currency,
            created_at=self._clock.now(),
        )

    @staticmethod
    def _known(charge: SandboxCharge | None) -> SandboxCharge:
        if charge is None:
            raise _NoSuchCharge("no_such_charge")
        return charge


def _decided(charge: SandboxCharge) -> SandboxCharge:
    """The buyer's bank has spoken, where it speaks at once."""
    if charge.mode in _PENDING:
        return charge
    if charge.mode is SandboxMode.DECLINE:
        return charge.end("failed", "card_declined")
    return charge.authorise()


def _nothing(status: ObservedStatus, payment: Payment) -> Observation:
    return Observation(
        reference=None,
        payment_id=payment.id,
        status=status,
        amount=payment.amount,
        currency=payment.currency,
    )
