"""Builds the providers that the settings name, with their connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from sorteos_actors.payments.api import Api
from sorteos_actors.payments.free import Free
from sorteos_actors.payments.paypal import PayPal
from sorteos_actors.payments.paypal_signature import (
    LIVE_CERTIFICATES,
    TEST_CERTIFICATES,
    Verifier,
    fetch_over_https,
)
from sorteos_actors.payments.registry import Configured, Methods
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.payments.sinpe import Codes, Sinpe
from sorteos_actors.payments.stripe import Stripe


@asynccontextmanager
async def open_methods(
    settings: PaymentSettings,
    *,
    codes: Codes,
    sandbox: Sandbox | None = None,
    certificates: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Methods]:
    """Every provider of the settings, until the block ends.

    SINPE by hand is always there, and offered where somebody's phone is known. `sandbox` is used only
    when the settings allow it. `certificates`: how PayPal's are fetched, when
    not by the network.
    """
    async with AsyncExitStack() as stack:
        given = {"phone": settings.sinpe_phone, "name": settings.sinpe_name}
        by_hand = Configured(
            provider=Sinpe(codes, settings.sinpe_webhook_secrets),
            settings=given,
            required=("phone",),
        )
        configured = [by_hand, Configured(provider=Free())]
        if settings.stripe is not None:
            api = await stack.enter_async_context(Api("stripe", settings.stripe.api_base))
            configured.append(Configured(provider=Stripe(settings.stripe, api)))
        if settings.paypal is not None:
            api = await stack.enter_async_context(Api("paypal", settings.paypal.api_base))
            host = LIVE_CERTIFICATES if settings.paypal.is_live else TEST_CERTIFICATES
            verifier = Verifier(settings.paypal.webhook_id, host, fetch_over_https(certificates))
            configured.append(Configured(provider=PayPal(settings.paypal, api, verifier)))
        if settings.sandbox and sandbox is not None:
            configured.append(Configured(provider=sandbox))
        yield Methods(configured)
