"""Banks that misbehave: the real sandbox behind a bad road, with buyers who pay when nobody waits.

A bank is what the simulation believes about money. It says what a charge has really moved; whatever a
node thinks of it is judged by that.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

import trio
from msgspec.structs import replace

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.sandbox_ledger import SandboxCharge
from sorteos_actors.payments.sandbox_webhooks import Due, SandboxEvent, sealed
from sorteos_actors.payments.secret import Secret
from sorteos_actors.ports.payments import Charge, Observation, Payment, WebhookEvent
from sorteos_actors.raffle import Millis
from sorteos_actors.testing.simulation.truth import Truth, short
from sorteos_actors.testing.simulation.vault import Vault

Carry = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]
"""Brings a webhook of the bank with that name to some node; whether it was accepted."""

ILL: Final = 0.3
"""How likely a call goes wrong during chaos."""
LOST: Final = 0.25
"""How likely a webhook is never sent, unless it is the only one that could tell of its money."""
DOUBLED: Final = 0.25
LATEST_SECONDS: Final = 3.0
"""How long a webhook may be on its way, so that others overtake it."""


class Bank(Sandbox):
    """One company, which counts its webhooks from 1 as others do too."""

    def __init__(self, name: str, truth: Truth, chance: random.Random) -> None:
        self.name = name
        self.vault = Vault(truth.books.judge_refund)
        self.is_ill = True
        self.is_mute = False
        """It does as it is asked, and its answers reach nobody."""
        self._truth = truth
        self._chance = chance
        self._secret = Secret(f"whsec-of-{name}-alone")
        self._numbers: dict[str, int] = {}
        self._to_send, self._outbox = trio.open_memory_channel[Due](10_000)
        super().__init__(self.vault, truth.clock, self._secret, self._to_send.send_nowait)

    async def pay_anyway(self, payment_id: UUID) -> None:
        """The buyer sends the money although the bank had said that none would come."""

        def take(charge: SandboxCharge | None) -> SandboxCharge:
            assert charge is not None
            return charge.capture() if charge.status in ("failed", "cancelled") else charge

        self._truth.note(f"{self.name}: {short(payment_id)} is paid all the same")
        await self._change(payment_id, take)

    def met(self, trouble: str) -> None:
        """A call to it went wrong."""
        self._truth.seen[f"calls to a bank: {trouble}"] += 1

    # -- webhooks ------------------------------------------------------------------------------------

    async def run(self, carry: Carry) -> None:
        """Send webhooks until cancelled."""
        async with trio.open_nursery() as nursery:
            async for due in self._outbox:
                event = replace(due.event, id=self._number(due.event))
                chance, seen = self._chance, self._truth.seen
                is_late_money = due.event.payment_id in self.vault.let_go
                if self.is_ill and not is_late_money and chance.random() < LOST:
                    seen["webhooks lost"] += 1
                    continue
                copies = 2 if self.is_ill and chance.random() < DOUBLED else 1
                seen["webhooks doubled"] += copies - 1
                for _ in range(copies):
                    delay = chance.uniform(0.01, LATEST_SECONDS) if self.is_ill else 0.01
                    nursery.start_soon(self._send, carry, event, delay)

    def _number(self, event: SandboxEvent) -> str:
        """The same event has the same number, however often it is sent."""
        return f"evt_{self._numbers.setdefault(event.id, len(self._numbers) + 1)}"

    async def _send(self, carry: Carry, event: SandboxEvent, delay: float) -> None:
        """Until somebody has accepted it."""
        while True:
            await trio.sleep(delay)
            headers, body = sealed(event, self._secret, self._truth.now())
            if await carry(self.name, headers, body):
                return
            delay = self._chance.uniform(0.3, 2)


class NodeBank:
    """One node's way to a bank: calls are slow, lost before or after their effect, or refused."""

    def __init__(
        self, bank: Bank, chance: random.Random, gate: Callable[[], Awaitable[None]]
    ) -> None:
        self.name = bank.name
        self.account = bank.account
        self.capabilities = bank.capabilities
        self._bank = bank
        self._chance = chance
        self._gate = gate
        self._silent_until = 0.0
        """A broken connection stays broken for a while: also the look at what became of a call."""

    def accepts(self, currency: str) -> bool:
        """See `Provider`."""
        return self._bank.accepts(currency)

    async def start(self, charge: Charge, key: str) -> Observation:
        """See `Provider`."""
        return await self._call(lambda: self._bank.start(charge, key), may_refuse=True)

    async def inspect(self, payment: Payment) -> Observation:
        """See `Provider`."""
        return await self._call(lambda: self._bank.inspect(payment))

    async def capture(self, payment: Payment, key: str) -> Observation:
        """See `Provider`."""
        return await self._call(lambda: self._bank.capture(payment, key))

    async def cancel(self, payment: Payment, key: str) -> Observation:
        """See `Provider`."""
        return await self._call(lambda: self._bank.cancel(payment, key))

    async def refund(self, payment: Payment, amount: int, key: str) -> Observation:
        """See `Provider`."""
        return await self._call(lambda: self._bank.refund(payment, amount, key))

    async def webhook(self, headers: Mapping[str, str], body: bytes, now: Millis) -> WebhookEvent:
        """See `Provider`."""
        return await self._bank.webhook(headers, body, now)

    async def _call(
        self, question: Callable[[], Awaitable[Observation]], *, may_refuse: bool = False
    ) -> Observation:
        chance = self._chance
        trouble = ""
        if self._bank.is_ill and chance.random() < ILL:
            troubles = ["lost before", "lost after", "lost after", "slow"]
            trouble = chance.choice([*troubles, "refused after"] if may_refuse else troubles)
            self._bank.met(trouble)
        is_under_way = chance.random() < 0.5
        try:
            await self._gate()
            await trio.sleep(chance.uniform(0.005, 0.03))
        except trio.Cancelled:
            # Whoever has asked is gone; the request may be under way all the same.
            if is_under_way:
                with trio.CancelScope(shield=True):
                    await question()
            raise
        if trouble == "lost before":
            raise ProviderUnavailable(f"{self.name}: 500")
        answer = await question()
        await trio.sleep(chance.uniform(1, 25) if trouble == "slow" else 0.005)
        await self._gate()
        if trouble == "lost after":
            self._silent_until = trio.current_time() + chance.uniform(0, 4)
        if self._bank.is_mute or trio.current_time() < self._silent_until:
            raise ProviderUnavailable(f"{self.name}: the answer was lost")
        if trouble == "refused after":
            raise ProviderRefused("key_in_use")
        return answer
