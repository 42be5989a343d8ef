"""Providers over real sockets, against servers that stand in for Stripe and PayPal."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import trio

from sorteos_actors.errors import ForgedWebhook, ProviderUnavailable
from sorteos_actors.payments.opening import open_methods
from sorteos_actors.payments.paypal import PayPalSettings
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.payments.sinpe import MemoryCodes
from sorteos_actors.payments.stripe import StripeSettings
from sorteos_actors.ports.payments import Charge, Payment, Provider, merged
from sorteos_actors.testing import fake_paypal, fake_stripe
from sorteos_actors.testing.fake_paypal import CERT_URL, FakePayPal
from sorteos_actors.testing.fake_stripe import FakeStripe
from sorteos_actors.testing.http_stub import Handler, serve

NOW = 1_767_225_600_000
CANARY = "c4nary"
STRIPE_KEY = Secret(f"sk_test_{CANARY}")
HOOKS = (Secret(f"whsec_old_{CANARY}"), Secret(f"whsec_new_{CANARY}"))
PAYPAL_SECRET = Secret(f"paypal_{CANARY}")
# Made once: a client would load the system's certificates each time, for nothing.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Street:
    """Two companies, and a shop that knows both."""

    def __init__(
        self, stripe: FakeStripe, paypal: FakePayPal, providers: dict[str, Provider], url: str
    ) -> None:
        self.stripe = stripe
        self.paypal = paypal
        self.providers = providers
        self.stripe_url = url
        self.is_closed = False

    def close(self) -> None:
        """From now on nobody answers: every connection is broken off."""
        self.is_closed = True

    async def start(self, name: str) -> Payment:
        """A payment that waits for its buyer."""
        charge = a_charge()
        seen = await self.providers[name].start(charge, f"{charge.payment_id}:start")
        return merged(a_payment(charge, name), seen)

    async def agree(self, payment: Payment) -> None:
        """The buyer pays, at the company."""
        if payment.provider == "paypal":
            self.paypal.approve(str(payment.reference))
            return
        assert payment.action is not None
        form = {
            "client_secret": payment.action["client_secret"],
            "payment_method": "pm_card_visa",
        }
        async with httpx.AsyncClient(verify=NO_TLS, timeout=60) as browser:
            url = f"{self.stripe_url}/v1/payment_intents/{payment.reference}/confirm"
            assert (await browser.post(url, data=form)).status_code == 200

    def deliveries(self, name: str) -> list[tuple[dict[str, str], bytes]]:
        """A webhook for every event so far, signed now."""
        fake: Any = self.paypal if name == "paypal" else self.stripe
        return [fake.deliver(event, NOW) for event in fake.events]


def a_charge() -> Charge:
    """Somebody wants two numbers."""
    return Charge(
        payment_id=uuid4(),
        raffle_id=UUID(int=1),
        reservation_id=UUID(int=2),
        amount=1_250,
        currency="USD",
        numbers=(7, 42),
        description="Rifa: 07, 42",
        return_url="https://rifas.test/pago",
    )


def a_payment(charge: Charge, name: str) -> Payment:
    """The row of that charge."""
    return Payment(
        raffle_id=charge.raffle_id,
        id=charge.payment_id,
        reservation_id=charge.reservation_id,
        user_id=UUID(int=3),
        provider=name,
        account="any",
        amount=charge.amount,
        currency=charge.currency,
        numbers=charge.numbers,
        unit_price=charge.amount // len(charge.numbers),
    )


@asynccontextmanager
async def open_street() -> AsyncIterator[Street]:
    stripe = FakeStripe(STRIPE_KEY, HOOKS)
    paypal = FakePayPal("client", PAYPAL_SECRET, "WEBHOOK")

    def certificates(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == CERT_URL
        return httpx.Response(200, content=paypal.signer.pem)

    def unless_closed(fake: Handler) -> Handler:
        return lambda request: None if street.is_closed else fake(request)

    async with (
        serve(unless_closed(stripe)) as stripe_url,
        serve(unless_closed(paypal)) as paypal_url,
    ):
        settings = PaymentSettings(
            stripe=StripeSettings(
                secret_key=STRIPE_KEY,
                publishable_key="pk_test",
                webhook_secrets=HOOKS,
                api_base=stripe_url,
            ),
            paypal=PayPalSettings(
                client_id="client",
                secret=PAYPAL_SECRET,
                webhook_id="WEBHOOK",
                api_base=paypal_url,
            ),
        )
        transport = httpx.MockTransport(certificates)
        opened = open_methods(settings, codes=MemoryCodes(), certificates=transport)
        async with opened as methods:
            street = Street(stripe, paypal, dict(methods.providers), stripe_url)
            yield street


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_a_payment_goes_all_the_way_and_back(name: str) -> None:
    async with open_street() as street:
        provider = street.providers[name]
        payment = await street.start(name)
        assert (await provider.inspect(payment)).status == "pending"
        await street.agree(payment)
        payment = merged(payment, await provider.inspect(payment))
        assert payment.is_exact
        payment = merged(payment, await provider.capture(payment, f"{payment.id}:capture"))
        assert payment.captured == payment.amount
        payment = merged(payment, await provider.refund(payment, 625, f"{payment.id}:refund:1"))
        assert payment.refunded == 625
        late = await provider.cancel(payment, f"{payment.id}:cancel")
        assert (late.status, late.captured) == ("captured", payment.amount)


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_every_webhook_of_a_payment_hints_at_it_in_whatever_order(name: str) -> None:
    async with open_street() as street:
        provider = street.providers[name]
        payment = await street.start(name)
        await street.agree(payment)
        payment = merged(payment, await provider.inspect(payment))
        await provider.capture(payment, f"{payment.id}:capture")
        await provider.refund(payment, 625, f"{payment.id}:refund:1")
        told = street.deliveries(name)
        assert len(told) >= 3
        for headers, body in (*reversed(told), *told):
            event = await provider.webhook(headers, body, NOW)
            assert payment.reference == event.reference or event.payment_id == payment.id


@pytest.mark.parametrize(("name", "other"), [("stripe", "paypal"), ("paypal", "stripe")])
async def test_the_webhook_of_one_company_is_a_forgery_at_the_other(name: str, other: str) -> None:
    async with open_street() as street:
        await street.agree(await street.start(name))
        for headers, body in street.deliveries(name):
            with pytest.raises(ForgedWebhook):
                await street.providers[other].webhook(headers, body, NOW)


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_a_connection_that_breaks_after_the_charge_costs_the_buyer_nothing(
    name: str,
) -> None:
    async with open_street() as street:
        provider = street.providers[name]
        payment = await street.start(name)
        await street.agree(payment)
        payment = merged(payment, await provider.inspect(payment))
        street.stripe.fates.append(fake_stripe.Fate.LOST_AFTER)
        street.paypal.fates.append(fake_paypal.Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await provider.capture(payment, f"{payment.id}:capture")
        seen = await provider.capture(payment, f"{payment.id}:capture")
        assert seen.captured == payment.amount


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_many_buyers_at_once_each_have_their_own_payment(name: str) -> None:
    payments: list[Payment] = []
    async with open_street() as street:

        async def buy() -> None:
            payment = await street.start(name)
            await street.agree(payment)
            payment = merged(payment, await street.providers[name].inspect(payment))
            payments.append(payment)

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(buy)
    assert len({payment.reference for payment in payments}) == 20
    assert all(payment.is_exact for payment in payments)


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_a_company_that_cannot_be_reached_has_said_nothing(name: str) -> None:
    async with open_street() as street:
        payment = await street.start(name)
        street.close()
        with pytest.raises(ProviderUnavailable):
            await street.providers[name].cancel(payment, f"{payment.id}:cancel")


@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_nothing_that_libraries_log_on_the_way_shows_a_secret(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_street() as street:
        payment = await street.start(name)
        await street.agree(payment)
        await street.providers[name].inspect(payment)
    assert "HTTP/1.1 200" in caplog.text
    assert CANARY not in caplog.text
