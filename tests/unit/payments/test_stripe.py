"""Stripe's statuses and errors, and what they mean for a payment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sorteos_actors.errors import ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.api import Api
from sorteos_actors.payments.stripe import Stripe, StripeSettings
from sorteos_actors.ports.payments import Payment
from sorteos_actors.testing.fake_stripe import FakeStripe, Fate
from sorteos_actors.testing.http_stub import Request, Response, transport
from tests.unit.payments.builders import PAYMENT_ID, after, secret, some_charge, some_payment

KEY = secret("sk_test")
HOOK = secret("whsec")


class House:
    """A shop that is paid by Stripe."""

    def __init__(self, stripe: Stripe, fake: FakeStripe) -> None:
        self.stripe = stripe
        self.fake = fake

    async def started(self, *, amount: int = 250_000, currency: str = "CRC") -> Payment:
        """A payment whose buyer sees the fields for a card."""
        charge = some_charge(amount=amount, currency=currency)
        return after(some_payment(charge), await self.stripe.start(charge, "key-start"))

    async def authorised(self) -> Payment:
        """A payment whose buyer's bank has agreed."""
        payment = await self.started()
        assert payment.reference is not None
        self.fake.pay(payment.reference)
        return after(payment, await self.stripe.inspect(payment))


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    fake = FakeStripe(KEY, [HOOK])
    settings = StripeSettings(
        secret_key=KEY, publishable_key="pk_test_shown", webhook_secrets=(HOOK,)
    )
    async with Api("stripe", "https://stripe.test", transport=transport(fake)) as api:
        yield House(Stripe(settings, api), fake)


async def test_the_buyers_browser_gets_what_it_needs_to_pay_and_nothing_more() -> None:
    async with open_house() as house:
        payment = await house.started()
        assert payment.action == {
            "type": "stripe",
            "client_secret": f"{payment.reference}_secret_buyer",
            "publishable_key": "pk_test_shown",
        }


async def test_an_intent_is_made_with_our_amount_and_ids_and_without_taking_the_money() -> None:
    async with open_house() as house:
        await house.started(amount=123_400, currency="USD")
        (intent,) = house.fake.intents.values()
        assert (intent["amount"], intent["currency"]) == (123_400, "usd")
        assert intent["capture_method"] == "manual"
        assert intent["metadata"]["payment_id"] == str(PAYMENT_ID)


async def test_the_money_is_authorised_then_captured_then_refunded_in_parts() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        assert (payment.authorised, payment.captured, payment.is_exact) == (250_000, 0, True)
        payment = after(payment, await house.stripe.capture(payment, "key-capture"))
        assert (payment.captured, payment.refunded) == (250_000, 0)
        payment = after(payment, await house.stripe.refund(payment, 100_000, "key-refund-1"))
        assert payment.refunded == 100_000
        payment = after(payment, await house.stripe.refund(payment, 150_000, "key-refund-2"))
        assert payment.refunded == 250_000


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ("requires_payment_method", "pending"),
        ("requires_confirmation", "pending"),
        ("requires_action", "pending"),
        ("processing", "pending"),
        ("something_new", "pending"),
        ("requires_capture", "authorised"),
        ("succeeded", "captured"),
        ("canceled", "cancelled"),
    ],
)
async def test_every_status_of_an_intent_has_its_meaning(status: str, seen: str) -> None:
    async with open_house() as house:
        payment = await house.started()
        house.fake.intents[str(payment.reference)]["status"] = status
        assert (await house.stripe.inspect(payment)).status == seen


async def test_a_declined_card_leaves_the_payment_open_for_another_card() -> None:
    async with open_house() as house:
        payment = await house.started()
        house.fake.pay(str(payment.reference), "insufficient_funds")
        declined = await house.stripe.inspect(payment)
        assert (declined.status, declined.details) == ("pending", {"decline": "insufficient_funds"})
        assert declined.action is not None
        house.fake.pay(str(payment.reference))
        assert (await house.stripe.inspect(payment)).status == "authorised"


