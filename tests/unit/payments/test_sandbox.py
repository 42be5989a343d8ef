"""The sandbox does to a payment what real companies have done to somebody."""

from __future__ import annotations

import itertools

import pytest
from trio.testing import MockClock

from sorteos_actors.clock import ServerClock
from sorteos_actors.errors import ForgedWebhook, ProviderRefused, ProviderUnavailable
from sorteos_actors.payments.sandbox import CANCELS_THAT_FAIL, SLOW_LOOKS, SLOW_MS, Sandbox
from sorteos_actors.payments.sandbox_ledger import MemoryLedger, SandboxMode
from sorteos_actors.payments.sandbox_webhooks import Due, sealed
from sorteos_actors.payments.signature import TOLERANCE_MS
from sorteos_actors.ports.payments import Charge, Observation, Payment
from tests.unit.payments.builders import NOW, PAYMENT_ID, after, secret, some_charge, some_payment

SECRET = secret("sandbox")
ANSWERLESS = [SandboxMode.TIMEOUT, SandboxMode.FAILURE_REPLAYED]
USUAL = [
    SandboxMode.APPROVE,
    SandboxMode.WEBHOOKS_TWICE,
    SandboxMode.WEBHOOKS_REORDERED,
    SandboxMode.WEBHOOKS_LOST,
]


class House:
    """A shop with the sandbox, and the webhooks that it has posted."""

    def __init__(self, ledger: MemoryLedger | None = None) -> None:
        self.posted: list[Due] = []
        self.ledger = ledger or MemoryLedger()
        self.sandbox = Sandbox(self.ledger, ServerClock(), SECRET, self.posted.append)

    async def start(self, mode: SandboxMode | str, amount: int = 250_000) -> Observation:
        """A buyer chooses a mode."""
        charge = some_charge(amount=amount, options={"mode": str(mode)})
        return await self.sandbox.start(charge, "key-start")

    async def started(self, mode: SandboxMode | str) -> Payment:
        """The payment after that."""
        return after(some_payment(), await self.start(mode))

    def kinds(self) -> list[str]:
        """What the webhooks tell, in the order in which they are to arrive."""
        return [due.event.kind for due in sorted(self.posted, key=lambda due: due.at)]


@pytest.mark.parametrize("mode", USUAL)
async def test_a_good_payment_is_authorised_captured_and_refunded_in_parts(
    mode: SandboxMode,
) -> None:
    house = House()
    payment = await house.started(mode)
    assert (payment.authorised, payment.captured, payment.is_exact) == (250_000, 0, True)
    payment = after(payment, await house.sandbox.capture(payment, "key-capture"))
    assert payment.captured == 250_000
    for n, amount in enumerate((100_000, 150_000)):
        payment = after(payment, await house.sandbox.refund(payment, amount, f"key-refund-{n}"))
    assert payment.refunded == 250_000


async def test_a_declined_payment_has_failed_with_a_reason() -> None:
    house = House()
    seen = await house.start(SandboxMode.DECLINE)
    assert (seen.status, seen.failed_as, seen.authorised) == ("failed", "card_declined", 0)


async def test_without_a_choice_the_script_decides() -> None:
    def decline_expensive(charge: Charge) -> SandboxMode:
        return SandboxMode.DECLINE if charge.amount > 1_000 else SandboxMode.APPROVE

    sandbox = Sandbox(MemoryLedger(), ServerClock(), SECRET, lambda _: None, decline_expensive)
    assert (await sandbox.start(some_charge(), "key")).status == "failed"


async def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(ProviderRefused):
        await House().start("hope")


async def test_a_slow_payment_is_approved_after_its_time(mock_clock: MockClock) -> None:
    house = House()
    payment = await house.started(SandboxMode.SLOW)
    mock_clock.jump(SLOW_MS / 1000 - 0.01)
    assert (await house.sandbox.inspect(payment)).status == "pending"
    mock_clock.jump(0.02)
    assert (await house.sandbox.inspect(payment)).status == "authorised"


async def test_a_slow_payment_is_approved_after_some_looks() -> None:
    house = House()
    payment = await house.started(SandboxMode.SLOW)
    statuses = [(await house.sandbox.inspect(payment)).status for _ in range(SLOW_LOOKS)]
    assert statuses == ["pending"] * (SLOW_LOOKS - 1) + ["authorised"]


