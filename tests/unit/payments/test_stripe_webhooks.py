"""Only what Stripe signed for us, of this mode and this moment, is a hint at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from sorteos_actors.errors import ForgedWebhook
from sorteos_actors.payments import signature
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.stripe import Stripe, StripeSettings
from sorteos_actors.ports.payments import WebhookEvent
from sorteos_actors.testing.http_stub import transport
from tests.unit.payments.builders import NOW, PAYMENT_ID, secret

OLD, NEW, OTHER = secret("whsec_old"), secret("whsec_new"), secret("whsec_other")
NOBODY = Api("stripe", "https://stripe.test", transport=transport(lambda _: None))
"""Whether a webhook is genuine is known without asking anybody."""
TOLERANCE = signature.TOLERANCE_MS


def a_body(**changes: Any) -> bytes:
    """A genuine event's body."""
    about = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": str(PAYMENT_ID)}}
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 1_700_000_000,
        "livemode": False,
        "data": {"object": about},
    }
    return json.dumps(event | changes).encode()


async def told(
    body: bytes,
    header: str | None,
    *,
    now: int = NOW,
    secrets: Sequence[Secret] = (NEW,),
    account: str = "",
    key: str = "sk_test",
) -> WebhookEvent:
    """What a shop with these secrets makes of a webhook."""
    settings = StripeSettings(
        secret_key=secret(key),
        publishable_key="pk",
        webhook_secrets=tuple(secrets),
        account=account,
    )
    headers = {} if header is None else {"stripe-signature": header}
    return await Stripe(settings, NOBODY).webhook(headers, body, now)


async def test_a_genuine_event_hints_at_its_payment() -> None:
    event = await told(a_body(), signature.sign([NEW], a_body(), NOW))
    assert event == WebhookEvent(
        account="test",
        event_id="evt_1",
        reference="pi_1",
        payment_id=PAYMENT_ID,
        kind="payment_intent.succeeded",
        created_at=1_700_000_000_000,
    )


async def test_an_event_about_a_refund_hints_at_the_payment_behind_it() -> None:
    body = a_body(data={"object": {"id": "re_1", "object": "refund", "payment_intent": "pi_9"}})
    event = await told(body, signature.sign([NEW], body, NOW))
    assert (event.reference, event.payment_id) == ("pi_9", None)


async def test_an_id_that_is_none_of_ours_hints_at_nothing() -> None:
    about = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": "7"}}
    body = a_body(data={"object": about})
    assert (await told(body, signature.sign([NEW], body, NOW))).payment_id is None


@pytest.mark.parametrize("signer", [OLD, NEW])
async def test_while_a_secret_is_replaced_either_one_is_good(signer: Secret) -> None:
    header = signature.sign([signer], a_body(), NOW)
    assert (await told(a_body(), header, secrets=(OLD, NEW))).event_id == "evt_1"


async def test_one_good_mac_among_several_is_enough() -> None:
    header = signature.sign([OTHER, NEW, OTHER], a_body(), NOW)
    assert (await told(a_body(), header)).event_id == "evt_1"


async def test_a_secret_that_was_taken_back_is_good_no_more() -> None:
    with pytest.raises(ForgedWebhook):
        await told(a_body(), signature.sign([OLD], a_body(), NOW), secrets=(NEW,))


async def test_without_any_secret_nothing_is_genuine() -> None:
    with pytest.raises(ForgedWebhook):
        await told(a_body(), signature.sign([NEW], a_body(), NOW), secrets=())


@pytest.mark.parametrize("skew", [-TOLERANCE, 0, TOLERANCE])
async def test_five_minutes_to_either_side_are_forgiven(skew: int) -> None:
    header = signature.sign([NEW], a_body(), NOW)
    assert (await told(a_body(), header, now=NOW + skew)).event_id == "evt_1"


@pytest.mark.parametrize("skew", [-TOLERANCE - 1, TOLERANCE + 1, -86_400_000, 86_400_000])
async def test_an_old_event_and_one_from_the_future_are_refused(skew: int) -> None:
    with pytest.raises(ForgedWebhook):
        await told(a_body(), signature.sign([NEW], a_body(), NOW), now=NOW + skew)


async def test_an_old_event_with_a_fresh_time_written_on_it_is_refused() -> None:
    mac = signature.sign([NEW], a_body(), NOW - 2 * TOLERANCE).partition(",")[2]
    with pytest.raises(ForgedWebhook):
        await told(a_body(), f"t={NOW // 1000},{mac}")


async def test_every_single_changed_bit_of_the_body_is_seen() -> None:
    body = a_body()
    header = signature.sign([NEW], body, NOW)
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(ForgedWebhook):
            await told(changed, header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "t=,v1=",
        f"t={NOW // 1000}",
        f"v1={'0' * 64}",
        f"t={NOW // 1000},v1={'0' * 64}",
        f"t={NOW // 1000},t=1,v1={'0' * 64}",
        f"t=-{NOW // 1000},v1={'0' * 64}",
        f"t={'9' * 400},v1={'0' * 64}",
        f"t=١٢٣,v1={'0' * 64}",
        f"t={NOW // 1000}," + ",".join(["v1=0"] * 1000),
    ],
)
async def test_a_header_that_is_no_signature_is_refused(header: str | None) -> None:
    with pytest.raises(ForgedWebhook):
        await told(a_body(), header)


async def test_a_mac_of_another_version_is_no_mac() -> None:
    header = signature.sign([NEW], a_body(), NOW).replace("v1=", "v0=")
    with pytest.raises(ForgedWebhook):
        await told(a_body(), header)


@pytest.mark.parametrize(("key", "livemode"), [("sk_test", True), ("sk_live", False)])
async def test_an_event_of_the_other_mode_is_refused(key: str, livemode: bool) -> None:
    body = a_body(livemode=livemode)
    with pytest.raises(ForgedWebhook):
        await told(body, signature.sign([NEW], body, NOW), key=key)


@pytest.mark.parametrize("account", ["", "acct_ours"])
async def test_an_event_of_another_account_is_refused(account: str) -> None:
    body = a_body(account="acct_theirs")
    with pytest.raises(ForgedWebhook):
        await told(body, signature.sign([NEW], body, NOW), account=account)


async def test_an_event_that_names_our_account_is_ours() -> None:
    body = a_body(account="acct_ours")
    event = await told(body, signature.sign([NEW], body, NOW), account="acct_ours")
    assert event.account == "acct_ours"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", a_body(id=7), a_body(livemode=None)])
async def test_a_signed_text_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ForgedWebhook):
        await told(body, signature.sign([NEW], body, NOW))