async def test_a_cancelled_intent_takes_no_money_any_more() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        seen = await house.stripe.cancel(payment, "key-cancel")
        assert (seen.status, seen.captured) == ("cancelled", 0)
        assert (await house.stripe.cancel(payment, "key-cancel")).status == "cancelled"


async def test_a_cancel_that_comes_too_late_tells_that_the_money_was_taken() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        await house.stripe.capture(payment, "key-capture")
        seen = await house.stripe.cancel(payment, "key-cancel")
        assert (seen.status, seen.captured) == ("captured", 250_000)


async def test_a_cancel_that_loses_a_race_tells_who_won_it() -> None:
    """The intent is captured between our look at it and our cancel."""
    async with open_house() as house:
        payment = await house.authorised()
        fake = house.fake
        raced: list[dict[str, Any]] = []

        def race(request: Request) -> Response | None:
            if request.path.endswith("/cancel") and not raced:
                raced.append(fake.intents[str(payment.reference)])
                raced[0].update(status="succeeded", amount_received=250_000, amount_capturable=0)
            return fake(request)

        settings = StripeSettings(secret_key=KEY, publishable_key="pk", webhook_secrets=(HOOK,))
        async with Api("stripe", "https://stripe.test", transport=transport(race)) as api:
            seen = await Stripe(settings, api).cancel(payment, "key-cancel")
        assert raced
        assert (seen.status, seen.captured) == ("captured", 250_000)


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.CONFLICT, Fate.BUSY, Fate.FAILS])
async def test_an_open_outcome_is_never_called_a_refusal(fate: Fate) -> None:
    async with open_house() as house:
        house.fake.fates.append(fate)
        with pytest.raises(ProviderUnavailable):
            await house.stripe.start(some_charge(), "key-start")


