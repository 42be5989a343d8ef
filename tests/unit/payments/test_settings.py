"""What the environment says of payments, and what is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorteos_actors.errors import CannotStart
from sorteos_actors.payments.settings import PaymentSettings
from tests.unit.payments.builders import CANARY

STRIPE = {
    "STRIPE_SECRET_KEY": f"sk_test_{CANARY}",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRETS": f"whsec_old_{CANARY}, whsec_new_{CANARY}",
}
LIVE_STRIPE = STRIPE | {
    "STRIPE_SECRET_KEY": f"sk_live_{CANARY}",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_1",
}
PAYPAL = {
    "PAYPAL_CLIENT_ID": "client",
    "PAYPAL_SECRET": CANARY,
    "PAYPAL_WEBHOOK_ID": "WEBHOOK",
    "PAYPAL_API_BASE": "https://api-m.sandbox.paypal.com",
}
LIVE_PAYPAL = PAYPAL | {"PAYPAL_API_BASE": "https://api-m.paypal.com"}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*STRIPE, *PAYPAL, "STRIPE_API_BASE", "STRIPE_ACCOUNT", "PAYMENTS_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SINPE_PHONE", "SINPE_NAME", "SINPE_WEBHOOK_SECRETS"):
        monkeypatch.delenv(name, raising=False)


def read(
    patch: pytest.MonkeyPatch, *said: dict[str, str], embedded: bool = False, **more: str
) -> PaymentSettings:
    """The settings in such an environment."""
    for variables in (*said, more):
        for name, value in variables.items():
            patch.setenv(name, value)
    return PaymentSettings.from_environment(embedded=embedded)


def test_an_embedded_server_may_be_tried_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, embedded=True)
    assert settings.sandbox
    assert (settings.stripe, settings.paypal) == (None, None)


def test_a_server_with_its_own_database_has_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read(monkeypatch).sandbox
    assert read(monkeypatch, PAYMENTS_SANDBOX="1").sandbox


def test_an_embedded_server_that_is_paid_has_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read(monkeypatch, embedded=True, SINPE_PHONE="8888-0000").sandbox
    assert not read(monkeypatch, LIVE_STRIPE, embedded=True).sandbox


def test_the_sandbox_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read(monkeypatch, embedded=True, PAYMENTS_SANDBOX="0").sandbox


@pytest.mark.parametrize("live", [LIVE_STRIPE, LIVE_PAYPAL])
def test_live_keys_beside_the_sandbox_do_not_start(
    monkeypatch: pytest.MonkeyPatch, live: dict[str, str]
) -> None:
    with pytest.raises(CannotStart, match="PAYMENTS_SANDBOX"):
        read(monkeypatch, live, PAYMENTS_SANDBOX="1")


@pytest.mark.parametrize("test", [STRIPE, PAYPAL])
def test_test_keys_on_a_server_for_money_do_not_start(
    monkeypatch: pytest.MonkeyPatch, test: dict[str, str]
) -> None:
    with pytest.raises(CannotStart, match="is for tests"):
        read(monkeypatch, test)


@pytest.mark.parametrize("keys", [(LIVE_STRIPE, PAYPAL), (STRIPE, LIVE_PAYPAL)])
def test_test_keys_beside_live_ones_do_not_start(
    monkeypatch: pytest.MonkeyPatch, keys: tuple[dict[str, str], ...]
) -> None:
    with pytest.raises(CannotStart, match="is for tests"):
        read(monkeypatch, *keys)


def test_both_companies_may_be_live(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, LIVE_STRIPE, LIVE_PAYPAL)
    assert settings.is_live
    assert not settings.sandbox


def test_two_webhook_secrets_are_valid_while_one_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch, STRIPE, PAYMENTS_SANDBOX="1")
    assert settings.stripe is not None
    words = [secret.reveal() for secret in settings.stripe.webhook_secrets]
    assert words == [f"whsec_old_{CANARY}", f"whsec_new_{CANARY}"]


def test_forwarders_secrets_are_taken_whole_also_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new, old = "n" * 32, "o" * 40
    settings = read(monkeypatch, {}, embedded=True, SINPE_WEBHOOK_SECRETS=f"{new}, {old},")
    assert [secret.reveal() for secret in settings.sinpe_webhook_secrets] == [new, old]
    assert new not in repr(settings)
    kept = tmp_path / "secrets"
    kept.write_text(f"{new}\n")
    monkeypatch.delenv("SINPE_WEBHOOK_SECRETS")
    settings = read(monkeypatch, {}, embedded=True, SINPE_WEBHOOK_SECRETS_FILE=str(kept))
    assert [secret.reveal() for secret in settings.sinpe_webhook_secrets] == [new]


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"sk_test_file_{CANARY}\n")
    said = STRIPE | {"STRIPE_SECRET_KEY_FILE": str(key)}
    del said["STRIPE_SECRET_KEY"]
    settings = read(monkeypatch, said, embedded=True)
    assert settings.stripe is not None
    assert settings.stripe.secret_key.reveal() == f"sk_test_file_{CANARY}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", f"pk_test_{CANARY}"),
        ("STRIPE_SECRET_KEY", f"sk_test_{CANARY}\r\nX-Evil: 1"),
        ("STRIPE_SECRET_KEY", f"sk_test_ñ{CANARY}"),
        ("STRIPE_PUBLISHABLE_KEY", f"sk_test_{CANARY}"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_live_1"),
        ("STRIPE_WEBHOOK_SECRETS", ""),
        ("STRIPE_WEBHOOK_SECRETS", f"whsec {CANARY}"),
        ("STRIPE_API_BASE", "http://stripe.test"),
        ("STRIPE_API_BASE", "https://user@stripe.test"),
        ("STRIPE_API_BASE", "ftp://stripe.test"),
        ("PAYPAL_CLIENT_ID", ""),
        ("PAYPAL_CLIENT_ID", "a:b"),
        ("PAYPAL_WEBHOOK_ID", "a|b"),
        ("PAYPAL_API_BASE", "https://evil.test"),
        ("PAYPAL_API_BASE", "https://www.paypal.com"),
        ("SINPE_PHONE", "1234"),
        ("SINPE_WEBHOOK_SECRETS", CANARY),
        ("SINPE_WEBHOOK_SECRETS", f"{CANARY * 6},{CANARY}"),
        ("SINPE_WEBHOOK_SECRETS", f"{CANARY * 6} {CANARY}"),
        ("PAYMENTS_SANDBOX", "yes"),
        ("STRIPE_SECRET_KEY_FILE", "/nowhere/at/all"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start_without_showing_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    said = STRIPE | PAYPAL
    if name.endswith("_FILE"):
        del said["STRIPE_SECRET_KEY"]
    with pytest.raises(CannotStart) as refused:
        read(monkeypatch, said | {name: value}, embedded=True)
    assert CANARY not in str(refused.value)


def test_a_live_key_goes_to_stripe_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotStart, match="STRIPE_API_BASE"):
        read(monkeypatch, LIVE_STRIPE, STRIPE_API_BASE="https://stripe.test")


@pytest.mark.parametrize("name", ["STRIPE_API_BASE", "PAYPAL_API_BASE"])
def test_a_server_on_this_machine_can_stand_in(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    said = STRIPE | PAYPAL | {name: "http://127.0.0.1:9999/"}
    assert not read(monkeypatch, said, embedded=True).is_live
