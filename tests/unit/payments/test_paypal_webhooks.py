"""Only what PayPal signed for our webhook just now is a hint; nobody is asked on a stranger's word."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sorteos_actors.errors import ForgedWebhook, ProviderUnavailable
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.paypal import PayPal, PayPalSettings
from sorteos_actors.payments.paypal_signature import (
    LIVE_CERTIFICATES,
    TEST_CERTIFICATES,
    Verifier,
    check_certificate_url,
    fetch_over_https,
)
from sorteos_actors.payments.signature import TOLERANCE_MS
from sorteos_actors.ports.payments import WebhookEvent
from sorteos_actors.testing.fake_paypal import CERT_URL, SUBJECT, FakePayPal, Signer
from sorteos_actors.testing.http_stub import transport
from tests.unit.payments.builders import NOW, PAYMENT_ID, secret

SECRET = secret("paypal")
FAKE = FakePayPal("client", SECRET, "OURS")
NOBODY = Api("paypal", "https://paypal.test", transport=transport(lambda _: None))


def an_event(**changes: Any) -> dict[str, Any]:
    """A genuine event."""
    resource = {
        "id": "AUTH1",
        "custom_id": str(PAYMENT_ID),
        "supplementary_data": {"related_ids": {"order_id": "ORDER1"}},
    }
    event = {
        "id": "WH-1",
        "event_type": "PAYMENT.AUTHORIZATION.CREATED",
        "resource_type": "authorization",
        "create_time": "2026-01-01T00:00:00Z",
        "resource": resource,
    }
    return event | changes


class Shop:
    """Takes webhooks, and counts how often it went for a certificate."""

    def __init__(self, *, pem: bytes | None = None, host: str = TEST_CERTIFICATES) -> None:
        self.fetched: list[str] = []
        self._pem = FAKE.signer.pem if pem is None else pem
        settings = PayPalSettings(
            client_id="client", secret=SECRET, webhook_id="OURS", api_base="https://paypal.test"
        )
        self._paypal = PayPal(settings, NOBODY, Verifier("OURS", host, self._fetch))

    async def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return self._pem

    async def take(self, headers: dict[str, str], body: bytes, now: int = NOW) -> WebhookEvent:
        return await self._paypal.webhook(headers, body, now)


async def test_a_genuine_event_hints_at_its_payment() -> None:
    assert await Shop().take(*FAKE.deliver(an_event(), NOW)) == WebhookEvent(
        account="client",
        event_id="WH-1",
        reference="ORDER1",
        payment_id=PAYMENT_ID,
        kind="PAYMENT.AUTHORIZATION.CREATED",
        created_at=NOW,
    )


async def test_an_event_about_an_order_hints_at_it() -> None:
    order = {"id": "ORDER1", "purchase_units": [{"custom_id": str(PAYMENT_ID)}]}
    event = an_event(resource_type="checkout-order", resource=order)
    hint = await Shop().take(*FAKE.deliver(event, NOW))
    assert (hint.reference, hint.payment_id) == ("ORDER1", PAYMENT_ID)


async def test_an_id_that_is_none_of_ours_hints_at_nothing() -> None:
    event = an_event(resource={"id": "AUTH1", "custom_id": "invoice 7"})
    hint = await Shop().take(*FAKE.deliver(event, NOW))
    assert (hint.reference, hint.payment_id) == (None, None)


async def test_a_certificate_is_fetched_once_for_many_events() -> None:
    shop = Shop()
    for n in range(3):
        await shop.take(*FAKE.deliver(an_event(id=f"WH-{n}"), NOW))
    assert shop.fetched == [CERT_URL]


async def test_every_changed_byte_of_the_body_is_seen() -> None:
    shop = Shop()
    headers, body = FAKE.deliver(an_event(), NOW)
    for at in range(0, len(body), 7):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(ForgedWebhook):
            await shop.take(headers, changed)


@pytest.mark.parametrize("skew", [-TOLERANCE_MS, 0, TOLERANCE_MS])
async def test_five_minutes_to_either_side_are_forgiven(skew: int) -> None:
    assert (await Shop().take(*FAKE.deliver(an_event(), NOW), NOW + skew)).event_id == "WH-1"


@pytest.mark.parametrize("skew", [-TOLERANCE_MS - 1, TOLERANCE_MS + 1])
async def test_an_old_event_and_one_from_the_future_are_refused(skew: int) -> None:
    shop = Shop()
    with pytest.raises(ForgedWebhook):
        await shop.take(*FAKE.deliver(an_event(), NOW), NOW + skew)
    assert not shop.fetched


async def test_an_old_event_with_a_fresh_time_written_on_it_is_refused() -> None:
    headers, body = FAKE.deliver(an_event(), NOW - 2 * TOLERANCE_MS)
    headers["paypal-transmission-time"] = datetime.fromtimestamp(NOW / 1000, UTC).isoformat()
    with pytest.raises(ForgedWebhook):
        await Shop().take(headers, body)


async def test_an_event_that_was_signed_for_somebody_elses_webhook_is_refused() -> None:
    theirs = FakePayPal("client", SECRET, "THEIRS")
    with pytest.raises(ForgedWebhook):
        await Shop().take(*theirs.deliver(an_event(), NOW))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com.evil.test/v1/notifications/certs/CERT-1",
        "https://evil.test/v1/notifications/certs/CERT-1",
        "https://evil.test#api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com@evil.test/v1/notifications/certs/CERT-1",
        "https://evil.test@api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://evil.test\\@api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com:443/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com/v1/notifications/certs/../../v1/mine",
        "https://api.sandbox.paypal.com/v1/notifications/certs/%2e%2e/mine",
        "https://api.sandbox.paypal.com/v1/notifications/certs/",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1?to=https://evil.test",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.sandbox.paypal.com/anything",
        "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://www.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://API.SANDBOX.PAYPAL.COM/v1/notifications/certs/CERT-1",
        "https://аpi.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://[::1]/v1/notifications/certs/CERT-1",
        "https://[/v1/notifications/certs/CERT-1",
        "https://127.0.0.1/v1/notifications/certs/CERT-1",
        "file:///v1/notifications/certs/CERT-1",
        " https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1\n",
        "//api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "",
    ],
)
async def test_a_certificate_is_taken_from_paypals_one_place_only(url: str) -> None:
    shop = Shop()
    with pytest.raises(ForgedWebhook):
        await shop.take(*FAKE.deliver(an_event(), NOW, {"cert-url": url}))
    with pytest.raises(ForgedWebhook):
        check_certificate_url(url, TEST_CERTIFICATES)
    assert not shop.fetched


async def test_a_live_shop_does_not_believe_the_certificates_of_the_test_world() -> None:
    shop = Shop(host=LIVE_CERTIFICATES)
    with pytest.raises(ForgedWebhook):
        await shop.take(*FAKE.deliver(an_event(), NOW))
    assert not shop.fetched


@pytest.mark.parametrize(
    "changes",
    [
        {"auth-algo": "SHA1withRSA"},
        {"auth-algo": "none"},
        {"transmission-sig": "***"},
        {"transmission-sig": "AAAA"},
        {"transmission-sig": ""},
        {"transmission-id": ""},
        {"transmission-id": "a|b"},
        {"transmission-id": "x" * 3_000},
        {"transmission-time": "yesterday"},
        {"transmission-time": "2026-01-01T00:00:00"},
    ],
)
async def test_headers_that_are_no_signature_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ForgedWebhook):
        await Shop().take(*FAKE.deliver(an_event(), NOW, changes))


@pytest.mark.parametrize("missing", ["id", "time", "sig"])
async def test_every_header_is_needed(missing: str) -> None:
    headers, body = FAKE.deliver(an_event(), NOW)
    del headers[f"paypal-transmission-{missing}"]
    with pytest.raises(ForgedWebhook):
        await Shop().take(headers, body)


@pytest.mark.parametrize(
    "signer",
    [
        Signer("messageverificationcerts.paypal.com.evil.test"),
        Signer("evil.test"),
        Signer(since=datetime(2020, 1, 1, tzinfo=UTC), days=30),
        Signer(since=datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
async def test_a_certificate_of_another_name_or_time_vouches_for_nothing(signer: Signer) -> None:
    with pytest.raises(ForgedWebhook):
        await Shop(pem=signer.pem).take(*FAKE.deliver(an_event(), NOW, signer=signer))


@pytest.mark.parametrize("subject", [SUBJECT, "messageverificationcerts.paypal.com"])
async def test_the_names_of_paypals_certificates_are_known(subject: str) -> None:
    signer = Signer(subject)
    hint = await Shop(pem=signer.pem).take(*FAKE.deliver(an_event(), NOW, signer=signer))
    assert hint.event_id == "WH-1"


@pytest.mark.parametrize("pem", [b"", b"\xff", b"<html>", FAKE.signer.pem[:200]])
async def test_what_is_no_certificate_vouches_for_nothing(pem: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        await Shop(pem=pem).take(*FAKE.deliver(an_event(), NOW))


@pytest.mark.parametrize(
    "event", [{}, {"id": 7}, an_event(create_time="never"), an_event(resource=[])]
)
async def test_a_signed_text_that_is_no_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ForgedWebhook):
        await Shop().take(*FAKE.deliver(event, NOW))
    assert json.dumps(event)


async def test_a_redirect_to_a_certificate_is_not_followed() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "https://evil.test/cert"})

    with pytest.raises(ForgedWebhook):
        await fetch_over_https(httpx.MockTransport(answer))(CERT_URL)
    assert asked == [CERT_URL]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_certificate_that_cannot_be_had_just_now_makes_nobody_a_forger(status: int) -> None:
    fetch = fetch_over_https(httpx.MockTransport(lambda _: httpx.Response(status)))
    with pytest.raises(ProviderUnavailable):
        await fetch(CERT_URL)


async def test_a_certificate_of_unreasonable_size_is_not_read() -> None:
    fetch = fetch_over_https(
        httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 100_000))
    )
    with pytest.raises(ForgedWebhook):
        await fetch(CERT_URL)
