"""Which methods a raffle offers: what is configured, what the platform and the raffle have switched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sorteos_actors.clock import ServerClock
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.free import Free
from sorteos_actors.payments.opening import open_methods
from sorteos_actors.payments.paypal import PayPalSettings
from sorteos_actors.payments.registry import Configured, Methods, available
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.sandbox_ledger import MemoryLedger
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.payments.sinpe import MemoryCodes, Sinpe
from sorteos_actors.payments.stripe import Stripe, StripeSettings
from sorteos_actors.ports.payment_store import Method
from sorteos_actors.testing.http_stub import transport
from tests.unit.payments.builders import RAFFLE_ID, secret

STRIPE = StripeSettings(
    secret_key=secret("sk_test"), publishable_key="pk_test", webhook_secrets=(secret("whsec"),)
)
CARD = Stripe(STRIPE, Api("stripe", "https://stripe.test", transport=transport(lambda _: None)))
SANDBOX = Sandbox(MemoryLedger(), ServerClock(), secret("sandbox"), lambda _: None)
BY_HAND = Configured(
    provider=Sinpe(MemoryCodes()),
    settings={"phone": "88880000", "name": "Casa"},
    required=("phone",),
)
ALL = [
    Configured(provider=SANDBOX),
    Configured(provider=CARD),
    BY_HAND,
    Configured(provider=Free()),
]


def row(provider: str, *, enabled: bool = True, raffle: bool = False, **more: Any) -> Method:
    """A switch."""
    raffle_id: UUID | None = RAFFLE_ID if raffle else None
    return Method(raffle_id=raffle_id, provider=provider, enabled=enabled, **more)


def names(
    platform: list[Method],
    raffle: list[Method],
    currency: str = "CRC",
    *,
    price: int = 1000,
    of: list[Configured] = ALL,
) -> list[str]:
    """What is offered, in order."""
    return [method.provider.name for method in available(of, platform, raffle, price, currency)]


def test_what_is_configured_is_offered_until_somebody_switches_it_off() -> None:
    assert names([], []) == ["sinpe", "stripe", "sandbox"]


def test_the_platform_switches_off_for_everybody() -> None:
    off = row("stripe", enabled=False)
    assert names([off], []) == ["sinpe", "sandbox"]
    assert names([off], [row("stripe", raffle=True)]) == ["sinpe", "sandbox"]


def test_a_raffle_switches_off_for_itself() -> None:
    assert names([], [row("sinpe", enabled=False, raffle=True)]) == ["stripe", "sandbox"]


def test_the_platform_sets_the_order_and_a_raffle_its_own() -> None:
    platform = [row("sandbox", priority=100)]
    assert names(platform, []) == ["sandbox", "sinpe", "stripe"]
    raffle = [row("stripe", priority=200, raffle=True), row("sandbox", priority=1, raffle=True)]
    assert names(platform, raffle) == ["stripe", "sinpe", "sandbox"]


def test_a_method_that_does_not_take_the_currency_is_not_offered() -> None:
    assert names([], [], "USD") == ["stripe", "sandbox"]


def test_what_costs_nothing_is_had_for_nothing_and_in_no_other_way() -> None:
    assert names([], [], price=0) == ["free"]
    assert names([row("free", enabled=False)], [], price=0) == []


def test_a_method_without_what_it_needs_is_not_offered() -> None:
    nobody = Configured(provider=Sinpe(MemoryCodes()), required=("phone",))
    assert names([], [], of=[nobody]) == []
    assert names([], [row("sinpe", raffle=True, settings={"phone": ""})], of=[BY_HAND]) == []


def test_a_raffles_own_settings_come_before_the_platforms() -> None:
    platform = [row("sinpe", settings={"phone": "70000000", "note": "x"})]
    raffle = [row("sinpe", raffle=True, settings={"phone": "60000000"})]
    (method,) = available([BY_HAND], platform, raffle, 1000, "CRC")
    assert method.settings == {"phone": "60000000", "name": "Casa", "note": "x"}


def test_a_row_of_a_provider_that_is_not_configured_offers_nothing() -> None:
    assert names([row("paypal", priority=500)], []) == ["sinpe", "stripe", "sandbox"]


def test_a_provider_that_is_switched_off_still_ends_what_it_has_begun() -> None:
    methods = Methods(ALL)
    assert not methods.offered([row(n, enabled=False) for n in methods.providers], [], 1000, "CRC")
    assert set(methods.providers) == {"sandbox", "stripe", "sinpe", "free"}


@pytest.mark.parametrize("allowed", [True, False])
async def test_the_providers_of_the_settings_are_opened_and_no_others(allowed: bool) -> None:
    paypal = PayPalSettings(
        client_id="client",
        secret=secret("paypal"),
        webhook_id="HOOK",
        api_base="https://api-m.sandbox.paypal.com",
    )
    settings = PaymentSettings(sandbox=allowed, stripe=STRIPE, paypal=paypal)
    async with open_methods(settings, codes=MemoryCodes(), sandbox=SANDBOX) as methods:
        found = set(methods.providers)
    assert found == {"sinpe", "stripe", "paypal", "free"} | ({"sandbox"} if allowed else set())