async def test_a_slow_payment_tells_of_itself_when_its_time_has_come(
    mock_clock: MockClock,
) -> None:
    house = House()
    payment = await house.started(SandboxMode.SLOW)
    (due,) = house.posted
    assert due.at == SLOW_MS
    mock_clock.jump(SLOW_MS / 1000)
    assert (await house.sandbox.inspect(payment)).status == "authorised"
    assert {due.event.id for due in house.posted} == {due.event.id}


@pytest.mark.parametrize("mode", ANSWERLESS)
async def test_a_lost_answer_leaves_a_charge_that_a_look_finds(mode: SandboxMode) -> None:
    house = House()
    with pytest.raises(ProviderUnavailable):
        await house.start(mode)
    payment = after(some_payment(), await house.sandbox.inspect(some_payment()))
    assert payment.authorised == 250_000
    with pytest.raises(ProviderUnavailable):
        await house.sandbox.capture(payment, "key-capture")
    assert (await house.sandbox.inspect(payment)).captured == 250_000


async def test_repeating_a_call_whose_answer_was_lost_tells_it() -> None:
    house = House()
    with pytest.raises(ProviderUnavailable):
        await house.start(SandboxMode.TIMEOUT)
    assert (await house.start(SandboxMode.TIMEOUT)).status == "authorised"


async def test_a_failure_that_is_kept_for_its_key_is_told_for_ever() -> None:
    house = House()
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            await house.start(SandboxMode.FAILURE_REPLAYED)
    assert (await house.sandbox.inspect(some_payment())).status == "authorised"


@pytest.mark.parametrize(
    ("mode", "authorised", "currency"),
    [
        (SandboxMode.OVERPAID, 250_001, "CRC"),
        (SandboxMode.UNDERPAID, 249_999, "CRC"),
        (SandboxMode.WRONG_CURRENCY, 250_000, "USD"),
    ],
)
async def test_wrong_money_is_never_exact(
    mode: SandboxMode, authorised: int, currency: str
) -> None:
    payment = await House().started(mode)
    assert (payment.authorised, payment.paid_currency) == (authorised, currency)
    assert not payment.is_exact


async def test_an_abandoned_payment_is_over_when_it_is_cancelled() -> None:
    house = House()
    payment = await house.started(SandboxMode.ABANDONED)
    for _ in range(10):
        assert (await house.sandbox.inspect(payment)).status == "pending"
    assert (await house.sandbox.cancel(payment, "key-cancel")).status == "cancelled"


async def test_a_cancel_may_fail_some_times_before_it_is_certain() -> None:
    house = House()
    payment = await house.started(SandboxMode.CANCEL_FAILS)
    for _ in range(CANCELS_THAT_FAIL):
        with pytest.raises(ProviderUnavailable):
            await house.sandbox.cancel(payment, "key-cancel")
        assert (await house.sandbox.inspect(payment)).status == "pending"
    assert (await house.sandbox.cancel(payment, "key-cancel")).status == "cancelled"


async def test_a_cancel_may_come_too_late() -> None:
    house = House()
    payment = await house.started(SandboxMode.CANCEL_TOO_LATE)
    seen = await house.sandbox.cancel(payment, "key-cancel")
    assert (seen.status, seen.captured) == ("captured", 250_000)


async def test_a_cancelled_charge_cannot_be_captured() -> None:
    house = House()
    payment = await house.started(SandboxMode.APPROVE)
    await house.sandbox.cancel(payment, "key-cancel")
    assert (await house.sandbox.capture(payment, "key-capture")).captured == 0


async def test_a_reservation_of_money_may_be_gone_when_it_is_needed() -> None:
    house = House()
    payment = await house.started(SandboxMode.CAPTURE_REFUSED)
    seen = await house.sandbox.capture(payment, "key-capture")
    assert (seen.status, seen.captured) == ("cancelled", 0)


async def test_a_refund_is_made_once_for_its_key() -> None:
    house = House()
    payment = await house.started(SandboxMode.APPROVE)
    payment = after(payment, await house.sandbox.capture(payment, "key-capture"))
    for _ in range(2):
        seen = await house.sandbox.refund(payment, 100_000, "key-refund")
    assert seen.refunded == 100_000


