"""PayPal's statuses and errors, and what they mean for a payment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.paypal import PayPal, PayPalSettings
from sorteos_actors.payments.paypal_signature import TEST_CERTIFICATES, Verifier
from sorteos_actors.ports.payments import Payment
from sorteos_actors.testing.fake_paypal import FakePayPal, Fate
from sorteos_actors.testing.http_stub import Request, Response, transport
from tests.unit.payments.builders import PAYMENT_ID, after, secret, some_charge, some_payment

SECRET = secret("paypal")
CHARGE = some_charge(amount=1_250, currency="USD")


class House:
    """A shop that is paid by PayPal."""

    def __init__(self, paypal: PayPal, fake: FakePayPal) -> None:
        self.paypal = paypal
        self.fake = fake

    async def started(self) -> Payment:
        """A payment whose buyer is on the way to PayPal."""
        return after(some_payment(CHARGE), await self.paypal.start(CHARGE, "key-start"))

    async def approved(self) -> Payment:
        """A payment whose buyer has agreed."""
        payment = await self.started()
        self.fake.approve(str(payment.reference))
        return payment

    async def authorised(self) -> Payment:
        """A payment whose money is reserved."""
        payment = await self.approved()
        return after(payment, await self.paypal.inspect(payment))

    def payments(self) -> dict[str, list[dict[str, object]]]:
        """What PayPal has done with the money of the one order."""
        (order,) = self.fake.orders.values()
        parts: dict[str, list[dict[str, object]]] = order["purchase_units"][0]["payments"]
        return parts


async def no_certificate(_: str) -> bytes:
    """Nobody needs one here."""
    raise ProviderUnavailable("no certificate")


@asynccontextmanager
async def open_house(password: str = "paypal") -> AsyncIterator[House]:
    fake = FakePayPal("client", SECRET, "WEBHOOK")
    settings = PayPalSettings(
        client_id="client",
        secret=secret(password),
        webhook_id="WEBHOOK",
        api_base="https://paypal.test",
    )
    verifier = Verifier("WEBHOOK", TEST_CERTIFICATES, no_certificate)
    async with Api("paypal", "https://paypal.test", transport=transport(fake)) as api:
        yield House(PayPal(settings, api, verifier), fake)


async def test_the_buyer_is_sent_to_paypal_and_back() -> None:
    async with open_house() as house:
        payment = await house.started()
        assert payment.action == {
            "type": "redirect",
            "url": f"https://www.sandbox.paypal.com/checkoutnow?token={payment.reference}",
        }
        context = house.fake.requests[-1].json["payment_source"]["paypal"]["experience_context"]
        assert context["return_url"] == CHARGE.return_url


@pytest.mark.parametrize(
    "address",
    [
        "http://www.paypal.com/checkoutnow?token=1",
        "https://paypal.com.thief.test/checkoutnow",
        "https://notpaypal.com/checkoutnow",
        "https://www.paypal.com@thief.test/",
        "https://thief@www.paypal.com/",
        "https://thief.test\\.paypal.com/",
        "https://www.paypal.com:8443/",
        "https://www.paypal.com:port/",
        "javascript:alert(1)//.paypal.com",
        "//www.paypal.com/checkoutnow",
        "https://www.p\u0430ypal.com/",
        "",
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_paypals(address: str) -> None:
    async with open_house() as house:
        payment = await house.started()
        (order,) = house.fake.orders.values()
        order["links"] = [{"rel": "payer-action", "href": address}]
        seen = await house.paypal.inspect(payment)
        assert (seen.status, seen.action) == ("pending", None)


@pytest.mark.parametrize("host", ["www.paypal.com", "paypal.com", "www.sandbox.paypal.com:443"])
async def test_the_buyer_is_sent_to_any_page_of_paypals(host: str) -> None:
    async with open_house() as house:
        payment = await house.started()
        (order,) = house.fake.orders.values()
        order["links"] = [{"rel": "approve", "href": f"https://{host}/checkoutnow?token=1"}]
        action = (await house.paypal.inspect(payment)).action
        assert action == {"type": "redirect", "url": f"https://{host}/checkoutnow?token=1"}


async def test_an_order_is_made_with_our_amount_and_id_and_without_taking_the_money() -> None:
    async with open_house() as house:
        await house.started()
        asked = house.fake.requests[-1].json
        assert asked["intent"] == "AUTHORIZE"
        assert asked["purchase_units"][0]["amount"] == {"currency_code": "USD", "value": "12.50"}
        assert asked["purchase_units"][0]["custom_id"] == str(PAYMENT_ID)


async def test_the_money_is_authorised_then_captured_then_refunded_in_parts() -> None:
    async with open_house() as house:
        payment = await house.started()
        assert (await house.paypal.inspect(payment)).status == "pending"
        house.fake.approve(str(payment.reference))
        payment = after(payment, await house.paypal.inspect(payment))
        assert (payment.authorised, payment.captured, payment.is_exact) == (1_250, 0, True)
        payment = after(payment, await house.paypal.capture(payment, "key-capture"))
        assert (payment.captured, payment.refunded) == (1_250, 0)
        payment = after(payment, await house.paypal.refund(payment, 250, "key-refund-1"))
        assert payment.refunded == 250
        payment = after(payment, await house.paypal.refund(payment, 1_000, "key-refund-2"))
        assert payment.refunded == 1_250


@pytest.mark.parametrize(
    ("status", "seen", "failed_as"),
    [
        ("CREATED", "authorised", None),
        ("PENDING", "pending", None),
        ("DENIED", "failed", "authorization_denied"),
        ("VOIDED", "cancelled", None),
        ("EXPIRED", "cancelled", None),
    ],
)
async def test_every_state_of_an_authorisation_has_its_meaning(
    status: str, seen: str, failed_as: str | None
) -> None:
    async with open_house() as house:
        payment = await house.authorised()
        house.payments()["authorizations"][0]["status"] = status
        observation = await house.paypal.inspect(payment)
        assert (observation.status, observation.failed_as) == (seen, failed_as)


@pytest.mark.parametrize(
    ("status", "seen", "captured"),
    [
        ("COMPLETED", "captured", 1_250),
        ("PARTIALLY_REFUNDED", "captured", 1_250),
        ("REFUNDED", "captured", 1_250),
        ("PENDING", "pending", 0),
        ("DECLINED", "failed", 0),
        ("FAILED", "failed", 0),
    ],
)
async def test_every_state_of_a_capture_has_its_meaning(
    status: str, seen: str, captured: int
) -> None:
    async with open_house() as house:
        payment = await house.authorised()
        await house.paypal.capture(payment, "key-capture")
        house.payments()["captures"][0]["status"] = status
        observation = await house.paypal.inspect(payment)
        assert (observation.status, observation.captured) == (seen, captured)


@pytest.mark.parametrize(
    ("status", "seen"),
    [("CREATED", "pending"), ("PAYER_ACTION_REQUIRED", "pending"), ("VOIDED", "cancelled")],
)
async def test_every_state_of_an_order_has_its_meaning(status: str, seen: str) -> None:
    async with open_house() as house:
        payment = await house.started()
        house.fake.orders[str(payment.reference)]["status"] = status
        assert (await house.paypal.inspect(payment)).status == seen


async def test_an_approval_is_not_used_when_nobody_waits_for_the_money() -> None:
    async with open_house() as house:
        payment = await house.approved()
        unwanted = some_payment(CHARGE, reference=payment.reference, cancel_wanted=True)
        assert (await house.paypal.inspect(unwanted)).authorised == 0
        seen = await house.paypal.cancel(unwanted, "key-cancel")
        assert (seen.status, seen.action, seen.authorised) == ("cancelled", None, 0)


async def test_a_declined_card_leaves_the_payment_open_for_another_approval() -> None:
    async with open_house() as house:
        house.fake.authorise_as = "INSTRUMENT_DECLINED"
        payment = await house.approved()
        declined = await house.paypal.inspect(payment)
        assert (declined.status, declined.details) == (
            "pending",
            {"decline": "INSTRUMENT_DECLINED"},
        )
        assert declined.action is not None
        house.fake.authorise_as = "CREATED"
        house.fake.approve(str(payment.reference))
        assert (await house.paypal.inspect(payment)).status == "authorised"


async def test_a_cancel_voids_the_authorisation() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        seen = await house.paypal.cancel(payment, "key-cancel")
        assert (seen.status, seen.captured) == ("cancelled", 0)
        assert (await house.paypal.cancel(payment, "key-cancel")).status == "cancelled"
        assert house.payments()["authorizations"][0]["status"] == "VOIDED"


async def test_a_cancel_that_comes_too_late_tells_that_the_money_was_taken() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        await house.paypal.capture(payment, "key-capture")
        seen = await house.paypal.cancel(payment, "key-cancel")
        assert (seen.status, seen.captured) == ("captured", 1_250)


async def test_a_cancel_that_loses_a_race_tells_who_won_it() -> None:
    """The money is taken between our look at the order and our void."""
    async with open_house() as house:
        payment = await house.authorised()
        fake = house.fake

        def race(request: Request) -> Response | None:
            if request.path.endswith("/void"):
                fake.capture(str(payment.reference))
            return fake(request)

        house.paypal._api = Api("paypal", "https://paypal.test", transport=transport(race))
        seen = await house.paypal.cancel(payment, "key-cancel")
        assert (seen.status, seen.captured) == ("captured", 1_250)


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.FAILS, Fate.BUSY])
async def test_an_open_outcome_is_never_called_a_refusal(fate: Fate) -> None:
    async with open_house() as house:
        house.fake.fates.append(fate)
        with pytest.raises(ProviderUnavailable):
            await house.paypal.start(CHARGE, "key-start")


async def test_a_start_whose_answer_was_lost_is_one_order_when_repeated() -> None:
    async with open_house() as house:
        house.fake.fates.append(Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.paypal.start(CHARGE, "key-start")
        assert (await house.paypal.inspect(some_payment(CHARGE))).status == "unknown"
        again = await house.paypal.start(CHARGE, "key-start")
        assert list(house.fake.orders) == [again.reference]


async def test_a_capture_whose_answer_was_lost_takes_the_money_once() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        house.fake.fates.append(Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.paypal.capture(payment, "key-capture")
        assert (await house.paypal.capture(payment, "key-capture")).captured == 1_250
        assert len(house.payments()["captures"]) == 1


async def test_a_refund_whose_answer_was_lost_is_sent_once() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        payment = after(payment, await house.paypal.capture(payment, "key-capture"))
        house.fake.fates.append(Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.paypal.refund(payment, 250, "key-refund")
        assert (await house.paypal.refund(payment, 250, "key-refund")).refunded == 250


async def test_only_a_refund_that_has_arrived_counts() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        payment = after(payment, await house.paypal.capture(payment, "key-capture"))
        house.fake.refund_as = "PENDING"
        assert (await house.paypal.refund(payment, 250, "key-refund")).refunded == 0
        refund = house.payments()["refunds"][0]
        refund["status"] = "FAILED"
        seen = await house.paypal.inspect(payment)
        assert (seen.refunded, seen.details) == (0, {"failed_refunds": [refund["id"]]})


async def test_money_that_is_not_there_cannot_be_captured_nor_given_back() -> None:
    async with open_house() as house:
        payment = await house.started()
        with pytest.raises(ProviderRefused):
            await house.paypal.capture(payment, "key-capture")
        with pytest.raises(ProviderRefused):
            await house.paypal.refund(payment, 250, "key-refund")


async def test_more_than_was_taken_is_not_given_back() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        await house.paypal.capture(payment, "key-capture")
        with pytest.raises(ProviderRefused) as refused:
            await house.paypal.refund(payment, 1_251, "key-refund")
        assert refused.value.code == "REFUND_AMOUNT_EXCEEDED"


async def test_an_order_that_paypal_has_forgotten_is_over_unless_money_was_reserved() -> None:
    async with open_house() as house:
        forgotten = some_payment(CHARGE, reference="ORDER-GONE")
        assert (await house.paypal.cancel(forgotten, "key-cancel")).status == "cancelled"
        held = some_payment(CHARGE, reference="ORDER-GONE", authorised=1_250)
        with pytest.raises(ProviderRefused):
            await house.paypal.cancel(held, "key-cancel")


async def test_a_login_that_paypal_has_ended_is_made_again() -> None:
    async with open_house() as house:
        await house.authorised()
        assert house.fake.logins == 1
        house.fake.revoke_tokens()
        payment = some_payment(CHARGE, reference=next(iter(house.fake.orders)))
        assert (await house.paypal.inspect(payment)).status == "authorised"
        assert house.fake.logins == 2


async def test_a_login_is_renewed_before_it_ends(mock_clock: MockClock) -> None:
    async with open_house() as house:
        await house.started()
        mock_clock.jump(32_400 - 61)
        await house.paypal.start(CHARGE, "key-2")
        assert house.fake.logins == 1
        mock_clock.jump(2)
        await house.paypal.start(CHARGE, "key-3")
        assert house.fake.logins == 2


async def test_callers_at_the_same_time_log_in_once() -> None:
    async with open_house() as house, trio.open_nursery() as nursery:
        for n in range(5):
            nursery.start_soon(house.paypal.start, CHARGE, f"key-{n}")
    assert house.fake.logins == 1


async def test_a_password_that_paypal_does_not_accept_is_nobodys_refusal() -> None:
    async with open_house("another") as house:
        with pytest.raises(ProviderUnavailable):
            await house.paypal.start(CHARGE, "key-start")
        assert not house.fake.orders


@pytest.mark.parametrize(("amount", "currency"), [(250_000, "CRC"), (1_050, "HUF"), (5, "XXX")])
async def test_what_paypal_cannot_take_is_refused_before_anybody_is_asked(
    amount: int, currency: str
) -> None:
    async with open_house() as house:
        with pytest.raises(ProviderRefused):
            await house.paypal.start(some_charge(amount=amount, currency=currency), "key-start")
        assert not house.fake.orders
