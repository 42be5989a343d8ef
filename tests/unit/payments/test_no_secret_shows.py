"""Whatever is printed, raised or logged, no secret is in it."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from sorteos_actors.errors import ForgedWebhook, ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.paypal import PayPal, PayPalSettings
from sorteos_actors.payments.paypal_signature import TEST_CERTIFICATES, Verifier
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.payments.sinpe import MemoryCodes, Sinpe
from sorteos_actors.payments.stripe import Stripe, StripeSettings
from sorteos_actors.ports.payments import Provider
from tests.unit.payments.builders import CANARY, NOW, secret, some_charge, some_payment

STRIPE = StripeSettings(
    secret_key=secret("sk_test"), publishable_key="pk_test", webhook_secrets=(secret("whsec"),)
)
PAYPAL = PayPalSettings(
    client_id="client", secret=secret("paypal"), webhook_id="HOOK", api_base="https://paypal.test"
)
CHARGE = some_charge(currency="USD")
CALLS: list[Callable[[Provider], Awaitable[object]]] = [
    lambda provider: provider.start(CHARGE, "key"),
    lambda provider: provider.inspect(some_payment(CHARGE, reference="x")),
    lambda provider: provider.capture(some_payment(CHARGE, reference="x"), "key"),
    lambda provider: provider.cancel(some_payment(CHARGE, reference="x"), "key"),
    lambda provider: provider.refund(some_payment(CHARGE, reference="x"), 1, "key"),
    lambda provider: provider.webhook({"stripe-signature": "t=1,v1=0"}, b"{}", NOW),
]


def echo(request: httpx.Request) -> httpx.Response:
    """Answers with everything that it was told, as an error."""
    if request.url.path == "/v1/oauth2/token":
        return httpx.Response(200, json={"access_token": f"token_{CANARY}", "expires_in": 900})
    told = dict(request.headers)
    return httpx.Response(400, json={"error": {"message": str(told)}, "message": str(told)})


def broken(request: httpx.Request) -> httpx.Response:
    """A failure whose text holds everything."""
    raise httpx.ConnectError(f"cannot send {dict(request.headers)}", request=request)


def angry(request: httpx.Request) -> httpx.Response:
    """Refuses every key, and repeats it."""
    return httpx.Response(401, text=str(dict(request.headers)))


async def no_certificate(_: str) -> bytes:
    """Nobody needs one here."""
    raise ProviderUnavailable("no certificate")


@pytest.mark.parametrize("answer", [echo, broken, angry])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["stripe", "paypal"])
async def test_no_error_and_no_log_of_a_provider_shows_a_secret(
    name: str, call: Callable[[Provider], Awaitable[object]], answer: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(answer)
    async with Api(name, "https://provider.test", transport=transport) as api:
        provider: Provider
        if name == "stripe":
            provider = Stripe(STRIPE, api)
        else:
            provider = PayPal(PAYPAL, api, Verifier("HOOK", TEST_CERTIFICATES, no_certificate))
        with pytest.raises((ProviderUnavailable, ProviderRefused, ForgedWebhook)) as failed:
            await call(provider)
    told = "".join(traceback.format_exception(failed.value))
    assert CANARY not in told
    assert CANARY not in repr(failed.value)
    assert CANARY not in caplog.text
    assert CANARY not in repr(vars(provider))


def test_settings_can_be_printed() -> None:
    hooks = (secret("sinpe"),)
    settings = PaymentSettings(stripe=STRIPE, paypal=PAYPAL, sinpe_webhook_secrets=hooks)
    by_hand = repr(vars(Sinpe(MemoryCodes(), hooks)))
    for text in (repr(settings), str(settings), f"{settings}", f"{settings!r}", by_hand):
        assert CANARY not in text


def test_a_secret_shows_itself_to_nobody_who_does_not_ask_for_it() -> None:
    word = secret("any")
    for text in (repr(word), str(word), f"{word}", f"{word:>40}", "%s" % word, repr([word])):  # noqa: UP031
        assert CANARY not in text
    for write in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            write(word)
    assert CANARY in word.reveal()


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "ñ", "nul\x00", "x" * 5_000])
def test_a_text_that_no_header_could_hold_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="a secret"):
        Secret(text)