@pytest.mark.parametrize("amount", [0, -1, 250_001])
async def test_no_more_goes_back_than_has_come(amount: int) -> None:
    house = House()
    payment = await house.started(SandboxMode.APPROVE)
    await house.sandbox.capture(payment, "key-capture")
    with pytest.raises(ProviderRefused):
        await house.sandbox.refund(payment, amount, "key-refund")


async def test_a_refund_may_be_refused() -> None:
    house = House()
    payment = await house.started(SandboxMode.REFUND_REFUSED)
    await house.sandbox.capture(payment, "key-capture")
    with pytest.raises(ProviderRefused):
        await house.sandbox.refund(payment, 1, "key-refund")


async def test_a_charge_that_was_never_made_is_unknown_and_as_good_as_cancelled() -> None:
    sandbox = House().sandbox
    assert (await sandbox.inspect(some_payment())).status == "unknown"
    assert (await sandbox.cancel(some_payment(), "key-cancel")).status == "cancelled"


async def test_another_node_sees_the_same_charge() -> None:
    here = House()
    payment = await here.started(SandboxMode.APPROVE)
    there = House(here.ledger)
    assert (await there.sandbox.capture(payment, "key-capture")).captured == 250_000
    assert (await here.sandbox.inspect(payment)).captured == 250_000


@pytest.mark.parametrize("order", list(itertools.permutations(("start", "capture", "cancel"))))
async def test_calls_in_any_order_never_take_money_that_was_let_go(order: tuple[str, ...]) -> None:
    house = House()
    for call in order:
        if call == "start":
            await house.start(SandboxMode.APPROVE)
            continue
        try:
            await getattr(house.sandbox, call)(some_payment(), call)
        except ProviderRefused:
            continue
    charge = await house.ledger.read(PAYMENT_ID)
    assert charge is not None
    assert (charge.status == "captured") is (charge.captured > 0)
    assert charge.status in ("authorised", "captured", "cancelled")


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        (SandboxMode.APPROVE, ["payment.authorised", "payment.captured"]),
        (SandboxMode.WEBHOOKS_LOST, []),
        (SandboxMode.WEBHOOKS_REORDERED, ["payment.captured", "payment.authorised"]),
        (
            SandboxMode.WEBHOOKS_TWICE,
            ["payment.authorised"] * 2
            + ["payment.captured"] * 2
            + ["payment.authorised", "payment.captured"],
        ),
    ],
)
async def test_webhooks_come_as_the_mode_says(mode: SandboxMode, kinds: list[str]) -> None:
    house = House()
    payment = await house.started(mode)
    await house.sandbox.capture(payment, "key-capture")
    assert house.kinds() == kinds


async def test_a_webhook_is_posted_once_however_often_the_call_is_repeated() -> None:
    house = House()
    for _ in range(3):
        payment = await house.started(SandboxMode.APPROVE)
        await house.sandbox.capture(payment, "key-capture")
    assert house.kinds() == ["payment.authorised", "payment.captured"]


async def test_a_webhook_hints_at_its_payment() -> None:
    house = House()
    payment = await house.started(SandboxMode.APPROVE)
    event = await house.sandbox.webhook(*sealed(house.posted[0].event, SECRET, NOW), NOW)
    assert (event.payment_id, event.reference) == (PAYMENT_ID, payment.reference)
    assert event.kind == "payment.authorised"


@pytest.mark.parametrize("skew", [-TOLERANCE_MS - 1, TOLERANCE_MS + 1])
async def test_a_webhook_of_another_time_is_refused(skew: int) -> None:
    house = House()
    await house.started(SandboxMode.APPROVE)
    headers, body = sealed(house.posted[0].event, SECRET, NOW)
    with pytest.raises(ForgedWebhook):
        await house.sandbox.webhook(headers, body, NOW + skew)


async def test_a_webhook_that_another_installation_signed_is_refused() -> None:
    house = House()
    await house.started(SandboxMode.APPROVE)
    headers, body = sealed(house.posted[0].event, secret("another"), NOW)
    with pytest.raises(ForgedWebhook):
        await house.sandbox.webhook(headers, body, NOW)
    with pytest.raises(ForgedWebhook):
        await house.sandbox.webhook({}, body, NOW)