async def test_a_start_whose_answer_was_lost_is_one_intent_when_repeated() -> None:
    async with open_house() as house:
        house.fake.fates.append(Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.stripe.start(some_charge(), "key-start")
        again = await house.stripe.start(some_charge(), "key-start")
        assert list(house.fake.intents) == [again.reference]


async def test_a_start_whose_answer_was_lost_is_found_by_our_own_id() -> None:
    async with open_house() as house:
        house.fake.fates.append(Fate.FAILS_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.stripe.start(some_charge(), "key-start")
        with pytest.raises(ProviderUnavailable):
            await house.stripe.start(some_charge(), "key-start")
        house.fake.search_lags = True
        assert (await house.stripe.inspect(some_payment())).status == "unknown"
        house.fake.search_lags = False
        seen = await house.stripe.inspect(some_payment())
        assert (seen.status, [seen.reference]) == ("pending", list(house.fake.intents))


async def test_what_no_browser_was_ever_given_is_cancelled_without_a_trace_of_it() -> None:
    async with open_house() as house:
        assert (await house.stripe.cancel(some_payment(), "key-cancel")).status == "cancelled"


async def test_a_capture_whose_answer_was_lost_takes_the_money_once() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        house.fake.fates.append(Fate.LOST_AFTER)
        with pytest.raises(ProviderUnavailable):
            await house.stripe.capture(payment, "key-capture")
        seen = await house.stripe.capture(payment, "key-capture")
        assert seen.captured == 250_000
        assert [e["type"] for e in house.fake.events].count("payment_intent.succeeded") == 1


@pytest.mark.parametrize("fate", [Fate.FAILS, Fate.FAILS_AFTER])
async def test_a_failure_kept_for_the_key_does_not_keep_the_money_away(fate: Fate) -> None:
    async with open_house() as house:
        payment = await house.authorised()
        house.fake.fates.append(fate)
        with pytest.raises(ProviderUnavailable):
            await house.stripe.capture(payment, "key-capture")
        assert (await house.stripe.capture(payment, "key-capture")).captured == 250_000


async def test_a_refund_that_failed_without_a_trace_is_never_asked_for_with_a_new_key() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        payment = after(payment, await house.stripe.capture(payment, "key-capture"))
        house.fake.fates.append(Fate.FAILS_AFTER)
        for _ in range(3):
            with pytest.raises(ProviderUnavailable):
                await house.stripe.refund(payment, 250_000, "key-refund")
        assert len(house.fake.refunds) == 1
        assert (await house.stripe.inspect(payment)).refunded == 250_000


async def test_a_bank_that_refuses_the_capture_is_a_refusal_with_its_own_word() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        house.fake.fates.append(Fate.CARD_REFUSED)
        with pytest.raises(ProviderRefused) as refused:
            await house.stripe.capture(payment, "key-capture")
        assert refused.value.code == "insufficient_funds"


async def test_money_that_is_not_there_cannot_be_captured_nor_given_back() -> None:
    async with open_house() as house:
        payment = await house.started()
        with pytest.raises(ProviderRefused):
            await house.stripe.capture(payment, "key-capture")
        with pytest.raises(ProviderRefused):
            await house.stripe.refund(payment, 250_000, "key-refund")


async def test_only_a_refund_that_has_arrived_counts() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        payment = after(payment, await house.stripe.capture(payment, "key-capture"))
        house.fake.refund_status = "pending"
        seen = await house.stripe.refund(payment, 250_000, "key-refund")
        assert (seen.refunded, seen.details) == (0, {})
        (refund,) = house.fake.refunds.values()
        refund["status"] = "failed"
        seen = await house.stripe.inspect(payment)
        assert (seen.refunded, seen.details) == (0, {"failed_refunds": [refund["id"]]})


async def test_a_hundred_small_refunds_and_more_are_all_counted() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        payment = after(payment, await house.stripe.capture(payment, "key-capture"))
        for n in range(120):
            await house.stripe.refund(payment, 100, f"key-refund-{n}")
        assert (await house.stripe.inspect(payment)).refunded == 12_000


async def test_a_charge_that_the_cardholders_bank_took_back_is_said() -> None:
    async with open_house() as house:
        payment = await house.authorised()
        await house.stripe.capture(payment, "key-capture")
        house.fake.intents[str(payment.reference)]["latest_charge"]["disputed"] = True
        assert (await house.stripe.inspect(payment)).details == {"disputed": True}


async def test_a_key_that_stripe_does_not_accept_is_nobodys_refusal() -> None:
    async with open_house() as house:
        house.fake._key = secret("sk_test_other")
        with pytest.raises(ProviderUnavailable):
            await house.stripe.start(some_charge(), "key-start")


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, {"id": "pi_1"}),
        Response(200, b"<html>"),
        Response(404, b"<html>"),
        Response(200, [1]),
        Response(302, None, {"location": "https://evil.test"}),
    ],
)
async def test_an_answer_that_is_not_stripes_is_no_news(answer: Response) -> None:
    def reply(_: Request) -> Response:
        return answer

    settings = StripeSettings(secret_key=KEY, publishable_key="pk", webhook_secrets=(HOOK,))
    async with Api("stripe", "https://stripe.test", transport=transport(reply)) as api:
        with pytest.raises(ProviderUnavailable):
            await Stripe(settings, api).start(some_charge(), "key-start")


async def test_a_reference_can_name_no_other_address() -> None:
    async with open_house() as house:
        payment = some_payment(reference="../refunds?x=")
        with pytest.raises(ProviderRefused):
            await house.stripe.inspect(payment)
        assert house.fake.requests[-1].path.startswith("/v1/payment_intents/..%2Frefunds%3F")


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        (250_000, "CRC", 250_000),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (5_000, "MGA", 50),
        (5_120, "KWD", 5_120),
    ],
)
async def test_amounts_are_said_in_stripes_units_and_read_in_ours(
    amount: int, currency: str, units: int
) -> None:
    async with open_house() as house:
        payment = await house.started(amount=amount, currency=currency)
        assert house.fake.intents[str(payment.reference)]["amount"] == units
        assert (await house.stripe.inspect(payment)).amount == amount


@pytest.mark.parametrize(("amount", "currency"), [(5_124, "KWD"), (5_001, "MGA"), (500, "UGX")])
async def test_an_amount_that_stripe_cannot_take_is_refused_before_anybody_is_asked(
    amount: int, currency: str
) -> None:
    async with open_house() as house:
        with pytest.raises(ProviderRefused):
            await house.stripe.start(some_charge(amount=amount, currency=currency), "key-start")
        assert not house.fake.requests
